"""How far the answer to one request has come, for all that is around what answers."""

from collections.abc import Callable
from typing import TypeAlias

from starlette.types import Message, Scope, Send

Begin: TypeAlias = Callable[[Message], None]
"""Is told of the first message of an answer, before it goes."""


class Answering:
    """Sends the messages of one answer, and remembers which went."""

    __slots__ = ("_befores", "_send", "status", "whole")

    def __init__(self, send: Send) -> None:
        """Takes what they go to."""
        self._send = send
        self._befores: tuple[Begin, ...] = ()
        self.status = 0
        """What was answered; 0 before that."""
        self.whole = False
        """Whether the answer has come to its end."""

    def before(self, begin: Begin) -> None:
        """Has the answer's first message told."""
        self._befores += (begin,)

    async def send(self, message: Message) -> None:
        """Sends a message."""
        if self.status:
            await self._send(message)
            self.whole = not message.get("more_body", False)
            return
        for begin in self._befores:
            begin(message)
        await self._send(message)
        self.status = message["status"]


def answering(scope: Scope, send: Send) -> Answering:
    """What the answer to a request goes through, once however many are around it."""
    state = scope.setdefault("state", {})
    found: Answering | None = state.get("answering")
    if found is None:
        found = state["answering"] = Answering(send)
    return found
