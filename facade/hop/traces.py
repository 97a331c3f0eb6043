"""Traces elsewhere: what a facade has kept of a trace that came to it from here."""

import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Protocol, TypeAlias
from urllib.parse import urlsplit

import msgspec
from msgspec import structs

from facade.errors.backend import BackendFault
from facade.errors.caller import TraceNotFound
from facade.errors.hop import FacadeUnavailable
from facade.hop.fields import SIGNATURE
from facade.hop.signature import Keys, Message, sign
from facade.model.action import Action
from facade.model.call import Plan
from facade.model.names import ActionName
from facade.model.version import Version
from facade.policy.credentials.credentials import Signed
from facade.telemetry.ring import Step
from facade.telemetry.spans import Kind
from facade.transport import Transport

PATH = "/v1/traces/"

Resolve: TypeAlias = Callable[[ActionName], tuple[Version, Action]]
"""Finds an action and its version; raises ActionNotFound and the like."""

Sign: TypeAlias = Callable[[Plan], Awaitable[Signed]]
"""Gives a plan the credentials of its version."""


class Elsewhere(Protocol):
    """Where the rest of a trace is."""

    async def steps(self, origin: str, action: ActionName, trace_id: str) -> tuple[Step, ...]:
        """What the facade at an origin, called for an action, has of a trace.

        Raises a Fault where it tells nothing.
        """


class Span(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A span as the API tells it."""

    span_id: str
    parent_span_id: str = ""
    name: str = ""
    kind: str = ""
    service: str = ""
    start_time: datetime
    duration: str
    attributes: dict[str, str] = {}
    error_reason: str = ""


class Spans(msgspec.Struct, frozen=True):
    """A trace as the API tells it."""

    spans: tuple[Span, ...] = ()


class Answer(msgspec.Struct, frozen=True):
    """What the API answers."""

    data: Spans


KINDS: Mapping[str, Kind] = {f"KIND_{each.name}": each for each in Kind}
READER = msgspec.json.Decoder(Answer)
EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


class Facades:
    """Asks facades of ours, as the gateway that called them: by the same way, and as signed."""

    def __init__(
        self,
        transport: Transport,
        keys: Keys,
        resolve: Resolve,
        credentials: Sign,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Takes the keys that sign hops, and the clock in seconds since the epoch."""
        self._transport = transport
        self._keys = keys
        self._resolve = resolve
        self._credentials = credentials
        self._clock = clock

    async def steps(self, origin: str, action: ActionName, trace_id: str) -> tuple[Step, ...]:
        """What a facade has kept.

        Raises TraceNotFound, FacadeUnavailable, and what resolving and signing do.
        """
        plan = await self._asking(origin, action, PATH + trace_id)
        try:
            reply = await self._transport.send(plan)
        except BackendFault as fault:
            raise FacadeUnavailable(f"`{origin}`: {fault.message}") from None
        if reply.status == 404:
            raise TraceNotFound(f"`{origin}` keeps no trace `{trace_id}`")
        if reply.status != 200:
            raise FacadeUnavailable(f"`{origin}` answered {reply.status}")
        try:
            return tuple(map(_step, READER.decode(reply.body).data.spans))
        except (msgspec.DecodeError, ValueError):
            raise FacadeUnavailable(f"`{origin}` answered what is no trace") from None

    async def _asking(self, origin: str, action: ActionName, target: str) -> Plan:
        """The request, over the network and with the credentials of the calls."""
        version, called = self._resolve(action)
        plan = Plan(
            version=version, action=called, method="GET", origin=origin, target=target, headers=()
        )
        plan = (await self._credentials(plan)).plan
        message = Message(method="GET", target=plan.target, headers=(), body=b"")
        said = sign(self._keys.now()[0], message, self._clock())
        return structs.replace(plan, headers=(*plan.headers, (SIGNATURE, said)))


def origin_of(uri: str) -> str:
    """Where a URL leads."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}"


def _step(span: Span) -> Step:
    since = span.start_time - EPOCH
    return Step(
        span_id=span.span_id,
        parent_id=span.parent_span_id,
        name=span.name,
        kind=KINDS.get(span.kind, Kind.INTERNAL),
        service=span.service,
        start=(since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1000,
        duration=round(float(span.duration.removesuffix("s")) * 1e9),
        attributes=span.attributes,
        error_reason=span.error_reason,
    )
