"""Executions, what they say together, and alerts."""

import sqlalchemy as sa
from alembic import op

from facade.stores.migrations.apart import set_apart

revision = "0011"
down_revision = "0010"

OF_TENANTS = ("executions", "figures", "alerts")


def upgrade() -> None:
    """Makes the tables; in PostgreSQL a tenant's rows are shown to that tenant alone."""
    _executions()
    _figures()
    _alerts()
    op.create_table(
        "turns",
        sa.Column("id", sa.String(63)),
        sa.Column("holder", sa.String(36), nullable=False),
        sa.Column("until", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_turns"),
    )
    set_apart(*OF_TENANTS)


def downgrade() -> None:
    """Drops the tables."""
    for table in (*OF_TENANTS, "turns"):
        op.drop_table(table)


def _executions() -> None:
    op.create_table(
        "executions",
        sa.Column("tenant", sa.String(63)),
        sa.Column("id", sa.String(36)),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("connector", sa.String(63), nullable=False),
        sa.Column("version", sa.String(63), nullable=False),
        sa.Column("action", sa.String(512), nullable=False),
        sa.Column("connection", sa.String(63), nullable=False),
        sa.Column("flow", sa.String(63), nullable=False),
        sa.Column("run", sa.String(160), nullable=False),
        sa.Column("caller", sa.String(255), nullable=False),
        sa.Column("time", sa.BigInteger, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("ok", sa.Boolean, nullable=False),
        sa.Column("code", sa.Integer, nullable=False),
        sa.Column("reason", sa.String(63), nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("cache", sa.String(16), nullable=False),
        sa.Column("bytes_in", sa.BigInteger, nullable=False),
        sa.Column("bytes_out", sa.BigInteger, nullable=False),
        sa.Column("trace_id", sa.String(32), nullable=False),
        sa.Column("request_body", sa.Text, nullable=False),
        sa.Column("response_body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_executions"),
        sqlite_with_rowid=False,
    )


def _figures() -> None:
    keys = ("tenant", "span", "start", "connector", "version", "action", "flow", "writer")
    op.create_table(
        "figures",
        sa.Column("tenant", sa.String(63)),
        sa.Column("span", sa.Integer, autoincrement=False),
        sa.Column("start", sa.BigInteger, autoincrement=False),
        sa.Column("connector", sa.String(63)),
        sa.Column("version", sa.String(63)),
        sa.Column("action", sa.String(512)),
        sa.Column("flow", sa.String(63)),
        sa.Column("writer", sa.String(36)),
        sa.Column("calls", sa.BigInteger, nullable=False),
        sa.Column("failed", sa.BigInteger, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("sketch", sa.LargeBinary, nullable=False),
        sa.Column("last_error", sa.Text, nullable=False),
        sa.Column("last_error_time", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint(*keys, name="pk_figures"),
        sqlite_with_rowid=False,
    )


def _alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("tenant", sa.String(63)),
        sa.Column("id", sa.String(63)),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("connector", sa.String(63), nullable=False),
        sa.Column("action", sa.String(512), nullable=False),
        sa.Column("flow", sa.String(63), nullable=False),
        sa.Column("metric", sa.String(16), nullable=False),
        sa.Column("above", sa.Float),
        sa.Column("below", sa.Float),
        sa.Column("window", sa.Float, nullable=False),
        sa.Column("least_calls", sa.Integer, nullable=False),
        sa.Column("webhook", sa.Text, nullable=False),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("mail", sa.JSON, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("figure", sa.Float),
        sa.Column("since", sa.DateTime(timezone=True)),
        sa.Column("calm", sa.DateTime(timezone=True)),
        sa.Column("untold", sa.Boolean, nullable=False),
        sa.Column("etag", sa.String(64), nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("update_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_alerts"),
    )
