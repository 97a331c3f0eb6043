"""A gateway before a real facade: what belongs to the facade is done there, and only there."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from facade.model.credential import Passthrough as Rule
from facade.model.policy import Breaker, Policy, Retry
from gateway.v1.credential_pb2 import Passthrough
from gateway.v1.gateway_pb2 import CACHE_USE_ONLY, EXECUTION_VIEW_FULL, ExecuteActionRequest
from gateway.v1.stream_pb2 import UploadActionRequest, UploadHead
from gateway.v1.stream_pb2_grpc import StreamServiceStub
from gateway.v1.version_pb2 import Indirect
from tests.doors import document, named
from tests.engines import publish
from tests.fakes import HttpBackend, RawBackend, answer, read_request
from tests.streams import SPEC as STREAMS
from tests.streams import Streams, chunked, head
from tests.twins import SPEC, Twins, a_pair

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAMES = (f"shop{number}" for number in itertools.count())

ONE = {"id": "1"}

ID = "00000000-1111-4111-8111-111111111111"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def twins(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Twins]:
    async with a_pair(tmp_path_factory.mktemp("pair")) as pair:
        yield pair


async def through(twins: Twins, origin: str, spec: Any = SPEC, **fields: Any) -> str:
    """A connector whose facade has these fields; the gateway knows nothing but where that is."""
    name, rules = next(NAMES), fields.pop("rules", ())
    await publish(twins.mirror.parts, name, spec, origin, **fields)
    await twins.door.publish(
        name, spec, "", indirect=Indirect(facade_uri=twins.served(name)), passthrough=rules
    )
    return name


async def test_c07_the_tries_are_the_facades_alone(twins: Twins) -> None:
    policy = Policy(retry=Retry(max_attempts=3, initial_backoff=0.001), breaker=Breaker())
    async with HttpBackend(answer(b"{}", status=503)) as backend:
        name = await through(twins, backend.origin, policy=policy)
        refused = await twins.door.refused(f"{name}/get", ONE)
        assert refused.said == ("UNAVAILABLE", "BACKEND_UNAVAILABLE", "backend", "EXECUTED")
        assert refused.info.metadata["attempts"] == "3"
        assert len(backend.requests) == 3


async def test_a_breaker_that_is_open_is_the_facades(twins: Twins) -> None:
    policy = Policy(retry=Retry(max_attempts=1))
    async with HttpBackend(answer(b"{}", status=500)) as backend:
        name = await through(twins, backend.origin, policy=policy)
        rows = [(await twins.door.refused(f"{name}/get", ONE)).said for _ in range(7)]
        assert [row[1] for row in rows] == ["BACKEND_ERROR"] * 5 + ["BREAKER_OPEN"] * 2
        assert rows[-1] == ("UNAVAILABLE", "BREAKER_OPEN", "facade", "NOT_EXECUTED")


async def test_a_call_with_a_request_id_happens_once(twins: Twins) -> None:
    async with HttpBackend() as backend:
        name = await through(twins, backend.origin)
        for _ in range(3):
            await twins.door.execute(f"{name}/make", {"id": "1"}, request_id=ID)
        refused = await twins.door.refused(f"{name}/make", {"id": "2"}, request_id=ID)
        assert len(backend.requests) == 1
    assert refused.said == ("INVALID_ARGUMENT", "REQUEST_ID_REUSED", "facade", "NOT_EXECUTED")


async def test_the_cache_that_alone_may_answer_is_the_facades(twins: Twins) -> None:
    fields = (("Content-Type", "application/json"), ("Cache-Control", "max-age=60"))
    async with HttpBackend(answer(b"[1]", headers=fields)) as backend:
        name = await through(twins, backend.origin)
        refused = await twins.door.refused(f"{name}/get", ONE, cache_use=CACHE_USE_ONLY)
        await twins.door.execute(f"{name}/get", ONE)
        found = await twins.door.execute(f"{name}/get", ONE, cache_use=CACHE_USE_ONLY)
        assert len(backend.requests) == 1
    assert refused.said == ("FAILED_PRECONDITION", "NOT_CACHED", "facade", "NOT_EXECUTED")
    assert found.json == "[1]"


async def test_a_callers_own_credential_is_written_by_the_facades_rule(twins: Twins) -> None:
    rule = Rule(metadata="x-token", header="Authorization", prefix="Bearer ")
    passed = Passthrough(metadata="x-token", header="Authorization", prefix="Bearer ")
    async with HttpBackend() as backend:
        name = await through(twins, backend.origin, passthrough=(rule,), rules=[passed])
        request = ExecuteActionRequest(name=named(f"{name}/get"), parameters_json='{"id": "1"}')
        await twins.door.gateway.ExecuteAction(request, metadata=(("x-token", "mine"),))
        (asked,) = backend.requests
    assert b"\r\nauthorization: bearer mine\r\n" in asked.lower()
    assert b"x-token" not in asked.lower()
    assert b"portico-" not in asked.lower()


async def test_what_is_said_to_browsers_is_no_part_of_what_the_backend_said(twins: Twins) -> None:
    html, sts = ("Content-Type", "text/html"), ("Strict-Transport-Security", "max-age=1")
    async with HttpBackend(answer(b"<p>", headers=(html, sts))) as backend:
        name = await through(twins, backend.origin)
        answered = await twins.door.execute(f"{name}/make", ONE, view=EXECUTION_VIEW_FULL)
        fields = answered.exchange.response_headers.keys()
    assert "strict-transport-security" in fields
    assert not fields & {"content-security-policy", "x-content-type-options"}


async def test_c04_a_version_that_the_facade_does_not_have_is_no_missing_thing(
    twins: Twins,
) -> None:
    name = next(NAMES)
    await twins.door.publish(name, SPEC, "", indirect=Indirect(facade_uri=twins.served(name)))
    refused = await twins.door.refused(f"{name}/get", ONE)
    assert refused.said == ("UNAVAILABLE", "FACADE_UNAVAILABLE", "gateway", "NOT_EXECUTED")
    assert "no route for the call" in refused.message


async def test_c04_an_action_that_the_facade_does_not_have_is_no_missing_thing(
    twins: Twins,
) -> None:
    less = document({"/things": {"get": {"operationId": "list", "responses": {}}}})
    name = next(NAMES)
    await publish(twins.mirror.parts, name, less, "http://127.0.0.1:9")
    await twins.door.publish(name, SPEC, "", indirect=Indirect(facade_uri=twins.served(name)))
    refused = await twins.door.refused(f"{name}/get", ONE)
    assert refused.said == ("UNAVAILABLE", "FACADE_UNAVAILABLE", "gateway", "NOT_EXECUTED")


async def test_c03_the_facade_gives_up_before_the_gateway_does(twins: Twins) -> None:
    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with RawBackend(silent) as backend:
        name = await through(twins, backend.origin, policy=Policy(timeout=0.2))
        refused = await twins.door.refused(f"{name}/get", ONE)
    assert refused.said == ("DEADLINE_EXCEEDED", "BACKEND_TIMEOUT", "backend", "UNKNOWN")


async def test_cancelling_reaches_the_backend_through_both(twins: Twins) -> None:
    got = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await read_request(reader)
        got.set()
        await reader.readexactly(1)

    async with RawBackend(silent) as backend:
        name = await through(twins, backend.origin)
        call = asyncio.ensure_future(twins.door.execute(f"{name}/get", ONE))
        async with asyncio.timeout(2):
            await got.wait()
            call.cancel()
            await backend.closed.wait()
        with pytest.raises(asyncio.CancelledError):
            await call


async def test_a_stream_arrives_item_by_item_through_both(twins: Twins) -> None:
    held = asyncio.Event()

    async def events(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        first, second, end = chunked(b"id: 1\ndata: 1\n\n", b"id: 2\ndata: 2\n\n")
        writer.write(head("text/event-stream", "Transfer-Encoding: chunked") + first)
        await writer.drain()
        await held.wait()
        writer.write(second + end)

    async with RawBackend(events) as backend:
        name = await through(twins, backend.origin, STREAMS)
        call = Streams(twins.door, name).call()
        async with asyncio.timeout(3):
            assert (await call.read()).WhichOneof("message") == "head"
            assert (await call.read()).event.id == "1"
            held.set()
            assert (await call.read()).event.id == "2"


async def test_an_upload_goes_through_both(twins: Twins) -> None:
    put = {
        "operationId": "put",
        "requestBody": {"content": {"application/octet-stream": {}}},
        "responses": {},
    }

    async with HttpBackend() as backend:
        name = await through(twins, backend.origin, document({"/raw": {"put": put}}))
        call = ExecuteActionRequest(name=named(f"{name}/put"), parameters_json="{}")

        async def requests() -> AsyncIterator[UploadActionRequest]:
            yield UploadActionRequest(head=UploadHead(call=call, size=6))
            for chunk in (b"abc", b"def"):
                yield UploadActionRequest(chunk=chunk)

        stub: Any = StreamServiceStub(twins.door.channel)
        await stub.UploadAction(requests(), timeout=5)
        (asked,) = backend.requests
    assert asked.endswith(b"\r\n\r\nabcdef")
    assert b"application/octet-stream" in asked
