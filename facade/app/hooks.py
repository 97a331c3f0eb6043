"""Addresses of flows: whoever can sign sends messages to them (Standard Webhooks)."""

from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from facade.app.body import Body
from facade.app.error_schema import JSON
from facade.errors.caller import RequestTooLarge
from facade.errors.service import DeadlineExceeded
from facade.errors.triggers import MessageLate
from facade.parts import Parts
from facade.triggers.endpoints import PATH
from facade.triggers.hooks import Received

LARGEST: Final = 2**20
"""Bytes of a message."""
PATIENCE: Final = 10.0
"""Seconds in which it must come."""


def routes(parts: Parts, patience: float = PATIENCE) -> list[Route]:
    """The addresses. Nobody is asked who they are: the signature says it."""

    async def receive(request: Request) -> Response:
        headers: dict[str, str] = {}
        for name, text in request.headers.items():
            headers[name] = f"{headers[name]}, {text}" if name in headers else text
        body = await _whole(Body(request.receive, headers, LARGEST, patience))
        done = await parts.triggers.hooks.receive(request.path_params["id"], headers, body)
        return _told(done)

    return [Route(f"{PATH}{{id:str}}", receive, methods=["POST"])]


async def _whole(body: Body) -> bytes:
    """All of a message; raises RequestTooLarge, MessageLate."""
    try:
        found = await body.whole()
    except DeadlineExceeded as late:
        raise MessageLate(late.message) from None
    if found is None:
        raise RequestTooLarge(f"A message has {LARGEST} bytes at most.")
    return found


def _told(done: Received) -> Response:
    """202 for a message that is taken, 200 for one that came before."""
    said: dict[str, str] = {"run": done.run} if done.run else {"state": "dropped"}
    if done.is_duplicate:
        said["state"] = "duplicate"
    headers = {"content-type": JSON, "cache-control": "no-store"}
    return Response(msgspec.json.encode(said), 200 if done.is_duplicate else 202, headers)
