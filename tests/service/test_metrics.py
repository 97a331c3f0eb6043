"""The numbers of a whole gateway: what calls leave behind at /metrics, and at a collector."""

import asyncio
import re
from pathlib import Path

import grpc
import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)

from facade.telemetry.meters import Meters
from tests.doors import PLAIN, document
from tests.faces import Faces, both_faces
from tests.fakes import HttpBackend, answer

PATHS = {
    "/pets": {"get": {"operationId": "listPets", "responses": {}}},
    "/bad": {"get": {"operationId": "getBad", "responses": {}}},
}

ADMIN = "127.0.0.1:0"


def respond(request: bytes) -> bytes:
    failed = request.startswith(b"GET /bad")
    return answer(
        b"{}", status=503 if failed else 200, headers=(("Content-Type", "application/json"),)
    )


def numbers(faces: Faces) -> dict[str, float]:
    """By name and labels."""
    lines = faces.parts.meters.expose("")[1].decode().splitlines()
    found = (line.rpartition(" ") for line in lines if not line.startswith("#"))
    return {name: float(value) for name, _, value in found}


async def test_a_call_leaves_its_numbers_behind(tmp_path: Path) -> None:
    async with HttpBackend(respond) as backend, both_faces(tmp_path, admin=ADMIN) as faces:
        await faces.door.publish("pets", document(PATHS), backend.origin, policy=PLAIN)
        await faces.door.execute("pets/listPets")
        for action in ("pets/getBad", "pets/nothing", "zoo/listPets"):
            with pytest.raises(grpc.aio.AioRpcError):
                await faces.door.execute(action)
        found = numbers(faces)

    calls = "portico_calls_total{{action={},code={},connector={},reason={},version={}}}"
    for expected in (
        ('"listPets"', '"OK"', '"pets"', '""', '"v1"'),
        ('"getBad"', '"UNAVAILABLE"', '"pets"', '"BACKEND_UNAVAILABLE"', '"v1"'),
    ):
        assert found[calls.format(*expected)] == 1, expected
    rpc = "rpc_server_call_duration_seconds_count"
    method = 'rpc_method="gateway.v1.GatewayService/ExecuteAction"'
    assert found[f'{rpc}{{{method},rpc_response_status_code="OK"}}'] == 1
    assert found[f'{rpc}{{{method},rpc_response_status_code="NOT_FOUND"}}'] == 2
    client = "http_client_request_duration_seconds_count"
    labels = 'connector="pets",error_type="",http_request_method="GET"'
    assert found[f'{client}{{{labels},http_response_status_code="200",version="v1"}}'] == 1
    assert found["portico_calls_under_way"] == 0
    assert found["portico_catalog_versions"] == 1
    assert found['portico_connections{state="idle"}'] == 1


async def test_l12_what_the_catalog_does_not_know_is_no_label(tmp_path: Path) -> None:
    async with both_faces(tmp_path, admin=ADMIN) as faces:
        with pytest.raises(grpc.aio.AioRpcError):
            await faces.door.execute("connectors/mine/versions/secret/actions/mine")
        text = faces.parts.meters.expose("")[1].decode()

    assert not re.search("mine|secret", text)
    assert 'action="",code="NOT_FOUND",connector="",reason="CONNECTOR_NOT_FOUND"' in text


async def test_both_ways_to_the_http_face_are_timed_by_template(tmp_path: Path) -> None:
    async with HttpBackend(respond) as backend, both_faces(tmp_path, admin=ADMIN) as faces:
        await faces.door.publish("pets", document(PATHS), backend.origin, policy=PLAIN)
        await faces.http.get("/connectors/pets/versions/live/pets?token=secret")
        name = "connectors/pets/versions/live/actions/listPets"
        await faces.http.post(f"/v1/{name}:execute", json={})
        text = faces.parts.meters.expose("")[1].decode()

    assert 'http_route="/connectors/pets/versions/v1/pets"' in text
    own = "/v1/connectors/{connector}/versions/{version}/actions/{action}:execute"
    assert f'http_route="{own}"' in text
    assert "secret" not in text


