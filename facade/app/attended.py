"""What is done for a client ends with the client."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Send

from facade.errors.fault import Effect
from facade.errors.service import DeadlineExceeded

PATIENCE = 30.0
"""Seconds that a client without a deadline may leave a stream unread."""

T = TypeVar("T")


async def attended(work: Awaitable[T], gone: Callable[[], Awaitable[None]]) -> T:
    """Awaits work, and cancels it where `gone` returns before.

    Raises ClientDisconnect then, and whatever the work raises.
    """
    try:
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(_until(gone))
            found = await work
            watch.cancel()
    except BaseExceptionGroup as several:
        raise several.exceptions[0] from None
    return found


async def hung_up(receive: Receive) -> None:
    """Returns when a client has hung up whose request has been read."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def taken(send: Send, data: bytes, patience: float | None) -> None:
    """Sends a piece of a body whose end is to come.

    `patience`: seconds that the client may leave it unread; None: PATIENCE. Raises
    DeadlineExceeded beyond them, since whoever reads nothing would hold the backend for ever.
    """
    seconds = PATIENCE if patience is None else patience
    try:
        async with asyncio.timeout(seconds):
            await send({"type": "http.response.body", "body": data, "more_body": True})
    except TimeoutError:
        text = f"The caller has read nothing of the stream for {seconds:g} s."
        raise DeadlineExceeded(text, effect=Effect.EXECUTED) from None


async def _until(gone: Callable[[], Awaitable[None]]) -> None:
    await gone()
    raise ClientDisconnect
