"""GatewayService: call an action, list actions, change versions."""

from typing import Protocol

from facade.catalog.catalog import Catalog
from facade.errors.fault import Fault
from facade.model.call import Call, Exchange, Outcome
from facade.model.face import said_before
from facade.model.names import parse_connector
from gateway.convert.answer import response_from
from gateway.convert.call import call_from
from gateway.convert.change import changes_from
from gateway.convert.value_writer import ValueWriter
from gateway.convert.version import version_to
from gateway.interceptors.base import Rpc, facts_of
from gateway.listing import Listing
from gateway.v1 import gateway_pb2 as pb


class Executor(Protocol):
    """The engine, as this face needs it."""

    async def execute(self, call: Call) -> Outcome:
        """Executes one call; raises the Fault unless the call goes on."""


class GatewayService:
    """The three methods of gateway.v1.GatewayService."""

    def __init__(self, engine: Executor, catalog: Catalog, listing: Listing) -> None:
        """Takes what it hands on to."""
        self._engine = engine
        self._catalog = catalog
        self._listing = listing
        self._writer = ValueWriter()

    async def execute_action(self, request: pb.ExecuteActionRequest, rpc: Rpc) -> bytes:
        """Calls one action; answers an ExecuteActionResponse."""
        try:
            remaining = rpc.context.time_remaining()
            call = call_from(request, remaining, rpc.trace_id, rpc.sent())
        except Fault as fault:
            fault.add({**facts_of(request), "attempts": "0"})
            if request.failure_mode != pb.FAILURE_MODE_CONTINUE:
                raise
            nothing = Exchange(method="", uri="", request_headers=(), trace_id=rpc.trace_id)
            outcome = Outcome(fault=fault, exchange=nothing)
        else:
            outcome = await self._engine.execute(call)
        rpc.metadata |= said_before(outcome)
        rpc.timings = outcome.exchange.timings
        return response_from(outcome, request, rpc.trace_id, self._writer)

    async def list_actions(
        self, request: pb.ListActionsRequest, _rpc: Rpc
    ) -> pb.ListActionsResponse:
        """Lists the actions of a version, page by page."""
        return await self._listing.actions(request)

    async def manage_versions(
        self, request: pb.ManageVersionsRequest, _rpc: Rpc
    ) -> pb.ManageVersionsResponse:
        """Applies a change set."""
        versions = await self._catalog.manage(
            parse_connector(request.parent, "parent"),
            changes_from(request.changes),
            validate_only=request.validate_only,
            request_id=request.request_id,
        )
        return pb.ManageVersionsResponse(versions=[version_to(each) for each in versions])
