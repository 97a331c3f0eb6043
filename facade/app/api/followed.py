"""What is followed over HTTP: a line of JSON, or a server-sent event, for each change."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Self, TypeAlias

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from facade.app.api.streamed import EVENTS, LINES, wants_events
from facade.app.api.told import ALWAYS, ENCODER
from facade.app.attended import attended, client_of, taken
from facade.errors.fault import Fault
from facade.errors.service import DeadlineExceeded
from facade.hop.envelope import envelope
from facade.telemetry.spans import current

Change: TypeAlias = tuple[Any, str]
"""A tree, and the id of its server-sent event; empty: it has none.

A browser that comes back says the last id that it has seen.
"""


class Followed(Response):
    """The answer that goes out as something changes, no faster than its caller reads it."""

    def __init__(
        self,
        first: Change,
        others: AsyncGenerator[Change, None],
        kind: str,
        ends: float | None = None,
    ) -> None:
        """Takes the first change, which has come already, and what gives those behind it.

        `ends`: when the caller waits no longer, by the loop's clock; None: as long as it takes.
        """
        super().__init__(headers=ALWAYS, media_type=kind)
        del self.headers["content-length"]
        self._first = first
        self._others = others
        self._kind = kind
        self._ends = ends

    @classmethod
    async def begin(
        cls, changes: AsyncGenerator[Change, None], accept: str, seconds: float | None = None
    ) -> Self:
        """The answer, once its first change has come; raises the fault that comes in its place.

        `seconds`: that the caller waits in all; raises DeadlineExceeded where none comes in them.
        """
        kind = EVENTS if wants_events(accept) else LINES
        ends = None if seconds is None else asyncio.get_running_loop().time() + seconds
        try:
            async with asyncio.timeout_at(ends):
                first = await anext(changes)
        except TimeoutError:
            await changes.aclose()
            raise _late() from None
        return cls(first, changes, kind, ends)

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Sends the changes; ends with the caller."""
        async with aclosing(self._others):
            await attended(self._send_all(send), client_of(scope))

    async def _send_all(self, send: Send) -> None:
        await send(
            {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        )
        try:
            await taken(send, self._line(*self._first), None)
            async with asyncio.timeout_at(self._ends):
                async for tree, id_ in self._others:
                    await taken(send, self._line(tree, id_), None)
        except TimeoutError:
            await self._fail(send, _late())
        except Fault as fault:
            await self._fail(send, fault)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _fail(self, send: Send, fault: Fault) -> None:
        current().fail(fault.reason)
        error = self._framed(envelope(fault, current().trace_id), b"event: error\n")
        await taken(send, error, None)

    def _line(self, tree: Any, id_: str) -> bytes:
        field = b"id: %b\n" % id_.encode() if id_ else b""
        return self._framed(ENCODER.encode({"data": tree}), field)

    def _framed(self, line: bytes, field: bytes = b"") -> bytes:
        return line + b"\n" if self._kind == LINES else b"%bdata: %b\n\n" % (field, line)


def _late() -> DeadlineExceeded:
    return DeadlineExceeded("the time that the caller waits is over; watch again")
