"""What is done for a client ends with the client."""

import asyncio
from asyncio import CancelledError
from collections.abc import Awaitable
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect
from starlette.types import Scope, Send

from facade.errors.fault import Effect
from facade.errors.service import DeadlineExceeded

PATIENCE = 30.0
"""Seconds that a client without a deadline may leave a stream unread."""

T = TypeVar("T")


class Client:
    """Who waits for an answer, as far as the server knows."""

    __slots__ = ("gone", "working")

    def __init__(self) -> None:
        """Is there."""
        self.gone = False
        self.working: asyncio.Task[Any] | None = None
        """What is done for it and for nobody else."""

    def leave(self) -> None:
        """Has gone: what is done for it ends."""
        if self.gone:
            return
        self.gone = True
        if self.working is not None:
            self.working.cancel()


def client_of(scope: Scope) -> Client:
    """The client of a request; one of which the server tells nothing stays to the end."""
    state = scope["state"]
    found: Client | None = state.get("client")
    if found is None:
        found = state["client"] = Client()
    return found


async def attended(work: Awaitable[T], client: Client) -> T:
    """Awaits work, and cancels it where the client leaves before.

    Raises ClientDisconnect then, and whatever the work raises.
    """
    task = client.working = asyncio.current_task()
    if client.gone and task is not None:
        task.cancel()
    try:
        return await work
    except CancelledError:
        if client.gone and task is not None and not task.uncancel():
            raise ClientDisconnect from None
        raise
    finally:
        client.working = None


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
