"""History in SQLite and PostgreSQL: tenants apart, what is too old gone, processes put together."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from facade.history.history import MOST, History, Keeping
from facade.history.noting import Noted
from facade.history.request import query_of
from facade.listing.executions import ExecutionList
from facade.listing.pages import Asked, Tokens
from facade.model.execution import Grouping, Interval
from facade.stores.history import SqlHistory
from facade.stores.history_filter import Every
from facade.stores.ledger import SqlLedger
from facade.stores.turns import SqlTurns
from facade.telemetry.meters import Called

FINE = Called("shop", "v1", "getPet")
FAILED = Called("shop", "v1", "getPet", "UNAVAILABLE", "backend", "BACKEND_TIMEOUT")
ALL = Every(())
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@dataclass
class Clock:
    now: float = NOON.timestamp()

    def __call__(self) -> float:
        return self.now


def history(ledger: SqlLedger, clock: Clock, keeping: Keeping | None = None) -> History:
    return History(SqlHistory(ledger), SqlTurns(ledger), keeping or Keeping(), clock)


async def test_i9_executions_and_figures_of_a_tenant_are_its_own(ledger: SqlLedger) -> None:
    clock = Clock()
    kept = history(ledger, clock)
    for tenant in ("a", "b", "b"):
        kept.took(Noted(FINE, clock(), 0.1, tenant))
    mine, _ = await kept.page("a", ALL, "", 10)
    assert [each.tenant for each in mine] == ["a"]
    (figures,) = await kept.figures("b", query_of(NOON + timedelta(minutes=1)))
    assert figures.total.calls == 2


async def test_what_several_processes_counted_is_one_sum_before_and_after_it_is_put_together(
    ledger: SqlLedger,
) -> None:
    clock = Clock()
    one, other = history(ledger, clock), history(ledger, clock)
    for each, called in ((one, FINE), (other, FAILED), (one, FINE)):
        each.took(Noted(called, clock(), 0.1))
        await each.write()
    query = query_of(NOON + timedelta(minutes=1))
    (before,) = await one.figures("", query)
    assert (before.total.calls, before.total.failed) == (3, 1)
    clock.now += 3 * 3600
    await one.sweep()
    (after,) = await one.figures("", query)
    assert after == before


async def test_what_is_too_old_is_forgotten(ledger: SqlLedger) -> None:
    clock = Clock()
    kept = history(ledger, clock, Keeping(days=2))
    kept.took(Noted(FINE, clock(), 0.1))
    clock.now += 86400
    kept.took(Noted(FINE, clock(), 0.1))
    await kept.write()
    clock.now += 1.5 * 86400
    await kept.sweep()
    assert len((await kept.page("", ALL, "", 10))[0]) == 1


async def test_a_rare_word_is_looked_for_no_longer_than_a_caller_waits(
    ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facade.stores.slices.SLICE", 2)
    monkeypatch.setattr("facade.stores.slices.PATIENCE", 0.0)
    clock = Clock()
    kept = history(ledger, clock)
    kept.took(Noted(FINE, clock(), 0.1, caller="zebra"))
    for _ in range(6):
        clock.now += 1
        kept.took(Noted(FINE, clock(), 0.1))
    asked = Asked(filter="zebra", bound=b"")
    listed = ExecutionList(kept, Tokens(b"key"))
    pages: list[tuple[str, ...]] = []
    while not pages or asked.token:
        found, token = await listed.page("", asked, lambda each: each.caller, len)
        pages.append(found)
        asked = replace(asked, token=token)
    assert pages == [(), (), ("zebra",)]


async def test_a_sample_leaves_out_successes_and_counts_them(ledger: SqlLedger) -> None:
    clock = Clock()
    kept = history(ledger, clock, Keeping(sample=0.0))
    for called in (FINE, FAILED, FINE):
        kept.took(Noted(called, clock(), 0.1))
    assert [each.ok for each in (await kept.page("", ALL, "", 10))[0]] == [False]
    (figures,) = await kept.figures("", query_of(NOON + timedelta(minutes=1)))
    assert figures.total.calls == 3


async def test_what_does_not_fit_is_dropped_and_counted(ledger: SqlLedger) -> None:
    kept = history(ledger, Clock())
    for _ in range(MOST + 5):
        kept.took(Noted(FINE, NOON.timestamp(), 0.1))
    assert (kept.waiting, kept.dropped) == (MOST, 5)


@pytest.mark.parametrize(
    ("grouping", "told"),
    [
        (Grouping.TOTAL, [" "]),
        (Grouping.CONNECTOR, ["shop ", "bank "]),
        (Grouping.VERSION, ["bank v1", "shop v1", "shop v2"]),
    ],
)
async def test_the_ledger_adds_up_what_processes_counted_as_they_would(
    ledger: SqlLedger, grouping: Grouping, told: list[str]
) -> None:
    clock = Clock()
    one, other = history(ledger, clock), history(ledger, clock)
    versions = (("shop", "v1"), ("shop", "v2"), ("bank", "v1"))
    for hour in range(3):
        for number, (connector, version) in enumerate(versions):
            failed = ("UNAVAILABLE", "backend", "BACKEND_TIMEOUT") if hour == 1 else ()
            called = Called(connector, version, "getPet", *failed)
            for kept in (one, other):
                kept.took(Noted(called, clock() + number, 0.01 * 4**number, message=f"{hour}"))
        clock.now += 3600
    await one.write()
    await other.write()
    query = query_of(NOON + timedelta(hours=3), grouping=grouping, start_time=NOON)
    whole = await one.figures("", query)
    by_hour = await one.figures("", replace(query, interval=Interval.HOUR))
    names = [f"{each.scope.connector} {each.scope.version}" for each in whole]
    assert sorted(names) == sorted(told)
    by_name = {each.scope: each for each in by_hour}
    for each in whole:
        hours = by_name[each.scope]
        assert replace(hours.total, mean_seconds=0.0) == replace(each.total, mean_seconds=0.0)
        assert hours.total.mean_seconds == pytest.approx(each.total.mean_seconds)
        assert [point.calls for point in hours.series] == [each.total.calls // 3] * 3
        assert [bool(point.last_error) for point in hours.series] == [False, True, False]
        assert each.total.failed == each.total.calls // 3
        assert each.total.last_error == "BACKEND_TIMEOUT: 1"
        assert each.total.last_error_time is not None
    slowest = max(each.total.p95_seconds or 0 for each in whole)
    assert slowest == pytest.approx(0.16, rel=0.05)
