"""The server's span of an RPC, a child of the caller's, and its id for the caller."""

from asyncio import CancelledError

from facade.errors.fault import Code, Fault
from facade.errors.service import Internal
from facade.telemetry.context import carried
from facade.telemetry.names import RPC_METHOD, RPC_STATUS, RPC_SYSTEM, SERVER_ADDRESS, SERVER_PORT
from facade.telemetry.spans import Span, Tracing
from gateway.interceptors.base import Proceed, Rpc


class Trace:
    """Opens the span, names it in `x-trace-id`, and says how the RPC went."""

    def __init__(self, tracing: Tracing, address: str) -> None:
        """Takes the address that the server was told to listen on."""
        self._tracing = tracing
        host, _, port = address.rpartition(":")
        local = address.startswith("unix")
        self._host = address if local else host.strip("[]")
        self._port = 0 if local else int(port)

    async def __call__(self, proceed: Proceed, request: bytes, rpc: Rpc) -> bytes:
        """Runs the rest within the span."""
        with self._tracing.server(rpc.method, carried(rpc.sent().items())) as span:
            rpc.trace_id = rpc.metadata["x-trace-id"] = span.trace_id
            self._begin(span, rpc.method)
            code = Internal.code
            try:
                response = await proceed(request, rpc)
            except Fault as fault:
                code = fault.status
                raise
            except CancelledError:
                code = Code.CANCELLED
                raise
            else:
                code = Code.OK
                return response
            finally:
                span.set(RPC_STATUS, code.name)

    def _begin(self, span: Span, method: str) -> None:
        if span.recorded:
            span.set(RPC_SYSTEM, "grpc")
            span.set(RPC_METHOD, method)
            span.set(SERVER_ADDRESS, self._host)
            if self._port:
                span.set(SERVER_PORT, self._port)