@pytest.mark.parametrize("accept", ["*/*", "text/event-stream"])
async def test_an_answer_that_is_handed_on_counts_as_what_it_stands_for(
    tmp_path: Path, accept: str
) -> None:
    async with HttpBackend(respond) as backend, both_faces(tmp_path, admin=ADMIN) as faces:
        await faces.door.publish("pets", document(PATHS), backend.origin, policy=PLAIN)
        address = "/connectors/pets/versions/live/bad"
        said = await faces.http.get(address, headers={"accept": accept})
        text = faces.parts.meters.expose("")[1].decode()

    assert said.status_code == 503
    assert 'code="UNAVAILABLE",connector="pets",reason="BACKEND_UNAVAILABLE"' in text
    assert 'error_type="503",http_request_method="GET"' in text


async def test_an_exemplar_is_a_trace_that_is_kept(tmp_path: Path) -> None:
    async with HttpBackend(respond) as backend, both_faces(tmp_path, admin=ADMIN) as faces:
        await faces.door.publish("pets", document(PATHS), backend.origin, policy=PLAIN)
        await faces.door.execute("pets/listPets")
        text = faces.parts.meters.expose("application/openmetrics-text")[1].decode()
        (line,) = (
            each
            for each in text.splitlines()
            if each.startswith("portico_call_duration_seconds_bucket") and "# {" in each
        )
        trace_id = line.partition('trace_id="')[2][:32]
        kept = faces.parts.ring.get(trace_id)

    assert kept is not None


async def test_who_asked_for_no_numbers_pays_for_none(tmp_path: Path) -> None:
    async with both_faces(tmp_path) as faces:
        assert type(faces.parts.meters) is Meters


class Collector(HttpBackend):
    """Takes metrics as OTLP/HTTP."""

    def __init__(self) -> None:
        super().__init__(self._take)
        self.arrived = asyncio.Event()
        self.received = ExportMetricsServiceRequest()

    def _take(self, request: bytes) -> bytes:
        body = request.partition(b"\r\n\r\n")[2]
        self.received = ExportMetricsServiceRequest.FromString(body)
        self.arrived.set()
        return answer(headers=(("Content-Type", "application/x-protobuf"),))


async def test_a_collector_gets_the_numbers_now_and_then_and_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with HttpBackend(respond) as backend, Collector() as collector:
        environ = {
            "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": f"{collector.origin}/v1/metrics",
            "OTEL_METRIC_EXPORT_INTERVAL": "50",
        }
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        async with both_faces(tmp_path, environ) as faces:
            async with asyncio.timeout(2):
                await collector.arrived.wait()
            await faces.door.publish("pets", document(PATHS), backend.origin, policy=PLAIN)
            await faces.door.execute("pets/listPets")

    (resource,) = collector.received.resource_metrics
    said = {each.key: each.value.string_value for each in resource.resource.attributes}
    metrics = {each.name: each for each in resource.scope_metrics[0].metrics}
    assert said["service.name"] == "portico-gateway"
    assert [each.as_double for each in metrics["portico.calls"].sum.data_points] == [1]
    assert metrics["rpc.server.call.duration"].unit == "s"
    assert {
        each.explicit_bounds[0]
        for each in metrics["rpc.server.call.duration"].histogram.data_points
    } == {0.005}


async def test_l13_a_collector_that_is_down_holds_up_neither_calls_nor_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = {
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://127.0.0.1:1/v1/metrics",
        "OTEL_METRIC_EXPORT_INTERVAL": "10",
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    loop = asyncio.get_running_loop()
    async with HttpBackend(respond) as backend:
        async with both_faces(tmp_path, environ) as faces:
            await faces.door.publish("pets", document(PATHS), backend.origin, policy=PLAIN)
            async with asyncio.timeout(1):
                await faces.door.execute("pets/listPets")
            began = loop.time()
        assert loop.time() - began < 2.5
