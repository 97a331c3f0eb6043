"""The life of one request to a mirror: it becomes a call, and the answer goes back as it came."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from starlette.types import Receive, Scope, Send

from facade.app.attended import Client, attended, client_of
from facade.app.body import Body
from facade.app.mirror.answer import EMPTY, Asker, head_of, methods_of
from facade.app.mirror.browser import check_site
from facade.app.mirror.given import settle
from facade.app.mirror.matching import match
from facade.app.mirror.request import Head, call_of, read_head
from facade.app.mirror.routers import Routers
from facade.app.mirror.stream import Spent, Streamed, hand_on, wanted
from facade.app.parts import Parts
from facade.config import Settings
from facade.errors.caller import ActionNotFound
from facade.errors.fault import Fault
from facade.hop.fields import NOTHING, Handed
from facade.hop.mark import of_reply
from facade.model.call import Call
from facade.model.stream import StreamedBody
from facade.model.version import Version
from facade.telemetry.spans import current


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """One request, and where its answer goes."""

    head: Head
    body: Body
    state: dict[str, Any]
    """What the server knows of the connection, and what is around the routes wants to know."""
    client: Client
    send: Send
    spent: Spent


class Mirror:
    """Serves the paths of every version, as an ASGI application."""

    def __init__(
        self, parts: Parts, settings: Settings, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        """Takes the parts behind it, and a clock in seconds."""
        self._engine = parts.engine
        self._catalog = parts.catalog
        self._acceptance = parts.acceptance
        self._limit = settings.max_request_bytes
        self._clock = clock
        self._routers = Routers(parts.catalog)
        self._streamed = Streamed()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request; raises every fault, and ClientDisconnect where nobody waits."""
        began, head = self._clock(), read_head(scope, scope["address"])
        check_site(head)
        visit = Visit(
            head=head,
            body=Body(receive, head.fields, self._limit),
            state=scope["state"],
            client=client_of(scope),
            send=send,
            spent=lambda: self._clock() - began,
        )
        version = self._catalog.version(head.name)
        try:
            await self._answer(visit, version)
        except Fault as fault:
            fault.add(_facts(version))
            raise

    async def _answer(self, visit: Visit, version: Version) -> None:
        """Finds out what is asked for, and has it done."""
        head = visit.head
        served = self._routers.known(version) or await self._routers.get(version)
        data = await visit.body.whole()
        handed = self._handed(visit, data)
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
        call = call_of(matched, served, head, handed, current().trace_id)
        is_gateway = handed is not NOTHING
        call = settle(call, matched, version, of_gateway=head.whole if is_gateway else "")
        asker = Asker(method=head.method, is_gateway=is_gateway)
        if data is None:
            await self._relay(visit, call, asker, _content(visit.body, call))
        elif self._streamed.wants(handed, call, matched.action):
            items = self._engine.stream(call, wanted(matched))
            work = hand_on(items, call, asker, visit.send, visit.spent)
            await attended(work, visit.client)
        else:
            await self._relay(visit, call, asker)

    def _handed(self, visit: Visit, data: bytes | None) -> Handed:
        """What a gateway hands over beside the call; raises HopUntrusted."""
        head, names = visit.head, visit.state.get("peer_names", ())
        return self._acceptance.handed(head.method, head.whole, head.headers, data, names)

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


def _content(body: Body, call: Call) -> StreamedBody:
    return StreamedBody(chunks=body.chunks(), size=body.length, deadline=call.deadline)


def _facts(version: Version) -> Mapping[str, str]:
    """What is known of every request that led to a version."""
    name = version.name
    return {"connector": name.connector, "version": name.version, "attempts": "0"}
