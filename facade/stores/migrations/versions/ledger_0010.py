"""Events, subscriptions and deliveries."""

import sqlalchemy as sa
from alembic import op

from facade.stores.migrations.apart import set_apart

revision = "0010"
down_revision = "0009"

MOMENT = sa.DateTime(timezone=True)
OF_TENANTS = ("event_heads", "events", "subscriptions", "deliveries")


def upgrade() -> None:
    """Makes the tables; in PostgreSQL a tenant's rows are shown to that tenant alone."""
    _events()
    _subscriptions()
    _deliveries()
    set_apart(*OF_TENANTS)


def downgrade() -> None:
    """Drops the tables."""
    for name in reversed(OF_TENANTS):
        op.drop_table(name)


def _events() -> None:
    op.create_table(
        "event_heads",
        sa.Column("tenant", sa.String(63)),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.Column("first", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("tenant", name="pk_event_heads"),
    )
    op.create_table(
        "events",
        sa.Column("tenant", sa.String(63)),
        sa.Column("sequence", sa.BigInteger, autoincrement=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("type", sa.String(128), nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("time", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "sequence", name="pk_events"),
        sa.UniqueConstraint("tenant", "id", name="uq_events_tenant"),
    )
    op.create_index("ix_events_time", "events", ["tenant", "time"])


def _subscriptions() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("tenant", sa.String(63)),
        sa.Column("id", sa.String(63)),
        sa.Column("uid", sa.String(36), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("state_description", sa.Text, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("etag", sa.String(64), nullable=False),
        sa.Column("create_time", MOMENT, nullable=False),
        sa.Column("update_time", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_subscriptions"),
        sa.UniqueConstraint("uid", name="uq_subscriptions_uid"),
    )
    op.create_index("ix_subscriptions_state", "subscriptions", ["state"])


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("tenant", sa.String(63)),
        sa.Column("id", sa.String(128)),
        sa.Column("subscription", sa.String(63), nullable=False),
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("target", sa.String(128), nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("type", sa.String(128), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_time", MOMENT, nullable=True),
        sa.Column("lease", sa.String(36), nullable=False),
        sa.Column("last_status", sa.Integer, nullable=False),
        sa.Column("last_error", sa.Text, nullable=False),
        sa.Column("create_time", MOMENT, nullable=False),
        sa.Column("update_time", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_deliveries"),
    )
    for name, *columns in (
        ("due", "state", "target", "next_time"),
        ("create_time", "tenant", "create_time"),
        ("subscription", "tenant", "subscription", "state"),
    ):
        op.create_index(f"ix_deliveries_{name}", "deliveries", columns)
