"""TraceService: the last traces, without a collector."""

from facade.listing.traces import Traces
from gateway.convert.trace import summary_to, trace_to
from gateway.interceptors.base import Rpc
from gateway.pages import asked_in, weight
from gateway.v1 import trace_pb2 as pb


class TraceService:
    """The methods of gateway.v1.TraceService."""

    def __init__(self, traces: Traces) -> None:
        """Takes what tells of them."""
        self._traces = traces

    async def get_trace(self, request: pb.GetTraceRequest, rpc: Rpc) -> pb.Trace:
        """Gets one trace with its spans, those of its facades among them."""
        return trace_to(await self._traces.get(request.name, rpc.identity.tenant))

    async def list_traces(self, request: pb.ListTracesRequest, rpc: Rpc) -> pb.ListTracesResponse:
        """Lists the traces, page by page, latest first."""
        asked = asked_in(request, rpc.identity.tenant)
        found, token = await self._traces.page(asked, summary_to, weight)
        return pb.ListTracesResponse(traces=found, next_page_token=token)
