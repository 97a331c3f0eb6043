"""The peer: the usual stack, as it is mostly written, before the same backend.

grpc.aio, httpx, json_format.ParseDict, and the OpenTelemetry SDK with its exporter. Argument: the
backend's port.
"""

import json
import sys
from typing import Any

import grpc.aio
import httpx
from google.protobuf import json_format
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from uvloop import run

from gateway.v1.gateway_pb2 import ExecuteActionRequest, ExecuteActionResponse
from gateway.v1.gateway_pb2_grpc import add_GatewayServiceServicer_to_server

tracer = trace.get_tracer(__name__)


class Gateway:
    """One method of the service, for one action."""

    ListActions = ManageVersions = None

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def ExecuteAction(  # noqa: N802 - gRPC's name
        self, request: ExecuteActionRequest, context: Any
    ) -> ExecuteActionResponse:
        """Calls the backend, and answers a Value."""
        with tracer.start_as_current_span("ExecuteAction", kind=trace.SpanKind.SERVER):
            with tracer.start_as_current_span("validation"):
                given = json.loads(request.parameters_json)
                path = f"/items/{int(given['size'])}/{int(given['number'])}"
            with tracer.start_as_current_span("GET", kind=trace.SpanKind.CLIENT) as span:
                answer = await self._client.get(path)
                span.set_attribute("http.response.status_code", answer.status_code)
            if answer.is_error:
                await context.abort(grpc.StatusCode.UNKNOWN, "the backend failed")
            response = ExecuteActionResponse()
            json_format.ParseDict(answer.json(), response.value)
            return response


async def main() -> None:
    """Serves until it is killed."""
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{sys.argv[1]}") as client:
        server = grpc.aio.server()
        servicer: Any = Gateway(client)
        add_GatewayServiceServicer_to_server(servicer, server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        print(port, flush=True)
        await server.wait_for_termination()


if __name__ == "__main__":
    run(main())
