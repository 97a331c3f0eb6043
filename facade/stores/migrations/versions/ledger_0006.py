"""The table of the numbers by which typed services are known on the wire."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Makes the table; in PostgreSQL a tenant's rows are shown to that tenant alone."""
    op.create_table(
        "numbers",
        sa.Column("tenant", sa.String(63)),
        sa.Column("connector", sa.String(63)),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("packed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "connector", name="pk_numbers"),
        sa.ForeignKeyConstraint(
            ["tenant", "connector"],
            ["connectors.tenant", "connectors.id"],
            name="fk_numbers_connectors",
        ),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE numbers ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE numbers FORCE ROW LEVEL SECURITY")
        op.execute(
            "CREATE POLICY portico_tenant ON numbers USING ("
            " ':' || tenant = current_setting('portico.tenant', true)"
            " OR current_setting('portico.tenant', true) = '*')"
        )


def downgrade() -> None:
    """Drops the table."""
    op.drop_table("numbers")
