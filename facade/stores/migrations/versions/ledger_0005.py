"""Tenants, and who calls: keys, connections, subjects, consents, uses, a chained audit."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

MOMENT = sa.DateTime(timezone=True)
MOVED = ("versions", "connectors", "requests")
"""Tables whose keys get a tenant: made anew, with the rows that they had."""
ADDED = {"connectors": {"history": "[]"}, "versions": {"life": "{}"}}
"""Columns beside the tenant's, and what they say of rows of before."""
NEW = ("uses", "authorizations", "subjects", "connections", "keys")
APART = (*MOVED, "audit", "secrets", "keys", "connections", "subjects", "uses")
"""Tables of whose rows PostgreSQL shows only those of the tenant that a transaction names."""


def upgrade() -> None:
    """Moves the rows of before to the one tenant that there was, which has no name."""
    kept = {name: _rows(name) for name in MOVED}
    for name in MOVED:
        op.drop_table(name)
    _connectors(tenant=True)
    _versions(tenant=True)
    _requests(tenant=True)
    for name in reversed(MOVED):
        _put(name, [{"tenant": "", **ADDED.get(name, {}), **row} for row in kept[name]])
    _audit()
    _keys_and_connections()
    _consents_and_uses()
    if op.get_bind().dialect.name == "postgresql":
        _set_apart()
        _announce()


