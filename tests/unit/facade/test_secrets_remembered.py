import asyncio
from collections.abc import AsyncIterator, Coroutine

import pytest

from facade.errors.caller import ConnectionIncomplete
from facade.secrets.remembered import AGAIN, KEPT, Remembered


class Source:
    """Where values are: as many reads as asked for, each of which can be held up."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.reads = 0
        self.now = 100.0
        self.gate = asyncio.Event()
        self.gate.set()

    async def read(self, name: str) -> str:
        self.reads += 1
        value = self.values.get(name)
        await self.gate.wait()
        if value is None:
            raise ConnectionIncomplete(name)
        return value


@pytest.fixture
def source() -> Source:
    made = Source()
    made.values["a"] = "old"
    return made


@pytest.fixture
def remembered(source: Source) -> Remembered[str]:
    return Remembered(source.read, lambda: source.now, renewed=float("inf"))


@pytest.fixture
async def group() -> AsyncIterator[asyncio.TaskGroup]:
    async with asyncio.TaskGroup() as opened:
        yield opened


async def test_a_value_that_changes_while_it_is_read_is_read_again(
    source: Source, remembered: Remembered[str], group: asyncio.TaskGroup
) -> None:
    source.gate.clear()
    asking = group.create_task(remembered.get("a", group.create_task))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    source.values["a"] = "new"
    remembered.changed()
    source.gate.set()
    assert await asking == "new"
    assert source.reads == 2


async def test_that_there_was_none_is_believed_for_two_seconds_or_until_something_changes(
    source: Source, remembered: Remembered[str], group: asyncio.TaskGroup
) -> None:
    for seconds, reads in ((0.0, 1), (AGAIN - 0.1, 1), (0.1, 2)):
        source.now += seconds
        with pytest.raises(ConnectionIncomplete):
            await remembered.get("b", group.create_task)
        assert source.reads == reads
    source.values["b"] = "there"
    remembered.changed()
    assert await remembered.get("b", group.create_task) == "there"


async def test_a_value_ends_unless_it_is_confirmed_and_goes_when_nobody_asks(
    source: Source, remembered: Remembered[str], group: asyncio.TaskGroup
) -> None:
    await remembered.get("a", group.create_task)
    source.now += KEPT - 1
    remembered.confirm()
    source.now += KEPT - 1
    assert remembered.in_use() == []
    await remembered.get("a", group.create_task)
    assert source.reads == 2
    assert remembered.in_use() == ["a"]


@pytest.mark.parametrize("name", ["a", "b"])
async def test_what_changes_as_a_read_ends_is_read_again(
    source: Source, remembered: Remembered[str], group: asyncio.TaskGroup, name: str
) -> None:
    def start(work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = group.create_task(work)
        if not source.reads:
            task.add_done_callback(lambda _: change())
        return task

    def change() -> None:
        source.values["b"] = "there"
        remembered.forget(name)

    await remembered.get(name, start)
    assert source.reads == 2


@pytest.mark.parametrize(("renewed", "fresh"), [(float("inf"), KEPT), (10.0, 10.0)])
async def test_a_value_is_at_hand_from_its_first_read_until_it_must_be_read_again(
    source: Source, group: asyncio.TaskGroup, renewed: float, fresh: float
) -> None:
    remembered = Remembered(source.read, lambda: source.now, renewed)
    assert remembered.held("a") is None
    assert await remembered.get("a", group.create_task) == "old"
    source.now += fresh - 0.1
    assert remembered.held("a") == "old"
    remembered.hold("a", "new")
    assert remembered.held("a") == "new"
    source.now += fresh
    assert remembered.held("a") is None


async def test_a_value_that_is_taken_as_it_is_at_hand_counts_as_used(
    source: Source, remembered: Remembered[str], group: asyncio.TaskGroup
) -> None:
    await remembered.get("a", group.create_task)
    for _ in range(3):
        source.now += KEPT - 1
        remembered.confirm()
        assert remembered.held("a") == "old"
        assert remembered.in_use() == ["a"]
    source.now += KEPT + 1
    assert remembered.in_use() == []
