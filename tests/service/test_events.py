"""Events on both kinds of ledger: their order, what watchers see of it, and what is forgotten."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import timedelta
from uuid import uuid4

import pytest

from facade.errors.caller import InvalidRequest
from facade.errors.events import EventsExpired, TooManyWatchers
from facade.events import events as limits
from facade.events.own import own_event
from facade.model.access import ANYONE
from facade.model.event import Event
from facade.stores.event_rows import append
from facade.stores.events import SqlEvents
from tests.databases import Database
from tests.happenings import START, TENANT, Bench, a_bench

Told = AsyncGenerator[tuple[Event | None, str], None]


async def events_of(told: Told, count: int) -> tuple[list[Event], str]:
    """The next events of a watch, and the token behind the last of them."""
    found: list[Event] = []
    async for event, token in told:
        if event is not None:
            found.append(event)
        if len(found) == count:
            return found, token
    raise AssertionError("the watch has ended")


async def begun(bench: Bench, *types: str, filter_: str = "", token: str = "") -> Told:
    """A watch that stands."""
    told = bench.events.follow(TENANT, types, filter_, token)
    await anext(told)
    return told


async def test_an_event_is_published_once_by_its_id(url: str) -> None:
    async with a_bench(url) as bench:
        id_ = str(uuid4())
        made = await asyncio.gather(*(bench.happens(id_=id_, data=n) for n in range(5)))
        assert len({(each.sequence, each.data) for each in made}) == 1
        assert (await bench.happens()).sequence == made[0].sequence + 1


async def test_an_event_that_is_malformed_is_refused_by_field(url: str) -> None:
    async with a_bench(url) as bench:
        wrong = Event(tenant=TENANT, id="7", type="A", source="", time=START, data="{")
        with pytest.raises(InvalidRequest) as refused:
            await bench.events.publish(wrong)
        fields = [each.field for each in refused.value.details.violations]
        assert fields == ["event.id", "event.type", "event.source", "event.data"]
        with pytest.raises(InvalidRequest, match=r"event\.type"):
            own_event(ANYONE, "run.failed", "", "", "")


async def test_numbers_have_no_gaps_and_become_visible_in_their_order(url: str) -> None:
    async with a_bench(url) as one, a_bench(url) as other:
        seen: list[int] = []
        told = await begun(one)

        async def reads() -> None:
            async with aclosing(told):
                for _ in range(20):
                    [event], _token = await events_of(told, 1)
                    seen.append(event.sequence)

        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            group.create_task(reads())
            for _ in range(10):
                group.create_task(one.happens())
                group.create_task(other.happens())
        assert seen == list(range(1, 21))


async def test_an_event_that_is_committed_late_holds_back_those_behind_it(
    database: Database,
) -> None:
    async with a_bench(database.url) as bench:
        if bench.ledger.has_one_writer:
            pytest.skip("whoever writes to this ledger waits for everybody else")
        told = await begun(bench)
        late = Event(tenant=TENANT, id=str(uuid4()), type="a.late", source="x", time=START)
        async with bench.ledger.transaction(
            writes=True, tenant=TENANT, lock="another"
        ) as connection:
            await append(connection, late)
            second = asyncio.create_task(bench.happens("a.soon"))
            await asyncio.sleep(0.2)
            assert not second.done()
        await second
        async with asyncio.timeout(5), aclosing(told):
            found, _token = await events_of(told, 2)
        assert [(each.type, each.sequence) for each in found] == [("a.late", 1), ("a.soon", 2)]


async def test_a_watch_goes_on_where_its_token_says_and_misses_nothing(url: str) -> None:
    async with a_bench(url) as bench:
        told = await begun(bench, "order.*")
        for number in range(3):
            await bench.happens(data=number)
        async with aclosing(told):
            [first], token = await events_of(told, 1)
        await bench.happens("stock.low")
        async with aclosing(bench.events.watch(TENANT, ("order.*",), "", token)) as again:
            found = [(await anext(again))[0] for _ in range(2)]
        assert [json.loads(each.data) for each in (first, *found)] == [0, 1, 2]


async def test_a_watch_gives_what_fits_its_types_and_its_filter(url: str) -> None:
    async with a_bench(url) as bench:
        told = await begun(bench, "order.paid", "stock.*", filter_='event.data.kind == "a"')
        for type_ in ("order.paid", "order.late", "stock.low.now"):
            for kind in ("a", "b"):
                await bench.happens(type_, {"kind": kind})
        async with aclosing(told):
            found, _token = await events_of(told, 2)
        assert [each.type for each in found] == ["order.paid", "stock.low.now"]


async def test_a_token_is_for_its_tenant_its_types_and_its_filter_alone(url: str) -> None:
    async with a_bench(url) as bench:
        token = (await anext(bench.events.follow(TENANT, ("a.*",))))[1]
        for tenant, types, said in (
            ("shop", ("a.*",), token),
            (TENANT, ("b.*",), token),
            (TENANT, ("a.*",), token[:-2]),
            (TENANT, ("a.*",), "!"),
        ):
            with pytest.raises(InvalidRequest) as refused:
                await anext(bench.events.follow(tenant, types, "", said))
            assert [each.field for each in refused.value.details.violations] == ["resume_token"]


async def test_a_token_of_before_what_is_kept_is_out_of_range(url: str) -> None:
    async with a_bench(url, days=3) as bench:
        token = (await anext(bench.events.follow(TENANT)))[1]
        await bench.happens()
        bench.clock.advance(timedelta(days=2).total_seconds())
        await bench.happens()
        bench.clock.advance(timedelta(days=2).total_seconds())
        assert await bench.events.forget() == 1
        with pytest.raises(EventsExpired) as refused:
            await anext(bench.events.follow(TENANT, token=token))
        assert "token" in refused.value.remedy
        [kept] = await bench.events.page(TENANT, None, 9)
        assert kept.sequence == 2
        assert (await bench.happens()).sequence == 3


async def test_who_watches_nothing_is_told_now_and_then_how_far_it_is(url: str) -> None:
    async with a_bench(url) as bench:
        async with aclosing(bench.events.follow(TENANT, ("a.*",), heartbeat=0.05)) as told:
            _, first = await anext(told)
            await bench.happens("b.b")
            event, later = await anext(told)
        assert event is None
        assert later != first
        made = await bench.happens("a.a")
        again = bench.events.watch(TENANT, ("a.*",), "", later)
        async with asyncio.timeout(5), aclosing(again):
            assert (await anext(again))[0] == made


async def test_a_watcher_holds_one_page_however_slowly_it_is_read(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    after = SqlEvents.after

    async def counted(
        self: SqlEvents, tenant: str, sequence: int, limit: int
    ) -> tuple[int, list[Event]]:
        asked.append(limit)
        return await after(self, tenant, sequence, limit)

    monkeypatch.setattr(SqlEvents, "after", counted)
    async with a_bench(url) as bench:
        told = await begun(bench)
        for _ in range(3 * limits.PAGE):
            await bench.happens()
        async with aclosing(told):
            await events_of(told, 1)
            assert asked == [limits.PAGE]
            await events_of(told, limits.PAGE)
            assert asked == [limits.PAGE] * 2


async def test_watchers_are_bounded_and_end_with_their_process(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "OF_TENANT", 1)
    async with a_bench(url) as bench:
        told = await begun(bench)
        with pytest.raises(TooManyWatchers):
            await begun(bench)
        bench.events.dismiss()
        async with asyncio.timeout(5):
            assert [each async for each in told] == []


async def test_changes_are_events_of_the_same_transaction(url: str) -> None:
    async with a_bench(url) as bench:
        made = await bench.subscribe("https://hooks.example/")
        await bench.subscriptions.suspend(made.name)
        await bench.subscriptions.resume(made.name)
        await bench.subscriptions.delete(made.name)
        told = [
            (each.type, each.source, json.loads(each.data))
            for each in reversed(await bench.events.page(TENANT, None, 9))
        ]
        assert told == [
            ("subscription.created", "subscriptions/crm", {}),
            ("subscription.state_changed", "subscriptions/crm", {"state": "SUSPENDED"}),
            ("subscription.state_changed", "subscriptions/crm", {"state": "ACTIVE"}),
            ("subscription.deleted", "subscriptions/crm", {}),
        ]
