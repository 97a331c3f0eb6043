"""The server's span of an RPC, a child of the caller's, and its id for the caller."""

from collections.abc import Mapping
from types import MappingProxyType

from facade.model.face import joined
from facade.telemetry.context import FIELDS
from facade.telemetry.names import RPC_METHOD, RPC_STATUS, RPC_SYSTEM, SERVER_ADDRESS, SERVER_PORT
from facade.telemetry.spans import Tracing
from gateway.interceptors.base import Interceptor, Rpc, told_of

NOTHING: Mapping[str, str] = MappingProxyType({})


class Trace(Interceptor):
    """Opens the span, names it in `x-trace-id`, and says how the RPC went."""

    def __init__(self, tracing: Tracing, address: str) -> None:
        """Takes the address that the server was told to listen on."""
        self._tracing = tracing
        host, _, port = address.rpartition(":")
        local = address.startswith("unix")
        host = address if local else host.strip("[]")
        self._said: dict[str, str | int] = {RPC_SYSTEM: "grpc", SERVER_ADDRESS: host}
        if not local and int(port):
            self._said[SERVER_PORT] = int(port)

    def begin(self, rpc: Rpc) -> None:
        """Makes the span current."""
        said = NOTHING
        if not FIELDS.isdisjoint(rpc.fields):
            said = joined((key, str(text)) for key, text in rpc.received if key in FIELDS)
        rpc.span = span = self._tracing.server(rpc.method, said)
        span.__enter__()
        rpc.trace_id = rpc.metadata["x-trace-id"] = span.trace_id
        if span.recorded:
            span.tell({**self._said, RPC_METHOD: rpc.method})

    def end(self, rpc: Rpc, error: BaseException | None) -> BaseException | None:
        """Ends the span."""
        span = rpc.span
        if span is not None:
            if span.recorded:
                span.set(RPC_STATUS, told_of(error)[0].name)
            span.__exit__(None, error, None)
        return error
