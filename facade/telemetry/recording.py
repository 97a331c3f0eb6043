"""Recording: the meters of a process whose numbers are looked at, in a registry of its own."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeAlias, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Metric, disable_created_metrics

from facade.errors.fault import Code
from facade.errors.service import QuotaExceeded
from facade.telemetry import instruments as table
from facade.telemetry.exposition import exposed
from facade.telemetry.instrument import Instrument, Kind
from facade.telemetry.meters import Answered, Called, Labels, Meters, Readings, Tried
from facade.telemetry.spans import current
from facade.telemetry.tally import OTHER, Count, Counts, Durations, Tallies, Timings

KNOWN = 4_000
"""Kinds of calls, tries, RPCs and requests whose numbers are at hand."""

MOST = 100
"""Times of one kind that wait to be counted together: about 3 KB."""

Told: TypeAlias = Called | Tried | Answered | tuple[str, Code]
"""What was timed."""

Number = TypeVar("Number", Counter, Gauge)


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


class CallNumbers:
    """The numbers of one kind of call, and the times that are not in them yet.

    The times are told in the thread of the event loop, and may be counted in any, one at a time.
    """

    __slots__ = ("counts", "durations", "waiting")

    def __init__(self, durations: Durations, *counts: Count) -> None:
        self.durations = durations
        self.counts = counts
        self.waiting: list[float] = []

    def count(self) -> None:
        """Counts what waits; what is told meanwhile waits for the next time."""
        waiting = self.waiting
        many = len(waiting)
        if many:
            self.durations.add(waiting[:many])
            for count in self.counts:
                count.value += many
            del waiting[:many]


class Recording(Meters):
    """Counts. Values of labels come from the catalog and from enums, never from a caller.

    What is told of a call is kept as it is: the numbers follow when somebody looks at them, and
    before too much waits.
    """

    counts = True

    def __init__(self, *, exemplars: bool = True) -> None:
        """Takes whether the registry can keep exemplars: one that workers share cannot."""
        self._shared = not exemplars
        disable_created_metrics()  # a series more for each number, of which nobody makes anything
        self._registry = CollectorRegistry()
        self._rpc = Timings(table.RPC_SERVER_DURATION)
        self._http = Timings(table.HTTP_SERVER_DURATION)
        self._tries = Timings(table.HTTP_CLIENT_DURATION)
        self._durations = Timings(table.CALL_DURATION)
        self._calls = Counts(table.CALLS)
        self._retries = Counts(table.RETRIES)
        self._outcomes = Counts(table.CACHE_OUTCOMES)
        self._refusals = Counts(table.LIMIT_REFUSALS)
        self._tallies: tuple[Tallies[Durations] | Tallies[Count], ...] = (
            *(self._rpc, self._http, self._tries, self._durations),
            *(self._calls, self._retries, self._outcomes, self._refusals),
        )
        for each in self._tallies:
            self._registry.register(each)
        self._known: dict[Told, CallNumbers] = {}
        self._counting = Lock()
        self._watched: list[Watched] = []
        self._calls_under_way = self._streams_under_way = 0
        """The streams are among the calls."""
        self.watch(table.CALLS_UNDER_WAY, lambda: {(): self._calls_under_way})
        self.watch(table.STREAMS_UNDER_WAY, lambda: {(): self._streams_under_way})

    def began(self, *, stream: bool) -> None:
        """Counts a call as under way."""
        self._calls_under_way += 1
        if stream:
            self._streams_under_way += 1

    def ended(self, called: Called, seconds: float) -> None:
        """Counts a call by what it came to."""
        self._calls_under_way -= 1
        if called.stream:
            self._streams_under_way -= 1
        self._tell(self._known.get(called) or self._learn(called, self._call(called)), seconds)

    def tried(self, tried: Tried, seconds: float) -> None:
        """Times a try; those beyond the first of a call are retries."""
        self._tell(self._known.get(tried) or self._learn(tried, self._try(tried)), seconds)

    def rpc(self, method: str, code: Code, seconds: float) -> None:
        """Times an RPC."""
        told = method, code
        known = self._known.get(told)
        if known is None:
            known = self._learn(told, CallNumbers(self._rpc.of((method, code.name))))
        self._tell(known, seconds)

    def http(self, answered: Answered, seconds: float) -> None:
        """Times a request."""
        known = self._known.get(answered)
        if known is None:
            status = str(answered.status)
            labels = (answered.method, answered.route, status, answered.error)
            known = self._learn(answered, CallNumbers(self._http.of(labels)))
        self._tell(known, seconds)

    def watch(self, instrument: Instrument, read: Callable[[], Readings]) -> None:
        """Has a part asked whenever somebody looks, in the thread of the event loop."""
        family = (
            self._counter(instrument)
            if instrument.kind is Kind.COUNTER
            else self._gauge(instrument)
        )
        self._watched.append(Watched(family, read))

    def sample(self) -> None:
        """Asks every part now, and writes what this process has counted to where it is shared."""
        self._count()
        for each in self._watched:
            each.sample()
        if self._shared:
            for tallies in self._tallies:
                tallies.write()

    def expose(self, accept: str) -> tuple[str, bytes]:
        """All numbers as they are now."""
        self.sample()
        return exposed(self._registry, accept)

    def collect(self) -> Iterable[Metric]:
        """All numbers, what the parts know as it was last sampled; from any thread."""
        self._count()
        return self._registry.collect()

    def _tell(self, known: CallNumbers, seconds: float) -> None:
        known.waiting.append(seconds)
        if len(known.waiting) >= MOST:
            self._count(known)
        span = current()
        if span.recorded and not self._shared:
            known.durations.see(seconds, span)

    def _count(self, *kinds: CallNumbers) -> None:
        """Counts what waits, of these kinds or of all."""
        with self._counting:
            for known in kinds or list(self._known.values()):
                known.count()

    def _learn(self, told: Told, known: CallNumbers) -> CallNumbers:
        if len(self._known) >= KNOWN:
            self._count()
            self._known.clear()
        self._known[told] = known
        return known

    def _call(self, called: Called) -> CallNumbers:
        name = called.connector, called.version
        counts = [
            self._calls.of((*name, called.action, called.code, called.reason)),
            self._outcomes.of((called.connector, str(called.cache))),
        ]
        if called.reason == QuotaExceeded.reason:
            counts.append(self._refusals.of((called.connector,)))
        return CallNumbers(self._durations.of((*name, called.code, called.domain)), *counts)

    def _try(self, tried: Tried) -> CallNumbers:
        name = tried.connector, tried.version
        status = str(tried.status) if tried.status else ""
        counts = [self._retries.of(name)] if tried.again else []
        return CallNumbers(self._tries.of((tried.method, *name, status, tried.reason)), *counts)

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
