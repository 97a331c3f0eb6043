"""What facades have kept of a trace is fetched from them, and what cannot be had is named."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from msgspec import structs

from facade.egress import Egress
from facade.errors.caller import TraceNotFound
from facade.hop.fields import SIGNATURE
from facade.hop.signature import Keys, Message, verify
from facade.hop.traces import Facades
from facade.listing import traces as module
from facade.listing.pages import Tokens
from facade.listing.traces import Traces
from facade.model.action import Action
from facade.model.call import Plan
from facade.model.names import ActionName
from facade.model.version import Version
from facade.network.tls import system_trust
from facade.policy.credentials.credentials import Signed
from facade.telemetry.ring import Ring, Told
from facade.telemetry.spans import Tracing
from facade.transcode.traced import about_call
from facade.transport import Transport
from facade.wire import Wire
from tests.fakes import HttpBackend, RawBackend, a_version, answer, read_request

KEYS = Keys(lambda: (b"k" * 32,))
NOW = 1_700_000_000.0
ACTION = Action(id="getPet", method="GET", path="/pet", pointer="")
SPAN = {
    "spanId": "00f067aa0ba902b7",
    "parentSpanId": "hop",
    "name": "GET /pet",
    "kind": "KIND_SERVER",
    "service": "portico-facade",
    "startTime": "2023-11-14T22:13:20.000500Z",
    "duration": "0.012500s",
    "attributes": {"http.response.status_code": "200"},
    "errorReason": "",
}


def resolve(name: ActionName) -> tuple[Version, Action]:
    """The version that called the facade."""
    assert str(name) == "connectors/shop/versions/v1/actions/getPet"
    return a_version(), ACTION


async def signed(plan: Plan) -> Signed:
    """The plan with the credential for the facade."""
    return Signed(plan=structs.replace(plan, headers=(("x-key", "of the version"),)))


def said(trace: Any) -> bytes:
    """The answer of a facade's API."""
    return answer(json.dumps({"data": trace}).encode())


@pytest.fixture
async def transport() -> AsyncIterator[Transport]:
    opened = Transport(Wire(Egress((), loopback=True), system_trust()))
    yield opened
    await opened.close()


@asynccontextmanager
async def a_trace_over(origin: str, transport: Transport) -> AsyncIterator[tuple[Traces, Told]]:
    """A trace that went to the facade at an origin, of a gateway with a ring."""
    ring = Ring(3)
    tracing = Tracing(ring)
    with tracing.server("in", {}) as span, tracing.client("GET /pet") as hop:
        span.tell(about_call(a_version(), ACTION))
        hop.set("portico.hop", value=True)
        hop.set("url.full", f"{origin}/connectors/shop/versions/v1/pet?a=***")
    told = ring.get(span.trace_id)
    assert told is not None
    elsewhere = Facades(transport, KEYS, resolve, signed, lambda: NOW)
    yield Traces(ring, elsewhere, Tokens(b"key")), told


async def test_the_steps_of_the_facade_are_fetched_by_a_signed_request(
    transport: Transport,
) -> None:
    body = said({"spans": [SPAN, {**SPAN, "spanId": "2"}]})
    async with (
        HttpBackend(body) as facade,
        a_trace_over(facade.origin, transport) as (traces, own),
    ):
        told = await traces.get(own.name, "")
        alone = await traces.get(own.name, "", alone=True)

    assert alone == own
    assert {each.span_id for each in told.steps} == {
        *(each.span_id for each in own.steps),
        SPAN["spanId"],
        "2",
    }
    found = next(each for each in told.steps if each.span_id == SPAN["spanId"])
    assert (found.name, found.service, found.kind.name) == ("GET /pet", "portico-facade", "SERVER")
    assert (found.start, found.duration) == (1_700_000_000_000_500_000, 12_500_000)
    assert told.steps[:2] == (own.steps[0], found)
    assert told.missing == ()
    (request,) = facade.requests
    line, *lines = request.decode().split("\r\n")
    target = f"/v1/traces/{own.trace_id}"
    assert line == f"GET {target} HTTP/1.1"
    fields = dict(each.split(": ", 1) for each in lines if ": " in each)
    message = Message(method="GET", target=target, headers=(), body=b"")
    verify(KEYS.now(), message, fields[SIGNATURE], NOW)
    assert fields["x-key"] == "of the version"


@pytest.mark.parametrize(
    ("answered", "problem"),
    [
        (answer(b"{}", status=404), "TRACE_NOT_FOUND"),
        (answer(b"{}", status=500), "FACADE_UNAVAILABLE"),
        (answer(b"<html>"), "FACADE_UNAVAILABLE"),
        (said({"spans": [{**SPAN, "duration": "x"}]}), "FACADE_UNAVAILABLE"),
        (said({"spans": [{"name": "x"}]}), "FACADE_UNAVAILABLE"),
        (b"nonsense", "FACADE_UNAVAILABLE"),
    ],
)
async def test_a_facade_that_tells_nothing_is_named_and_the_rest_is_told(
    transport: Transport, answered: bytes, problem: str
) -> None:
    async with (
        HttpBackend(answered) as facade,
        a_trace_over(facade.origin, transport) as (traces, own),
    ):
        told = await traces.get(own.name, "")

    assert told.steps == own.steps
    assert told.missing == (f"{facade.origin}: {problem}",)


async def test_a_facade_that_is_gone_or_silent_holds_nobody_up(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await read_request(reader)
        await reader.read()

    monkeypatch.setattr(module, "PATIENCE", 0.05)
    async with (
        RawBackend(silent) as facade,
        a_trace_over(facade.origin, transport) as (traces, own),
    ):
        assert (await traces.get(own.name, "")).missing == (
            f"{facade.origin}: no answer in 0.05 s",
        )
    async with a_trace_over("http://127.0.0.1:1", transport) as (traces, own):
        missing = (await traces.get(own.name, "")).missing
        assert missing == ("http://127.0.0.1:1: FACADE_UNAVAILABLE",)


async def test_nobody_is_asked_for_what_is_known_here_or_for_what_is_not(
    transport: Transport,
) -> None:
    ring = Ring(3)
    tracing = Tracing(ring)
    with tracing.server("in", {}) as first, tracing.client("GET /pet") as hop:
        hop.set("portico.hop", value=True)
        hop.set("url.full", "http://127.0.0.1:1/")
        with tracing.server("GET /pet", dict(tracing.carry())):
            pass
    traces: Any = Traces(ring, Facades(transport, KEYS, resolve, signed), Tokens(b"key"))

    told = await traces.get(f"traces/{first.trace_id}", "")
    assert len(told.steps) == 3
    assert told.missing == ()
    with pytest.raises(TraceNotFound):
        await traces.get(f"traces/{'1' * 32}", "")
