"""Who calls: known by what the call shows, or refused before anything is done for it."""

from collections.abc import Awaitable

from facade.access.authorize import Authority
from facade.access.identities import Identities
from facade.access.presented import AUTHORIZATION, OURS, SHOWN, TENANT, Presented, is_own, presented
from facade.errors.access import CallerForbidden, CallerUnknown
from facade.errors.fault import Fault
from facade.model.access import Identity
from gateway.interceptors.base import Interceptor, Refusal, Rpc
from gateway.interceptors.faults import refusal
from gateway.status import Statuses

REFLECTION = "ServerReflectionInfo"


class Identified(Interceptor):
    """Puts the caller's identity into the Rpc, and takes out what proved it.

    So no credential for us goes any further. Raises CallerUnknown, and CallerForbidden for another
    tenant than the credential's.
    """

    def __init__(
        self, identities: Identities, authority: Authority, *, is_socket: bool = False
    ) -> None:
        """Takes who knows callers, where refusals are noted, and whether they come by a socket."""
        self._identities = identities
        self._authority = authority
        self._is_socket = is_socket
        self._is_open = identities.is_open
        self._statuses = Statuses()

    def begin(self, rpc: Rpc) -> Awaitable[None] | None:
        """Finds out who calls."""
        if self._is_open and SHOWN.isdisjoint(rpc.fields):
            return None
        known = self._remembered(rpc)
        if known is not None:
            _know(rpc, known)
            _strip(rpc, AUTHORIZATION)
            return None
        try:
            shown = presented(
                rpc.received, rpc.context.peer_names(), None, is_socket=self._is_socket
            )
            found = self._identities.of(shown)
        except (CallerUnknown, CallerForbidden) as fault:
            self._authority.note(rpc.method, None, fault)
            raise
        if isinstance(found, Identity):
            self._take(rpc, shown, found)
            return None
        return self._later(rpc, shown, found)

    def _remembered(self, rpc: Rpc) -> Identity | None:
        """Who was known by the same before: what most calls of known callers need."""
        fields = rpc.fields
        text = fields.get(AUTHORIZATION)
        plain = len(fields) == len(rpc.received) and OURS not in fields and TENANT not in fields
        return self._identities.known(text) if plain and isinstance(text, str) else None

    async def _later(self, rpc: Rpc, shown: Presented, waiting: Awaitable[Identity]) -> None:
        try:
            self._take(rpc, shown, await waiting)
        except (CallerUnknown, CallerForbidden) as fault:
            self._authority.note(rpc.method, None, fault)
            raise

    def _take(self, rpc: Rpc, shown: Presented, identity: Identity) -> None:
        _know(rpc, identity)
        judged = "" if shown.said or not self._identities.is_shown(shown) else AUTHORIZATION
        _strip(rpc, judged)

    async def entrance(self, rpc: Rpc) -> Refusal | None:
        """The status of an RPC beside the chain whose caller may not see what there is."""
        rpc.received = rpc.context.invocation_metadata()
        rpc.fields = dict(rpc.received)
        try:
            waiting = self.begin(rpc)
            if waiting is not None:
                await waiting
            self._authority.check(REFLECTION, rpc.identity)
        except Fault as fault:
            return refusal(rpc, fault, self._statuses)
        return None


def _know(rpc: Rpc, identity: Identity) -> None:
    rpc.identity = identity
    if identity.tenant and rpc.span is not None:
        rpc.span.belong(identity.tenant)


def _strip(rpc: Rpc, judged: str) -> None:
    """Takes our own credential out of what goes on."""
    rpc.received = tuple(
        [each for each in rpc.received if not is_own(each[0], str(each[1]), judged)]
    )
    rpc.fields = dict(rpc.received)
