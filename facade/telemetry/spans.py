"""Spans: the steps of a call, and the trace that they are part of."""

import random
import time
from asyncio import CancelledError
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from enum import IntEnum
from typing import ClassVar, NamedTuple, Protocol, Self, TypeAlias

from facade.errors.fault import Code, Fault
from facade.errors.service import Internal
from facade.telemetry import names
from facade.telemetry.context import (
    BAGGAGE,
    NOTHING,
    SAMPLED,
    TRACEPARENT,
    TRACESTATE,
    Context,
    Link,
    entries,
    read,
)
from facade.telemetry.sampling import Sampler

MAX_ATTRIBUTES = 128
MAX_EVENTS = 128
"""Of one span, as in the SDK."""
MAX_TEXT = 2048
"""Characters of an attribute; the rest is left out."""

SERVER_ERRORS = frozenset(
    {
        Code.UNKNOWN,
        Code.DEADLINE_EXCEEDED,
        Code.UNIMPLEMENTED,
        Code.INTERNAL,
        Code.UNAVAILABLE,
    }
)
"""Codes that are errors of the server too; all others are its caller's (RPC conventions)."""

Value: TypeAlias = str | int | float | bool


class Kind(IntEnum):
    """Which side of a hop a span is on."""

    INTERNAL = 1
    SERVER = 2
    CLIENT = 3


class Event(NamedTuple):
    """Something that happened within a span."""

    name: str
    time: int
    """Nanoseconds since 1970."""
    attributes: Mapping[str, Value]


class Sink(Protocol):
    """Where spans go when they have ended."""

    def add(self, span: "Recorded") -> None:
        """Takes one; it neither waits nor raises."""


class Clocks(NamedTuple):
    """Nanoseconds: since 1970, and by a clock that never steps."""

    date: Callable[[], int] = time.time_ns
    steady: Callable[[], int] = time.perf_counter_ns


CLOCKS = Clocks()


class Trace:
    """What the spans of a trace have in common in this process."""

    __slots__ = ("baggage", "flags", "home", "id", "offset", "recorded", "state", "steady")

    def __init__(self, home: "Tracing", name: str, context: Context, flags: int) -> None:
        """Takes the id, the caller's context, and what was decided of it."""
        self.home = home
        self.id = name
        self.flags = flags
        self.state = context.state
        self.baggage = context.baggage
        self.recorded = home.records(flags)
        self.steady = home.clocks.steady
        self.offset = home.clocks.date() - self.steady() if self.recorded else 0

    def now(self) -> int:
        """Nanoseconds since 1970, in which no step of the clock shows."""
        return self.steady() + self.offset


class Span:
    """One step of a call, current within its `with` block: ids alone, for nobody records it."""

    __slots__ = ("_before", "span_id", "trace")

    recorded: ClassVar[bool] = False
    """Whether anybody will see what is said of it."""

    def __init__(self, trace: Trace) -> None:
        """Gets an id of its own."""
        self.trace = trace
        self.span_id = f"{trace.home.bits(64):016x}"
        self._before: Span | None = None

    def __enter__(self) -> Self:
        self._before = _CURRENT.get()
        _CURRENT.set(self)
        return self

    def __exit__(self, _kind: object, _error: BaseException | None, _stack: object) -> None:
        _CURRENT.set(self._before)
        self._before = None

    @property
    def trace_id(self) -> str:
        """32 hexadecimal digits; empty where there is no trace."""
        return self.trace.id

    @property
    def sampled(self) -> bool:
        """Whether its trace is exported."""
        return bool(self.trace.flags & SAMPLED)

    def set(self, name: str, value: Value) -> None:
        """Says one thing about the step."""

    def tell(self, said: Mapping[str, Value]) -> None:
        """Says several things about it."""
        for name, value in said.items():
            self.set(name, value)

    def fail(self, reason: str, *, error: bool = True) -> None:
        """Says why the step failed; `error` says whether that is this side's failure."""

    def event(self, name: str, attributes: Mapping[str, Value] | None = None) -> None:
        """Says that something happened now."""

    def child(self, name: str, kind: Kind) -> "Span":
        """A step within it."""
        del name, kind
        return Span(self.trace)


class Silent(Span):
    """In place of a step of which nobody will see anything; it does not become current."""

    __slots__ = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: object, _error: BaseException | None, _stack: object) -> None:
        """Nothing began."""


