"""Events from outside, on both faces: seed rule G-23."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.protobuf.json_format import MessageToDict

from gateway.v1 import event_pb2 as pb
from gateway.v1.event_pb2_grpc import EventServiceStub
from tests.doors import refusal
from tests.faces import Faces, both_faces
from tests.happenings import SECRET, Target
from tests.tenants import two_tenants

if TYPE_CHECKING:
    from gateway.v1.event_pb2_grpc import EventServiceAsyncStub

WANTED: dict[str, Any] = {
    "types": ["order.*"],
    "filter": "event.data.number > 1",
    "secret": "env:PORTICO_SECRET_HOOKS",
}


@pytest.fixture
async def faces(tmp_path: Path) -> AsyncIterator[Faces]:
    async with both_faces(tmp_path, {"PORTICO_SECRET_HOOKS": SECRET}) as opened:
        yield opened


@pytest.fixture
async def target() -> AsyncIterator[Target]:
    async with Target() as opened:
        yield opened


def stub(faces: Faces) -> "EventServiceAsyncStub":
    return EventServiceStub(faces.door.channel)


async def read(watch: Any) -> pb.WatchEventsResponse:
    """The next message of a watch."""
    async with asyncio.timeout(10):
        told = await watch.read()
    assert isinstance(told, pb.WatchEventsResponse)
    return told


async def subscribe(faces: Faces, **fields: Any) -> pb.Subscription:
    asked = pb.CreateSubscriptionRequest(
        subscription_id="crm", subscription=pb.Subscription(**WANTED | fields)
    )
    made: pb.Subscription = await stub(faces).CreateSubscription(asked)
    return made


async def publish(faces: Faces, number: int) -> dict[str, Any]:
    event = {"type": "order.paid", "source": "orders/7", "data": json.dumps({"number": number})}
    told = await faces.http.post("/v1/events", json=event)
    assert told.status_code == 200, told.text
    data: dict[str, Any] = told.json()["data"]
    return data


async def delivered(faces: Faces, count: int) -> list[dict[str, Any]]:
    """The deliveries that the target has taken, once there are so many."""
    async with asyncio.timeout(10):
        while True:
            asked = {"filter": "state = DELIVERED"}
            told = (await faces.http.get("/v1/deliveries", params=asked)).json()["data"]
            if len(told["deliveries"]) >= count:
                found: list[dict[str, Any]] = told["deliveries"]
                return found
            await asyncio.sleep(0.02)


async def test_g23_an_event_goes_to_who_subscribed_and_the_filter_drops_others(
    faces: Faces, target: Target
) -> None:
    await subscribe(faces, url=target.origin)
    first, second = await publish(faces, 1), await publish(faces, 2)
    assert int(second["sequence"]) == int(first["sequence"]) + 1
    [told] = await delivered(faces, 1)
    assert [each["data"] for each in target.bodies()] == [{"number": 2}]
    assert told["name"] == f"deliveries/{target.fields('webhook-id')[0]}"
    listed = await stub(faces).ListDeliveries(pb.ListDeliveriesRequest())
    assert MessageToDict(listed.deliveries[0]) == told


async def test_g23_a_subscription_without_types_and_destination_is_refused(faces: Faces) -> None:
    asked = pb.CreateSubscriptionRequest(subscription_id="crm")
    told = await refusal(stub(faces).CreateSubscription(asked))
    assert told.fields == ["subscription.types", "subscription.url", "subscription.secret"]
    said = await faces.http.post("/v1/subscriptions?subscriptionId=crm", json={})
    assert said.status_code == 400
    assert [each["field"] for each in said.json()["error"]["violations"]] == told.fields


async def test_g23_a_subscription_is_told_alike_on_both_faces(faces: Faces) -> None:
    made = await subscribe(faces, url="https://hooks.example/")
    said = (await faces.http.get("/v1/subscriptions/crm")).json()["data"]
    assert said == MessageToDict(made)
    changed = await faces.http.patch(
        "/v1/subscriptions/crm?updateMask=title", json={"title": "T", "etag": made.etag}
    )
    assert (changed.status_code, changed.json()["data"]["title"]) == (200, "T")
    for verb, state in (("suspend", "SUSPENDED"), ("retry", "SUSPENDED"), ("resume", "ACTIVE")):
        told = await faces.http.post(f"/v1/subscriptions/crm:{verb}", json={})
        assert told.json()["data"]["state"] == f"STATE_{state}"
    listed = await faces.http.get("/v1/subscriptions", params={"filter": "state = ACTIVE"})
    assert [each["name"] for each in listed.json()["data"]["subscriptions"]] == [
        "subscriptions/crm"
    ]
    assert (await faces.http.delete("/v1/subscriptions/crm")).status_code == 204
    gone = await faces.http.get("/v1/subscriptions/crm")
    assert (gone.status_code, gone.json()["error"]["reason"]) == (404, "SUBSCRIPTION_NOT_FOUND")


async def test_g23_a_target_that_is_gone_rests_until_retry(faces: Faces) -> None:
    async with Target(410, 204) as target:
        await subscribe(faces, url=target.origin)
        await publish(faces, 2)
        async with asyncio.timeout(10):
            while True:
                said = (await faces.http.get("/v1/subscriptions/crm")).json()["data"]
                if said["state"] == "STATE_ERROR":
                    break
                await asyncio.sleep(0.02)
        assert said["stateDescription"] == "HTTP 410"
        await publish(faces, 3)
        again = await stub(faces).RetrySubscription(
            pb.RetrySubscriptionRequest(name="subscriptions/crm")
        )
        assert again.state == pb.Subscription.STATE_ACTIVE
        await delivered(faces, 1)
        assert [each["data"]["number"] for each in target.bodies()] == [2, 3]
        dead = await faces.http.get("/v1/deliveries", params={"filter": "state = DEAD"})
        [letter] = dead.json()["data"]["deliveries"]
        told = await faces.http.post(f"/v1/{letter['name']}:redeliver", json={})
        assert told.status_code == 200
        await delivered(faces, 2)


async def test_both_faces_watch_the_same_events_and_go_on_by_token(faces: Faces) -> None:
    watch = stub(faces).WatchEvents(pb.WatchEventsRequest(types=["order.*"]))
    first = await read(watch)
    assert not first.HasField("event")
    made = await publish(faces, 1)
    told = await read(watch)
    watch.cancel()
    assert MessageToDict(told.event) == made
    again = await publish(faces, 2)
    asked = pb.WatchEventsRequest(types=["order.*"], resume_token=told.resume_token)
    watch = stub(faces).WatchEvents(asked)
    found = [await read(watch) for _ in range(2)]
    watch.cancel()
    assert [each.event.id for each in found] == ["", again["id"]]
    other = stub(faces).WatchEvents(pb.WatchEventsRequest(resume_token=told.resume_token))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await other.read()
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_events_are_watched_over_http_and_taken_up_where_a_browser_was(faces: Faces) -> None:
    watch = stub(faces).WatchEvents(pb.WatchEventsRequest(types=["order.*"]))
    token = (await read(watch)).resume_token
    for number in range(2):
        await publish(faces, number)
    events = {"accept": "text/event-stream", "last-event-id": token}
    asked = faces.http.get("/v1/events:watch", params={"types": "order.*"}, headers=events)
    reading = asyncio.create_task(asked)
    seen = [await read(watch) for _ in range(2)]
    watch.cancel()
    await asyncio.sleep(0.3)
    faces.parts.events.dismiss()
    told = await reading
    assert told.headers["content-type"].startswith("text/event-stream")
    blocks = [each.split("\n") for each in told.text.strip().split("\n\n")]
    assert [block[0][:4] for block in blocks] == ["id: "] * 3
    data = [json.loads(block[1].removeprefix("data: "))["data"] for block in blocks]
    assert "event" not in data[0]
    assert [each["event"] for each in data[1:]] == [MessageToDict(each.event) for each in seen]
    assert blocks[2][0] == f"id: {data[2]['resumeToken']}"
    refused = await faces.http.get("/v1/events:watch", params={"resumeToken": "x"})
    assert (refused.status_code, refused.json()["error"]["reason"]) == (400, "INVALID_REQUEST")


async def test_a_watch_over_http_ends_when_its_caller_waits_no_longer(faces: Faces) -> None:
    told = await faces.http.get("/v1/events:watch", headers={"x-request-timeout": "0.2"})
    first, last = [json.loads(line) for line in told.text.splitlines()]
    assert first["data"]["resumeToken"]
    assert last["error"]["reason"] == "DEADLINE_EXCEEDED"


async def test_an_event_of_the_gateways_own_types_is_not_a_callers_to_publish(
    faces: Faces,
) -> None:
    told = await refusal(
        stub(faces).PublishEvent(pb.PublishEventRequest(event=pb.Event(type="run.failed")))
    )
    assert (told.code, told.fields) == ("INVALID_ARGUMENT", ["event.type"])
    said = await faces.http.post("/v1/events", json={"type": "run.failed"})
    assert said.status_code == 400


async def test_i01_who_watches_sees_nothing_of_another_tenant(tmp_path: Path) -> None:
    async with two_tenants(tmp_path) as (shop, bank):
        stub = EventServiceStub(shop.faces.door.channel)
        watch = stub.WatchEvents(pb.WatchEventsRequest(), metadata=shop.shown)
        token = (await read(watch)).resume_token
        await bank.asks("PublishEvent", {"event": {"type": "order.theirs"}})
        await shop.asks("PublishEvent", {"event": {"type": "order.ours"}})
        assert (await read(watch)).event.type == "order.ours"
        watch.cancel()
        asked = pb.WatchEventsRequest(resume_token=token)
        told = await refusal(stub.WatchEvents(asked, metadata=bank.shown).read())
        assert (told.code, told.fields) == ("INVALID_ARGUMENT", ["resume_token"])
