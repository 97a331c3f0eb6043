"""Rows of runs: how a run and its steps stand in the ledger."""

import hashlib
import zlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, and_

from facade.model.flow import FlowName
from facade.model.run import (
    FlowRecord,
    Run,
    RunError,
    RunName,
    RunState,
    StepRun,
    TriggerKind,
)
from facade.stores.run_tables import RUNS


class RunContent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What of a run never changes once it is there."""

    trigger: TriggerKind
    trigger_id: str = ""
    flow_uid: str = ""
    started_by: str = ""
    input: str = "null"
    given: str = "{}"
    """JSON: what the scope has as `trigger`."""
    parent: str = ""
    replay_of: str = ""
    replay_step: int = 0
    """The checkpoint from which the other run is repeated; 0: none is."""
    labels: Mapping[str, str] = {}
    trace_id: str = ""
    hops: int = 0
    """Runs before it, each of which told of something that started the next."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A run as who executes it needs it."""

    name: RunName
    version: str
    source: str
    """The definition's text."""
    depth: int
    create_time: datetime
    content: RunContent


CONTENT = msgspec.json.Decoder(RunContent)
STEP = msgspec.json.Decoder(StepRun)
ERROR = msgspec.json.Decoder(RunError)
ENCODER = msgspec.json.Encoder()


def is_run(name: RunName) -> ColumnElement[bool]:
    """Its row."""
    return and_(RUNS.c.tenant == name.tenant, RUNS.c.id == name.run)


def run_in(row: Row[Any], steps: tuple[StepRun, ...] = ()) -> Run:
    """The run that a row tells of."""
    content = CONTENT.decode(row.content)
    return Run(
        name=RunName(row.flow, row.id, row.tenant),
        version=row.version,
        state=RunState(row.state),
        trigger=content.trigger,
        trigger_id=content.trigger_id,
        started_by=content.started_by,
        input=content.input,
        output=row.output,
        error=ERROR.decode(row.error) if row.error else None,
        parent=content.parent,
        depth=row.depth,
        replay_of=content.replay_of,
        labels=content.labels,
        trace_id=content.trace_id,
        create_time=row.create_time,
        start_time=row.start_time,
        end_time=row.end_time,
        steps=steps,
    )


def record_in(row: Row[Any]) -> FlowRecord:
    """The record that a row tells of."""
    return FlowRecord(
        flow=FlowName(row.flow, row.tenant),
        key=row.key,
        value=row.value,
        run=row.run,
        update_time=row.update_time,
    )


def job_in(row: Row[Any], packed: bytes) -> Job:
    """What is to be executed."""
    return Job(
        name=RunName(row.flow, row.id, row.tenant),
        version=row.version,
        source=zlib.decompress(packed).decode(),
        depth=row.depth,
        create_time=row.create_time,
        content=CONTENT.decode(row.content),
    )


def error_text(error: RunError | None) -> str:
    """How an error is kept."""
    return ENCODER.encode(error).decode() if error else ""


def step_text(step: StepRun) -> str:
    """How a step is kept."""
    return ENCODER.encode(step).decode()


def digest_of(source: str) -> str:
    """What a text is found by."""
    return hashlib.sha256(source.encode()).hexdigest()


def packed(source: str) -> bytes:
    """The text as it is kept."""
    return zlib.compress(source.encode())
