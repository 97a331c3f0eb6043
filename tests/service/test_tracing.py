"""What the trace of a call tells: every step, in order, with one policy after the other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from facade.errors.fault import Fault
from facade.model.call import Call
from facade.model.credential import Credential
from facade.model.policy import CacheMode, Caching, Limit, Policy, Retry, Scope
from facade.model.stream import Framing, Wanted
from facade.parts import Parts
from facade.telemetry.ring import Step, Told
from facade.telemetry.spans import Kind
from tests.doors import document
from tests.engines import a_call, an_engine, publish
from tests.fakes import HttpBackend, RawBackend, answer, read_request, says
from tests.processes import until
from tests.token_servers import TokenServer, a_client

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
PATH = {"name": "petId", "in": "path", "required": True, "schema": {"type": "integer"}}
KEY = {"name": "key", "in": "query", "schema": {"type": "string"}}
DOCUMENT = document(
    {
        "/pet/{petId}": {
            "parameters": [PATH, KEY],
            "get": {"operationId": "get", "responses": {}},
            "post": {"operationId": "add", "responses": {}},
        }
    }
)
PET = {"petId": 7}
UNCACHED = Caching(mode=CacheMode.OFF)


def uncached(**fields: Any) -> Policy:
    """A policy without a cache."""
    return Policy(cache=UNCACHED, **fields)


@pytest.fixture
async def parts(tmp_path: Path) -> AsyncIterator[Parts]:
    async with an_engine(tmp_path, {"SECRET": "s3cret"}) as opened:
        yield opened


async def traced(parts: Parts, call: Call, **carrier: str) -> Told:
    """What is kept of a call, whatever becomes of it."""
    with suppress(Fault), parts.tracing.server("in", carrier) as span:
        await parts.engine.execute(call)
    told = parts.ring.get(span.trace_id)
    assert told is not None
    return told


def tree(told: Told, parent: str | None = None) -> list[Any]:
    """The names of the steps, each with those of its parts."""
    top = told.steps[0].parent_id if parent is None else parent
    return [
        (each.name, below) if (below := tree(told, each.span_id)) else each.name
        for each in told.steps
        if each.parent_id == top
    ]


def named(told: Told, name: str) -> list[Step]:
    return [each for each in told.steps if each.name == name]


async def test_g13_a_call_without_policies_is_its_validation_and_one_request(parts: Parts) -> None:
    async with HttpBackend() as backend:
        await publish(parts, "shop", DOCUMENT, backend.origin, policy=uncached())
        told = await traced(parts, a_call("shop/get", {**PET, "key": "mine"}), traceparent=PARENT)
        sent = backend.requests[0].decode()

    assert told.trace_id == PARENT.split("-")[1]
    assert tree(told) == [("in", ["validation", "GET /pet/{petId}"])]
    server, validation, request = told.steps
    assert server.parent_id == PARENT.split("-")[2]
    assert [each.kind for each in told.steps] == [Kind.SERVER, Kind.INTERNAL, Kind.CLIENT]
    assert server.attributes == {
        "portico.connector": "shop",
        "portico.version": "v1",
        "portico.action": "get",
    }
    assert told.action == "connectors/shop/versions/v1/actions/get"
    assert request.attributes == {
        "http.request.method": "GET",
        "http.response.status_code": "200",
        "url.template": "/pet/{petId}",
        "url.full": f"{backend.origin}/pet/7?key=***",
        "server.address": "127.0.0.1",
        "server.port": str(backend.port),
        "network.protocol.version": "1.1",
    }
    assert f"traceparent: 00-{told.trace_id}-{request.span_id}-00" in sent
    assert {each.service for each in told.steps} == {"portico-gateway"}
    assert validation.start <= request.start


async def test_a_call_that_is_wrong_has_no_request(parts: Parts) -> None:
    await publish(parts, "shop", DOCUMENT, "http://127.0.0.1:1", policy=uncached())
    told = await traced(parts, a_call("shop/get", {"petId": "x"}))

    assert tree(told) == [("in", ["validation"])]
    assert {each.error_reason for each in told.steps} == {"INVALID_PARAMETERS"}


async def test_each_try_is_a_request_of_its_own_and_the_pauses_are_told(parts: Parts) -> None:
    statuses = iter((503, 200))
    async with HttpBackend(lambda _: answer(b"{}", status=next(statuses))) as backend:
        await publish(parts, "shop", DOCUMENT, backend.origin, policy=uncached())
        told = await traced(parts, a_call("shop/get", PET))

    first, second = named(told, "GET /pet/{petId}")
    assert "http.request.resend_count" not in first.attributes
    assert first.error_reason == "BACKEND_UNAVAILABLE"
    assert second.attributes["http.request.resend_count"] == "1"
    assert (second.error_reason, told.error_reason) == ("", "")
    assert "event.1.backoff" in told.steps[0].attributes


async def test_limits_are_a_step_where_there_are_some(parts: Parts) -> None:
    policy = uncached(limits=(Limit(scope=Scope.CONNECTOR, calls=1, period=60.0),))
    async with HttpBackend() as backend:
        await publish(parts, "shop", DOCUMENT, backend.origin, policy=policy)
        admitted = await traced(parts, a_call("shop/get", PET))
        refused = await traced(parts, a_call("shop/get", PET))

    assert tree(admitted) == [("in", ["validation", "limits", "GET /pet/{petId}"])]
    assert named(admitted, "limits")[0].attributes == {"portico.outcome": "admitted"}
    assert tree(refused) == [("in", ["validation", "limits"])]
    assert named(refused, "limits")[0].error_reason == "QUOTA_EXCEEDED"


async def test_a_call_that_waits_for_its_turn_says_how_long(parts: Parts) -> None:
    policy = uncached(limits=(Limit(scope=Scope.CONNECTOR, calls=20, period=1.0, burst=1),))
    async with HttpBackend() as backend:
        await publish(parts, "shop", DOCUMENT, backend.origin, policy=policy)
        await traced(parts, a_call("shop/get", PET))
        told = await traced(parts, a_call("shop/get", PET, max_wait=1.0))

    said = named(told, "limits")[0].attributes
    assert 0.0 < float(said["portico.seconds"]) < 0.5


async def test_the_cache_is_a_step_around_what_it_asks_for(parts: Parts) -> None:
    policy = Policy(cache=Caching(mode=CacheMode.OVERRIDE, ttl=60.0))
    async with HttpBackend() as backend:
        await publish(parts, "shop", DOCUMENT, backend.origin, policy=policy)
        missed = await traced(parts, a_call("shop/get", PET))
        hit = await traced(parts, a_call("shop/get", PET))
        other = await traced(parts, a_call("shop/add", PET))

    assert tree(missed) == [("in", ["validation", ("cache", ["GET /pet/{petId}"])])]
    assert tree(hit) == [("in", ["validation", "cache"])]
    assert [named(each, "cache")[0].attributes for each in (missed, hit)] == [
        {"portico.outcome": "miss"},
        {"portico.outcome": "hit"},
    ]
    assert tree(other) == [("in", ["validation", "POST /pet/{petId}"])]


async def test_a_stale_answer_is_renewed_in_a_trace_of_its_own(parts: Parts) -> None:
    kept = (("Content-Type", "application/json"), ("Cache-Control", "max-age=0"))
    policy = Policy(cache=Caching(stale_while_revalidate=60.0))
    async with HttpBackend(answer(b"{}", headers=kept)) as backend:
        await publish(parts, "shop", DOCUMENT, backend.origin, policy=policy)
        await traced(parts, a_call("shop/get", PET))
        told = await traced(parts, a_call("shop/get", PET))

        async def renewed() -> bool:
            return parts.ring.count == 3

        await until(renewed, 2, "the answer is renewed")

    assert tree(told) == [("in", ["validation", "cache"])]
    (refresh,) = (each for each in parts.ring.latest() if each.title == "cache refresh")
    assert tree(refresh) == [("cache refresh", ["GET /pet/{petId}"])]
    assert refresh.action == told.action
    assert backend.requests[1].decode().count(refresh.trace_id) == 1


async def test_a_request_id_is_a_step_around_the_call(parts: Parts) -> None:
    async with HttpBackend() as backend:
        await publish(parts, "shop", DOCUMENT, backend.origin, policy=uncached())
        call = a_call("shop/add", PET, request_id="one")
        first, again = await traced(parts, call), await traced(parts, call)

    assert tree(first) == [("in", ["validation", ("once", ["POST /pet/{petId}"])])]
    assert tree(again) == [("in", ["validation", "once"])]
    assert named(again, "once")[0].attributes == {"portico.outcome": "repeat"}


async def test_a_token_is_a_step_where_it_is_fetched(parts: Parts) -> None:
    async with HttpBackend() as backend, TokenServer() as server:
        security: dict[str, Any] = {
            "oauth": {
                "type": "oauth2",
                "flows": {"clientCredentials": {"tokenUrl": server.uri, "scopes": {}}},
            }
        }
        spec = {
            **DOCUMENT,
            "components": {"securitySchemes": security},
            "security": [{"oauth": []}],
        }
        credentials = (Credential(scheme="oauth", kind=a_client(f"{server.uri}?client=me")),)
        await publish(
            parts, "shop", spec, backend.origin, credentials=credentials, policy=uncached()
        )
        first = await traced(parts, a_call("shop/get", PET))
        second = await traced(parts, a_call("shop/get", PET))

    assert tree(first) == [("in", ["validation", ("token", ["POST"]), "GET /pet/{petId}"])]
    assert tree(second) == [("in", ["validation", "GET /pet/{petId}"])]
    assert named(first, "POST")[0].attributes == {
        "http.request.method": "POST",
        "http.response.status_code": "200",
        "url.full": server.uri,
        "server.address": "127.0.0.1",
        "server.port": str(server.port),
    }


async def test_a_call_that_waits_for_a_place_at_the_server_says_so(parts: Parts) -> None:
    policy = uncached(server_concurrency=1)
    async with RawBackend(says(answer(b"{}"), pause=0.02)) as backend:
        await publish(parts, "shop", DOCUMENT, backend.origin, policy=policy)
        call = a_call("shop/get", PET)
        told = await asyncio.gather(traced(parts, call), traced(parts, call))

    waited = [each for each in told if "event.1.bulkhead" in each.steps[0].attributes]
    assert len(waited) == 1


async def test_a04_the_spans_of_a_call_that_is_given_up_are_closed(parts: Parts) -> None:
    asked = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await read_request(reader)
        asked.set()
        await reader.read()

    async with RawBackend(silent) as backend:
        await publish(parts, "shop", DOCUMENT, backend.origin, policy=uncached())
        task = asyncio.create_task(traced(parts, a_call("shop/get", PET)))
        await asked.wait()
        task.cancel()
        await asyncio.wait((task,))

    (told,) = parts.ring.latest()
    assert tree(told) == [("in", ["validation", "GET /pet/{petId}"])]
    assert [each.error_reason for each in told.steps] == ["CANCELLED", "", "CANCELLED"]


async def test_a_stream_is_one_request_that_lasts_as_long_as_it(parts: Parts) -> None:
    async with HttpBackend(answer(b"[1,2]", headers=(("Content-Type", "application/json"),))) as at:
        await publish(parts, "shop", DOCUMENT, at.origin)
        with parts.tracing.server("in", {}) as span:
            wanted = Wanted(framing=Framing.ELEMENTS)
            items = [each async for each in parts.engine.stream(a_call("shop/get", PET), wanted)]

    assert len(items) == 3
    told = parts.ring.get(span.trace_id)
    assert told is not None
    assert tree(told) == [("in", ["validation", "GET /pet/{petId}"])]
    assert named(told, "GET /pet/{petId}")[0].attributes["http.response.status_code"] == "200"


async def test_a_call_that_no_server_takes_says_so_at_the_request_and_at_the_call(
    parts: Parts,
) -> None:
    policy = uncached(retry=Retry(max_attempts=1))
    await publish(parts, "shop", DOCUMENT, "http://127.0.0.1:1", policy=policy)
    told = await traced(parts, a_call("shop/get", PET))

    assert [each.error_reason for each in told.steps] == [
        "BACKEND_UNREACHABLE",
        "",
        "BACKEND_UNREACHABLE",
    ]
    assert "http.response.status_code" not in told.steps[2].attributes
