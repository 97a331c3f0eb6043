"""Execution: one call or run as history has it; what many say together; and alerts about them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from facade.model.names import ID, malformed


class ExecutionKind(StrEnum):
    """What was executed."""

    CALL = "CALL"
    RUN = "RUN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One call, or one run of a flow."""

    id: str
    """A UUID of version 7: in the order of time."""
    tenant: str = ""
    kind: ExecutionKind = ExecutionKind.CALL
    connector: str = ""
    version: str = ""
    action: str = ""
    connection: str = ""
    flow: str = ""
    run: str = ""
    """The name of the run: of a RUN its own, of a CALL that it makes."""
    caller: str = ""
    time: datetime
    seconds: float
    ok: bool
    code: int = 0
    """Of google.rpc.Code."""
    reason: str = ""
    """Of docs/errors.md; empty where it is ok."""
    message: str = ""
    """Secrets masked."""
    status: int = 0
    """The backend's; 0: none answered."""
    attempts: int = 1
    cache: str = ""
    bytes_in: int = 0
    bytes_out: int = 0
    trace_id: str = ""
    request_body: str = ""
    """Only where the operator keeps bodies; secrets masked, cut after 4 KiB."""
    response_body: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What many executions say together (I-7)."""

    start_time: datetime
    """Of the stretch of time that they are of."""
    calls: int = 0
    failed: int = 0
    mean_seconds: float | None = None
    """None where there were no calls."""
    p95_seconds: float | None = None
    last_error: str = ""
    """`BACKEND_TIMEOUT: …`; empty where there was none."""
    last_error_time: datetime | None = None

    @property
    def error_rate(self) -> float:
        """Failed among all; 0 where there were none."""
        return self.failed / self.calls if self.calls else 0.0


class Grouping(StrEnum):
    """By what figures are told apart."""

    TOTAL = "TOTAL"
    """Not at all: one for all calls."""
    CONNECTOR = "CONNECTOR"
    VERSION = "VERSION"
    ACTION = "ACTION"
    FLOW = "FLOW"
    """Of the runs of flows; all others are of calls."""


class Interval(StrEnum):
    """How long each point of a series is."""

    MINUTE = "MINUTE"
    HOUR = "HOUR"
    DAY = "DAY"


SECONDS: Final[Mapping[Interval, int]] = {
    Interval.MINUTE: 60,
    Interval.HOUR: 3600,
    Interval.DAY: 86400,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureScope:
    """What figures are of, by ids; empty: whatever it is."""

    connector: str = ""
    version: str = ""
    action: str = ""
    flow: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureQuery:
    """Which figures are asked for."""

    scope: FigureScope = FigureScope()
    grouping: Grouping = Grouping.TOTAL
    start_time: datetime
    end_time: datetime
    interval: Interval | None = None
    """Of the series; None: there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureGroup:
    """What is told of one of the groups that were asked for."""

    scope: FigureScope
    total: Figures
    calls_per_day: float = 0.0
    series: tuple[Figures, ...] = ()
    """In the order of time, without gaps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorKind:
    """What is known of one reason, whoever meets it (I-5)."""

    reason: str
    code: str
    """Of google.rpc.Code, by name."""
    domain: str
    cause: str
    remedy: str
    retryable: bool
    """Whether the same call may succeed later without a change."""


class Metric(StrEnum):
    """What an alert looks at."""

    ERROR_RATE = "ERROR_RATE"
    P95_SECONDS = "P95_SECONDS"
    MEAN_SECONDS = "MEAN_SECONDS"
    CALLS = "CALLS"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class AlertName:
    """alerts/{alert}, of a tenant."""

    alert: str
    tenant: str = ""

    def __str__(self) -> str:
        return f"alerts/{self.alert}"


def parse_alert(text: str, field: str = "name", tenant: str = "") -> AlertName:
    """Parses alerts/{alert}."""
    collection, _, alert = text.partition("/")
    if collection != "alerts" or not ID.fullmatch(alert):
        raise malformed(field, text, "alerts/{alert}")
    return AlertName(alert, tenant)


def parse_execution(text: str, field: str = "name") -> str:
    """The id in executions/{execution}; whether there is such a one is the ledger's to say."""
    collection, _, execution = text.partition("/")
    if collection != "executions" or not execution or "/" in execution:
        raise malformed(field, text, "executions/{execution}")
    return execution


class AlertState(StrEnum):
    """Where an alert stands."""

    OK = "OK"
    FIRING = "FIRING"
    MUTED = "MUTED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Tells somebody once when a figure crosses a threshold, and once when it is back (I-8)."""

    id: str
    tenant: str = ""
    title: str = ""
    connector: str = ""
    """Ids of what it looks at; empty: everything."""
    action: str = ""
    flow: str = ""
    metric: Metric = Metric.ERROR_RATE
    above: float | None = None
    """Fires where the figure is greater …"""
    below: float | None = None
    """… or less; one of both is set."""
    window: float = 300.0
    """Seconds that are looked at; 60 to 86,400."""
    least_calls: int = 1
    """Fewer calls in the window say nothing."""
    webhook: str = ""
    secret: str = ""
    mail: tuple[str, ...] = ()
    state: AlertState = AlertState.OK
    figure: float | None = None
    """As it was last looked at."""
    since: datetime | None = None
    """Of that state."""
    calm: datetime | None = None
    """Since when the figure is back, of one that fires."""
    untold: bool = False
    """Whether somebody has still to be told of the state."""
    etag: str = ""
    create_time: datetime
    update_time: datetime

    @property
    def name(self) -> AlertName:
        """What it is called."""
        return AlertName(self.id, self.tenant)
