"""What starts flows: cursors, addresses, and what came already, as tables."""

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from facade.stores.schema import BESIDE, UtcDateTime

TRIGGERS = Table(
    "triggers",
    BESIDE,
    Column("tenant", String(63), primary_key=True),
    Column("flow_uid", String(36), primary_key=True),
    Column("revision", Integer, nullable=False, comment="every change takes the next one"),
    Column("content", Text, nullable=False, comment="all else, as JSON"),
)
"""How far each trigger has come."""

TRIGGER_LEASES = Table(
    "trigger_leases",
    BESIDE,
    Column("id", String(63), primary_key=True),
    Column("holder", String(36), nullable=False),
    Column("token", BigInteger, nullable=False, comment="grows with each holder: the fence"),
    Column("until", UtcDateTime, nullable=False),
)
"""Which process looks after the triggers of all."""

TRIGGER_ENDPOINTS = Table(
    "trigger_endpoints",
    BESIDE,
    Column("id", String(43), primary_key=True),
    Column("tenant", String(63), nullable=False),
    Column("flow_uid", String(36), nullable=False),
    Column("flow", String(63), nullable=False),
    Column("sealed", LargeBinary, nullable=False, comment="the secrets"),
    UniqueConstraint("tenant", "flow_uid"),
)
"""Addresses of flows."""

TRIGGER_MESSAGES = Table(
    "trigger_messages",
    BESIDE,
    Column("tenant", String(63), primary_key=True),
    Column("flow_uid", String(36), primary_key=True),
    Column("id", String(64), primary_key=True, comment="digest of the message's id"),
    Column("run", Text, nullable=False, comment="its name; empty: the message was dropped"),
    Column("time", UtcDateTime, nullable=False, index=True),
)
"""Messages that came, for 24 hours: a repeat is known in every process."""

TRIGGER_ITEMS = Table(
    "trigger_items",
    BESIDE,
    Column("tenant", String(63), primary_key=True),
    Column("flow_uid", String(36), primary_key=True),
    Column("id", String(40), primary_key=True, comment="digest of the item's key"),
    Column("time", UtcDateTime, nullable=False),
)
"""What polls have found: it is new once."""
