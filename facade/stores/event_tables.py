"""Events, subscriptions and deliveries, as tables."""

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text, UniqueConstraint

from facade.stores.schema import BESIDE, UtcDateTime

EVENT_HEADS = Table(
    "event_heads",
    BESIDE,
    Column("tenant", String(63), primary_key=True),
    Column("last", BigInteger, nullable=False, comment="the number of the tenant's last event"),
    Column("first", BigInteger, nullable=False, comment="the lowest number that is kept"),
)
"""One row for each tenant, held by whoever numbers an event until that is committed.

So events are committed in the order of their numbers, and who has read up to one has missed none.
"""

EVENTS = Table(
    "events",
    BESIDE,
    Column("tenant", String(63), primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("id", String(36), nullable=False),
    Column("type", String(128), nullable=False),
    Column("source", Text, nullable=False),
    Column("data", Text, nullable=False, comment="JSON"),
    Column("time", UtcDateTime, nullable=False),
    UniqueConstraint("tenant", "id"),
    Index("ix_events_time", "tenant", "time"),
)

SUBSCRIPTIONS = Table(
    "subscriptions",
    BESIDE,
    Column("tenant", String(63), primary_key=True),
    Column("id", String(63), primary_key=True),
    Column("uid", String(36), nullable=False, unique=True),
    Column("content", Text, nullable=False, comment="what callers say of it, as JSON"),
    Column("state", String(16), nullable=False, index=True),
    Column("state_description", Text, nullable=False),
    Column("position", BigInteger, nullable=False, comment="the last event that was looked at"),
    Column("etag", String(64), nullable=False),
    Column("create_time", UtcDateTime, nullable=False),
    Column("update_time", UtcDateTime, nullable=False),
)

DELIVERIES = Table(
    "deliveries",
    BESIDE,
    Column("tenant", String(63), primary_key=True),
    Column("id", String(128), primary_key=True),
    Column("subscription", String(63), nullable=False),
    Column("run", Text, nullable=False),
    Column("target", String(128), nullable=False, comment="the tenant, and the origin's digest"),
    Column("url", Text, nullable=False),
    Column("secret", Text, nullable=False, comment="a reference"),
    Column("type", String(128), nullable=False),
    Column("body", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_time", UtcDateTime, nullable=True, comment="none: it waits for its subscription"),
    Column("lease", String(36), nullable=False, comment="who tries it, until next_time"),
    Column("last_status", Integer, nullable=False),
    Column("last_error", Text, nullable=False),
    Column("create_time", UtcDateTime, nullable=False),
    Column("update_time", UtcDateTime, nullable=False),
    Index("ix_deliveries_due", "state", "target", "next_time"),
    Index("ix_deliveries_create_time", "tenant", "create_time"),
    Index("ix_deliveries_subscription", "tenant", "subscription", "state"),
)
