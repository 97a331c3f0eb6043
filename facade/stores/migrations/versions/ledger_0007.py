"""Flows and their versions."""

import sqlalchemy as sa
from alembic import op

from facade.stores.migrations.apart import set_apart

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Makes the tables; in PostgreSQL a tenant's rows are shown to that tenant alone."""
    op.create_table(
        "flows",
        sa.Column("tenant", sa.String(63)),
        sa.Column("id", sa.String(63)),
        sa.Column("uid", sa.String(36), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("newest", sa.Integer, nullable=False),
        sa.Column("published", sa.Integer, nullable=False),
        sa.Column("etag", sa.String(64), nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("update_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_flows"),
        sa.UniqueConstraint("uid", name="uq_flows_uid"),
    )
    op.create_index("ix_flows_published", "flows", ["published"])
    op.create_table(
        "flow_versions",
        sa.Column("tenant", sa.String(63)),
        sa.Column("flow", sa.String(63)),
        sa.Column("number", sa.Integer, autoincrement=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("packed", sa.LargeBinary, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "flow", "number", name="pk_flow_versions"),
    )
    set_apart("flows", "flow_versions")


def downgrade() -> None:
    """Drops the tables."""
    op.drop_table("flow_versions")
    op.drop_table("flows")
