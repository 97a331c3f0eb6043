"""Figures: the rows that processes have added up, told by what is asked for; pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

from facade.history.sketch import quantile, unpack, unpack_all
from facade.history.tally import MICROSECONDS, Sum
from facade.model.execution import (
    SECONDS,
    FigureGroup,
    FigureQuery,
    Figures,
    FigureScope,
    Grouping,
)
from facade.stores.figure_sums import Grouped

DAY: Final = 86400

KEPT: Final[Mapping[int, int]] = MappingProxyType({60: 6 * 3600, 3600: 8 * DAY})
"""Seconds for which figures by the minute and by the hour are kept; by the day: as history is."""

FINEST: Final = ((3 * 3600, 60), (2 * DAY, 3600))
"""Seconds of a stretch up to which its sum is of minutes, and up to which of hours."""

SHARE: Final = 0.95

COLUMNS: Final = 7
"""Of a row of figures, before those that tell groups apart."""
SKETCHES: Final = 4
"""The one that has the sketches."""

KEYS: Final[Mapping[Grouping, tuple[str, ...]]] = MappingProxyType(
    {
        Grouping.TOTAL: (),
        Grouping.CONNECTOR: ("connector",),
        Grouping.VERSION: ("connector", "version"),
        Grouping.ACTION: ("connector", "version", "action"),
        Grouping.FLOW: ("flow",),
    }
)
"""The columns that tell one group from another."""


def span_of(query: FigureQuery, now: float) -> int:
    """Seconds of the stretches whose sums answer a query."""
    if query.interval is not None:
        return SECONDS[query.interval]
    start = query.start_time.timestamp()
    length = query.end_time.timestamp() - start
    for most, span in FINEST:
        if length <= most and now - start < KEPT[span]:
            return span
    return DAY


def begin_of(query: FigureQuery, span: int) -> int:
    """Where the stretch begins in which a query does, in seconds since 1970."""
    start = int(query.start_time.timestamp())
    return start - start % span


def is_of_runs(query: FigureQuery) -> bool:
    """Whether a query is about runs of flows; else it is about calls."""
    return query.grouping is Grouping.FLOW or bool(query.scope.flow)


def grouped_of(query: FigureQuery) -> Grouped:
    """What the ledger adds up: not where nearly every row is a point of its own."""
    if query.interval is None:
        return Grouped.WHOLE
    is_finest = query.grouping in {Grouping.ACTION, Grouping.FLOW}
    return Grouped.NOT if is_finest else Grouped.BY_START


def groups_of(
    rows: Iterable[Sequence[Any]], query: FigureQuery, span: int
) -> tuple[FigureGroup, ...]:
    """What rows of a span say of each group, those with the most calls first.

    Each row has first what `figure_sums` says, and then what tells its group apart.
    """
    by, apart = KEYS[query.grouping], query.interval is not None
    points: dict[tuple[str, ...], dict[int, Sum]] = defaultdict(dict)
    for row in rows:
        of_key, start = points[tuple(row[COLUMNS:])], row[0] if apart else 0
        if start not in of_key:
            of_key[start] = Sum()
        take(of_key[start], row)
    totals = {key: total_of(of_key.values()) for key, of_key in points.items()}
    if query.grouping is Grouping.TOTAL and not totals:
        totals[()] = Sum()
    begin, end = begin_of(query, span), query.end_time.timestamp()
    days = max(end - begin, 1.0) / DAY
    ends = max(int(end), begin + 1) if apart else begin
    starts = [(start, datetime.fromtimestamp(start, UTC)) for start in range(begin, ends, span)]
    beginning = datetime.fromtimestamp(begin, UTC)
    found_groups = (
        FigureGroup(
            scope=FigureScope(**dict(zip(by, key, strict=True))),
            total=figures_of(totals[key], beginning),
            calls_per_day=totals[key].calls / days,
            series=tuple(figures_of(points[key].get(at, EMPTY), start) for at, start in starts),
        )
        for key in totals
    )
    return tuple(sorted(found_groups, key=lambda group: -group.total.calls))


EMPTY: Final = Sum()


def take(added: Sum, row: Sequence[Any]) -> None:
    """Adds what a row has added up, or some rows together."""
    _, calls, failed, seconds, sketches, lengths, last = row[:COLUMNS]
    added.calls += int(calls)
    added.failed += int(failed)
    added.seconds += seconds
    added.sketch += unpack(sketches) if lengths is None else unpack_all(sketches, lengths)
    if last is not None:
        time, _, error = last.partition(" ")
        moment = int(time) / MICROSECONDS
        if moment >= added.last_error_time and error:
            added.last_error, added.last_error_time = error, moment


def total_of(sums: Iterable[Sum]) -> Sum:
    """All of them in one."""
    total = Sum()
    for each in sums:
        total.add(each)
    return total


def figures_of(added: Sum, start: datetime) -> Figures:
    """What a sum says of a stretch that begins then."""
    time = added.last_error_time
    return Figures(
        start_time=start,
        calls=added.calls,
        failed=added.failed,
        mean_seconds=added.seconds / added.calls if added.calls else None,
        p95_seconds=quantile(added.sketch, added.calls, SHARE),
        last_error=added.last_error,
        last_error_time=datetime.fromtimestamp(time, UTC) if added.last_error else None,
    )
