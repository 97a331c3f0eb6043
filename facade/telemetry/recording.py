"""Recording: the meters of a process whose numbers are looked at, in a registry of its own."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Metric,
    disable_created_metrics,
)

from facade.errors.fault import Code
from facade.errors.service import QuotaExceeded
from facade.telemetry import instruments as table
from facade.telemetry.exposition import exposed
from facade.telemetry.instruments import BOUNDARIES, Instrument, Kind
from facade.telemetry.meters import Answered, Called, Labels, Meters, Readings, Tried
from facade.telemetry.spans import current

OTHER = "other"
"""What stands for all values of labels beyond those that are told apart."""

KNOWN = 4_000
"""Kinds of calls whose numbers are at hand."""

Number = TypeVar("Number", Counter, Gauge, Histogram)


class Family(Generic[Number]):
    """The numbers of one instrument: one for each value of its labels that is told apart."""

    __slots__ = ("_children", "_most", "_other", "_parent")

    def __init__(self, parent: Number, instrument: Instrument) -> None:
        self._parent: Number = parent
        self._most = instrument.most
        self._other: Labels = (OTHER,) * len(instrument.attributes)
        self._children: dict[Labels, Number] = {} if instrument.attributes else {(): parent}

    def child(self, labels: Labels) -> Number:
        """The number for these values, or the one for all others where there are too many."""
        found = self._children.get(labels)
        if found is None:
            full = len(self._children) >= self._most
            found = self._parent.labels(*(self._other if full else labels))
            if not full:
                self._children[labels] = found
        return found


@dataclass(slots=True)
class Watched:
    """One instrument that a part is asked for."""

    family: Family[Counter] | Family[Gauge]
    read: Callable[[], Readings]
    last: dict[Counter | Gauge, float] = field(default_factory=dict)

    def sample(self) -> None:
        """Takes over what the part knows now; what it no longer speaks of is 0."""
        now: dict[Counter | Gauge, float] = dict.fromkeys(self.last, 0.0)
        for labels, value in self.read().items():
            number = self.family.child(labels)
            now[number] = now.get(number, 0.0) + value
        for number, value in now.items():
            if isinstance(number, Gauge):
                number.set(value)
            else:
                number.inc(max(value - self.last.get(number, 0.0), 0.0))
        self.last = now


@dataclass(frozen=True, slots=True)
class Known:
    """The numbers of one kind of call."""

    duration: Histogram
    counters: tuple[Counter, ...]


class Recording(Meters):
    """Counts. Values of labels come from the catalog and from enums, never from a caller."""

    counts = True

    def __init__(self, *, exemplars: bool = True) -> None:
        """Takes whether the registry can keep exemplars: one that workers share cannot."""
        self._exemplar = _exemplar if exemplars else _none
        disable_created_metrics()  # a series more for each number, of which nobody makes anything
        self._registry = CollectorRegistry()
        self._rpc = self._histogram(table.RPC_SERVER_DURATION)
        self._http = self._histogram(table.HTTP_SERVER_DURATION)
        self._tries = self._histogram(table.HTTP_CLIENT_DURATION)
        self._durations = self._histogram(table.CALL_DURATION)
        self._calls = self._counter(table.CALLS)
        self._retries = self._counter(table.RETRIES)
        self._outcomes = self._counter(table.CACHE_OUTCOMES)
        self._refusals = self._counter(table.LIMIT_REFUSALS)
        self._known: dict[Called, Known] = {}
        self._watched: list[Watched] = []
        self._under_way = [0, 0]
        """Calls, and streams among them."""
        self.watch(table.CALLS_UNDER_WAY, lambda: {(): self._under_way[0]})
        self.watch(table.STREAMS_UNDER_WAY, lambda: {(): self._under_way[1]})

    def began(self, *, stream: bool) -> None:
        """Counts a call as under way."""
        self._under_way[0] += 1
        self._under_way[1] += stream

    def ended(self, called: Called, seconds: float) -> None:
        """Counts a call by what it came to."""
        self._under_way[0] -= 1
        self._under_way[1] -= called.stream
        known = self._known.get(called) or self._learn(called)
        known.duration.observe(seconds, self._exemplar())
        for counter in known.counters:
            counter.inc()

    def tried(self, tried: Tried, seconds: float) -> None:
        """Times a try; those beyond the first of a call are retries."""
        method, connector, version, status, reason, again = tried
        labels = (method, connector, version, str(status) if status else "", reason)
        self._tries.child(labels).observe(seconds, self._exemplar())
        if again:
            self._retries.child((connector, version)).inc()

    def rpc(self, method: str, code: Code, seconds: float) -> None:
        """Times an RPC."""
        self._rpc.child((method, code.name)).observe(seconds, self._exemplar())

    def http(self, answered: Answered, seconds: float) -> None:
        """Times a request."""
        labels = (answered.method, answered.route, str(answered.status), answered.error)
        self._http.child(labels).observe(seconds, self._exemplar())

    def watch(self, instrument: Instrument, read: Callable[[], Readings]) -> None:
        """Has a part asked whenever somebody looks, in the thread of the event loop."""
        family = (
            self._counter(instrument)
            if instrument.kind is Kind.COUNTER
            else self._gauge(instrument)
        )
        self._watched.append(Watched(family, read))

    def sample(self) -> None:
        """Asks every part now."""
        for each in self._watched:
            each.sample()

    def expose(self, accept: str) -> tuple[str, bytes]:
        """All numbers as they are now."""
        self.sample()
        return exposed(self._registry, accept)

    def collect(self) -> Iterable[Metric]:
        """All numbers as they were last sampled; from any thread."""
        return self._registry.collect()

    def _learn(self, called: Called) -> Known:
        connector, version, action, code, domain, reason, cache, _ = called
        counters = [
            self._calls.child((connector, version, action, code, reason)),
            self._outcomes.child((connector, cache)),
        ]
        if reason == QuotaExceeded.reason:
            counters.append(self._refusals.child((connector,)))
        duration = self._durations.child((connector, version, code, domain))
        if len(self._known) >= KNOWN:
            self._known.clear()
        known = self._known[called] = Known(duration, tuple(counters))
        return known

    def _histogram(self, instrument: Instrument) -> Family[Histogram]:
        made = Histogram(
            instrument.exposed,
            instrument.text,
            instrument.labels,
            registry=self._registry,
            buckets=BOUNDARIES,
        )
        return Family(made, instrument)

    def _counter(self, instrument: Instrument) -> Family[Counter]:
        made = Counter(
            instrument.exposed, instrument.text, instrument.labels, registry=self._registry
        )
        return Family(made, instrument)

    def _gauge(self, instrument: Instrument) -> Family[Gauge]:
        made = Gauge(
            instrument.exposed,
            instrument.text,
            instrument.labels,
            registry=self._registry,
            multiprocess_mode=instrument.over.value,
        )
        return Family(made, instrument)


def _exemplar() -> dict[str, str] | None:
    """The trace that is worth a look, where it is kept."""
    span = current()
    return {"trace_id": span.trace_id, "span_id": span.span_id} if span.recorded else None


def _none() -> None:
    """No trace."""
