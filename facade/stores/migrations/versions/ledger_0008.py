"""Runs, their steps, records, and who executes them."""

import sqlalchemy as sa
from alembic import op

from facade.stores.migrations.apart import set_apart

revision = "0008"
down_revision = "0007"

OF_TENANTS = ("runs", "run_sources", "run_steps", "records")


def upgrade() -> None:
    """Makes the tables; in PostgreSQL a tenant's rows are shown to that tenant alone."""
    _runs()
    op.create_table(
        "run_sources",
        sa.Column("tenant", sa.String(63)),
        sa.Column("digest", sa.String(64)),
        sa.Column("packed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "digest", name="pk_run_sources"),
    )
    op.create_table(
        "run_steps",
        sa.Column("tenant", sa.String(63)),
        sa.Column("run", sa.String(36)),
        sa.Column("id", sa.String(63)),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("checkpoint", sa.Integer, nullable=False),
        sa.Column("begun", sa.Integer, nullable=False),
        sa.Column("begun_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "run", "id", name="pk_run_steps"),
    )
    op.create_table(
        "records",
        sa.Column("tenant", sa.String(63)),
        sa.Column("flow", sa.String(63)),
        sa.Column("key", sa.String(255)),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("run", sa.String(36), nullable=False),
        sa.Column("update_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "flow", "key", name="pk_records"),
    )
    op.create_table(
        "executors",
        sa.Column("id", sa.String(36)),
        sa.Column("host", sa.String(64), nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_executors"),
    )
    set_apart(*OF_TENANTS)


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("tenant", sa.String(63)),
        sa.Column("id", sa.String(36)),
        sa.Column("flow", sa.String(63), nullable=False),
        sa.Column("version", sa.String(63), nullable=False),
        sa.Column("start_key", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("executor", sa.String(36), nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("concurrency", sa.Integer, nullable=False),
        sa.Column("rate", sa.Integer, nullable=False),
        sa.Column("depth", sa.Integer, nullable=False),
        sa.Column("parent", sa.String(36), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("output", sa.Text, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("start_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_time", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_runs"),
    )
    op.create_index("ix_runs_end_time", "runs", ["end_time"])
    op.create_index("ix_runs_flow", "runs", ["tenant", "flow", "id"])
    op.create_index("ix_runs_state", "runs", ["state", "flow"])
    op.create_index("ix_runs_parent", "runs", ["tenant", "parent"])
    op.create_index("uq_runs_start_key", "runs", ["tenant", "start_key"], unique=True)


def downgrade() -> None:
    """Drops the tables."""
    for table in ("executors", *OF_TENANTS):
        op.drop_table(table)
