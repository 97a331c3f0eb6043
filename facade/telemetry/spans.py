"""Spans: the steps of a call, and the trace that they are part of."""

import random
import time
from asyncio import CancelledError
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from enum import IntEnum
from typing import ClassVar, NamedTuple, ParamSpec, Protocol, Self, TypeAlias, TypeVar

import msgspec

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


P = ParamSpec("P")
T = TypeVar("T")

Value: TypeAlias = str | int | float | bool


class Kind(IntEnum):
    """Which side of a hop a span is on."""

    INTERNAL = 1
    SERVER = 2
    CLIENT = 3


SERVER, CLIENT = Kind.SERVER, Kind.CLIENT


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


class Trace(msgspec.Struct, gc=False, eq=False):
    """What the spans of a trace have in common in this process."""

    home: "Tracing"
    id: str
    """32 hexadecimal digits."""
    flags: int
    """What was decided of it."""
    state: str
    baggage: str
    """The caller's, as they came."""
    tenant: str = ""
    """Whose call it is."""
    offset: int = 0
    """From the clock that never steps to nanoseconds since 1970, where it is recorded."""

    def now(self) -> int:
        """Nanoseconds since 1970, in which no step of the clock shows."""
        return self.home.steady() + self.offset


class Span(msgspec.Struct, gc=False, eq=False):
    """One step of a call, current within its `with` block: ids alone, for nobody records it.

    Spans refer to what is around them and never the other way round: there are no circles for
    the garbage collector to look for.
    """

    recorded: ClassVar[bool] = False
    """Whether anybody will see what is said of it."""

    trace: Trace
    id: int
    """64 bits of chance."""
    _before: "Span | None"
    """What was current."""

    def __enter__(self) -> Self:
        self._before = _CURRENT.get()
        _CURRENT.set(self)
        return self

    def __exit__(self, _kind: object, _error: BaseException | None, _stack: object) -> None:
        _CURRENT.set(self._before or SILENT)
        self._before = None

    @property
    def trace_id(self) -> str:
        """32 hexadecimal digits; empty where there is no trace."""
        return self.trace.id

    @property
    def span_id(self) -> str:
        """16 hexadecimal digits."""
        return f"{self.id:016x}"

    def set(self, name: str, value: Value) -> None:
        """Says one thing about the step."""

    def rename(self, name: str) -> None:
        """Calls the step by a name that was not known when it began."""

    def tell(self, said: Mapping[str, Value]) -> None:
        """Says several things about it."""

    def fail(self, reason: str, *, error: bool = True) -> None:
        """Says why the step failed; `error` says whether that is this side's failure."""

    def event(self, name: str, attributes: Mapping[str, Value] | None = None) -> None:
        """Says that something happened now."""

    def belong(self, tenant: str) -> None:
        """Says whose call it is, and so who may see the trace."""

    def child(self, name: str, kind: Kind) -> "Span":
        """A step within it, which nobody records either."""
        del name, kind
        return SILENT


