"""Streams over HTTP: a line of JSON for each item, or a server-sent event where one is wanted."""

from contextlib import aclosing
from typing import Any, Self

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from facade.app.api.answers import END, EVENT, HEAD
from facade.app.api.form import write
from facade.app.api.form.action import PAGE_RULE
from facade.app.api.form.scalar import BYTES
from facade.app.api.told import ALWAYS, ENCODER
from facade.app.attended import attended, client_of, taken
from facade.errors.fault import Fault
from facade.hop.envelope import envelope
from facade.model.call import Call, Outcome
from facade.model.face import facts_of, http_status, joined
from facade.model.paging import Ending
from facade.model.stream import Chunk, Element, Event, Item, Opening, Telling
from facade.telemetry.spans import current
from facade.telemetry.timing import FIELD, server_timing
from facade.transcode.accept import named, preference
from facade.transcode.media_type import parse

LINES = "application/x-ndjson"
EVENTS = "text/event-stream"

ONE_LINE = bytes.maketrans(b"\r\n", b"  ")
"""Line breaks within JSON are white space between its tokens (RFC 8259 section 2)."""


class Streamed(Response):
    """The answer that goes out as the items come, no faster than its caller reads it."""

    def __init__(
        self, first: Opening | Item | Ending, telling: Telling, call: Call, kind: str
    ) -> None:
        """Takes the first item, which has come already, and what tells the others."""
        super().__init__(headers=ALWAYS, media_type=kind)
        del self.headers["content-length"]
        self._first = first
        self._telling = telling
        self._call = call
        self._kind = kind
        if isinstance(first, Opening):
            exchange = first.exchange
            said = {
                "x-http-status": http_status(Outcome(exchange=exchange)),
                FIELD: server_timing(exchange.timings.items()),
                **first.headers,
            }
            self.headers.update({name: value for name, value in said.items() if value})

    @classmethod
    async def begin(cls, telling: Telling, call: Call, accept: str) -> Self:
        """The answer, once its head has come; raises the fault that comes in its place."""
        kind = EVENTS if wants_events(accept) else LINES
        return cls(await anext(telling), telling, call, kind)

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Sends the head and the items; ends the call where the caller has gone."""
        async with aclosing(self._telling):
            await attended(self._send_all(send), client_of(scope))

    async def _send_all(self, send: Send) -> None:
        patience = self._call.deadline
        await send(
            {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        )
        try:
            await taken(send, self._item(self._first), patience)
            async for each in self._telling:
                await taken(send, self._item(each), patience)
        except Fault as fault:
            fault.add(facts_of(str(self._call.name)))
            current().fail(fault.reason)
            error = self._framed(envelope(fault, self._call.trace_id), "error")
            await taken(send, error, patience)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _item(self, each: Opening | Item | Ending) -> bytes:
        return self._framed(ENCODER.encode({"data": tree_of(each, self._call)}))

    def _framed(self, line: bytes, event: str = "") -> bytes:
        if self._kind == LINES:
            return line + b"\n"
        named = b"event: %b\n" % event.encode() if event else b""
        return b"%bdata: %b\n\n" % (named, line)


def tree_of(each: Opening | Item | Ending, call: Call) -> dict[str, Any]:
    """What comes of a stream, as the API says it."""
    match each:
        case Opening():
            return {"head": _head(each, call)}
        case Event():
            return {"event": EVENT.write(None, _event(each))}
        case Element():
            return {"json": _json(each.json)}
        case Chunk():
            return {"chunk": BYTES.write(each.data)}
        case Ending():
            return {"end": END.write(each)}


def _head(opening: Opening, call: Call) -> dict[str, Any]:
    reply = opening.exchange.reply
    given = {
        "http_status": reply.status if reply else 0,
        "content_type": opening.content_type,
        "headers": joined(reply.headers) if reply else {},
        "framing": opening.framing if reply else None,
        "warnings": opening.exchange.warnings,
        "exchange": None,
        "paging": PAGE_RULE.write(opening.rule) if opening.rule else None,
    }
    if call.full_view:
        given["exchange"] = write.exchange(opening.exchange, failed=False)
    return HEAD.write(None, given)


def _event(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "event": event.type,
        "text": None if event.is_json else event.data,
        "json": _json(event.data.encode()) if event.is_json else None,
        "retry": None if event.retry is None else event.retry / 1000,
    }


def _json(text: bytes) -> msgspec.Raw:
    return msgspec.Raw(text.translate(ONE_LINE))


def wants_events(accept: str) -> bool:
    """Whether an Accept field names events, and lines not before them."""
    lines, events = KINDS
    return named(accept, events) > preference(accept, lines)


KINDS = tuple(kind for kind in map(parse, (LINES, EVENTS)) if kind is not None)
