"""Which spans are recorded and where they go: the OTEL_* variables decide."""

from collections.abc import Mapping

from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter

from facade.telemetry.unrecorded import Unrecorded

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")


def open_provider(environ: Mapping[str, str]) -> TracerProvider | Unrecorded:
    """The provider for this process; without an endpoint ids are made and nothing is recorded.

    The SDK reads the other OTEL_* variables itself: sampler, headers, resource.
    """
    disabled = environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
    if disabled or not any(environ.get(name) for name in ENDPOINTS):
        return Unrecorded()
    resource = Resource.create({"service.name": environ.get("OTEL_SERVICE_NAME", "portico")})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(_exporter(environ)))
    return provider


def _exporter(environ: Mapping[str, str]) -> SpanExporter:
    protocol = next((environ[name] for name in PROTOCOLS if environ.get(name)), "http/protobuf")
    return GrpcExporter() if protocol == "grpc" else HttpExporter()
