"""Tally: the figures that this process adds up, by the minute, the hour and the day."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from facade.history.sketch import one, pack

SPANS: Final = (60, 3600, 86400)
"""Seconds of a minute, an hour and a day."""

OPEN: Final = 120
"""Seconds after its end for which a stretch may still change."""

LONGEST: Final = 300
"""Characters of a last error."""

MICROSECONDS: Final = 1_000_000


class Key(NamedTuple):
    """What figures are of, by ids: of a call its action, of a run its flow alone."""

    tenant: str
    connector: str
    version: str
    action: str
    flow: str


@dataclass(slots=True)
class Sum:
    """What was added up."""

    calls: int = 0
    failed: int = 0
    seconds: float = 0.0
    sketch: int = 0
    last_error: str = ""
    last_error_time: float = 0.0

    def add(self, other: "Sum") -> None:
        """Adds what was added up elsewhere."""
        self.calls += other.calls
        self.failed += other.failed
        self.seconds += other.seconds
        self.sketch += other.sketch
        if other.last_error_time >= self.last_error_time and other.last_error:
            self.last_error, self.last_error_time = other.last_error, other.last_error_time

    def count(self, seconds: float, error: str, time: float) -> None:
        """Adds one call; `error` says what has failed it, and is empty where nothing has."""
        self.calls += 1
        self.seconds += seconds
        self.sketch += one(seconds)
        if error:
            self.failed += 1
            self.last_error, self.last_error_time = error, time


class Tally:
    """The sums of one process, which are written whole whenever they have changed."""

    def __init__(self, writer: str) -> None:
        """Takes the name under which the rows of this process stand."""
        self._writer = writer
        self._sums: dict[tuple[Key, int, int], Sum] = {}
        self._changed: set[tuple[Key, int, int]] = set()

    @property
    def changed(self) -> bool:
        """Whether there is something to write."""
        return bool(self._changed)

    def add(self, batch: Mapping[tuple[Key, int], Sum]) -> None:
        """Adds what was counted, by what it is of and by the minute in which that begins."""
        for (key, minute), counted in batch.items():
            for span in SPANS:
                place = key, span, minute - minute % span
                self._sums.setdefault(place, Sum()).add(counted)
                self._changed.add(place)

    def rows(self) -> list[dict[str, Any]]:
        """The rows of what has changed since it was last written."""
        return list(self._rows())

    def written(self, now: float) -> None:
        """What was changed is written; what changes no more is forgotten."""
        self._changed.clear()
        past = [place for place in self._sums if place[2] + place[1] + OPEN < now]
        for place in past:
            del self._sums[place]

    def _rows(self) -> Iterator[dict[str, Any]]:
        for place in self._changed:
            key, span, start = place
            yield row_of(key, span, start, self._writer, self._sums[place])


def row_of(key: Key, span: int, start: int, writer: str, added: Sum) -> dict[str, Any]:
    """A row of the table of figures."""
    return {
        **key._asdict(),
        "span": span,
        "start": start,
        "writer": writer,
        "calls": added.calls,
        "failed": added.failed,
        "seconds": added.seconds,
        "sketch": pack(added.sketch),
        "last_error": added.last_error[:LONGEST],
        "last_error_time": int(added.last_error_time * MICROSECONDS),
    }