class Silent(Span, gc=False, eq=False):
    """In place of a step of which nobody will see anything; it does not become current."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: object, _error: BaseException | None, _stack: object) -> None:
        """Nothing began."""


class Recorded(Span, gc=False, eq=False):
    """A span that goes to the sinks when it has ended."""

    recorded = True

    name: str
    kind: Kind
    parent: int
    """The id of the span that it is a step of; 0 where there is none."""
    start: int
    """Nanoseconds since 1970."""
    end: int = 0
    links: tuple[Link, ...] = ()
    attributes: dict[str, Value] = msgspec.field(default_factory=dict)
    events: tuple[Event, ...] = ()
    error_type: str = ""
    error: bool = False

    def __exit__(self, _kind: object, error: BaseException | None, _stack: object) -> None:
        _CURRENT.set(self._before or SILENT)
        self._before = None
        if error is not None and not self.error_type:
            self._break(error)
        trace = self.trace
        self.end = trace.home.steady() + trace.offset
        for add in trace.home.adds:
            add(self)

    @property
    def parent_id(self) -> str:
        """16 hexadecimal digits; empty where it is a step of no other."""
        return f"{self.parent:016x}" if self.parent else ""

    @property
    def service(self) -> str:
        """Of which it is a step."""
        return self.trace.home.service

    def set(self, name: str, value: Value) -> None:
        """Says it, among the first MAX_ATTRIBUTES things."""
        if value.__class__ is str and len(value) > MAX_TEXT:
            value = value[:MAX_TEXT]
        attributes = self.attributes
        if len(attributes) < MAX_ATTRIBUTES or name in attributes:
            attributes[name] = value

    def rename(self, name: str) -> None:
        """Calls it so."""
        self.name = name

    def tell(self, said: Mapping[str, Value]) -> None:
        """Says them, as far as each could be said alone."""
        attributes = self.attributes
        fit = len(attributes) + len(said) <= MAX_ATTRIBUTES
        if fit and len("".join(map(str, said.values()))) <= MAX_TEXT:
            attributes.update(said)
        else:
            for name, value in said.items():
                self.set(name, value)

    def fail(self, reason: str, *, error: bool = True) -> None:
        """Says it; the last word counts."""
        self.error_type, self.error = reason, error

    def event(self, name: str, attributes: Mapping[str, Value] | None = None) -> None:
        """Says it, among the first MAX_EVENTS."""
        if len(self.events) < MAX_EVENTS:
            self.events += (Event(name, self.trace.now(), attributes or {}),)

    def belong(self, tenant: str) -> None:
        """Says it of all that is recorded of the trace from now on, where the tenant has a name."""
        if tenant:
            self.trace.tenant = tenant
            self.set(names.TENANT, tenant)

    def child(self, name: str, kind: Kind) -> "Recorded":
        """A step within it, recorded too."""
        trace = self.trace
        home = trace.home
        start = home.steady() + trace.offset
        return Recorded(trace, home.bits(64), None, name, kind, self.id, start)

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
    flag goes on. Of all others there are ids alone, and no step has a span of its own.
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
        self.adds = tuple(each.add for each in sinks)
        self._records = bool(sinks)
        self.service = service
        self.bits = bits
        self.date, self.steady = clocks
        self._sampler = sampler
        self._baggage_keys = baggage_keys

    def server(self, name: str, carrier: Mapping[str, str]) -> Span:
        """The span of a call that came in, by the context among its fields; they are lower-case.

        A context that cannot be read is as good as none: the call begins a trace of its own,
        linked to what could be read of the other.
        """
        return self._begin(name, SERVER, read(carrier) if carrier else NOTHING)

    def client(self, *name: str) -> Span:
        """The span of a request that goes out: a step of the current one, where that is recorded.

        Where none is current, it begins a trace. The words of its name are put together then.
        """
        here = current()
        if here is SILENT:
            return self._begin(" ".join(name), CLIENT, NOTHING)
        return here.child(" ".join(name), CLIENT) if here.recorded else SILENT

    def carry(self, *, whole_baggage: bool = False) -> tuple[tuple[str, str], ...]:
        """The header fields that hand the current context on.

        Of the baggage those entries that the operator has named, or all of it.
        """
        here = current()
        if here is SILENT:
            return ()
        trace = here.trace
        parent = TRACEPARENT, f"00-{trace.id}-{here.id:016x}-0{trace.flags}"
        if not (trace.state or trace.baggage):
            return (parent,)
        baggage = trace.baggage if whole_baggage else entries(trace.baggage, self._baggage_keys)
        more = ((TRACESTATE, trace.state), (BAGGAGE, baggage))
        return (parent, *(each for each in more if each[1]))

    def root(
        self, trace: Trace, name: str, kind: Kind, parent: int = 0, links: tuple[Link, ...] = ()
    ) -> Recorded:
        """The first span of a trace in this process, which is recorded from now on."""
        steady = self.steady
        offset = trace.offset = self.date() - steady()
        return Recorded(
            trace, self.bits(64), None, name, kind, parent, steady() + offset, links=links
        )

    def taken_up(self, name: str, trace_id: str) -> Span:
        """Work whose trace was begun before, maybe by a process that has died since."""
        if self._records and (self._sampler is None or self._sampler(None, trace_id)):
            return self.root(Trace(self, trace_id, SAMPLED, "", ""), name, Kind.INTERNAL)
        return Span(Trace(self, trace_id, 0, "", ""), self.bits(64), None)

    def _begin(self, name: str, kind: Kind, context: Context) -> Span:
        parent, flags, recorded = context.parent, context.flags, self._records
        trace_id = f"{self.bits(128):032x}" if parent is None else parent.trace_id
        if self._sampler is not None:
            chosen = self._sampler(None if parent is None else flags, trace_id)
            flags = flags | SAMPLED if chosen else flags & ~SAMPLED
            recorded = recorded and chosen
        trace = Trace(self, trace_id, flags, context.state, context.baggage)
        if not recorded:
            return Span(trace, self.bits(64), None)
        links = () if context.torn is None else (context.torn,)
        return self.root(trace, name, kind, 0 if parent is None else int(parent.span_id, 16), links)


SILENT = Silent(Trace(Tracing(), "", 0, "", ""), 0, None)
"""The span where there is none."""

_CURRENT: ContextVar[Span] = ContextVar("span", default=SILENT)

current: Callable[[], Span] = _CURRENT.get
"""The span that is current, or one that says nothing where there is none."""


def step(name: str, kind: Kind = Kind.INTERNAL) -> Span:
    """A step within the current span, where that is recorded; else nothing."""
    return current().child(name, kind)


def within(name: str, work: Callable[P, T], *words: P.args, **named: P.kwargs) -> T:
    """What work gives that is done as a step within the current span, where that is recorded."""
    here = current()
    if not here.recorded:
        return work(*words, **named)
    with here.child(name, Kind.INTERNAL):
        return work(*words, **named)


def apart(name: str) -> Span:
    """Work beside the current span: a trace of its own, linked to that, where it is recorded."""
    here = current()
    if not here.recorded:
        return SILENT
    home = here.trace.home
    trace = Trace(home, f"{home.bits(128):032x}", here.trace.flags, "", "")
    return home.root(trace, name, Kind.INTERNAL, links=(Link(here.trace_id, here.span_id),))
