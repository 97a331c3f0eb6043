"""History in SQLite and PostgreSQL: tenants apart, what is too old gone, processes put together."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from facade.history.history import MOST, History, Keeping
from facade.history.noting import Noted
from facade.history.request import query_of
from facade.listing.executions import ExecutionList
from facade.listing.pages import Asked, Tokens
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
    monkeypatch.setattr("facade.stores.history.SLICE", 2)
    monkeypatch.setattr("facade.stores.history.PATIENCE", 0.0)
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
