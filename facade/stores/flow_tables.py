"""Flows and their versions, as tables."""

from sqlalchemy import Column, Integer, LargeBinary, String, Table, Text

from facade.stores.schema import BESIDE, UtcDateTime

FLOWS = Table(
    "flows",
    BESIDE,
    Column("tenant", String(63), primary_key=True),
    Column("id", String(63), primary_key=True),
    Column("uid", String(36), nullable=False, unique=True),
    Column("content", Text, nullable=False, comment="all else, as JSON"),
    Column("newest", Integer, nullable=False, comment="the number of its last version"),
    Column("published", Integer, nullable=False, index=True, comment="0: none is"),
    Column("etag", String(64), nullable=False),
    Column("create_time", UtcDateTime, nullable=False),
    Column("update_time", UtcDateTime, nullable=False),
)

FLOW_VERSIONS = Table(
    "flow_versions",
    BESIDE,
    Column("tenant", String(63), primary_key=True),
    Column("flow", String(63), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False, comment="7 of v7"),
    Column("digest", String(64), nullable=False, comment="SHA-256 of the text"),
    Column("packed", LargeBinary, nullable=False, comment="the text in UTF-8, by zlib"),
    Column("created_by", Text, nullable=False, comment="whose identity it was"),
    Column("create_time", UtcDateTime, nullable=False),
)
"""What a flow said, version by version: no row ever changes."""
