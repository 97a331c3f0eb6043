"""What several callers write at the same time is one transaction; none pays for another's fault."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from facade.errors.service import StoreFull
from facade.stores.ledger import SqlLedger
from facade.stores.together import MOST, Together
from tests.gateways import a_ledger


class Made:
    """What was written, transaction by transaction; whoever writes `bad` finds no room."""

    def __init__(self) -> None:
        self.groups: list[tuple[str, ...]] = []
        self.begun = asyncio.Event()
        self.goes_on = asyncio.Event()
        self.goes_on.set()

    async def __call__(self, connection: AsyncConnection, writes: Sequence[str]) -> Sequence[str]:
        assert connection.in_transaction()
        self.groups.append(tuple(writes))
        self.begun.set()
        await self.goes_on.wait()
        if "bad" in writes:
            raise StoreFull("no room")
        return [each.upper() for each in writes]


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[SqlLedger]:
    async with a_ledger(tmp_path) as opened:
        yield opened


def opened(ledger: SqlLedger) -> tuple[Together[str], Made]:
    made = Made()
    return Together(ledger, lambda each: each[:3], made), made


async def test_what_comes_while_one_is_written_is_the_next_transaction(ledger: SqlLedger) -> None:
    together, made = opened(ledger)
    made.goes_on.clear()
    first = asyncio.create_task(together.write("first"))
    await made.begun.wait()
    others = [asyncio.create_task(together.write(f"{number:03}")) for number in range(MOST + 2)]
    await asyncio.sleep(0)
    made.goes_on.set()
    assert await first == "FIRST"
    assert await asyncio.gather(*others) == [f"{number:03}" for number in range(MOST + 2)]
    assert [len(each) for each in made.groups] == [1, MOST, 2]


async def test_a_write_that_fails_leaves_those_beside_it_alone(ledger: SqlLedger) -> None:
    together, made = opened(ledger)
    told = await asyncio.gather(*map(together.write, ("one", "bad", "two")), return_exceptions=True)
    assert (told[0], told[2]) == ("ONE", "TWO")
    assert isinstance(told[1], StoreFull)
    assert made.groups[0] == ("one", "bad", "two")
    assert await together.write("six") == "SIX"


async def test_writes_of_one_key_keep_their_order(ledger: SqlLedger) -> None:
    together, made = opened(ledger)
    await asyncio.gather(*map(together.write, ("one", "two", "one again", "six")))
    assert made.groups == [("one", "two"), ("one again", "six")]


async def test_who_goes_away_while_it_waits_has_nothing_written(ledger: SqlLedger) -> None:
    together, made = opened(ledger)
    made.goes_on.clear()
    first = asyncio.create_task(together.write("first"))
    await made.begun.wait()
    gone, stays = (asyncio.create_task(together.write(each)) for each in ("gone", "stays"))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.sleep(0)
    made.goes_on.set()
    assert [await first, await stays] == ["FIRST", "STAYS"]
    assert made.groups == [("first",), ("stays",)]
