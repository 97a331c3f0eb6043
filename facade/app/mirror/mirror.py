"""The life of one request to a mirror: it becomes a call, and the answer goes back as it came."""

import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

import msgspec
from msgspec import structs
from starlette.types import Receive, Scope, Send

from facade.app.attended import Client, attended, client_of
from facade.app.body import Body
from facade.app.identity import identity_of, proven
from facade.app.mirror.answer import EMPTY, Asker, head_of, methods_of
from facade.app.mirror.browser import check_site
from facade.app.mirror.given import settle
from facade.app.mirror.matching import match
from facade.app.mirror.request import Head, call_of, read_head
from facade.app.mirror.routers import Routers, Served
from facade.app.mirror.stream import Spent, Streamed, hand_on, wanted
from facade.app.mirror.through import Aim, Through
from facade.config import Settings
from facade.errors.caller import ActionNotFound
from facade.errors.fault import Fault
from facade.hop.fields import NOTHING, Handed
from facade.hop.mark import of_reply
from facade.model.access import ANYONE, Identity
from facade.model.call import Call
from facade.model.names import VersionName
from facade.model.stream import StreamedBody
from facade.model.version import Version
from facade.parts import Parts
from facade.telemetry.spans import current
from facade.transcode.match import Matched


class Visit(msgspec.Struct, kw_only=True):
    """One request, and where its answer goes."""

    identity: Identity = ANYONE
    """Who asks, or for whom a gateway does."""

    head: Head
    body: Body
    state: dict[str, Any]
    """What the server knows of the connection, and what is around the routes wants to know."""
    client: Client
    send: Send
    spent: Spent


class Mirror:
    """Serves the paths of every version and connection, as an ASGI application."""

    def __init__(
        self, parts: Parts, settings: Settings, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        """Takes the parts behind it, and a clock in seconds."""
        self._engine = parts.engine
        self._through = Through(parts.catching_up, parts.subjects, parts.access.authority)
        self._acceptance = parts.acceptance
        self._authority = parts.access.authority
        self._limit = settings.max_request_bytes
        self._clock = clock
        self._routers = Routers(parts.catalog)
        self._streamed = Streamed()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request; raises every fault, and ClientDisconnect where nobody waits."""
        began, identity = self._clock(), identity_of(scope)
        tenant = identity.tenant
        head = read_head(scope, scope["address"], tenant)
        check_site(head)
        visit = Visit(
            head=head,
            body=Body(receive, head.fields, self._limit),
            state=scope["state"],
            client=client_of(scope),
            send=send,
            spent=lambda: self._clock() - began,
        )
        handed = self._handed(visit)  # before anything is told of a tenant's versions
        current().belong(tenant)
        visit.identity = identity if handed is NOTHING else proven(identity)
        if isinstance(head.name, VersionName):
            aim = await self._through.version(head, head.name, visit.identity)
        else:
            aim = await self._through.connection(head, head.name, visit.identity)
        try:
            await self._answer(visit, aim, handed)
        except Fault as fault:
            fault.add(_facts(aim.version))
            raise

    async def _answer(self, visit: Visit, aim: Aim, handed: Handed) -> None:
        """Finds out what is asked for, and has it done."""
        head = visit.head
        served = self._routers.known(aim.version) or await self._routers.get(aim.version)
        data = await visit.body.whole()
        if handed is not NOTHING:
            self._acceptance.check_body(head.headers, data, _names(visit))
        try:
            matched = match(served.router, head, data)
        except ActionNotFound as fault:
            methods = fault.details.headers.get("allow", "")
            if head.method != "OPTIONS" or not methods:
                raise
            await visit.send(methods_of(methods))
            await visit.send(EMPTY)
            return
        visit.state["route"] = served.place(matched.action).route
        call = self._call(visit, aim, matched, served, handed)
        asker = Asker(method=head.method, is_gateway=handed is not NOTHING)
        if data is None:
            await self._relay(visit, call, asker, _content(visit.body, call))
        elif self._streamed.wants(handed, call, matched.action):
            items = self._engine.stream(call, wanted(matched))
            work = hand_on(items, call, asker, visit.send, visit.spent)
            await attended(work, visit.client)
        else:
            await self._relay(visit, call, asker)

    def _call(
        self, visit: Visit, aim: Aim, matched: Matched, served: Served, handed: Handed
    ) -> Call:
        """The call that is asked for; raises CallerForbidden, and what `settle` does."""
        head, identity = visit.head, visit.identity
        call = call_of(matched, served, head, handed, current().trace_id, identity.known_name)
        whole = "" if handed is NOTHING else head.whole
        call = settle(call, matched, aim.version, of_gateway=whole)
        if aim.caller is not None:
            call = structs.replace(call, caller=aim.caller, at_home=True)
        self._authority.check("ExecuteAction", identity, str(call.name), aim.through)
        return call

    def _handed(self, visit: Visit) -> Handed:
        """What a gateway hands over beside the call; raises HopUntrusted."""
        head, names = visit.head, _names(visit)
        return self._acceptance.handed(head.method, head.whole, head.headers, None, names)

    async def _relay(
        self, visit: Visit, call: Call, asker: Asker, content: StreamedBody | None = None
    ) -> None:
        """Has a call made, and answers what the backend did."""
        outcome = await attended(self._engine.relay(call, content), visit.client)
        exchange = outcome.exchange
        marks = of_reply(exchange, outcome.headers, visit.spent(), to_gateway=asker.is_gateway)
        await visit.send(head_of(exchange.reply, marks, asker, whole=True))
        body = exchange.reply.body if exchange.reply is not None else b""
        await visit.send({"type": "http.response.body", "body": body})


def _names(visit: Visit) -> Collection[str]:
    """What the client certificate of the connection names."""
    names: Collection[str] = visit.state.get("peer_names", ())
    return names


def _content(body: Body, call: Call) -> StreamedBody:
    return StreamedBody(chunks=body.chunks(), size=body.length, deadline=call.deadline)


def _facts(version: Version) -> Mapping[str, str]:
    """What is known of every request that led to a version."""
    name = version.name
    return {"connector": name.connector, "version": name.version, "attempts": "0"}
