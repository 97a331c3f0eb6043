"""What people tried actions with, as tables."""

from sqlalchemy import Column, LargeBinary, String, Table

from facade.stores.schema import BESIDE, UtcDateTime

TRIALS = Table(
    "trials",
    BESIDE,
    Column("tenant", String(63), primary_key=True),
    Column("id", String(64), primary_key=True, comment="digest of caller, action and connection"),
    Column("sealed", LargeBinary, nullable=False, comment="arguments and values, as JSON"),
    Column("time", UtcDateTime, nullable=False, index=True),
)
"""The last trial of each caller, action and connection, for 90 days."""
