"""Run: one time that a flow runs, and what each of its steps comes to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import msgspec

from facade.model.flow import FlowName


class RunName(msgspec.Struct, frozen=True, gc=False):
    """flows/{flow}/runs/{run}."""

    flow: str
    run: str
    """A UUID."""
    tenant: str = ""

    @property
    def parent(self) -> FlowName:
        """The flow that ran."""
        return FlowName(self.flow, self.tenant)

    def __str__(self) -> str:
        return f"flows/{self.flow}/runs/{self.run}"


class TriggerKind(StrEnum):
    """What started a run."""

    MANUAL = "MANUAL"
    SCHEDULE = "SCHEDULE"
    WEBHOOK = "WEBHOOK"
    POLL = "POLL"
    EVENT = "EVENT"
    FLOW = "FLOW"
    """A step of another run."""
    REPLAY = "REPLAY"
    TEST = "TEST"


class RunState(StrEnum):
    """Where a run stands."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


ENDED = frozenset({RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED})


class StepState(StrEnum):
    """Where a step of a run stands."""

    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"
    """Its condition was false, or what it needs is missing: `reason` says which."""
    CANCELLED = "CANCELLED"
    """It was under way when its run was cancelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunError:
    """Why a step or a run failed: what the table of errors has a cause and a remedy for (I-5)."""

    reason: str
    """Of docs/errors.md: BACKEND_TIMEOUT."""
    message: str
    """The configured one where there is one (H-9)."""
    code: int = 2
    """Of google.rpc.Code."""
    status: int = 0
    """The backend's; 0: none answered."""
    outcome: str = ""
    """NOT_EXECUTED, UNKNOWN or EXECUTED."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRun:
    """One step of one run."""

    id: str
    position: int
    """Steps in the order in which they began, from 0."""
    state: StepState = StepState.RUNNING
    attempts: int = 0
    start_time: datetime
    end_time: datetime | None = None
    status: int = 0
    """The backend's; 0: none."""
    output: str = ""
    """JSON; cut after 64 KiB, and then no JSON."""
    error: RunError | None = None
    reason: str = ""
    """Why it was skipped."""
    skipped_fields: tuple[str, ...] = ()
    """Those that lacked their value (H-7)."""
    items: int = 0
    """Of a fan-out: how many there were …"""
    failed_items: int = 0
    """… and how many of them failed."""
    child: str = ""
    """The name of the run that the step started."""
    trace_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One time that a flow runs."""

    name: RunName
    version: str
    """The id of the version that runs: it stays the same whatever is published meanwhile."""
    state: RunState = RunState.QUEUED
    trigger: TriggerKind = TriggerKind.MANUAL
    trigger_id: str = ""
    """What makes the start happen once: a tick, a webhook's id, an event's id, a request's."""
    started_by: str = ""
    """The caller's name, of a manual one."""
    input: str = "null"
    """JSON."""
    output: str = ""
    """JSON; empty until it has succeeded."""
    error: RunError | None = None
    parent: str = ""
    """The run that this one is a step of."""
    depth: int = 0
    """Runs above it."""
    replay_of: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    trace_id: str = ""
    create_time: datetime
    start_time: datetime | None = None
    end_time: datetime | None = None
    steps: tuple[StepRun, ...] = ()
    """In the order in which they began; empty in lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowRecord:
    """What a flow has saved under a key; a later one took the place of those before."""

    flow: FlowName
    key: str
    value: str
    """JSON."""
    run: str
    """The id of the run that saved it."""
    update_time: datetime
