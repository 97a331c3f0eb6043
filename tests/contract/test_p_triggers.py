"""P-4, P-5: polls, and registrations at backends, over a real engine and a backend on loopback."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
import pytest
from msgspec import structs

from facade.bootstrap import Parts, open_parts
from facade.config import Settings
from facade.model.definition import (
    ActionCall,
    BackendWebhook,
    Expression,
    OnEvent,
    Poll,
    Trigger,
)
from facade.model.event import Event
from facade.model.flow import Flow, FlowState
from facade.model.trigger import RegistrationState, TriggerRecord, TriggerState
from facade.stores.triggers import SqlTriggers
from facade.triggers.signatures import sign
from facade.triggers.triggers import Triggers
from gateway.server import build_server
from gateway.v1.catalog_pb2_grpc import CatalogServiceStub
from gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from tests.carriers import carried
from tests.doors import PLAIN, Door, document
from tests.fakes import HttpBackend, answer
from tests.ledgers import prepare
from tests.triggers import BEGIN, House, a_flow, a_flow_version, a_house

ITEMS = "connectors/shop/versions/v1/actions/items"
LINKED = "connectors/shop/versions/v1/actions/linked"
REGISTER = "connectors/shop/versions/v1/actions/register"
REMOVE = "connectors/shop/versions/v1/actions/remove"

TEXT = {"type": "string"}
LIST = {"type": "array", "items": {"type": "object"}}
JSON = ("Content-Type", "application/json")


def operation(id_: str, schema: Any, **fields: Any) -> dict[str, Any]:
    media = {"application/json": {"schema": schema}}
    responses = {"200": {"description": "", "content": media}}
    return {"operationId": id_, "responses": responses} | fields


def parameter(name: str, place: str) -> dict[str, Any]:
    return {"name": name, "in": place, "schema": TEXT, "required": place == "path"}


SPEC = document(
    {
        "/items": {
            "get": operation(
                "items",
                {"type": "object"},
                parameters=[parameter("since", "query"), parameter("If-None-Match", "header")],
            )
        },
        "/linked": {
            "get": operation("linked", LIST, parameters=[parameter("per_page", "query")])
            | {
                "responses": {
                    "200": {
                        "description": "",
                        "headers": {"Link": {"schema": TEXT}},
                        "content": {"application/json": {"schema": LIST}},
                    }
                }
            }
        },
        "/hooks": {
            "post": operation(
                "register",
                {"type": "object"},
                requestBody={
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "properties": {"url": TEXT, "secret": TEXT},
                            }
                        }
                    }
                },
            )
        },
        "/hooks/{id}/removal": {
            "post": operation("remove", {"type": "object"}, parameters=[parameter("id", "path")])
        },
    }
)


class Shop:
    """A backend, and a replica before it."""

    def __init__(self, backend: HttpBackend, house: House, replica: Triggers) -> None:
        self.backend = backend
        self.house = house
        self.replica = replica
        self.say: Callable[[bytes], bytes] = lambda _: said({})

    async def goes_on(self, seconds: float) -> None:
        """Time passes, and the replica looks every second."""
        await self.house.pass_by(seconds, self.replica)

    async def record(self) -> TriggerRecord:
        (found,) = await SqlTriggers(self.house.ledger).every()
        return found

    @property
    def asked(self) -> list[str]:
        """Method and target of each request."""
        return [" ".join(each.decode().split(" ")[:2]) for each in self.backend.requests]


def said(body: Any, status: int = 200, **headers: str) -> bytes:
    fields = (JSON, *((name.replace("_", "-"), text) for name, text in headers.items()))
    return answer(json.dumps(body).encode(), status=status, headers=fields)


@asynccontextmanager
async def a_gateway(folder: Path) -> AsyncIterator[tuple[Parts, Door]]:
    """What triggers stand on, and the door by which connectors are published."""
    made = Settings(**carried({"grpc": "127.0.0.1:0", "data": folder, "dev": True}))
    prepare(folder)
    async with open_parts(made, {}) as parts:
        server = build_server(parts, made)
        try:
            async with grpc.aio.insecure_channel(await server.start()) as channel:
                gateway, catalog = GatewayServiceStub(channel), CatalogServiceStub(channel)
                yield parts, Door(gateway=gateway, catalog=catalog, channel=channel)
        finally:
            await server.stop()


@asynccontextmanager
async def a_shop(folder: Path, trigger: Trigger, **fields: Any) -> AsyncIterator[Shop]:
    """A flow with a trigger over a backend that says what a test wants."""
    shop: Shop | None = None

    def respond(request: bytes) -> bytes:
        assert shop is not None
        return shop.say(request)

    async with (
        HttpBackend(respond) as backend,
        a_gateway(folder / "gateway") as (parts, door),
        a_house(folder, a_flow(trigger)) as house,
    ):
        await door.publish("shop", SPEC, backend.origin, policy=PLAIN)
        given: dict[str, Any] = {"engine": parts.engine, "catalog": parts.catalog} | fields
        if given.get("events") == "real":
            given["events"] = parts.events
        shop = Shop(backend, house, await house.replica(**given))
        yield shop


def a_poll(action: str = ITEMS, **fields: Any) -> Poll:
    call = ActionCall(action=action, arguments={"since": "{{ state }}"} if action == ITEMS else {})
    given: dict[str, Any] = {"items": Expression("body.items"), "key": Expression("id")}
    return Poll(call=call, every=10.0, **given | fields)


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
        await store.put(replace_record(kept, next_time=BEGIN))
        async with shop.house.ledger.transaction(writes=True, tenant="") as database:
            await database.exec_driver_sql("DELETE FROM trigger_items")
        await shop.goes_on(2)
        assert len(shop.asked) == 2
        assert len(shop.house.runs.started) == 1


def replace_record(record: TriggerRecord, **fields: Any) -> TriggerRecord:
    return structs.replace(record, **fields)


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
            "POST /hooks", "DELETE /hooks/8", "POST /hooks", "POST /hooks/8/removal",
        ]  # fmt: skip
        assert await SqlTriggers(shop.house.ledger).every() == ()


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
    async with a_shop(tmp_path, a_backend_webhook()) as shop:
        shop.say = lambda _: b""
        shop.say = lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"[:20] + b"\x00"
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
        await SqlTriggers(shop.house.ledger).put(replace_record(record, registration=before))
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
