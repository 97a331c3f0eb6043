"""What starts flows: cursors, addresses, and what came already."""

import sqlalchemy as sa
from alembic import op

from facade.stores.migrations.apart import set_apart

revision = "0009"
down_revision = "0008"

OF_TENANTS = ("triggers", "trigger_endpoints", "trigger_messages", "trigger_items")


def upgrade() -> None:
    """Makes the tables; in PostgreSQL a tenant's rows are shown to that tenant alone."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "triggers",
        sa.Column("tenant", sa.String(63)),
        sa.Column("flow_uid", sa.String(36)),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "flow_uid", name="pk_triggers"),
    )
    op.create_table(
        "trigger_leases",
        sa.Column("id", sa.String(63)),
        sa.Column("holder", sa.String(36), nullable=False),
        sa.Column("token", sa.BigInteger, nullable=False),
        sa.Column("until", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_trigger_leases"),
    )
    op.create_table(
        "trigger_endpoints",
        sa.Column("id", sa.String(43)),
        sa.Column("tenant", sa.String(63), nullable=False),
        sa.Column("flow_uid", sa.String(36), nullable=False),
        sa.Column("flow", sa.String(63), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_trigger_endpoints"),
        sa.UniqueConstraint("tenant", "flow_uid", name="uq_trigger_endpoints_tenant"),
    )
    op.create_table(
        "trigger_messages",
        sa.Column("tenant", sa.String(63)),
        sa.Column("flow_uid", sa.String(36)),
        sa.Column("id", sa.String(64)),
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("time", moment, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "flow_uid", "id", name="pk_trigger_messages"),
    )
    op.create_index("ix_trigger_messages_time", "trigger_messages", ["time"])
    op.create_table(
        "trigger_items",
        sa.Column("tenant", sa.String(63)),
        sa.Column("flow_uid", sa.String(36)),
        sa.Column("id", sa.String(40)),
        sa.Column("time", moment, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "flow_uid", "id", name="pk_trigger_items"),
    )
    set_apart(*OF_TENANTS)


def downgrade() -> None:
    """Drops the tables."""
    for table in (*OF_TENANTS, "trigger_leases"):
        op.drop_table(table)