def downgrade() -> None:
    """Goes back to the one tenant; the rows of others are lost."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER portico_moved ON meta")
        op.execute("DROP FUNCTION portico_moved()")
        op.execute("DROP POLICY portico_tenant ON secrets")
        op.execute("ALTER TABLE secrets NO FORCE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE secrets DISABLE ROW LEVEL SECURITY")
    for name in NEW:
        op.drop_table(name)
    kept = {name: [row for row in _rows(name) if not row.pop("tenant")] for name in MOVED}
    for name in MOVED:
        op.drop_table(name)
    _connectors(tenant=False)
    _versions(tenant=False)
    _requests(tenant=False)
    for name in reversed(MOVED):
        lost = ADDED.get(name, {})
        _put(name, [{key: row[key] for key in row if key not in lost} for row in kept[name]])
    _unchain()
    with op.batch_alter_table("meta") as batch:
        batch.drop_column("audit_number")
        batch.drop_column("audit_digest")


def _set_apart() -> None:
    """What a transaction has not said is no tenant at all, not the one without a name."""
    for name in APART:
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY portico_tenant ON {name} USING ("
            " ':' || tenant = current_setting('portico.tenant', true)"
            " OR current_setting('portico.tenant', true) = '*')"
        )


def _announce() -> None:
    """Every commit is announced to all processes, whoever makes it."""
    op.execute(
        "CREATE FUNCTION portico_moved() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_notify('portico', ''); RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER portico_moved AFTER UPDATE ON meta FOR EACH ROW"
        " WHEN (OLD.sequence IS DISTINCT FROM NEW.sequence) EXECUTE FUNCTION portico_moved()"
    )


def _rows(name: str) -> list[dict[str, Any]]:
    connection = op.get_bind()
    table = sa.Table(name, sa.MetaData(), autoload_with=connection)
    return [dict(row) for row in connection.execute(sa.select(table)).mappings()]


def _put(name: str, rows: list[dict[str, Any]]) -> None:
    connection = op.get_bind()
    table = sa.Table(name, sa.MetaData(), autoload_with=connection)
    if rows:
        connection.execute(sa.insert(table), rows)
    if rows and name == "versions" and connection.dialect.name == "postgresql":
        last = max(row["number"] for row in rows)  # given numbers do not move the counter
        op.execute(f"SELECT setval(pg_get_serial_sequence('versions', 'number'), {last})")


def _connectors(*, tenant: bool) -> None:
    op.create_table(
        "connectors",
        *_tenant(tenant=tenant),
        sa.Column("id", sa.String(63)),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("labels", sa.JSON, nullable=False),
        *_text("history", tenant=tenant),
        sa.Column("etag", sa.String(64), nullable=False),
        sa.Column("create_time", MOMENT, nullable=False),
        sa.Column("update_time", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint(*_keys("id", tenant=tenant), name="pk_connectors"),
    )


def _versions(*, tenant: bool) -> None:
    whose = _keys("connector", tenant=tenant)
    op.create_table(
        "versions",
        sa.Column("number", sa.Integer),
        *_tenant(tenant=tenant),
        sa.Column("connector", sa.String(63), nullable=False),
        sa.Column("id", sa.String(63), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("content_digest", sa.String(64), nullable=False),
        sa.Column("spec_digest", sa.String(64), nullable=False),
        sa.Column("labels", sa.JSON, nullable=False),
        sa.Column("notes", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("traffic_percent", sa.Integer, nullable=False),
        *_text("life", tenant=tenant),
        sa.Column("etag", sa.String(64), nullable=False),
        sa.Column("update_time", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_versions"),
        sa.ForeignKeyConstraint(
            whose,
            [f"connectors.{each}" for each in _keys("id", tenant=tenant)],
            name="fk_versions_connectors",
        ),
        sa.ForeignKeyConstraint(["spec_digest"], ["specs.digest"], name="fk_versions_specs"),
        sa.UniqueConstraint(*whose, "id", name=f"uq_versions_{whose[0]}"),
        sqlite_autoincrement=True,
    )


def _requests(*, tenant: bool) -> None:
    op.create_table(
        "requests",
        *_tenant(tenant=tenant),
        sa.Column("id", sa.String(128)),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("time", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint(*_keys("id", tenant=tenant), name="pk_requests"),
    )
    op.create_index("ix_requests_time", "requests", ["time"])


def _tenant(*, tenant: bool) -> list[sa.Column[str]]:
    return [sa.Column("tenant", sa.String(63), nullable=False)] if tenant else []


def _text(name: str, *, tenant: bool) -> list[sa.Column[str]]:
    """A column that came with the tenants."""
    return [sa.Column(name, sa.Text, nullable=False)] if tenant else []


def _keys(*names: str, tenant: bool) -> list[str]:
    return ["tenant", *names] if tenant else list(names)


def _audit() -> None:
    """Chains the rows that there are."""
    rows = sorted(_rows("audit"), key=lambda row: row["sequence"])
    op.drop_table("audit")
    op.create_table(
        "audit",
        sa.Column("number", sa.BigInteger, autoincrement=False),
        sa.Column("sequence", sa.BigInteger, nullable=True),
        sa.Column("time", MOMENT, nullable=False),
        sa.Column("tenant", sa.String(63), nullable=False),
        sa.Column("caller", sa.Text, nullable=False),
        sa.Column("method", sa.String(64), nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("changes", sa.JSON, nullable=False),
        sa.Column("request_id", sa.String(128), nullable=False),
        sa.Column("outcome", sa.String(64), nullable=False),
        sa.Column("before", sa.String(64), nullable=False),
        sa.Column("after", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_audit"),
    )
    op.create_index("ix_audit_tenant", "audit", ["tenant"])
    digest = ""
    for number, row in enumerate(rows, 1):
        row |= {"number": number, "tenant": "", "caller": "", "outcome": "OK"}
        row |= {"before": "", "after": ""}
        row["digest"] = digest = _digest(digest, row)
    _put("audit", rows)
    op.add_column(
        "meta", sa.Column("audit_number", sa.BigInteger, nullable=False, server_default="0")
    )
    op.add_column(
        "meta", sa.Column("audit_digest", sa.String(64), nullable=False, server_default="")
    )
    meta = sa.table("meta", sa.column("audit_number"), sa.column("audit_digest"))
    op.execute(meta.update().values(audit_number=len(rows), audit_digest=digest))


def _unchain() -> None:
    """Goes back to the rows of commits alone."""
    rows = [row for row in _rows("audit") if row["sequence"] is not None]
    op.drop_table("audit")
    columns: list[sa.Column[Any]] = [
        sa.Column("sequence", sa.BigInteger, autoincrement=False),
        sa.Column("time", MOMENT, nullable=False),
        sa.Column("method", sa.String(64), nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("changes", sa.JSON, nullable=False),
        sa.Column("request_id", sa.String(128), nullable=False),
    ]
    names = [each.name for each in columns]
    op.create_table("audit", *columns, sa.PrimaryKeyConstraint("sequence", name="pk_audit"))
    _put("audit", [{name: row[name] for name in names} for row in rows])


def _digest(previous: str, row: dict[str, Any]) -> str:
    """As `facade.stores.chain` had it when this was written."""
    moment: datetime = row["time"]
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    content = [
        previous,
        row["number"],
        row["sequence"],
        moment.isoformat(timespec="microseconds"),
        *(row[name] for name in ("tenant", "caller", "method", "target", "changes")),
        *(row[name] for name in ("request_id", "outcome", "before", "after")),
    ]
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _keys_and_connections() -> None:
    op.create_table(
        "keys",
        sa.Column("tenant", sa.String(63)),
        sa.Column("id", sa.String(63)),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("grants", sa.JSON, nullable=False),
        sa.Column("notes", sa.Text, nullable=False),
        sa.Column("create_time", MOMENT, nullable=False),
        sa.Column("expire_time", MOMENT, nullable=True),
        sa.Column("revoke_time", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_keys"),
        sa.UniqueConstraint("digest", name="uq_keys_digest"),
    )
    op.create_table(
        "connections",
        sa.Column("tenant", sa.String(63)),
        sa.Column("id", sa.String(63)),
        sa.Column("uid", sa.String(36), nullable=False),
        sa.Column("connector", sa.String(63), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("etag", sa.String(64), nullable=False),
        sa.Column("create_time", MOMENT, nullable=False),
        sa.Column("update_time", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_connections"),
        sa.UniqueConstraint("uid", name="uq_connections_uid"),
        sa.ForeignKeyConstraint(
            ["tenant", "connector"],
            ["connectors.tenant", "connectors.id"],
            name="fk_connections_connectors",
        ),
    )
    op.create_index("ix_connections_connector", "connections", ["connector"])
    op.create_table(
        "subjects",
        sa.Column("tenant", sa.String(63)),
        sa.Column("connection", sa.String(63)),
        sa.Column("id", sa.String(63)),
        sa.Column("uid", sa.String(36), nullable=False),
        sa.Column("external_id", sa.String(255), nullable=False),
        sa.Column("deleting", sa.Boolean, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("etag", sa.String(64), nullable=False),
        sa.Column("create_time", MOMENT, nullable=False),
        sa.Column("update_time", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "connection", "id", name="pk_subjects"),
        sa.UniqueConstraint("uid", name="uq_subjects_uid"),
        sa.UniqueConstraint("tenant", "connection", "external_id", name="uq_subjects_tenant"),
        sa.ForeignKeyConstraint(
            ["tenant", "connection"],
            ["connections.tenant", "connections.id"],
            name="fk_subjects_connections",
        ),
    )
    op.create_index("ix_subjects_deleting", "subjects", ["deleting"])


def _consents_and_uses() -> None:
    op.create_table(
        "authorizations",
        sa.Column("id", sa.String(64)),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("time", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_authorizations"),
    )
    op.create_index("ix_authorizations_time", "authorizations", ["time"])
    op.create_table(
        "uses",
        sa.Column("tenant", sa.String(63)),
        sa.Column("connector", sa.String(63)),
        sa.Column("version", sa.String(63)),
        sa.Column("caller", sa.String(255)),
        sa.Column("day", sa.String(10)),
        sa.Column("calls", sa.BigInteger, nullable=False),
        sa.Column("last", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "connector", "version", "caller", "day", name="pk_uses"),
    )
