"""The table of what people tried actions with."""

import sqlalchemy as sa
from alembic import op

from facade.stores.migrations.apart import set_apart

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Makes the table; in PostgreSQL a tenant's rows are shown to that tenant alone."""
    op.create_table(
        "trials",
        sa.Column("tenant", sa.String(63)),
        sa.Column("id", sa.String(64)),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_trials"),
    )
    op.create_index("ix_trials_time", "trials", ["time"])
    set_apart("trials")


def downgrade() -> None:
    """Drops the table."""
    op.drop_table("trials")
