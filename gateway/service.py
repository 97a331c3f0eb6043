"""GatewayService: call an action, list actions, change versions."""

from typing import Protocol

import msgspec

from facade.again import Known
from facade.catalog.catalog import Catalog
from facade.errors.fault import Fault
from facade.model.call import Call, Exchange, Outcome, Recalled
from facade.model.face import MARGIN, said_before
from facade.model.names import parse_connector
from facade.recent import Recent
from gateway.convert.answer import response_from
from gateway.convert.call import call_from
from gateway.convert.change import changes_from
from gateway.convert.value_writer import ValueWriter
from gateway.convert.version import version_to
from gateway.interceptors.base import Rpc, facts_of
from gateway.listing import Listing
from gateway.v1 import gateway_pb2 as pb

GIVEN = 1024
"""Answers that may be given again …"""
LARGEST = 16 * 1024
"""… each of at most so many bytes with its request."""


class Executor(Protocol):
    """The engine, as this face needs it."""

    async def execute(self, call: Call) -> Outcome:
        """Executes one call; raises the Fault unless the call goes on."""


class Repeats(Protocol):
    """What knows which calls are answered as they were before, as this face needs it."""

    def known(self, call: Call, outcome: Recalled) -> Known | None:
        """What an answered call is known by."""

    def age(self, known: Known) -> float | None:
        """The age of its answer, where that is to be given again."""


class Given(msgspec.Struct, frozen=True):
    """An answer that may be given again."""

    known: Known
    answer: bytes
    said: dict[str, str]
    """Before it, but for its age."""


class GatewayService:
    """The three methods of gateway.v1.GatewayService."""

    def __init__(
        self, engine: Executor, again: Repeats, catalog: Catalog, listing: Listing
    ) -> None:
        """Takes what it hands on to."""
        self._engine = engine
        self._again = again
        self._given: Recent[bytes, Given] = Recent(GIVEN)
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
            return self._answer(outcome, request, rpc)
        outcome = await self._engine.execute(call)
        answer = self._answer(outcome, request, rpc)
        if isinstance(outcome, Recalled) and len(rpc.request) + len(answer) <= LARGEST:
            known = self._again.known(call, outcome)
            if known is not None:
                self._given.put(rpc.request, Given(known, answer, said_before(outcome)))
        return answer

    def execute_action_again(self, request: bytes, rpc: Rpc) -> bytes | None:
        """The answer to the same request as before, where it is the same; never where it is traced.

        Requests that differ in nothing are of the same caller as long as there is but one.
        """
        given = self._given.get(request)
        if given is None or rpc.span is None or rpc.span.recorded:
            return None
        left = rpc.context.time_remaining()
        age = None if left is not None and left <= MARGIN else self._again.age(given.known)
        if age is None:
            return None
        rpc.metadata |= given.said
        rpc.metadata["age"] = str(int(age))
        return given.answer

    def _answer(self, outcome: Outcome, request: pb.ExecuteActionRequest, rpc: Rpc) -> bytes:
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
