"""Who executes which runs: no tenant has so many that the others wait (fault O06)."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from facade.model.run import RunName, TriggerKind
from facade.stores.executors import SqlExecutors
from facade.stores.run_rows import RunContent
from facade.stores.runs import NewRun, SqlRuns
from tests.gateways import a_ledger

BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)


def new_run(tenant: str, number: int, flow: str = "orders") -> NewRun:
    return NewRun(
        name=RunName(flow, str(UUID(int=number)), tenant),
        version="v1",
        start_key=f"{tenant}-{number}",
        source="steps: []",
        concurrency=1000,
        rate=0,
        depth=0,
        content=RunContent(trigger=TriggerKind.MANUAL),
        time=BEGIN + timedelta(seconds=number),
    )


async def test_a_tenant_with_many_runs_in_line_leaves_room_for_those_of_others(
    tmp_path: Path,
) -> None:
    """Whoever has the fewest under way is first, however many another has in line before."""
    async with a_ledger(tmp_path) as ledger:
        runs, executors = SqlRuns(ledger), SqlExecutors(ledger, (6, 8))
        many = 10
        for number in range(many):
            await runs.add(new_run("bank", number), None)
        for number, flow in enumerate(("orders", "stock"), many):
            await runs.add(new_run("shop", number, flow), None)
        begun = Counter(each.tenant for each in await executors.claim("a", BEGIN, 2))
        assert begun == {"bank": 2}
        begun = Counter(each.tenant for each in await executors.claim("a", BEGIN, 1000))
        assert begun == {"shop": 2, "bank": 4}
        assert await executors.claim("a", BEGIN, 1000) == ()
        assert len(await executors.claim("b", BEGIN, 3)) == 3


@pytest.mark.parametrize("room", [1, 3])
async def test_what_is_free_goes_to_whoever_has_the_fewest(tmp_path: Path, room: int) -> None:
    async with a_ledger(tmp_path) as ledger:
        runs, executors = SqlRuns(ledger), SqlExecutors(ledger)
        for number in range(10):
            await runs.add(new_run("bank", number), None)
        await executors.claim("a", BEGIN, 3)
        for number in range(10, 15):
            await runs.add(new_run("shop", number), None)
        assert {each.tenant for each in await executors.claim("a", BEGIN, room)} == {"shop"}
