"""OTLP collectors on the loopback, that keep the spans that they are sent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.fakes import HttpBackend, answer

SERVICE = "opentelemetry.proto.collector.trace.v1.TraceService"


class Collector(HttpBackend):
    """Takes spans as OTLP/HTTP."""

    def __init__(self) -> None:
        super().__init__(self._take)
        self.received: list[ExportTraceServiceRequest] = []
        self.arrived = asyncio.Event()

    async def has(self, number: int) -> None:
        """Waits until so many requests were answered."""
        while len(self.received) < number:
            self.arrived.clear()
            await self.arrived.wait()

    def _take(self, request: bytes) -> bytes:
        body = request.partition(b"\r\n\r\n")[2]
        self.received.append(ExportTraceServiceRequest.FromString(body))
        self.arrived.set()
        return answer(headers=(("Content-Type", "application/x-protobuf"),))

    @property
    def spans(self) -> dict[str, Span]:
        """The last span of each name."""
        return {each.name: each for each in spans_in(self.received)}

    @property
    def services(self) -> set[str]:
        """What the processes call themselves."""
        return {
            said.value.string_value
            for request in self.received
            for each in request.resource_spans
            for said in each.resource.attributes
            if said.key == "service.name"
        }


@asynccontextmanager
async def a_grpc_collector() -> AsyncIterator[tuple[list[ExportTraceServiceRequest], str]]:
    """What comes to a collector that speaks gRPC, and its URL."""
    received: list[ExportTraceServiceRequest] = []

    async def export(request: ExportTraceServiceRequest, _: Any) -> ExportTraceServiceResponse:
        received.append(request)
        return ExportTraceServiceResponse()

    server = grpc.aio.server()
    handler = grpc.unary_unary_rpc_method_handler(
        export,
        request_deserializer=ExportTraceServiceRequest.FromString,
        response_serializer=ExportTraceServiceResponse.SerializeToString,
    )
    server.add_registered_method_handlers(SERVICE, {"Export": handler})
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield received, f"http://127.0.0.1:{port}"
    finally:
        await server.stop(0)


def spans_in(received: list[ExportTraceServiceRequest]) -> list[Span]:
    """All spans, in the order in which they came."""
    return [
        span
        for request in received
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def said_of(span: Span) -> dict[str, Any]:
    """The attributes of a span."""
    return {
        each.key: getattr(each.value, str(each.value.WhichOneof("value")))
        for each in span.attributes
    }
