"""Runs, their steps, records, and who executes them, as tables."""

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table, Text

from facade.stores.schema import BESIDE, UtcDateTime

RUNS = Table(
    "runs",
    BESIDE,
    Column("tenant", String(63), primary_key=True),
    Column("id", String(36), primary_key=True, comment="UUID of version 7: in the order of time"),
    Column("flow", String(63), nullable=False),
    Column("version", String(63), nullable=False),
    Column("start_key", String(64), nullable=False, comment="what makes the start happen once"),
    Column("state", String(16), nullable=False),
    Column("revision", Integer, nullable=False, comment="one more at each change"),
    Column("executor", String(36), nullable=False, comment="the process that runs it, or none"),
    Column("source", String(64), nullable=False, comment="digest of what it says"),
    Column("concurrency", Integer, nullable=False, comment="runs of the flow at a time"),
    Column("rate", Integer, nullable=False, comment="runs begun a minute; 0: no limit"),
    Column("depth", Integer, nullable=False),
    Column("parent", String(36), nullable=False, comment="the run that waits for it, or none"),
    Column("content", Text, nullable=False, comment="what never changes, as JSON"),
    Column("output", Text, nullable=False),
    Column("error", Text, nullable=False, comment="as JSON; empty: none"),
    Column("create_time", UtcDateTime, nullable=False),
    Column("start_time", UtcDateTime, nullable=True),
    Column("end_time", UtcDateTime, nullable=True, index=True),
    Index("ix_runs_flow", "tenant", "flow", "id"),
    Index("ix_runs_state", "state", "flow"),
    Index("ix_runs_parent", "tenant", "parent"),
    Index("uq_runs_start_key", "tenant", "start_key", unique=True),
)
"""Times that flows run."""

RUN_SOURCES = Table(
    "run_sources",
    BESIDE,
    Column("tenant", String(63), primary_key=True),
    Column("digest", String(64), primary_key=True, comment="SHA-256 of the text"),
    Column("packed", LargeBinary, nullable=False, comment="the text in UTF-8, by zlib"),
)
"""What runs say, each once: a run ends as it began, whatever becomes of its flow."""

RUN_STEPS = Table(
    "run_steps",
    BESIDE,
    Column("tenant", String(63), primary_key=True),
    Column("run", String(36), primary_key=True),
    Column("id", String(63), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("checkpoint", Integer, nullable=False, comment="of what is durable, its first"),
    Column("begun", Integer, nullable=False, comment="the checkpoint that was begun last …"),
    Column("begun_time", UtcDateTime, nullable=False, comment="… and when it first was"),
    Column("content", Text, nullable=False, comment="all else, as JSON"),
)
"""What the steps of runs come to."""

RECORDS = Table(
    "records",
    BESIDE,
    Column("tenant", String(63), primary_key=True),
    Column("flow", String(63), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("value", Text, nullable=False, comment="JSON"),
    Column("run", String(36), nullable=False),
    Column("update_time", UtcDateTime, nullable=False),
)
"""What flows save."""

EXECUTORS = Table(
    "executors",
    BESIDE,
    Column("id", String(36), primary_key=True),
    Column("host", String(64), nullable=False, comment="where its process id means something"),
    Column("pid", Integer, nullable=False),
    Column("until", UtcDateTime, nullable=False, comment="when others take over what it runs"),
)
"""Processes that run flows."""
