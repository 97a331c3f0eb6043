"""GatewayService: call an action, list actions, change versions."""

from typing import Protocol

from msgspec import structs

from facade.access.hints import narrow
from facade.catalog.matching import VERSION_KEY, wanting
from facade.catalog.verdicts import FEW
from facade.errors.fault import Fault
from facade.listing.editions import Editions
from facade.model.access import ANYONE
from facade.model.call import Call, Exchange, Outcome, Recalled
from facade.model.change import of_tenant
from facade.model.face import said_before
from facade.model.names import parse_connector
from gateway.convert.answer import response_from
from gateway.convert.call import call_from
from gateway.convert.change import changes_from
from gateway.convert.value_writer import ValueWriter
from gateway.convert.version import version_to
from gateway.interceptors.base import Rpc, facts_of
from gateway.interceptors.given import Given, Repeats
from gateway.services.listing import Listing
from gateway.v1 import gateway_pb2 as pb


class Executor(Protocol):
    """The engine, as this face needs it."""

    async def execute(self, call: Call) -> Outcome:
        """Executes one call; raises the Fault unless the call goes on."""


class GatewayService:
    """The three methods of gateway.v1.GatewayService."""

    def __init__(
        self, engine: Executor, again: Repeats, editions: Editions, listing: Listing
    ) -> None:
        """Takes what it hands on to."""
        self._engine = engine
        self._given = Given(again)
        self.execute_action_again = self._given.again
        self._editions = editions
        self._listing = listing
        self._writer = ValueWriter()

    async def execute_action(self, request: pb.ExecuteActionRequest, rpc: Rpc) -> bytes:
        """Calls one action; answers an ExecuteActionResponse."""
        try:
            remaining = rpc.context.time_remaining()
            tenant = rpc.identity.tenant
            call = call_from(request, remaining, rpc.trace_id, rpc.sent(), tenant)
        except Fault as fault:
            fault.add({**facts_of(request), "attempts": "0"})
            if request.failure_mode != pb.FAILURE_MODE_CONTINUE:
                raise
            nothing = Exchange(method="", uri="", request_headers=(), trace_id=rpc.trace_id)
            outcome = Outcome(fault=fault, exchange=nothing)
            return self._answer(outcome, request, rpc)
        if rpc.identity is not ANYONE:
            call = structs.replace(call, caller_name=rpc.identity.name)
        named = VERSION_KEY in rpc.fields
        if named:
            call = wanting(call, rpc.sent()[VERSION_KEY])
        outcome = await self._engine.execute(call)
        answer = self._answer(outcome, request, rpc)
        if isinstance(outcome, Recalled) and not named:
            self._given.keep(rpc, call, outcome, answer)
        return answer

    def _answer(self, outcome: Outcome, request: pb.ExecuteActionRequest, rpc: Rpc) -> bytes:
        if outcome.fault is not None:
            narrow(outcome.fault, rpc.identity)
        rpc.metadata |= said_before(outcome)
        rpc.timings = outcome.exchange.timings
        return response_from(outcome, request, rpc.trace_id, self._writer)

    async def list_actions(
        self, request: pb.ListActionsRequest, rpc: Rpc
    ) -> pb.ListActionsResponse:
        """Lists the actions of a version, page by page."""
        return await self._listing.actions(request, rpc.identity)

    async def manage_versions(
        self, request: pb.ManageVersionsRequest, rpc: Rpc
    ) -> pb.ManageVersionsResponse:
        """Applies a change set."""
        versions = await self._editions.manage(
            parse_connector(request.parent, "parent", rpc.identity.tenant),
            of_tenant(changes_from(request.changes), rpc.identity.tenant),
            by=rpc.identity,
            validate_only=request.validate_only,
            request_id=request.request_id,
        )
        return pb.ManageVersionsResponse(versions=[version_to(each, FEW) for each in versions])
