"""When an answer is handed on as it comes, and how."""

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace
from functools import lru_cache
from typing import TypeAlias
from weakref import WeakKeyDictionary

from starlette.types import Send

from facade.app.attended import taken
from facade.app.mirror.answer import EMPTY, Asker, head_of
from facade.hop.fields import Handed
from facade.hop.mark import of_reply
from facade.model.action import Action
from facade.model.call import Call
from facade.model.stream import Chunk, Framing, Opening, Wanted
from facade.streaming import Items
from facade.transcode.framing.choice import STREAMED, framing_of
from facade.transcode.match import Matched
from facade.transcode.media_type import parse

WANTED = Wanted(framing=Framing.CHUNKS, handed_on=True)
STREAMS = STREAMED[Framing.AUTO]
Spent: TypeAlias = Callable[[], float]
"""Tells the seconds since a request came."""

ACCEPTS = 256
"""Accept fields whose meaning is remembered: a client has few of them."""


class Streamed:
    """Tells which calls are answered by a stream."""

    def __init__(self) -> None:
        self._known: WeakKeyDictionary[Action, bool] = WeakKeyDictionary()
        self._asks = lru_cache(ACCEPTS)(_asks)

    def wants(self, handed: Handed, call: Call, action: Action) -> bool:
        """Whether the gateway asks for it, or the caller before all else, or nothing else comes."""
        return handed.stream or self._asks(call.accept) or self._only(action)

    def _only(self, action: Action) -> bool:
        known = self._known.get(action)
        if known is None:
            successes = [each for each in action.responses if each.status.startswith("2")]
            types = [media.type for each in successes for media in each.media]
            known = self._known[action] = bool(types) and all(map(_is_stream, types))
        return known


def _asks(accept: str) -> bool:
    """Whether an Accept field has a stream among what it likes best."""
    ranges = (parse(each) for each in accept.split(","))
    return any(
        each is not None and "q" not in each.parameters and _is_stream(each.text) for each in ranges
    )


def _is_stream(text: str) -> bool:
    kind = parse(text)
    return kind is not None and not kind.is_range and framing_of(kind) in STREAMS


def wanted(matched: Matched) -> Wanted:
    """What is wanted of a stream: to go on behind the last event that the caller has seen, if any.

    Who reads events says so in a field of its own (HTML section 9.2.4), declared or not.
    """
    last = next((each.value for each in matched.fields if each.name.lower() == "last-event-id"), "")
    return replace(WANTED, last_event_id=last) if last else WANTED


async def hand_on(items: Items, call: Call, asker: Asker, send: Send, spent: Spent) -> None:
    """Sends the stream of a call, piece by piece, no faster than it is taken, and closes it.

    Raises the fault that ends the answer early, which has no end then.
    """
    async with aclosing(items):
        async for item in items:
            if isinstance(item, Opening):
                marks = of_reply(item.exchange, item.headers, spent(), to_gateway=asker.is_gateway)
                await send(head_of(item.exchange.reply, marks, asker, whole=False))
            elif isinstance(item, Chunk):
                await taken(send, item.data, call.deadline)
    await send(EMPTY)
