"""The first tables: connectors, versions, documents, requests, audit."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Makes the tables, and the one row that commits compare and set."""
    meta = op.create_table(
        "meta",
        sa.Column("id", sa.Integer, autoincrement=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("page_key", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_meta"),
    )
    op.bulk_insert(meta, [{"id": 1, "sequence": 0, "page_key": secrets.token_bytes(32)}])
    op.create_table(
        "connectors",
        sa.Column("id", sa.String(63)),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("labels", sa.JSON, nullable=False),
        sa.Column("etag", sa.String(64), nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("update_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_connectors"),
    )
    op.create_table(
        "specs",
        sa.Column("digest", sa.String(64)),
        sa.Column("packed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_specs"),
    )
    op.create_table(
        "versions",
        sa.Column("number", sa.Integer),
        sa.Column("connector", sa.String(63), nullable=False),
        sa.Column("id", sa.String(63), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("content_digest", sa.String(64), nullable=False),
        sa.Column("spec_digest", sa.String(64), nullable=False),
        sa.Column("labels", sa.JSON, nullable=False),
        sa.Column("notes", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("traffic_percent", sa.Integer, nullable=False),
        sa.Column("etag", sa.String(64), nullable=False),
        sa.Column("update_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_versions"),
        sa.ForeignKeyConstraint(["connector"], ["connectors.id"], name="fk_versions_connectors"),
        sa.ForeignKeyConstraint(["spec_digest"], ["specs.digest"], name="fk_versions_specs"),
        sa.UniqueConstraint("connector", "id", name="uq_versions_connector"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "requests",
        sa.Column("id", sa.String(128)),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_requests"),
    )
    op.create_index("ix_requests_time", "requests", ["time"])
    op.create_table(
        "audit",
        sa.Column("sequence", sa.BigInteger, autoincrement=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("method", sa.String(64), nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("changes", sa.JSON, nullable=False),
        sa.Column("request_id", sa.String(128), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_audit"),
    )


def downgrade() -> None:
    """Drops every table."""
    for table in ("audit", "requests", "versions", "specs", "connectors", "meta"):
        op.drop_table(table)
