"""P-4: registrations at backends, and events, over a real engine and a backend on loopback."""

import asyncio
import base64
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from google.protobuf.duration_pb2 import Duration
from msgspec import structs

from facade.model.definition import (
    ActionCall,
    BackendWebhook,
    Expression,
    OnEvent,
)
from facade.model.event import Event
from facade.model.flow import Flow, FlowState
from facade.model.trigger import RegistrationState, TriggerState
from facade.stores.triggers import SqlTriggers
from tests.doors import PLAIN
from tests.fakes import answer, said
from tests.trigger_shops import (
    REGISTER,
    REMOVE,
    Shop,
    a_shop,
)
from tests.triggers import BEGIN, a_flow, a_flow_version, sign


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path) -> None:
    (tmp_path / "gateway").mkdir()


def a_backend_webhook(**fields: Any) -> BackendWebhook:
    arguments = {"url": "{{ callback.url }}", "secret": "{{ callback.secret }}"}
    return BackendWebhook(register=ActionCall(action=REGISTER, arguments=arguments), **fields)


def registered(request: bytes) -> bytes:
    return (
        answer(b"", status=204)
        if request.startswith(b"DELETE")
        else said({}, 201, Location="/hooks/7?x=1")
    )


async def test_p4_an_address_is_registered_once_and_removed_when_the_flow_rests(
    tmp_path: Path,
) -> None:
    trigger = a_backend_webhook()
    async with a_shop(tmp_path, trigger) as shop:
        shop.say = registered
        await shop.goes_on(5)
        assert shop.asked == ["POST /hooks"]
        told = json.loads(shop.backend.requests[0].partition(b"\r\n\r\n")[2])
        status = await shop.replica.management.get(a_flow(trigger).name)
        assert told["url"] == status.url
        assert status.url.startswith("https://portico.example/hooks/")
        assert status.location == f"{shop.backend.origin}/hooks/7?x=1"
        await receives(shop, status.url, told["secret"])
        shop.house.flows.put(a_flow(trigger), state=FlowState.SUSPENDED)
        await shop.goes_on(5)
        assert shop.asked == ["POST /hooks", "DELETE /hooks/7?x=1"]
        shop.house.flows.put(a_flow(trigger), update_time=shop.house.clock.now)
        await shop.goes_on(5)
        again = json.loads(shop.backend.requests[2].partition(b"\r\n\r\n")[2])
        assert again["url"] == told["url"]
        assert again["secret"] != told["secret"]


async def receives(shop: Shop, url: str, secret: str) -> None:
    """A message that the backend signs is taken."""
    key, time = base64.b64decode(secret.removeprefix("whsec_")), int(shop.house.clock())
    headers = {
        "webhook-id": "m1",
        "webhook-timestamp": str(time),
        "webhook-signature": sign(key, "m1", time, b"{}"),
    }
    done = await shop.replica.hooks.receive(url.rpartition("/")[2], headers, b"{}")
    assert done.run


async def test_p4_another_version_is_registered_anew_and_a_deleted_flow_leaves_nothing(
    tmp_path: Path,
) -> None:
    removal = ActionCall(
        action=REMOVE, arguments={"id": "{{ registration.location | split('/') | last }}"}
    )
    trigger = a_backend_webhook()
    async with a_shop(tmp_path, trigger) as shop:
        shop.say = lambda request: (
            answer(b"", status=204)
            if b"DELETE" in request[:6] or b"/removal" in request[:40]
            else said({}, 201, Location="/hooks/8")
        )
        await shop.goes_on(3)
        flow: Flow = a_flow(trigger)
        second = a_flow_version(
            flow.name, "v2", replace(trigger, unregister=replace(removal, arguments={"id": "8"}))
        )
        shop.house.flows.put(flow, versions=(*flow.versions, second), published="v2")
        await shop.goes_on(3)
        shop.house.flows.kept.clear()
        await shop.goes_on(3)
        assert shop.asked == [
            "POST /hooks",
            "DELETE /hooks/8",
            "POST /hooks",
            "POST /hooks/8/removal",
        ]
        assert await SqlTriggers(shop.house.ledger).every() == ()


async def test_p4_the_flow_s_own_values_are_there_where_a_registration_is_removed(
    tmp_path: Path,
) -> None:
    removal = ActionCall(action=REMOVE, arguments={"id": "{{ env.region }}"})
    trigger = replace(a_backend_webhook(), unregister=removal)
    async with a_shop(tmp_path, trigger) as shop:
        shop.say = lambda _: said({}, 201, Location="/hooks/8")
        flow = a_flow(trigger)
        (version,) = flow.versions
        definition = replace(version.definition, env={"region": "eu"})
        shop.house.flows.put(flow, versions=(replace(version, definition=definition),))
        await shop.goes_on(3)
        shop.house.flows.kept.clear()
        await shop.goes_on(3)
        assert shop.asked == ["POST /hooks", "POST /hooks/eu/removal"]


