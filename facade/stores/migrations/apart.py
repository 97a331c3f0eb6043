"""Rows set apart: PostgreSQL shows a tenant's rows to that tenant alone (row-level security)."""

from alembic import op


def set_apart(*tables: str) -> None:
    """Has transactions see the rows of the tenant that they name; `*` stands for all of them.

    What a transaction has not said is no tenant at all, not the one without a name. SQLite has no
    such rows: there the statements of the stores alone keep tenants apart.
    """
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in tables:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY portico_tenant ON {table} USING ("
            " ':' || tenant = current_setting('portico.tenant', true)"
            " OR current_setting('portico.tenant', true) = '*')"
        )
