"""The methods of FlowService that are about runs, and about what they save."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from facade.flows.running.requests import DryRunRequest, RunRequest, RunRequests
from facade.flows.running.runs import Runs
from facade.listing.flows import FlowList
from facade.listing.runs import RunList
from facade.model.flow_names import parse_flow, parse_flows, parse_run
from facade.model.run import RunName
from gateway.convert.flow import source_of
from gateway.convert.run import listed_run_to, record_to, run_to
from gateway.interceptors.base import Rpc
from gateway.pages import asked_in, weight
from gateway.v1 import flow_pb2 as pb
from gateway.v1 import run_pb2


class RunMethods:
    """Runs, watched, ended and repeated."""

    def __init__(
        self, runs: Runs, run_requests: RunRequests, run_list: RunList, flow_list: FlowList
    ) -> None:
        """Takes where runs are, what starts them, and what lists them and their flows."""
        self._runs = runs
        self._run_requests = run_requests
        self._run_list = run_list
        self._flow_list = flow_list

    async def test_flow(self, request: pb.TestFlowRequest, rpc: Rpc) -> run_pb2.Run:
        """Runs a definition to its end and saves nothing."""
        trial = DryRunRequest(
            source=source_of(request),
            version=request.version,
            input=request.input,
            outputs=dict(request.outputs),
            trigger=request.trigger,
        )
        return run_to(await self._run_requests.test(trial, rpc.identity))

    async def run_flow(self, request: pb.RunFlowRequest, rpc: Rpc) -> run_pb2.Run:
        """Starts a run of a flow."""
        start = RunRequest(
            flow=parse_flow(request.name, tenant=rpc.identity.tenant),
            version=request.version,
            input=request.input,
            request_id=request.request_id,
            wait=request.wait,
        )
        remaining = rpc.context.time_remaining()
        return run_to(await self._run_requests.run(start, rpc.identity, remaining))

    async def get_run(self, request: pb.GetRunRequest, rpc: Rpc) -> run_pb2.Run:
        """Gets a run, with its steps."""
        return run_to(await self._runs.get(_name(request.name, rpc)))

    async def list_runs(self, request: pb.ListRunsRequest, rpc: Rpc) -> pb.ListRunsResponse:
        """Lists the runs of a flow or of all, page by page."""
        tenant = rpc.identity.tenant
        flow = parse_flows(request.parent, tenant=tenant)
        asked = asked_in(request, tenant, rpc.identity)
        found, token = await self._run_list.page(flow, asked, listed_run_to, weight)
        return pb.ListRunsResponse(runs=found, next_page_token=token)

    async def watch_run(self, request: pb.WatchRunRequest, rpc: Rpc) -> AsyncGenerator[bytes, None]:
        """Gives a run at each change until it has ended: Runs."""
        async with aclosing(self._runs.watch(_name(request.name, rpc))) as seen:
            async for each in seen:
                yield run_to(each).SerializeToString()

    async def cancel_run(self, request: pb.CancelRunRequest, rpc: Rpc) -> run_pb2.Run:
        """Ends a run."""
        return run_to(await self._runs.cancel(_name(request.name, rpc), rpc.identity))

    async def pause_run(self, request: pb.PauseRunRequest, rpc: Rpc) -> run_pb2.Run:
        """Has a run wait before its next step."""
        return run_to(await self._runs.pause(_name(request.name, rpc), rpc.identity))

    async def resume_run(self, request: pb.ResumeRunRequest, rpc: Rpc) -> run_pb2.Run:
        """Lets a run that was paused go on."""
        return run_to(await self._runs.resume(_name(request.name, rpc), rpc.identity))

    async def replay_run(self, request: pb.ReplayRunRequest, rpc: Rpc) -> run_pb2.Run:
        """Starts a run that goes on from a step of another one."""
        name = _name(request.name, rpc)
        return run_to(await self._runs.replay(name, request.from_step, rpc.identity))

    async def list_flow_records(
        self, request: pb.ListFlowRecordsRequest, rpc: Rpc
    ) -> pb.ListFlowRecordsResponse:
        """Lists what the runs of a flow have saved, page by page."""
        tenant = rpc.identity.tenant
        name = parse_flow(request.parent, "parent", tenant)
        asked = asked_in(request, tenant, rpc.identity)
        found, token = await self._flow_list.records(name, asked, record_to, weight)
        return pb.ListFlowRecordsResponse(records=found, next_page_token=token)


def _name(text: str, rpc: Rpc) -> RunName:
    return parse_run(text, "name", rpc.identity.tenant)
