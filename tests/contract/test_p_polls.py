"""P-5: polls, over a real engine and a backend on loopback."""

import threading
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from facade.expressions.exact_json import read_json
from facade.model.definition import ActionCall, Expression, Poll
from facade.model.trigger import TriggerState
from facade.stores.triggers import SqlTriggers
from facade.triggers import answers, polls
from tests.fakes import answer, said
from tests.trigger_shops import LINKED, REGISTER, a_poll, a_shop
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
        assert values["items"] == [{"a": 1}, {"a": 2}]
        assert "item" not in values


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


async def test_p5_the_etag_of_a_first_page_hides_nothing_that_is_new_behind_it(
    tmp_path: Path,
) -> None:
    async with a_shop(tmp_path, a_poll(LINKED, items=Expression("body"))) as shop:
        last = [{"id": 3}]

        def say(request: bytes) -> bytes:
            if b"/linked?at=2" in request:
                return said(last)
            return said([{"id": 1}], Link='</linked?at=2>; rel="next"', ETag='"same"')

        shop.say = say
        await shop.goes_on(2)
        last.append({"id": 4})
        await shop.goes_on(12)
        items = [each["item"]["id"] for each in shop.house.runs.started.values()]
        assert items == [1, 3, 4]


async def test_p5_an_etag_is_of_what_was_asked_for_and_not_of_another_state(
    tmp_path: Path,
) -> None:
    async with a_shop(tmp_path, a_poll(state=Expression("body.next"))) as shop:
        shop.say = lambda _: said({"items": [{"id": 1}], "next": "a"}, ETag='"e1"')
        await shop.goes_on(2)
        shop.say = lambda _: said({"items": [{"id": 2}], "next": "a"}, ETag='"e1"')
        await shop.goes_on(12)
        assert len(shop.house.runs.started) == 2
        assert b"if-none-match" not in shop.backend.requests[1].lower()


async def test_p5_items_without_a_key_are_known_by_the_whole_of_them(tmp_path: Path) -> None:
    async with a_shop(tmp_path, a_poll()) as shop:
        shop.say = lambda _: said({"items": [{"n": 1}, {"n": 2}, {"id": None, "n": 3}]})
        await shop.goes_on(12)
        assert len(shop.house.runs.started) == 3


async def test_p5_a_state_keeps_every_digit_of_its_numbers(tmp_path: Path) -> None:
    exact = b"0.1000000000000000055511151231257827"
    action = ActionCall(action=REGISTER, arguments={"body": {"after": ["{{ state }}"]}})
    given: dict[str, Any] = {"items": Expression("body.items"), "state": Expression("body.next")}
    async with a_shop(tmp_path, Poll(call=action, every=10.0, **given)) as shop:
        body = b'{"items": [], "next": %s}' % exact
        shop.say = lambda _: answer(body, headers=(("Content-Type", "application/json"),))
        await shop.goes_on(12)
        assert exact in shop.backend.requests[1]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"state": Expression("body.items")}, "`state` has more than 65536 characters"),
        ({"key": Expression("to_string(@)")}, "the expression needs more than 1000 steps"),
    ],
)
async def test_p5_what_a_poll_computes_and_keeps_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any], says: str
) -> None:
    if "key" in fields:
        monkeypatch.setattr(polls, "STEPS", 1000)
    items = [{"text": "x" * 1000}] * 100
    async with a_shop(tmp_path, a_poll(**fields)) as shop:
        shop.say = lambda _: said({"items": items})
        await shop.goes_on(2)
        record = await shop.record()
        assert record.state is TriggerState.ERROR
        assert says in record.last_error


async def test_what_a_poll_answers_is_read_in_a_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[int] = []

    def read(data: bytes) -> Any:
        threads.append(threading.get_ident())
        return read_json(data)

    monkeypatch.setattr(answers, "read_json", read)
    async with a_shop(tmp_path, a_poll(state=Expression("body.next"))) as shop:
        shop.say = lambda _: said({"items": [{"id": 1}], "next": "a"})
        await shop.goes_on(2)
        assert len(shop.house.runs.started) == len(threads) == 1
        assert threading.get_ident() not in threads
