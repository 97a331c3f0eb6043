"""Executions, what they say together, and alerts, as tables."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from facade.stores.schema import BESIDE, UtcDateTime

EXECUTIONS = Table(
    "executions",
    BESIDE,
    Column("tenant", String(63), primary_key=True),
    Column("id", String(36), primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("connector", String(63), nullable=False),
    Column("version", String(63), nullable=False),
    Column("action", String(512), nullable=False),
    Column("connection", String(63), nullable=False),
    Column("flow", String(63), nullable=False),
    Column("run", String(160), nullable=False),
    Column("caller", String(255), nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("ok", Boolean, nullable=False),
    Column("code", Integer, nullable=False),
    Column("reason", String(63), nullable=False),
    Column("message", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("cache", String(16), nullable=False),
    Column("bytes_in", BigInteger, nullable=False),
    Column("bytes_out", BigInteger, nullable=False),
    Column("trace_id", String(32), nullable=False),
    Column("request_body", Text, nullable=False),
    Column("response_body", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""One row for each; `time` is in microseconds since 1970, and ids are in its order."""

FIGURES = Table(
    "figures",
    BESIDE,
    Column("tenant", String(63), primary_key=True),
    Column("span", Integer, primary_key=True, autoincrement=False),
    Column("start", BigInteger, primary_key=True, autoincrement=False),
    Column("connector", String(63), primary_key=True),
    Column("version", String(63), primary_key=True),
    Column("action", String(512), primary_key=True),
    Column("flow", String(63), primary_key=True),
    Column("writer", String(36), primary_key=True),
    Column("calls", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("sketch", LargeBinary, nullable=False),
    Column("last_error", Text, nullable=False),
    Column("last_error_time", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""One row for each process (`writer`), which alone writes it, and each stretch of `span` seconds.

A process writes the whole row each time, so that no writer reads first or waits for another.
"""

ALERTS = Table(
    "alerts",
    BESIDE,
    Column("tenant", String(63), primary_key=True),
    Column("id", String(63), primary_key=True),
    Column("title", Text, nullable=False),
    Column("connector", String(63), nullable=False),
    Column("action", String(512), nullable=False),
    Column("flow", String(63), nullable=False),
    Column("metric", String(16), nullable=False),
    Column("above", Float),
    Column("below", Float),
    Column("window", Float, nullable=False),
    Column("least_calls", Integer, nullable=False),
    Column("webhook", Text, nullable=False),
    Column("secret", Text, nullable=False),
    Column("mail", JSON, nullable=False),
    Column("state", String(8), nullable=False),
    Column("figure", Float),
    Column("since", UtcDateTime),
    Column("calm", UtcDateTime),
    Column("untold", Boolean, nullable=False),
    Column("etag", String(64), nullable=False),
    Column("create_time", UtcDateTime, nullable=False),
    Column("update_time", UtcDateTime, nullable=False),
)

TURNS = Table(
    "turns",
    BESIDE,
    Column("id", String(63), primary_key=True),
    Column("holder", String(36), nullable=False),
    Column("until", Float, nullable=False),
)
"""Whose turn some work is that one process does for all; `until` in seconds since 1970."""
