"""Tally: what calls add to, as plain numbers; the registry reads them when somebody looks."""

import time
from abc import ABC, abstractmethod
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.samples import Exemplar
from prometheus_client.utils import INF, floatToGoString
from prometheus_client.values import ValueClass

from facade.telemetry.instrument import Instrument
from facade.telemetry.instruments import BOUNDARIES
from facade.telemetry.meters import Labels
from facade.telemetry.spans import Span

OTHER = "other"
"""What stands for all values of labels beyond those that are told apart."""

BOUNDS = (*BOUNDARIES, INF)
"""The upper one of each bucket."""

BUCKETS = tuple(map(floatToGoString, BOUNDS))
"""By their upper bounds, as they are written."""


Bucket: TypeAlias = tuple[str, float] | tuple[str, float, Exemplar]
"""Its upper bound, what it and those below it have, and one of them."""


class Count:
    """How often something was."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0

    def numbers(self) -> tuple[float, ...]:
        """What it has come to."""
        return (float(self.value),)


class Seen(NamedTuple):
    """What was timed while its trace was recorded."""

    seconds: float
    date: float
    """Seconds since 1970."""
    trace_id: str
    span_id: int

    def exemplar(self) -> Exemplar:
        """The same in Prometheus' terms."""
        ids = {"trace_id": self.trace_id, "span_id": f"{self.span_id:016x}"}
        return Exemplar(ids, self.seconds, self.date)


class Durations:
    """How long something took, in buckets; of each the last one whose trace is worth a look."""

    __slots__ = ("buckets", "seen", "sum")

    def __init__(self) -> None:
        self.buckets = [0] * len(BUCKETS)
        self.sum = 0.0
        self.seen: dict[int, Seen] = {}

    def add(self, many: Sequence[float]) -> None:
        """Adds some, of which there is one at least: once for each bucket, however many."""
        self.sum = sum(many, self.sum)
        many = sorted(many)
        bucket, done, most = bisect_left(BOUNDARIES, many[0]), 0, len(many)
        while done < most:
            below = bisect_right(many, BOUNDS[bucket], done)
            self.buckets[bucket] += below - done
            bucket, done = bucket + 1, below

    def see(self, seconds: float, span: Span) -> None:
        """Keeps the span in which one was timed that is added by itself."""
        bucket = bisect_left(BOUNDARIES, seconds)
        self.seen[bucket] = Seen(seconds, time.time(), span.trace_id, span.id)

    def numbers(self) -> tuple[float, ...]:
        """What each bucket has, and the sum."""
        return (*map(float, self.buckets), self.sum)


Number = TypeVar("Number", Count, Durations)


class Tallies(ABC, Generic[Number]):
    """The numbers of one instrument: one for each value of its labels that is told apart.

    They are added to in the thread of the event loop, and read from any.
    """

    def __init__(self, instrument: Instrument) -> None:
        """Takes what is measured."""
        self.instrument = instrument
        self._numbers: dict[Labels, Number] = {}
        self._rest: Number | None = None
        self._files: dict[Labels, tuple[Any, ...]] = {}

    def of(self, labels: Labels) -> Number:
        """The number for these values, or the one for all others where there are too many."""
        found = self._numbers.get(labels)
        if found is None and len(self._numbers) < self.instrument.most:
            found = self._numbers[labels] = self._make()
        elif found is None:
            found = self._rest = self._rest or self._make()
        return found

    def found(self) -> list[tuple[Labels, Number]]:
        """What there is now."""
        found = list(self._numbers.items())
        if self._rest is not None:
            found.append(((OTHER,) * len(self.instrument.attributes), self._rest))
        return found

    def write(self) -> None:
        """Writes what has changed where the keeper of several workers reads it."""
        for labels, number in self.found():
            if labels not in self._files:
                self._files[labels] = tuple(self._opened(labels))
            for file, value in zip(self._files[labels], number.numbers(), strict=True):
                if file.get() != value:
                    file.set(value)

    @abstractmethod
    def _make(self) -> Number:
        """A new number."""

    @abstractmethod
    def collect(self) -> Iterable[Metric]:
        """What the registry asks for."""

    @abstractmethod
    def _opened(self, labels: Labels) -> Iterable[Any]:
        """Where each of the numbers for these values is written."""


class Counts(Tallies[Count]):
    """Those of a counter."""

    def _make(self) -> Count:
        return Count()

    def collect(self) -> Iterable[Metric]:
        """The counters."""
        what = self.instrument
        family = CounterMetricFamily(what.exposed, what.text, labels=what.labels)
        for labels, number in self.found():
            family.add_metric(labels, float(number.value))
        return (family,)

    def _opened(self, labels: Labels) -> Iterable[Any]:
        return (_file(self.instrument, "_total", labels),)


class Timings(Tallies[Durations]):
    """Those of a histogram."""

    def _make(self) -> Durations:
        return Durations()

    def collect(self) -> Iterable[Metric]:
        """The histograms, each bucket with those below it."""
        what = self.instrument
        family = HistogramMetricFamily(what.exposed, what.text, labels=what.labels)
        for labels, number in self.found():
            family.add_metric(labels, list(_cumulated(number)), number.sum)
        return (family,)

    def _opened(self, labels: Labels) -> Iterable[Any]:
        yield from (_file(self.instrument, "_bucket", labels, each) for each in BUCKETS)
        yield _file(self.instrument, "_sum", labels)


def _cumulated(durations: Durations) -> Iterator[Bucket]:
    sums = map(float, accumulate(durations.buckets))
    for number, (bound, value) in enumerate(zip(BUCKETS, sums, strict=True)):
        seen = durations.seen.get(number)
        yield (bound, value) if seen is None else (bound, value, seen.exemplar())


def _file(what: Instrument, suffix: str, labels: Labels, bucket: str = "") -> Any:
    """The place of one number in the files that workers share."""
    keys, values = what.labels, labels
    if bucket:
        keys, values = (*keys, "le"), (*values, bucket)
    return ValueClass(what.kind.value, what.exposed, what.exposed + suffix, keys, values, what.text)
