"""How batches of spans are posted: one kept connection next door, and requests for all else."""

import asyncio
import gzip
from collections.abc import Iterator, Sequence

import pytest
from opentelemetry.sdk.resources import Resource

from facade.telemetry.export import Export, Written, open_export
from facade.telemetry.posting import near
from facade.telemetry.spans import Tracing
from tests.collectors import Collector
from tests.fakes import RawBackend, answer, read_request

ENDPOINT = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"


def opened(environ: pytest.MonkeyPatch, **variables: str) -> Export:
    for name, value in variables.items():
        environ.setenv(name, value)
    fast = {"OTEL_BSP_SCHEDULE_DELAY": "5"}
    return open_export(Written, Resource({}), fast)


async def sent(export: Export, collector: Collector, names: Sequence[str]) -> None:
    """Has spans go out one by one, each in a request of its own."""
    tracing = Tracing(export)
    for number, name in enumerate(names, 1):
        with tracing.client(name):
            pass
        async with asyncio.timeout(5):
            await collector.has(number)


async def test_requests_go_over_one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Collector() as collector:
        export = opened(monkeypatch, **{ENDPOINT: f"{collector.origin}/v1/traces?tenant=me"})
        await sent(export, collector, ["a", "b", "c"])
        await export.close()

    assert collector.connections == 1
    assert list(collector.spans) == ["a", "b", "c"]
    assert b"POST /v1/traces?tenant=me HTTP/1.1\r\n" in collector.requests[0]
    assert b"content-type: application/x-protobuf" in collector.requests[0].lower()


class Leaving(Collector):
    """Closes each connection behind its answer, and does not say so."""

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(self._take(await read_request(reader)))
        await writer.drain()
        writer.close()


async def test_a_collector_that_closes_its_connections_misses_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with Leaving() as collector:
        export = opened(monkeypatch, **{ENDPOINT: f"{collector.origin}/v1/traces"})
        await sent(export, collector, ["a", "b"])
        await export.close()

    assert list(collector.spans) == ["a", "b"]


class Busy(Collector):
    """Asks to be asked again, the first time."""

    def __init__(self) -> None:
        super().__init__()
        self._statuses: Iterator[int] = iter([503])

    def _take(self, request: bytes) -> bytes:
        status = next(self._statuses, 200)
        if status == 503:
            return answer(status=503, headers=(("Retry-After", "0"),))
        return super()._take(request)


async def test_what_a_busy_collector_refuses_is_sent_again_when_it_says(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with Busy() as collector:
        export = opened(monkeypatch, **{ENDPOINT: f"{collector.origin}/v1/traces"})
        await sent(export, collector, ["a"])
        await export.close()

    assert len(collector.requests) == 2
    assert list(collector.spans) == ["a"]
    assert not caplog.records


async def test_what_is_sent_is_compressed_where_a_variable_asks_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Unpacking(Collector):
        def _take(self, request: bytes) -> bytes:
            head, _, body = request.partition(b"\r\n\r\n")
            assert b"content-encoding: gzip" in head.lower()
            return super()._take(head + b"\r\n\r\n" + gzip.decompress(body))

    async with Unpacking() as collector:
        export = opened(
            monkeypatch,
            **{
                ENDPOINT: f"{collector.origin}/v1/traces",
                "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION": "gzip",
            },
        )
        await sent(export, collector, ["a"])
        await export.close()

    assert list(collector.spans) == ["a"]


async def test_a_collector_behind_a_proxy_is_reached_through_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with Collector() as proxy:
        export = opened(
            monkeypatch,
            **{ENDPOINT: "http://collector.example/v1/traces", "HTTP_PROXY": proxy.origin},
        )
        await sent(export, proxy, ["a"])
        await export.close()

    assert proxy.requests[0].startswith(b"POST http://collector.example/v1/traces HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("url", "is_near"),
    [
        ("http://127.0.0.1:4318/v1/traces", True),
        ("http://[::1]:4318/v1/traces", True),
        ("http://collector", True),
        ("https://127.0.0.1:4318/v1/traces", False),
        ("http://me:secret@127.0.0.1:4318/v1/traces", False),
        ("127.0.0.1:4318", False),
    ],
)
def test_whoever_needs_more_than_a_connection_is_left_to_requests(
    url: str, *, is_near: bool
) -> None:
    assert (near(url) is not None) is is_near


async def test_a_server_that_does_not_speak_http_is_one_that_takes_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def babble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        await writer.drain()

    async with RawBackend(babble) as backend:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "1")
        export = opened(monkeypatch, **{ENDPOINT: f"{backend.origin}/v1/traces"})
        with Tracing(export).client("a"):
            pass
        await export.close()

    assert "spans are lost" in caplog.text