class Recorded(Span):
    """A span that goes to the sinks when it has ended."""

    __slots__ = (
        "attributes",
        "end",
        "error",
        "error_type",
        "events",
        "kind",
        "links",
        "name",
        "parent_id",
        "start",
    )

    recorded = True

    def __init__(
        self, trace: Trace, name: str, kind: Kind, parent_id: str = "", links: tuple[Link, ...] = ()
    ) -> None:
        """Begins it."""
        super().__init__(trace)
        self.name = name
        self.kind = kind
        self.parent_id = parent_id
        self.links = links
        self.attributes: dict[str, Value] = {}
        self.events: list[Event] = []
        self.error_type = ""
        self.error = False
        self.end = 0
        self.start = trace.now()

    def __exit__(self, kind: object, error: BaseException | None, stack: object) -> None:
        super().__exit__(kind, error, stack)
        if error is not None and not self.error_type:
            self._break(error)
        self.end = self.trace.now()
        for sink in self.trace.home.sinks:
            sink.add(self)

    @property
    def service(self) -> str:
        """Of which it is a step."""
        return self.trace.home.service

    def set(self, name: str, value: Value) -> None:
        """Says it, among the first MAX_ATTRIBUTES things."""
        if isinstance(value, str):
            value = value[:MAX_TEXT]
        if name in self.attributes or len(self.attributes) < MAX_ATTRIBUTES:
            self.attributes[name] = value

    def fail(self, reason: str, *, error: bool = True) -> None:
        """Says it; the last word counts."""
        self.error_type, self.error = reason, error

    def event(self, name: str, attributes: Mapping[str, Value] | None = None) -> None:
        """Says it, among the first MAX_EVENTS."""
        if len(self.events) < MAX_EVENTS:
            self.events.append(Event(name, self.trace.now(), attributes or {}))

    def child(self, name: str, kind: Kind) -> "Recorded":
        """A step within it, recorded too."""
        return Recorded(self.trace, name, kind, self.span_id)

    def _break(self, error: BaseException) -> None:
        """Says what ended it, without a word of what the error itself says."""
        serves = self.kind is Kind.SERVER
        if isinstance(error, Fault):
            self.fail(error.reason, error=not serves or error.status in SERVER_ERRORS)
        elif isinstance(error, CancelledError):
            self.fail(Code.CANCELLED.name, error=not serves)
        elif isinstance(error, Exception):
            self.event(names.EXCEPTION, {names.EXCEPTION_TYPE: type(error).__qualname__})
            self.fail(Internal.reason)


class Tracing:
    """Begins traces, and carries their context in and out.

    What is recorded goes to the sinks. With a sampler those traces are recorded, and called
    sampled, that it chooses; without one all are where there are sinks, and the caller's own
    flag goes on. Of all others there are ids alone.
    """

    def __init__(
        self,
        *sinks: Sink,
        service: str = names.GATEWAY,
        sampler: Sampler | None = None,
        baggage_keys: frozenset[str] = frozenset(),
        bits: Callable[[int], int] = random.getrandbits,
        clocks: Clocks = CLOCKS,
    ) -> None:
        """Takes what the service is called, which entries of a baggage go on, and a random."""
        self.sinks = sinks
        self.service = service
        self.bits = bits
        self.clocks = clocks
        self._sampler = sampler
        self._baggage_keys = baggage_keys

    def records(self, flags: int) -> bool:
        """Whether a trace with such flags is recorded."""
        return bool(self.sinks) and (self._sampler is None or bool(flags & SAMPLED))

    def server(self, name: str, carrier: Mapping[str, str]) -> Span:
        """The span of a call that came in, by the context among its lower-case fields.

        A context that cannot be read is as good as none: the call begins a trace of its own,
        linked to what could be read of the other.
        """
        return self._begin(name, Kind.SERVER, read(carrier))

    def client(self, name: str) -> Span:
        """The span of a request that goes out, a child of the one that is current."""
        here = _CURRENT.get()
        if here is None:
            return self._begin(name, Kind.CLIENT, NOTHING)
        return here.child(name, Kind.CLIENT)

    def carry(self, *, whole_baggage: bool = False) -> tuple[tuple[str, str], ...]:
        """The header fields that hand the current context on.

        Of the baggage those entries that the operator has named, or all of it.
        """
        here = _CURRENT.get()
        if here is None:
            return ()
        trace = here.trace
        parent = (TRACEPARENT, f"00-{trace.id}-{here.span_id}-{trace.flags:02x}")
        if not (trace.state or trace.baggage):
            return (parent,)
        baggage = trace.baggage if whole_baggage else entries(trace.baggage, self._baggage_keys)
        more = ((TRACESTATE, trace.state), (BAGGAGE, baggage))
        return (parent, *(each for each in more if each[1]))

    def _begin(self, name: str, kind: Kind, context: Context) -> Span:
        parent, flags = context.parent, context.flags
        trace_id = f"{self.bits(128):032x}" if parent is None else parent.trace_id
        if self._sampler is not None:
            chosen = self._sampler(None if parent is None else flags, trace_id)
            flags = flags | SAMPLED if chosen else flags & ~SAMPLED
        trace = Trace(self, trace_id, context, flags)
        if not trace.recorded:
            return Span(trace)
        links = () if context.torn is None else (context.torn,)
        return Recorded(trace, name, kind, "" if parent is None else parent.span_id, links)


_CURRENT: ContextVar[Span | None] = ContextVar("span", default=None)

SILENT = Silent(Trace(Tracing(), "", NOTHING, 0))
"""The span where there is none."""


def current() -> Span:
    """The span that is current, or one that says nothing where there is none."""
    return _CURRENT.get() or SILENT


def step(name: str, kind: Kind = Kind.INTERNAL) -> Span:
    """A step within the current span, where that is recorded; else nothing."""
    here = _CURRENT.get()
    return here.child(name, kind) if here is not None and here.recorded else SILENT


def apart(name: str) -> Span:
    """Work beside the current span: a trace of its own, linked to that, where it is recorded."""
    here = _CURRENT.get()
    if here is None or not here.recorded:
        return SILENT
    home, flags = here.trace.home, here.trace.flags
    trace = Trace(home, f"{home.bits(128):032x}", NOTHING, flags)
    return Recorded(trace, name, Kind.INTERNAL, links=(Link(here.trace_id, here.span_id),))
