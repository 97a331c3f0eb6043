"""A canary in every place of a call: no log, span, error or exchange shows it in any form."""

import json
import logging
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from google.protobuf.text_format import MessageToString

from facade.telemetry.logs import Json
from gateway.v1.gateway_pb2 import EXECUTION_VIEW_FULL, FAILURE_MODE_CONTINUE
from gateway.v1.secret_pb2 import CreateSecretRequest, Secret
from gateway.v1.secret_pb2_grpc import SecretServiceStub
from gateway.v1.trace_pb2 import GetTraceRequest, ListTracesRequest, Trace
from gateway.v1.trace_pb2_grpc import TraceServiceStub
from tests.doors import Door, a_door, document
from tests.fakes import HttpBackend, answer

CANARY = "c4n4ry+h7/=&x"
ENCODED = b64encode(f"u:{CANARY}".encode()).decode()
FORMS = (CANARY, quote(CANARY, safe=""), quote_plus(CANARY).lower(), ENCODED, ENCODED[4:-4])
SCHEMES: Mapping[str, Mapping[str, Any]] = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "basic": {"type": "http", "scheme": "basic"},
    "header": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "query": {"type": "apiKey", "in": "query", "name": "api_key"},
}
KINDS: Mapping[str, Mapping[str, Any]] = {
    "bearer": {"bearer": {"token_secret": "secret:canary"}},
    "basic": {"basic": {"username": "u", "password_secret": "env:CANARY"}},
    "header": {"api_key": {"key_secret": "file:canary"}},
    "query": {"api_key": {"key_secret": "secret:canary"}},
}
DOCUMENT = document(
    {
        f"/{name}": {
            "get": {"operationId": name, "responses": {}, "security": [{name: []}]},
        }
        for name in SCHEMES
    },
    components={"securitySchemes": SCHEMES},
)


@pytest.fixture
async def backend() -> AsyncIterator[HttpBackend]:
    async with HttpBackend() as opened:
        yield opened


@pytest.fixture
async def door(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Door]:
    caplog.set_level(logging.DEBUG)
    caplog.handler.setFormatter(Json())
    (tmp_path / "canary").write_text(f"{CANARY}\n")
    async with a_door(tmp_path, {"CANARY": CANARY}, file_secrets=tmp_path) as opened:
        secret = CreateSecretRequest(secret_id="canary", secret=Secret(value=CANARY))
        await SecretServiceStub(opened.channel).CreateSecret(secret)
        yield opened


async def traces(door: Door) -> list[Trace]:
    """What the gateway has kept of all calls."""
    service = TraceServiceStub(door.channel)
    listed = await service.ListTraces(ListTracesRequest())
    return [await service.GetTrace(GetTraceRequest(name=each.name)) for each in listed.traces]


def echo(status: int) -> Any:
    """Answers with the whole request, in the body, a field and the words of an error."""

    def respond(request: bytes) -> bytes:
        said = request.decode("latin-1")
        body = json.dumps({"message": said, "again": said}).encode()
        field = said.partition("\r\n")[0].replace(" ", "|")
        kind = ("Content-Type", "application/json")
        return answer(body, status=status, headers=(kind, ("X-Echo", field)))

    return respond


async def published(door: Door, backend: HttpBackend) -> None:
    credentials = [{"scheme": name, **kind} for name, kind in KINDS.items()]
    await door.publish("shop", DOCUMENT, backend.origin, credentials=credentials)


def shows(text: str) -> list[str]:
    """The forms of the canary that stand in a text."""
    return [form for form in FORMS if form.lower() in text.lower()]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("status", [200, 400, 401, 500])
async def test_l02_l03_what_a_backend_echoes_is_blanked_everywhere_but_in_its_body(
    door: Door,
    caplog: pytest.LogCaptureFixture,
    scheme: str,
    status: int,
) -> None:
    async with HttpBackend(echo(status)) as backend:
        await published(door, backend)
        told = await door.execute(
            f"shop/{scheme}", view=EXECUTION_VIEW_FULL, failure_mode=FAILURE_MODE_CONTINUE
        )
        assert shows(backend.requests[-1].decode("latin-1"))
    if status == 200:
        assert shows(told.json)
    told.exchange.ClearField("response_body")
    exchange = MessageToString(told.exchange, as_utf8=True)
    failure = MessageToString(told.error, as_utf8=True)
    traced = "\n".join(MessageToString(each, as_utf8=True) for each in await traces(door))
    for text in (exchange, failure, traced, caplog.text):
        assert shows(text) == []
    assert f"/{scheme}" in exchange
    assert f"GET /{scheme}" in traced
    assert len(caplog.records) > 1


async def test_l03_a_key_in_the_query_is_stars_in_exchange_span_and_dry_run(
    door: Door,
    caplog: pytest.LogCaptureFixture,
    backend: HttpBackend,
) -> None:
    await published(door, backend)
    told = await door.execute("shop/query", view=EXECUTION_VIEW_FULL)
    dry = await door.execute("shop/query", validate_only=True)
    spans = [each for trace in await traces(door) for each in trace.spans]
    assert [each.attributes["url.full"] for each in spans if each.name == "GET /query"] == [
        f"{backend.origin}/query?api_key=***"
    ]
    assert told.exchange.uri == f"{backend.origin}/query?api_key=***"
    assert "?api_key=***" in dry.exchange.curl
    assert shows(MessageToString(dry, as_utf8=True) + caplog.text) == []