async def test_p4_a_refusal_is_told_and_asked_again_with_pauses(tmp_path: Path) -> None:
    async with a_shop(tmp_path, a_backend_webhook()) as shop:
        shop.say = lambda _: said({}, 422)
        await shop.goes_on(13)
        record = await shop.record()
        assert record.state is TriggerState.ERROR
        assert record.registration is None
        assert len(shop.asked) == 2
        shop.say = registered
        await shop.goes_on(30)
        assert (await shop.record()).state is TriggerState.ACTIVE


async def test_p4_an_answer_without_a_location_is_told_and_not_asked_for_again(
    tmp_path: Path,
) -> None:
    async with a_shop(tmp_path, a_backend_webhook()) as shop:
        shop.say = lambda _: said({"id": 7}, 200)
        await shop.goes_on(60)
        assert len(shop.asked) == 1
        record = await shop.record()
        assert record.registration is not None
        assert record.registration.state is RegistrationState.REFUSED
        assert "201 with a Location is expected" in record.description
        assert len(record.lost) == 1


async def test_p4_an_answer_that_never_came_leaves_a_trace(tmp_path: Path) -> None:
    short = {**PLAIN, "timeout": Duration(nanos=300_000_000)}
    async with a_shop(tmp_path, a_backend_webhook(), short) as shop:
        shop.say = lambda _: b"HTTP/1.1 200 OK\r\nCont"
        await shop.goes_on(2)
        record = await shop.record()
        assert record.state is TriggerState.ERROR
        assert len(record.lost) == 1


async def test_p4_a_process_that_ends_between_mark_and_note_is_followed_by_one_that_asks_the_same(
    tmp_path: Path,
) -> None:
    """The call is answered as the first time: the backend has one registration."""
    async with a_shop(tmp_path, a_backend_webhook()) as shop:
        shop.say = registered
        await shop.goes_on(2)
        record = await shop.record()
        asked = record.registration
        assert asked is not None
        before = structs.replace(asked, state=RegistrationState.PENDING, location="", undo=None)
        await SqlTriggers(shop.house.ledger).put(structs.replace(record, registration=before))
        await shop.goes_on(2)
        assert (await shop.record()).registration == asked
        assert shop.asked == ["POST /hooks"]


async def test_p4_without_a_public_url_the_trigger_says_what_it_lacks(tmp_path: Path) -> None:
    async with a_shop(tmp_path, a_backend_webhook(), public_url="") as shop:
        await shop.goes_on(3)
        record = await shop.record()
        assert record.description.startswith("public_url: must say where the HTTP face is")
        assert shop.asked == []


async def test_events_start_runs_from_the_publication_on_and_behind_a_restart(
    tmp_path: Path,
) -> None:
    trigger = OnEvent(types=("order.*",), filter=Expression("event.data.total > 10"))
    async with a_shop(tmp_path, trigger, events="real") as shop:
        events = shop.replica._workers.event_triggers._events
        await publish(events, "order.paid", {"total": 20})
        await shop.goes_on(2)
        await until(lambda: bool(shop.asked) or True)
        record = await cursor(shop)
        for total in (5, 11, 12):
            await publish(events, "order.paid", {"total": total})
        await publish(events, "other.paid", {"total": 100})
        await publish(events, "order.mine", {"total": 100}, "flows/orders/runs/x")
        await until(lambda: shop.house.runs.asked >= 2)
        found = [each["event"]["data"] for each in shop.house.runs.started.values()]
        assert found == [{"total": 11}, {"total": 12}]
        assert (await cursor(shop)) != record
        other = f"flows/other/runs/{uuid4()}"
        await publish(events, "order.paid", {"total": 13}, other)
        await until(lambda: shop.house.runs.asked >= 3)
        assert shop.house.runs.told_by == ["", "", other]


async def publish(events: Any, type_: str, data: Any, source: str = "connections/a") -> None:
    event = Event(id=str(uuid4()), type=type_, source=source, time=BEGIN, data=json.dumps(data))
    await events.publish(event)


async def cursor(shop: Shop) -> str:
    for _ in range(200):
        found = await SqlTriggers(shop.house.ledger).every()
        if found and found[0].cursor:
            return found[0].cursor
        await asyncio.sleep(0.01)
    raise AssertionError


async def until(true: Callable[[], bool]) -> None:
    for _ in range(300):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError
