"""The server's span of an RPC, a child of the caller's, and its id for the caller."""

from facade.errors.fault import Code, Fault
from facade.telemetry.names import RPC_METHOD, RPC_STATUS, RPC_SYSTEM
from facade.telemetry.spans import Tracing
from gateway.interceptors.base import Proceed, Rpc

CARRIED = frozenset({"traceparent", "tracestate"})
"""The metadata that is looked at; baggage is nobody's here."""


class Trace:
    """Opens the span, names it in `x-trace-id`, and says how the RPC went."""

    def __init__(self, tracing: Tracing) -> None:
        self._tracing = tracing

    async def __call__(self, proceed: Proceed, request: bytes, rpc: Rpc) -> bytes:
        """Runs the rest within the span."""
        metadata = rpc.context.invocation_metadata() or ()
        carrier = {key: str(value) for key, value in metadata if key in CARRIED}
        with self._tracing.server(rpc.method, carrier) as span:
            rpc.trace_id = rpc.metadata["x-trace-id"] = span.trace_id
            span.set(RPC_SYSTEM, "grpc")
            span.set(RPC_METHOD, rpc.method)
            try:
                response = await proceed(request, rpc)
            except Fault as fault:
                span.set(RPC_STATUS, fault.status.name)
                span.fail(fault.reason)
                raise
            span.set(RPC_STATUS, Code.OK.name)
            return response
