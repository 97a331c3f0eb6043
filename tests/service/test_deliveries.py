"""Deliveries on both kinds of ledger, in virtual time: fault rows K09 to K12, and G-23."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook

from facade.errors.caller import EtagMismatch, InvalidRequest
from facade.errors.events import DeliveryNotFound, SubscriptionExists, SubscriptionNotFound
from facade.events.backoff import LONGEST, PAUSES
from facade.events.sender import Sender, SendResult
from facade.model.event import Delivery, DeliveryState, SubscriptionName, SubscriptionState
from facade.stores.deliveries import SqlDeliveries
from facade.stores.delivery_rows import target_of
from tests.fakes import answer
from tests.happenings import SECRET, TENANT, Target, a_bench

NAME = SubscriptionName("crm", TENANT)


async def test_g23_an_event_is_sent_once_signed_to_who_subscribed_to_its_type(url: str) -> None:
    async with a_bench(url) as bench, Target() as target:
        await bench.subscribe(f"{target.origin}/in?x=1", "order.*")
        event = await bench.happens(data={"number": 7})
        await bench.happens("stock.low")
        await bench.turn()
        await bench.turn()
        [delivery] = await bench.all()
        assert (delivery.state, delivery.attempts) == (DeliveryState.DELIVERED, 1)
        [body] = target.bodies()
        assert (body["specversion"], body["id"], body["type"]) == ("1.0", event.id, "order.paid")
        assert (body["source"], body["data"], body["sequence"]) == ("orders/7", {"number": 7}, "2")
        assert target.requests[0].startswith(b"POST /in?x=1 HTTP/1.1\r\n")
        assert target.fields("webhook-id") == [delivery.id]
        [said], [signature] = target.fields("webhook-timestamp"), target.fields("webhook-signature")
        moment = datetime.fromtimestamp(int(said), UTC)
        assert moment == bench.clock.now
        assert signature == Webhook(SECRET).sign(delivery.id, moment, delivery.body)


async def test_g23_an_event_for_which_the_filter_is_not_true_is_dropped(url: str) -> None:
    async with a_bench(url) as bench, Target() as target:
        await bench.subscribe(target.origin, filter="event.data.total > 10.0")
        await bench.happens(data={"total": 5.5})
        await bench.happens(data={"other": 1})
        await bench.happens(data={"total": 50.5})
        await bench.turn()
        assert [each["data"] for each in target.bodies()] == [{"total": 50.5}]
        assert len(await bench.all()) == 1


async def test_g23_what_happened_before_a_subscription_is_not_sent(url: str) -> None:
    async with a_bench(url) as bench, Target() as target:
        await bench.happens()
        await bench.subscribe(target.origin, "*")
        await bench.turn()
        assert target.requests == []


@pytest.mark.parametrize("told", [500, 302, 404, 429])
async def test_k09_a_delivery_that_fails_is_tried_again_with_its_id_and_the_time_of_then(
    url: str, told: int
) -> None:
    async with a_bench(url) as bench, Target(told, 204) as target:
        await bench.subscribe(target.origin)
        await bench.happens()
        assert await bench.turn() == pytest.approx(1.0)
        [delivery] = await bench.all()
        assert (delivery.state, delivery.last_status) == (DeliveryState.PENDING, told)
        await bench.after(4.9)
        assert len(target.requests) == 1
        await bench.after(0.2)
        [delivery] = await bench.all()
        assert (delivery.state, delivery.attempts) == (DeliveryState.DELIVERED, 2)
        first, second = target.fields("webhook-timestamp")
        assert int(second) - int(first) == 5
        assert set(target.fields("webhook-id")) == {delivery.id}
        first, second = target.fields("webhook-signature")
        assert first != second


async def test_k09_a_target_that_fails_for_an_hour_is_told_once_it_is_back(url: str) -> None:
    async with a_bench(url) as bench, Target(503) as target:
        await bench.subscribe(target.origin)
        event = await bench.happens(data={"number": 7})
        for minute in range(61):
            if minute == 60:
                target.statuses = [200]
            await bench.after(60)
        while (await bench.all())[0].state is not DeliveryState.DELIVERED:
            await bench.after(600)
        assert bench.clock.now.timestamp() - event.time.timestamp() < 4 * 3600
        assert len(set(target.fields("webhook-id"))) == 1
        assert {each["id"] for each in target.bodies()} == {event.id}


async def test_k09_after_the_last_try_the_dead_letter_is_kept_and_its_owner_told(
    url: str,
) -> None:
    async with a_bench(url) as bench, Target(500) as target:
        await bench.subscribe(target.origin)
        await bench.happens()
        await bench.happens("order.late")
        await bench.turn()
        for pause in PAUSES:
            await bench.after(pause)
        assert len(target.requests) == 2 * (len(PAUSES) + 1)
        dead = [each for each in await bench.all() if each.state is DeliveryState.DEAD]
        assert [each.last_error for each in dead] == ["HTTP 500"] * 2
        subscription = await bench.subscriptions.get(NAME)
        assert (subscription.state, subscription.state_description) == (
            SubscriptionState.ERROR,
            "HTTP 500",
        )
        told = [each.type for each in await bench.events.page(TENANT, None, 3)]
        assert sorted(told) == ["delivery.dead", "delivery.dead", "subscription.state_changed"]

        target.statuses = [204]
        again = await bench.deliveries.redeliver(TENANT, dead[0].id)
        assert (again.state, again.attempts) == (DeliveryState.PENDING, 0)
        await bench.turn()
        assert (await bench.deliveries.get(TENANT, dead[0].id)).state is DeliveryState.DELIVERED
        entries = await bench.trail.page(TENANT, None, 10)
        assert [each.method for each in entries][:2] == [
            "redeliver_delivery",
            "disable_subscription",
        ]


async def test_k10_a_target_that_is_gone_is_left_alone_until_its_subscription_is_retried(
    url: str,
) -> None:
    async with a_bench(url) as bench, Target(410, 204) as target:
        made = await bench.subscribe(target.origin)
        await bench.happens(data=1)
        await bench.turn()
        ended = await bench.subscriptions.get(NAME)
        assert ended.state is SubscriptionState.ERROR
        assert ended.etag != made.etag
        await bench.happens(data=2)
        await bench.after(PAUSES[0])
        assert len(target.requests) == 1, "what comes later waits"
        [audit] = await bench.trail.page(TENANT, None, 1)
        assert (audit.method, audit.target) == ("disable_subscription", "subscriptions/crm")
        assert "gone" in audit.changes[0]
        types = [each.type for each in await bench.events.page(TENANT, None, 9)]
        assert {"subscription.state_changed", "delivery.dead"} <= set(types)

        assert (await bench.subscriptions.resume(NAME)).state is SubscriptionState.ERROR
        assert (await bench.subscriptions.retry(NAME)).state is SubscriptionState.ACTIVE
        await bench.turn()
        assert [each["data"] for each in target.bodies()] == [1, 2]


async def test_k11_a_redirect_is_a_failure_and_nobody_follows_it(url: str) -> None:
    async with a_bench(url) as bench, Target() as other:
        moved = answer(status=307, headers=(("Location", other.origin),))
        async with Target(moved) as target:
            await bench.subscribe(target.origin)
            await bench.happens()
            await bench.turn()
            [delivery] = await bench.all()
        assert (delivery.last_status, delivery.last_error) == (307, "HTTP 307, not followed")
        assert other.requests == []


async def test_k12_nothing_goes_to_an_internal_address(url: str) -> None:
    async with a_bench(url, loopback=False) as bench, Target() as target:
        await bench.subscribe(target.origin)
        await bench.happens()
        await bench.turn()
        [delivery] = await bench.all()
        assert (delivery.state, delivery.last_error) == (DeliveryState.DEAD, "EGRESS_DENIED")
        assert target.connections == 0
        assert (await bench.subscriptions.get(NAME)).state is SubscriptionState.ERROR


async def test_a_target_is_left_alone_for_as_long_as_it_asks(url: str) -> None:
    asks = answer(status=503, headers=(("Retry-After", "120"),))
    async with a_bench(url) as bench, Target(asks, 204) as target:
        await bench.subscribe(target.origin)
        await bench.happens()
        await bench.turn()
        await bench.after(119)
        assert len(target.requests) == 1
        await bench.after(2)
        assert len(target.requests) == 2
        assert LONGEST == 86400


async def test_g23_a_subscription_rests_and_goes_on_where_it_stood(url: str) -> None:
    async with a_bench(url) as bench, Target(500, 204) as target:
        await bench.subscribe(target.origin)
        await bench.happens(data=1)
        await bench.turn()
        assert (await bench.subscriptions.suspend(NAME)).state is SubscriptionState.SUSPENDED
        await bench.happens(data=2)
        await bench.after(60)
        assert len(target.requests) == 1
        [held] = await bench.all()
        assert held.next_time is None
        await bench.subscriptions.resume(NAME)
        await bench.turn()
        assert sorted(each["data"] for each in target.bodies()) == [1, 1, 2]


async def test_what_waits_for_a_subscription_that_is_deleted_is_kept_as_a_dead_letter(
    url: str,
) -> None:
    async with a_bench(url) as bench, Target(500) as target:
        await bench.subscribe(target.origin)
        await bench.happens()
        await bench.turn()
        await bench.subscriptions.delete(NAME)
        await bench.after(PAUSES[0])
        [delivery] = await bench.all()
        assert (delivery.state, len(target.requests)) == (DeliveryState.DEAD, 1)
        with pytest.raises(SubscriptionNotFound):
            await bench.subscriptions.get(NAME)


async def test_of_two_tenants_neither_is_there_for_the_other(url: str) -> None:
    async with a_bench(url) as bench, Target() as target:
        await bench.subscribe(target.origin, "*")
        await bench.happens(tenant="shop")
        await bench.turn()
        assert target.requests == []
        await bench.happens()
        await bench.turn()
        [delivery] = await bench.all()
        assert await bench.all("shop") == []
        with pytest.raises(DeliveryNotFound):
            await bench.deliveries.redeliver("shop", delivery.id)
        with pytest.raises(SubscriptionNotFound):
            await bench.subscriptions.retry(SubscriptionName("crm", "shop"))
        assert {each.tenant for each in await bench.events.page("shop", None, 9)} == {"shop"}


async def test_g23_a_subscription_needs_types_and_a_destination(url: str) -> None:
    async with a_bench(url) as bench:
        with pytest.raises(InvalidRequest) as refused:
            await bench.subscribe("ftp://a@b/", "Not A Type", filter="event.", name="9")
        fields = [each.field for each in refused.value.details.violations]
        assert fields == [
            "subscription_id",
            "subscription.types[0]",
            "subscription.filter",
            "subscription.url",
        ]
        made = await bench.subscribe("https://hooks.example/")
        with pytest.raises(SubscriptionExists):
            await bench.subscribe("https://hooks.example/")
        with pytest.raises(EtagMismatch):
            await bench.subscriptions.update(made, ("title",), "other")


async def test_k13_what_a_process_that_died_has_taken_another_sends_with_the_same_id(
    url: str,
) -> None:
    async with a_bench(url, lease=30.0) as bench, Target() as target:
        await bench.subscribe(target.origin)
        await bench.deliveries.send(a_delivery(target.origin, bench.clock.now))
        [kept] = await bench.all()
        until = bench.clock.now + timedelta(seconds=30)
        of = {target_of(TENANT, kept.url): 4}
        taken = await SqlDeliveries(bench.ledger).take(of, bench.clock.now, until, "dead")
        assert [each.id for each in taken] == [kept.id]
        await bench.after(29)
        assert target.requests == []
        await bench.after(2)
        assert target.fields("webhook-id") == [kept.id]
        assert (await bench.all())[0].attempts == 2


async def test_a_delivery_is_kept_once_by_its_id(url: str) -> None:
    async with a_bench(url) as bench, Target() as target:
        delivery = a_delivery(target.origin, bench.clock.now)
        await asyncio.gather(*(bench.deliveries.send(delivery) for _ in range(5)))
        await bench.turn()
        await bench.deliveries.send(delivery)
        await bench.turn()
        assert (target.fields("webhook-id"), target.bodies()) == (["m-1"], [{"a": 1}])


def a_delivery(url: str, now: datetime) -> Delivery:
    return Delivery(
        id="m-1",
        tenant=TENANT,
        run="flows/orders/runs/1",
        url=url,
        secret="secret:hooks",
        type="order.paid",
        body='{"a": 1}',
        create_time=now,
        update_time=now,
    )


async def test_several_processes_send_each_delivery_once(url: str) -> None:
    async with a_bench(url) as one, a_bench(url) as other, Target() as target:
        await one.subscribe(target.origin)
        for number in range(20):
            await one.happens(data=number)
        for _ in range(4):
            await one.turn()
            await other.turn()
        assert sorted(each["data"] for each in target.bodies()) == list(range(20))


async def test_a_try_that_a_bug_ends_counts_and_leaves_its_target_s_place(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> SendResult:
        raise RuntimeError

    async with a_bench(url) as bench, Target() as target:
        await bench.subscribe(target.origin)
        with monkeypatch.context() as patch:
            patch.setattr(Sender, "deliver", broken)
            for _ in range(5):
                await bench.happens()
            await bench.turn()
            states = {(each.state, each.last_error) for each in await bench.all()}
            assert states == {(DeliveryState.PENDING, "INTERNAL_ERROR")}
        await bench.after(7.0)
        assert len(target.requests) == 5
