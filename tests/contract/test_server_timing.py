"""Where the time of a call went, as callers of both faces are told: W3C Server-Timing."""

import asyncio
import re
from pathlib import Path
from typing import Any

import grpc
import pytest

from facade.errors.service import Overloaded
from gateway.v1.gateway_pb2 import (
    EXECUTION_VIEW_BASIC,
    EXECUTION_VIEW_FULL,
    FAILURE_MODE_CONTINUE,
    ExecuteActionRequest,
    ExecutionView,
)
from gateway.v1.stream_pb2 import StreamActionRequest
from gateway.v1.stream_pb2_grpc import StreamServiceStub
from tests.doors import PLAIN, document, named
from tests.facades import Facade, faulty, key_file, marked
from tests.faces import both_faces
from tests.fakes import JSON, HttpBackend, RawBackend, answer, read_request

PATHS = {"/pets": {"get": {"operationId": "listPets", "responses": {}}}}

METRIC = re.compile(r"(gateway|facade|backend);dur=(\d+\.\d)")


def timings(text: str) -> dict[str, float]:
    """What a field says, by who had the time; the whole of it must be in the standard's words."""
    parts = [METRIC.fullmatch(each) for each in text.split(", ")]
    assert all(parts), text
    return {each[1]: float(each[2]) for each in parts if each}


async def trailing(call: Any) -> dict[str, float]:
    (found,) = (value for key, value in await call.trailing_metadata() if key == "server-timing")
    return timings(found)


def slow(body: bytes) -> Any:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        await asyncio.sleep(0.05)
        writer.write(body)
        await writer.drain()

    return script


@pytest.mark.parametrize("view", [EXECUTION_VIEW_BASIC, EXECUTION_VIEW_FULL])
async def test_a_success_says_where_the_time_went_last(
    tmp_path: Path, view: "ExecutionView.ValueType"
) -> None:
    async with RawBackend(slow(JSON)) as backend, both_faces(tmp_path) as faces:
        await faces.door.publish("pets", document(PATHS), backend.origin, policy=PLAIN)
        request = ExecuteActionRequest(name=named("pets/listPets"), view=view)
        call = faces.door.gateway.ExecuteAction(request)
        await call
        told = await trailing(call)

    assert list(told) == ["gateway", "backend"]
    assert 50 <= told["backend"] <= told["gateway"] < 2000


@pytest.mark.parametrize("status", [404, 503])
async def test_a_failure_says_it_beside_its_status(tmp_path: Path, status: int) -> None:
    async with (
        RawBackend(slow(answer(status=status))) as backend,
        both_faces(tmp_path) as faces,
    ):
        await faces.door.publish("pets", document(PATHS), backend.origin, policy=PLAIN)
        request = ExecuteActionRequest(name=named("pets/listPets"))
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await faces.door.gateway.ExecuteAction(request)
        metadata = dict(failed.value.trailing_metadata())
        request.failure_mode = FAILURE_MODE_CONTINUE
        call = faces.door.gateway.ExecuteAction(request)
        await call
        told = await trailing(call)

    assert "grpc-status-details-bin" in metadata
    for each in (timings(metadata["server-timing"]), told):
        assert list(each) == ["gateway", "backend"]
        assert 50 <= each["backend"] <= each["gateway"]


async def test_what_no_backend_heard_of_took_nobody_elses_time(tmp_path: Path) -> None:
    async with both_faces(tmp_path) as faces:
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await faces.door.execute("pets/listPets")
    metadata = dict(failed.value.trailing_metadata())
    assert list(timings(metadata["server-timing"])) == ["gateway"]


async def test_a_stream_says_it_at_its_end(tmp_path: Path) -> None:
    said = answer(b"a\nb\n", headers=(("Content-Type", "text/plain"),))
    async with HttpBackend(said) as backend, both_faces(tmp_path) as faces:
        await faces.door.publish("pets", document(PATHS), backend.origin, policy=PLAIN)
        stub = StreamServiceStub(faces.door.channel)
        call = stub.StreamAction(StreamActionRequest(name=named("pets/listPets")))
        async for _ in call:
            pass
        assert "gateway" in await trailing(call)


async def test_a_repeat_of_a_call_that_is_answered_from_the_ledger_took_no_backends_time(
    tmp_path: Path,
) -> None:
    async with HttpBackend() as backend, both_faces(tmp_path) as faces:
        await faces.door.publish("pets", document(PATHS), backend.origin, policy=PLAIN)
        request = ExecuteActionRequest(name=named("pets/listPets"), request_id="once")
        told = []
        for _ in range(2):
            call = faces.door.gateway.ExecuteAction(request)
            await call
            told.append(list(await trailing(call)))
    assert told == [["gateway", "backend"], ["gateway"]]


async def test_the_http_face_says_it_as_a_field(tmp_path: Path) -> None:
    async with (
        RawBackend(slow(answer(status=503))) as failing,
        HttpBackend() as backend,
        both_faces(tmp_path) as faces,
    ):
        await faces.door.publish("pets", document(PATHS), backend.origin, policy=PLAIN)
        await faces.door.publish("ill", document(PATHS), failing.origin, policy=PLAIN)
        name = "connectors/{}/versions/live/actions/listPets"
        fine = await faces.http.post(f"/v1/{name.format('pets')}:execute", json={})
        bad = await faces.http.post(f"/v1/{name.format('ill')}:execute", json={})
        mirrored = await faces.http.get("/connectors/pets/versions/live/pets")

    assert fine.status_code == 200, fine.text
    for each in (fine, bad):
        assert list(timings(each.headers["server-timing"])) == ["facade", "backend"]
    assert mirrored.status_code == 200, mirrored.text
    assert "server-timing" not in mirrored.headers


async def test_through_a_facade_it_says_what_the_facade_and_its_backend_had(tmp_path: Path) -> None:
    key = key_file(tmp_path)
    failing = faulty(Overloaded("busy"))
    async with (
        Facade(marked({})) as facade,
        Facade(failing) as ill,
        both_faces(tmp_path, hop_key=key) as faces,
    ):
        for name, each in (("pets", facade), ("ill", ill)):
            await faces.door.publish(name, document(PATHS), "", indirect=each.indirect())
        call = faces.door.gateway.ExecuteAction(ExecuteActionRequest(name=named("pets/listPets")))
        await call
        told = await trailing(call)
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await faces.door.execute("ill/listPets")
        metadata = dict(failed.value.trailing_metadata())

    assert list(told) == ["gateway", "facade", "backend"]
    assert (told["facade"], told["backend"]) == (2.0, 1.0)
    assert list(timings(metadata["server-timing"])) == ["gateway", "facade"]
