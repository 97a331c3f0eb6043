"""Gated: requests that are calls are let in while there is room for them, or refused."""

import asyncio
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from facade.app.answering import answering
from facade.app.errors import MIRROR
from facade.app.identity import GATEWAY, identity_of
from facade.app.observed import OWN, peer_of
from facade.errors.service import QuotaExceeded
from facade.model.access import Identity
from facade.policy.overload.gate import Gate
from facade.policy.overload.priority import FIELD, Priority, priority_of

PRIORITY: Final = FIELD.encode()

CALLS: Final = (*MIRROR, OWN, "/mcp", "/api/v1/connectors/", "/ui/calls/", "/hooks/")
"""Below which are calls; probes, metrics and pages pass whatever there is to do."""


class Gated:
    """Wraps an application.

    A caller may say that nobody waits for its request. That somebody does, browsers say of all of
    theirs (RFC 9218), so it counts for nothing here.
    """

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        """Takes what answers."""
        self._app = app
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request; raises Overloaded."""
        if scope["type"] != "http" or not scope["path"].startswith(CALLS):
            await self._app(scope, receive, send)
            return
        said, priority = dict(scope["headers"]).get(PRIORITY), Priority.NORMAL
        if said is not None:
            priority = min(priority_of(said.decode("latin-1")), priority)
        peer = peer_of(scope)
        if not self._gate.take(peer, priority):
            await self._gate.wait(peer, priority, None, identity_of(scope).tenant)
        place = HeldPlace(self._gate, peer)
        told = answering(scope, send)
        told.before(place.leave)
        try:
            await self._app(scope, receive, told.send)
        except QuotaExceeded:
            place.leave()
            await self._hold(peer, identity_of(scope))
            raise
        finally:
            place.leave()

    async def _hold(self, peer: str, identity: Identity) -> None:
        """Holds a refusal back; a gateway does so itself, with those of its own callers."""
        if identity.name != GATEWAY:
            await asyncio.sleep(self._gate.tarpit.hold(peer, identity, None))


class HeldPlace:
    """One request's, until its answer begins: of a stream that may be far from its end."""

    __slots__ = ("_gate", "_peer")

    def __init__(self, gate: Gate, peer: str) -> None:
        """Takes where it is and whose."""
        self._gate: Gate | None = gate
        self._peer = peer

    def leave(self, _first: Message | None = None) -> None:
        """Gives it back, once."""
        if self._gate is not None:
            self._gate.leave(self._peer)
            self._gate = None
