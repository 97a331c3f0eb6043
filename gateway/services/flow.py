"""FlowService: flows and their versions; what is about their runs stands in `run_methods`."""

from google.protobuf.empty_pb2 import Empty

from facade.flows.flows import Flows
from facade.flows.running.requests import RunRequests
from facade.flows.running.runs import Runs
from facade.listing.flows import FlowList
from facade.listing.pages import Tokens
from facade.listing.runs import RunList
from facade.model.flow import FlowName, FlowVersion
from facade.model.flow_names import parse_flow, parse_flow_version
from gateway.convert.flow import (
    finding_to,
    flow_to,
    listed_flow_to,
    listed_version_to,
    source_of,
    values_of,
    version_to,
)
from gateway.interceptors.base import Rpc
from gateway.pages import asked_in, weight
from gateway.services.run_methods import RunMethods
from gateway.v1 import flow_pb2 as pb


class FlowService(RunMethods):
    """The methods of gateway.v1.FlowService."""

    def __init__(self, flows: Flows, runs: Runs, tokens: Tokens) -> None:
        """Takes where flows and their runs are, and the tokens that lead from page to page."""
        listing = FlowList(flows, runs, tokens)
        super().__init__(runs, RunRequests(flows, runs), RunList(flows, runs, tokens), listing)
        self._flows = flows
        self._listing = listing

    async def create_flow(self, request: pb.CreateFlowRequest, rpc: Rpc) -> pb.Flow:
        """Creates a flow and its first version."""
        made = await self._flows.create(
            FlowName(request.flow_id, rpc.identity.tenant),
            source_of(request.flow),
            dict(request.flow.labels),
            by=rpc.identity,
            validate_only=request.validate_only,
            request_id=request.request_id,
        )
        return flow_to(made)

    async def get_flow(self, request: pb.GetFlowRequest, rpc: Rpc) -> pb.Flow:
        """Gets a flow."""
        return flow_to(await self._flows.get(_name(request.name, rpc)))

    async def list_flows(self, request: pb.ListFlowsRequest, rpc: Rpc) -> pb.ListFlowsResponse:
        """Lists the flows, page by page."""
        tenant = rpc.identity.tenant
        asked = asked_in(request, tenant, rpc.identity)
        found, token = await self._listing.page(tenant, asked, listed_flow_to, weight)
        return pb.ListFlowsResponse(flows=found, next_page_token=token)

    async def update_flow(self, request: pb.UpdateFlowRequest, rpc: Rpc) -> pb.Flow:
        """Changes a flow."""
        changed = await self._flows.update(
            parse_flow(request.flow.name, "flow.name", rpc.identity.tenant),
            values_of(request.flow),
            tuple(request.update_mask.paths),
            request.flow.etag,
            by=rpc.identity,
            validate_only=request.validate_only,
        )
        return flow_to(changed)

    async def delete_flow(self, request: pb.DeleteFlowRequest, rpc: Rpc) -> Empty:
        """Deletes a flow."""
        name = _name(request.name, rpc)
        await self._flows.delete(name, request.etag, force=request.force, by=rpc.identity)
        return Empty()

    async def get_flow_version(self, request: pb.GetFlowVersionRequest, rpc: Rpc) -> pb.FlowVersion:
        """Gets a version of a flow."""
        name = parse_flow_version(request.name, tenant=rpc.identity.tenant)
        version = await self._flows.version(name)
        return version_to(version, (await self._flows.get(name.parent)).published)

    async def list_flow_versions(
        self, request: pb.ListFlowVersionsRequest, rpc: Rpc
    ) -> pb.ListFlowVersionsResponse:
        """Lists the versions of a flow, page by page."""
        tenant = rpc.identity.tenant
        name = parse_flow(request.parent, "parent", tenant)
        published = (await self._flows.get(name)).published

        def form(version: FlowVersion) -> pb.FlowVersion:
            return listed_version_to(version, published)

        asked = asked_in(request, tenant, rpc.identity)
        found, token = await self._listing.versions(name, asked, form, weight)
        return pb.ListFlowVersionsResponse(versions=found, next_page_token=token)

    async def publish_flow(self, request: pb.PublishFlowRequest, rpc: Rpc) -> pb.Flow:
        """Has a version run when its trigger says so."""
        published = await self._flows.publish(
            _name(request.name, rpc),
            request.version,
            request.etag,
            by=rpc.identity,
            validate_only=request.validate_only,
        )
        return flow_to(published)

    async def suspend_flow(self, request: pb.SuspendFlowRequest, rpc: Rpc) -> pb.Flow:
        """Lets the triggers of a flow rest."""
        name = _name(request.name, rpc)
        return flow_to(await self._flows.suspend(name, request.etag, by=rpc.identity))

    async def resume_flow(self, request: pb.ResumeFlowRequest, rpc: Rpc) -> pb.Flow:
        """Lets the triggers of a flow go on."""
        name = _name(request.name, rpc)
        return flow_to(await self._flows.resume(name, request.etag, by=rpc.identity))

    async def check_flow(self, request: pb.CheckFlowRequest, rpc: Rpc) -> pb.CheckFlowResponse:
        """Says what is wrong with a definition."""
        source = source_of(request)
        if request.version:
            name = parse_flow_version(request.version, "version", rpc.identity.tenant)
            source = (await self._flows.version(name)).source
        found = await self._flows.check(source, rpc.identity.tenant, rpc.identity)
        return pb.CheckFlowResponse(findings=[finding_to(each) for each in found])


def _name(text: str, rpc: Rpc) -> FlowName:
    return parse_flow(text, "name", rpc.identity.tenant)
