"""P-5: polls, over a real engine and a backend on loopback."""

from pathlib import Path

import pytest
from msgspec import structs

from facade.model.definition import (
    Expression,
)
from facade.model.trigger import TriggerState
from facade.stores.triggers import SqlTriggers
from tests.fakes import answer, said
from tests.trigger_shops import LINKED, a_poll, a_shop
from tests.triggers import BEGIN


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path) -> None:
    (tmp_path / "gateway").mkdir()


async def test_p5_what_is_new_starts_a_run_each_and_the_state_goes_along(tmp_path: Path) -> None:
    async with a_shop(tmp_path, a_poll(state=Expression("body.next"))) as shop:
        shop.say = lambda _: said({"items": [{"id": 1}, {"id": 2}], "next": "a&b"})
        await shop.goes_on(2)
        assert shop.asked == ["GET /items"]
        shop.say = lambda _: said({"items": [{"id": 2, "n": 9}, {"id": 3}], "next": "c"})
        await shop.goes_on(20)
        assert shop.asked[1:] == ["GET /items?since=a%26b", "GET /items?since=c"]
        items = [each["item"] for each in shop.house.runs.started.values()]
        assert items == [{"id": 1}, {"id": 2}, {"id": 3}]
        record = await shop.record()
        assert (record.cursor, record.state) == ('"c"', TriggerState.ACTIVE)


async def test_p5_all_that_is_new_may_be_one_run_and_the_whole_item_its_key(
    tmp_path: Path,
) -> None:
    async with a_shop(tmp_path, a_poll(each=False, key=None)) as shop:
        shop.say = lambda _: said({"items": [{"a": 1}, {"a": 2}, {"a": 1}]})
        await shop.goes_on(12)
        (values,) = shop.house.runs.started.values()
        assert values["item"] == [{"a": 1}, {"a": 2}]


async def test_p5_202_with_retry_after_has_nothing_and_is_asked_again_when_it_says(
    tmp_path: Path,
) -> None:
    async with a_shop(tmp_path, a_poll(state=Expression("body.next"))) as shop:
        shop.say = lambda _: said({"next": "s"}, 202, Retry_After="60")
        await shop.goes_on(55)
        assert len(shop.asked) == 1
        await shop.goes_on(10)
        assert shop.asked[1:] == ["GET /items?since=s"]
        assert shop.house.runs.asked == 0


async def test_p5_an_etag_is_sent_where_the_action_takes_it_and_304_has_nothing_new(
    tmp_path: Path,
) -> None:
    async with a_shop(tmp_path, a_poll()) as shop:
        shop.say = lambda request: (
            answer(status=304)
            if b'if-none-match: "e1"' in request.lower()
            else said({"items": [{"id": 1}]}, ETag='"e1"')
        )
        await shop.goes_on(32)
        assert len(shop.asked) >= 3
        assert shop.house.runs.asked == 1
        assert (await shop.record()).tag == '"e1"'


async def test_p5_the_pages_of_an_answer_are_walked(tmp_path: Path) -> None:
    async with a_shop(tmp_path, a_poll(LINKED, items=Expression("body"))) as shop:

        def say(request: bytes) -> bytes:
            if b"/linked?at=2" in request:
                return said([{"id": 3}])
            return said([{"id": 1}, {"id": 2}], Link='</linked?at=2>; rel="next"')

        shop.say = say
        await shop.goes_on(2)
        assert shop.asked == ["GET /linked", "GET /linked?at=2"]
        assert len(shop.house.runs.started) == 3


async def test_p5_an_outage_is_told_once_and_asked_after_with_pauses_that_grow(
    tmp_path: Path,
) -> None:
    async with a_shop(tmp_path, a_poll()) as shop:
        shop.say = lambda _: said({}, 500)
        await shop.goes_on(75)
        assert 3 <= len(shop.asked) <= 4
        (event,) = shop.house.events.published
        assert (event.type, event.source) == ("poll.failed", "flows/orders")
        record = await shop.record()
        assert record.state is TriggerState.ERROR
        shop.say = lambda _: said({"items": []})
        await shop.goes_on(90)
        assert (await shop.record()).state is TriggerState.ACTIVE
        shop.say = lambda _: said({}, 503)
        await shop.goes_on(12)
        assert len(shop.house.events.published) == 2


async def test_p5_one_that_ends_between_the_runs_and_the_note_starts_none_again(
    tmp_path: Path,
) -> None:
    async with a_shop(tmp_path, a_poll()) as shop:
        shop.say = lambda _: said({"items": [{"id": 1}]})
        await shop.goes_on(2)
        store, kept = SqlTriggers(shop.house.ledger), await shop.record()
        await store.put(structs.replace(kept, next_time=BEGIN))
        async with shop.house.ledger.transaction(writes=True, tenant="") as database:
            await database.exec_driver_sql("DELETE FROM trigger_items")
        await shop.goes_on(2)
        assert len(shop.asked) == 2
        assert len(shop.house.runs.started) == 1
