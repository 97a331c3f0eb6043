"""Lists of runs: the database filters them as the words say, and never looks at all at once."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import msgspec
import pytest
from sqlalchemy import insert

from facade.listing.filter import Field, parse_filter
from facade.listing.runs import FIELDS, condition_of
from facade.model.run import Run, RunError, RunState, TriggerKind
from facade.model.time_ids import new_id
from facade.stores import slices
from facade.stores.ledger import SqlLedger, open_ledger
from facade.stores.run_pages import SqlRunPages
from facade.stores.run_rows import RunContent, error_text
from facade.stores.run_tables import RUNS
from facade.stores.scope import EVERY_TENANT
from tests.databases import Database

BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)
TENANT, FLOW = "shop", "orders"
OF = (TENANT, "")
PYTHON: Mapping[str, Field[Run]] = {
    "id": Field(str, lambda run: run.name.run),
    "flow": Field(str, lambda run: run.name.flow),
    "version": Field(str, lambda run: run.version),
    "state": Field(str, lambda run: run.state.value),
    "trigger": Field(str, lambda run: run.trigger.value),
    "started_by": Field(str, lambda run: run.started_by),
    "replay_of": Field(str, lambda run: run.replay_of),
    "reason": Field(str, lambda run: run.error.reason if run.error else ""),
    "create_time": Field(str, lambda run: f"{run.create_time:%Y-%m-%dT%H:%M:%SZ}"),
}
"""The same words over runs in memory, by what filters other lists."""


def row(number: int, tenant: str = TENANT) -> dict[str, object]:
    """A run; each differs from the next in what can be asked for."""
    time = BEGIN + timedelta(minutes=number)
    failed, replayed = number % 5 == 0, number % 7 == 0
    content = RunContent(
        trigger=tuple(TriggerKind)[number % len(TriggerKind)],
        started_by=("", "key:ci", 'key:Ada\'s "own" 50%', "Ünal")[number % 4],
        replay_of=f"flows/{FLOW}/runs/{number}" if replayed else "",
    )
    error = RunError(reason="CALL_UNCERTAIN", message="who knows") if failed else None
    return {
        "tenant": tenant,
        "id": new_id(time.timestamp()),
        "flow": FLOW if number % 3 else "other_flow",
        "version": f"v{number % 12}",
        "start_key": f"{tenant}-{number}",
        "state": (RunState.FAILED if failed else RunState.SUCCEEDED).value,
        "revision": 1,
        "executor": "",
        "source": "",
        "concurrency": 1,
        "rate": 0,
        "depth": 0,
        "parent": "",
        "content": msgspec.json.encode(content).decode(),
        "output": "{}",
        "error": error_text(error),
        "create_time": time,
    }


async def fill(ledger: SqlLedger, count: int) -> None:
    rows = [row(number) for number in range(count)] + [row(0, "bank")]
    async with ledger.transaction(writes=True, tenant=EVERY_TENANT) as connection:
        await connection.execute(insert(RUNS), rows)


@pytest.fixture
async def ledger(database: Database) -> AsyncIterator[SqlLedger]:
    opened = await open_ledger(database.url)
    yield opened
    await opened.close()


async def listed(pages: SqlRunPages, text: str, limit: int = 1000) -> tuple[Run, ...]:
    return (await pages.found(OF, condition_of(text), "", limit))[0]


async def test_the_database_means_by_a_filter_what_other_lists_mean(ledger: SqlLedger) -> None:
    await fill(ledger, 120)
    pages = SqlRunPages(ledger)
    everyone = await pages.page(*OF, "", 1000, None)
    assert len(everyone) == 120
    for text in (
        "",
        "state = FAILED",
        "state = fail*",
        "state = FAIL*",
        "state != *ED",
        "state = *CC*",
        "flow = other_flow OR trigger = SCHEDULE",
        "flow = other*",
        "flow = otherXflow",
        "started_by:ada",
        'started_by = "key:*"',
        "started_by = *%",
        "started_by:*",
        "-started_by:*",
        'started_by = "Ünal"',
        "reason = CALL_UNCERTAIN replay_of:*",
        "reason:*",
        "NOT reason:*",
        "reason != NOBODY",
        'create_time >= "2026-03-01T13:00:00Z"',
        'create_time < "2026-03-01T12:05" state = SUCCEEDED',
        'create_time = "2026-03-01T12:3*"',
        "version > v5",
        "uncertain",
        'replay_of = "flows/orders/runs/7*"',
        "trigger = * version = *",
    ):
        matches = parse_filter(text, PYTHON)
        wanted = [run.name for run in everyone if matches(run)]
        assert [run.name for run in await listed(pages, text)] == wanted, text
    assert set(PYTHON) == set(FIELDS)


async def test_a_page_of_many_runs_ends_though_nothing_was_found_and_its_token_goes_on(
    ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slices, "SLICE", 400)
    monkeypatch.setattr(slices, "PATIENCE", 0.0)
    await fill(ledger, 2000)
    pages, before, walked = SqlRunPages(ledger), "", []
    oldest = condition_of('create_time = "2026-03-01T12:00:00Z"')
    found: tuple[Run, ...] = ()
    for _ in range(9):
        found, before = await pages.found(OF, oldest, before, 50)
        walked.append(before)
        if not before:
            break
        assert found == ()
    assert [run.create_time for run in found] == [BEGIN]
    assert len(walked) == 5
    assert all(later > earlier for later, earlier in pairwise(walked[:-1]))


async def test_pages_have_each_run_once_though_others_begin_meanwhile(ledger: SqlLedger) -> None:
    await fill(ledger, 500)
    pages, before, names = SqlRunPages(ledger), "", []
    wanted = condition_of("state = FAILED")
    for number in range(20):
        found, before = await pages.found((TENANT, FLOW), wanted, before, 10)
        names += [run.name for run in found]
        async with ledger.transaction(writes=True, tenant=EVERY_TENANT) as connection:
            await connection.execute(insert(RUNS), [row(1000 + 5 * number)])
        if not before:
            break
    everyone = await pages.page(TENANT, FLOW, "", 1000, RunState.FAILED)
    assert names == [run.name for run in everyone if run.create_time < BEGIN + timedelta(hours=9)]
    assert len(names) == 66
