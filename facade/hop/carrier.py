"""Carrier: a plan goes to its backend, or to the facade before it; what comes back is judged."""

import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from types import MappingProxyType

from msgspec import structs

from facade.errors.backend import (
    BackendBadResponse,
    BackendFault,
    BackendTimeout,
    BackendTls,
    BackendUnavailable,
    BackendUnreachable,
)
from facade.errors.caller import ActionUnsupported
from facade.errors.fault import Details, Domain, Effect, Fault
from facade.errors.hop import FacadeTimeout, FacadeUnavailable, HopFault, HopLoop
from facade.hop.envelope import fault_of
from facade.hop.fields import SIGNATURE, Handed, write
from facade.hop.mark import hop_of, origin_of, unmarked
from facade.hop.signature import Keys, Message, sign
from facade.inbound import Inbound
from facade.model.call import Plan, Reply
from facade.model.methods import unread
from facade.model.retry_after import retry_after_of
from facade.model.stream import StreamedBody
from facade.model.version import NO_MARK, Destination
from facade.telemetry import names
from facade.telemetry.spans import current
from facade.transport import Transport

MARGIN = 0.01
"""Seconds by which the facade gives up before the gateway does, so that it is heard."""
LEAST = 0.001
"""Seconds that it gets however few are left."""

MOST = 4
"""Facades that a call may come through: more are one that leads to itself."""

HOP_FAULTS: Mapping[type[BackendFault], tuple[type[HopFault], str]] = MappingProxyType(
    {
        BackendUnreachable: (FacadeUnavailable, "no connection to the facade could be made"),
        BackendTls: (
            FacadeUnavailable,
            "no TLS connection to the facade: its certificate or the handshake",
        ),
        BackendTimeout: (FacadeTimeout, "the facade gave no whole answer before the deadline"),
        BackendUnavailable: (FacadeUnavailable, "the facade broke off, or gave no HTTP answer"),
        BackendBadResponse: (FacadeUnavailable, "what answers for the facade breaks HTTP"),
    }
)
"""What a failure on the way is, where a facade stands at its end."""


class Carrier:
    """Sends plans as `Transport` does, to a backend or to a facade.

    A facade of ours is handed on whose behalf and by when the call is made, signed. What it tells
    is raised as its own words; what comes without its mark is nobody's answer.
    """

    def __init__(
        self, transport: Transport, keys: Keys, clock: Callable[[], float] = time.time
    ) -> None:
        """Takes the keys that sign, and the clock in seconds since the epoch."""
        self._transport = transport
        self._keys = keys
        self._clock = clock
        self.sizes = transport.sizes

    def send(self, plan: Plan, content: StreamedBody | None = None) -> Awaitable[Reply]:
        """Sends a plan and reads the whole answer, as `Transport.send`.

        For an indirect version also raises FacadeUnavailable, FacadeTimeout, and every fault that
        the facade tells.
        """
        if not plan.version.destination.indirect:
            return self._transport.send(plan, content)
        return self._send(plan, content)

    def open(self, plan: Plan, deadline: float | None = None) -> Awaitable[Inbound]:
        """Sends a plan and leaves the body of the answer, as `Transport.open`.

        `deadline`: seconds for the whole answer; None: the caller gave none. Raises what `send`
        raises.
        """
        if not plan.version.destination.indirect:
            return self._transport.open(plan)
        return self._open(plan, deadline)

    async def _send(self, plan: Plan, content: StreamedBody | None) -> Reply:
        left = plan.timeout if content is None else content.deadline
        signed = self._signed(plan, left, body=content is None, stream=False)
        try:
            reply = await self._transport.send(signed, content)
        except BackendFault as fault:
            raise _at_the_hop(fault) from None
        current().set(names.HTTP_STATUS, reply.status)
        if _judged(plan.version.destination, reply) is Domain.FACADE:
            raise fault_of(reply)
        if not plan.version.destination.hops:
            return reply
        return structs.replace(reply, headers=unmarked(reply.headers), hop=hop_of(reply.headers))

    async def _open(self, plan: Plan, deadline: float | None) -> Inbound:
        signed = self._signed(plan, deadline, body=True, stream=True)
        try:
            inbound = await self._transport.open(signed, _FacadeInbound)
        except BackendFault as fault:
            raise _at_the_hop(fault) from None
        headers = inbound.headers
        head = Reply(status=inbound.status, headers=headers, body=b"")
        current().set(names.HTTP_STATUS, head.status)
        async with AsyncExitStack() as refused:
            refused.push_async_callback(inbound.aclose)
            if _judged(plan.version.destination, head) is Domain.FACADE:
                raise fault_of(await inbound.whole(plan.timeout))
            refused.pop_all()
        if plan.version.destination.hops:
            inbound.headers, inbound.hop = unmarked(headers), hop_of(headers)
        return inbound

    def _signed(self, plan: Plan, left: float | None, *, body: bool, stream: bool) -> Plan:
        """The plan with what is handed over, where the facade is one of ours."""
        if not plan.version.destination.hops:
            return plan
        if why := unread(plan.method):
            raise ActionUnsupported(why)
        if plan.hops >= MOST:
            raise HopLoop(f"the call has come through {MOST} facades, and is to go to another")
        caller = plan.caller
        fields = write(
            Handed(
                tenant=caller.tenant,
                connection=caller.connection,
                subject=caller.subject,
                request_id=plan.request_id,
                timeout=None if left is None else max(left - MARGIN, LEAST),
                cache_use=plan.cache_use,
                max_wait=plan.max_wait,
                stream=stream,
                hops=plan.hops + 1,
            )
        )
        message = Message(
            method=plan.method,
            target=plan.target,
            headers=fields,
            body=(plan.body or b"") if body else None,
        )
        said = sign(self._keys.now()[0], message, self._clock())
        return structs.replace(plan, headers=(*plan.headers, *fields, (SIGNATURE, said)))


class _FacadeInbound(Inbound):
    """An answer of a facade, whose failures are the hop's."""

    async def read(self, within: float | None) -> bytes:
        try:
            return await super().read(within)
        except BackendFault as fault:
            raise _at_the_hop(fault) from None


def _judged(destination: Destination, reply: Reply) -> Domain:
    """Whose answer it is; raises FacadeUnavailable for one that has not come from the facade."""
    if destination.hops:
        origin = origin_of(reply.headers)
        if origin in (Domain.BACKEND.value, Domain.FACADE.value):
            return Domain(origin)
    elif destination.mark == NO_MARK or reply.header(destination.mark.lower()) is not None:
        return Domain.BACKEND
    refused = 400 <= reply.status < 500
    raise FacadeUnavailable(
        f"an answer of status {reply.status} came in the facade's place, without its mark",
        details=Details(retry_after=retry_after_of(reply), facts={"httpStatus": str(reply.status)}),
        effect=Effect.NOT_EXECUTED if refused else Effect.UNKNOWN,
    )


def _at_the_hop(fault: BackendFault) -> Fault:
    """What a failure on the way to a facade stands for.

    An answer that began is no proof that the backend was asked.
    """
    kind, text = HOP_FAULTS.get(type(fault), (None, ""))
    if kind is None:
        return fault
    effect = Effect.UNKNOWN if fault.effect is Effect.EXECUTED else fault.effect
    return kind(text, details=fault.details, effect=effect)
