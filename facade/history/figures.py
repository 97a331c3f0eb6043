"""Figures: the rows that processes have added up, told by what is asked for; pure."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

from facade.history.sketch import quantile, unpack
from facade.history.tally import MICROSECONDS, Sum
from facade.model.execution import (
    SECONDS,
    FigureGroup,
    FigureQuery,
    Figures,
    FigureScope,
    Grouping,
)

DAY: Final = 86400

KEPT: Final[Mapping[int, int]] = MappingProxyType({60: 6 * 3600, 3600: 8 * DAY})
"""Seconds for which figures by the minute and by the hour are kept; by the day: as history is."""

FINEST: Final = ((3 * 3600, 60), (2 * DAY, 3600))
"""Seconds of a stretch up to which its sum is of minutes, and up to which of hours."""

SHARE: Final = 0.95

_SCOPES: Final[Mapping[Grouping, Callable[[Any], FigureScope]]] = {
    Grouping.TOTAL: lambda _row: FigureScope(),
    Grouping.CONNECTOR: lambda row: FigureScope(connector=row.connector),
    Grouping.VERSION: lambda row: FigureScope(connector=row.connector, version=row.version),
    Grouping.ACTION: lambda row: FigureScope(
        connector=row.connector, version=row.version, action=row.action
    ),
    Grouping.FLOW: lambda row: FigureScope(flow=row.flow),
}
_PARTS: Final[Mapping[Grouping, Callable[[Any], tuple[str, ...]]]] = {
    Grouping.TOTAL: lambda _row: (),
    Grouping.CONNECTOR: lambda row: (row.connector,),
    Grouping.VERSION: lambda row: (row.connector, row.version),
    Grouping.ACTION: lambda row: (row.connector, row.version, row.action),
    Grouping.FLOW: lambda row: (row.flow,),
}


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


def groups_of(rows: Iterable[Any], query: FigureQuery, span: int) -> tuple[FigureGroup, ...]:
    """What rows of a span say of each group, those with the most calls first."""
    parts, scope_of = _PARTS[query.grouping], _SCOPES[query.grouping]
    points: dict[tuple[str, ...], dict[int, Sum]] = {}
    scopes: dict[tuple[str, ...], FigureScope] = {}
    for row in rows:
        key = parts(row)
        if key not in points:
            points[key], scopes[key] = {}, scope_of(row)
        of_key, start = points[key], row.start if query.interval is not None else 0
        if start not in of_key:
            of_key[start] = Sum()
        take(of_key[start], row)
    totals = {key: total_of(of_key.values()) for key, of_key in points.items()}
    if query.grouping is Grouping.TOTAL and not totals:
        totals[()], scopes[()], points[()] = Sum(), FigureScope(), {}
    begin, end = begin_of(query, span), query.end_time.timestamp()
    days = max(end - begin, 1.0) / DAY
    starts = range(begin, max(int(end), begin + 1), span) if query.interval is not None else ()
    found_groups = (
        FigureGroup(
            scope=scopes[key],
            total=figures_of(totals[key], begin),
            calls_per_day=totals[key].calls / days,
            series=tuple(figures_of(points[key].get(start, EMPTY), start) for start in starts),
        )
        for key in totals
    )
    return tuple(sorted(found_groups, key=lambda group: -group.total.calls))


EMPTY: Final = Sum()


def take(added: Sum, row: Any) -> None:
    """Adds what a row has added up."""
    added.calls += row.calls
    added.failed += row.failed
    added.seconds += row.seconds
    added.sketch += unpack(row.sketch)
    time = row.last_error_time / MICROSECONDS
    if time >= added.last_error_time and row.last_error:
        added.last_error, added.last_error_time = row.last_error, time


def total_of(sums: Iterable[Sum]) -> Sum:
    """All of them in one."""
    total = Sum()
    for each in sums:
        total.add(each)
    return total


def figures_of(added: Sum, start: int) -> Figures:
    """What a sum says."""
    time = added.last_error_time
    return Figures(
        start_time=datetime.fromtimestamp(start, UTC),
        calls=added.calls,
        failed=added.failed,
        mean_seconds=added.seconds / added.calls if added.calls else None,
        p95_seconds=quantile(added.sketch, added.calls, SHARE),
        last_error=added.last_error,
        last_error_time=datetime.fromtimestamp(time, UTC) if added.last_error else None,
    )
