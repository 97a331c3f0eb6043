"""New runs: what is put in line of one, and of one that goes on from a step of another; pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from facade.expressions.exact_json import write_json
from facade.model.access import Identity
from facade.model.flow import Flow, FlowVersion
from facade.model.run import RunName, TriggerKind
from facade.model.time_ids import new_id
from facade.stores.run_rows import Job, RunContent
from facade.stores.runs import NewRun

DEEPEST: Final = 8
"""Runs that wait for each other, or have started each other by events, at most (fault O06)."""
MANY: Final = 1000
"""Replays of a flow that are done at a time: somebody asked for each of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What starts a run."""

    trigger: TriggerKind
    id: str = ""
    """The same for every repeat; empty: there is none."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """What the scope has as `trigger`, beside kind, id and time."""
    by: Identity
    depth: int = 0
    """Runs that wait for it, one for the other."""
    parent: str = ""
    hops: int = 0
    """Runs that have started each other by events before it."""


def new_run(flow: Flow, version: FlowVersion, text: str, cause: Cause, now: datetime) -> NewRun:
    """A run of a version that begins with a JSON text."""
    name = RunName(flow.name.flow, new_id(now.timestamp()), flow.name.tenant)
    kind = cause.trigger.value
    given = {"kind": kind, "id": cause.id, "time": now.isoformat(), **cause.values}
    bounds = version.definition.bounds
    content = RunContent(
        trigger=cause.trigger,
        trigger_id=cause.id,
        flow_uid=flow.uid,
        started_by=cause.by.known_name,
        input=text,
        given=write_json(given),
        parent=cause.parent,
        labels=dict(flow.labels),
        trace_id=uuid4().hex,
        hops=cause.hops,
    )
    return NewRun(
        name=name,
        version=version.name.version,
        start_key=_key(flow.uid or str(flow.name), kind, cause.id or name.run),
        source=version.source,
        concurrency=bounds.concurrency,
        rate=bounds.rate,
        depth=cause.depth,
        content=content,
        time=now,
    )


def replay_of(job: Job, checkpoint: int, by: Identity, now: datetime) -> NewRun:
    """A run that goes on from a checkpoint of another; 1: from its first step."""
    name = RunName(job.name.flow, new_id(now.timestamp()), job.name.tenant)
    content = RunContent(
        trigger=TriggerKind.REPLAY,
        flow_uid=job.content.flow_uid,
        started_by=by.known_name,
        input=job.content.input,
        given=job.content.given,
        replay_of=str(job.name),
        replay_step=checkpoint if checkpoint > 1 else 0,
        labels=job.content.labels,
        trace_id=uuid4().hex,
        hops=job.content.hops,
    )
    return NewRun(
        name=name,
        version=job.version,
        start_key=_key(job.content.flow_uid, TriggerKind.REPLAY.value, name.run),
        source=job.source,
        concurrency=MANY,
        rate=0,
        depth=0,
        content=content,
        time=now,
    )


def _key(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
