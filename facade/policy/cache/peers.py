"""Peers: what the processes that share a store do for each other's caches."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from functools import partial
from itertools import count
from typing import Any, TypeAlias

from facade.caching.entry import EMPTY, Record
from facade.policy.cache.ask import Look
from facade.policy.cache.memory import NOTHING, Found
from facade.policy.cache.naming import CacheKey
from facade.policy.cache.remote import Remote
from facade.stores.shared import Shared, SharedGone

TOPIC = "cache"
KEPT, APART, CHANGED = b"+", b"~", b"-"
"""What an announcement says, before the entry or the tag that it is about."""

RECENT = 2.0
"""Seconds within which the shared store must know what this process has invalidated."""

FIRST_PAUSE, LONGEST_PAUSE = 0.01, 0.1
"""Seconds between two looks at whether another process has the answer."""

Work: TypeAlias = Callable[[], Coroutine[None, None, None]]
Start: TypeAlias = Callable[[Work], None]
"""Has work done beside the calls."""

Heard: TypeAlias = Callable[[bytes | None, str], None]
"""Is told what happened to an entry or a tag; None: some of it may have been missed."""


class Peers:
    """The other processes. Where the store is gone, or there are none, this one goes on alone."""

    def __init__(self, shared: Shared, remote: Remote, start: Start, heard: Heard) -> None:
        """Takes who is told of what the others announce."""
        self._shared = shared
        self._remote = remote
        self._start = start
        self._heard = heard
        self._own: dict[str, tuple[bytes, float]] = {}
        """The markers of what this process has invalidated, and until when each counts."""
        self._awaited: dict[str, asyncio.Event] = {}
        self._marks = map((os.urandom(8).hex().encode() + b"%x").__mod__, count())
        shared.listen(TOPIC, self._hear)

    def look(self, key: CacheKey) -> Look:
        """Begins to look up what is kept under a key, for `read`."""
        return self._remote.look(key)

    async def read(self, key: CacheKey, look: Look) -> Found:
        """What is kept under a key."""
        try:
            values = await look
        except SharedGone:
            return NOTHING
        return self._known(key, self._remote.read(key, values))

    def _known(self, key: CacheKey, found: Found) -> Found:
        """What was found; nothing where this process has invalidated it just now."""
        if not self._own:
            return found
        token, until = self._own.get(key.tag, (found.marker, 0.0))
        if token != found.marker and until > _now():
            return Found(EMPTY, found.marker)
        return found

    async def lead(
        self,
        key: CacheKey,
        found: Found,
        seconds: float,
        done: Callable[[Record], bool],
        until: float,
    ) -> tuple[Found, bytes]:
        """Waits until this process may fetch an answer, or another one has it (`done`).

        Takes what was found before, gives what is kept now, and the mark of a lease of so many
        seconds; empty: there is none to give back. Raises TimeoutError where it has to wait for
        another process until then, by the event loop's clock.
        """
        led = await self._lead(key, found, seconds, done)
        if led is not None:
            return led
        pause = FIRST_PAUSE
        async with asyncio.timeout_at(until):
            while led is None:
                await self._news(key.entry, pause)
                pause = min(pause * 1.5, LONGEST_PAUSE)
                led = await self._lead(key, found, seconds, done)
        return led

    async def _lead(
        self, key: CacheKey, found: Found, seconds: float, done: Callable[[Record], bool]
    ) -> tuple[Found, bytes] | None:
        """Tries to take the lease; None where another process has it.

        It is given back if nobody waits for it any more.
        """
        mark = next(self._marks)
        said = self._remote.lead(key, mark, seconds)
        try:
            leads, there = self._remote.led(key, mark, await said)
        except SharedGone:
            self._remote.leave(key, mark)  # it may be taken, and nobody knows
            return found, b""
        except asyncio.CancelledError:
            self._start(partial(self._leave, key, mark, said))
            raise
        found = self._known(key, there)
        if done(found.record):
            self.release(key, mark if leads else b"")
            return found, b""
        return (found, mark) if leads else None

    async def _leave(self, key: CacheKey, mark: bytes, said: Awaitable[Any]) -> None:
        """Gives a lease back once it is certain that it is not yet to be taken."""
        with suppress(SharedGone):
            await said
        self._remote.leave(key, mark)

    def store(self, key: CacheKey, record: Record, marker: bytes, ttl: float, mark: bytes) -> None:
        """Keeps a record for the others, and gives the lease back."""
        self._remote.write(key, record, marker, ttl, mark)
        self._shared.announce(TOPIC, KEPT + key.entry.encode())

    def release(self, key: CacheKey, mark: bytes, *, apart: bool = False) -> None:
        """Gives a lease back; `apart`: and tells that no answer is to be waited for."""
        if not mark:
            return
        if apart:
            self._shared.announce(TOPIC, APART + key.entry.encode())
        self._remote.leave(key, mark)

    def invalidate(self, tag: str) -> None:
        """Makes all that is kept of a path useless, here and everywhere."""
        now = _now()
        self._own.pop(tag, None)
        while self._own and next(iter(self._own.values()))[1] <= now:
            del self._own[next(iter(self._own))]
        self._own[tag] = self._remote.invalidate(tag), now + RECENT
        self._shared.announce(TOPIC, CHANGED + tag.encode())

    async def _news(self, entry: str, pause: float) -> None:
        """Waits until another process announces something of an entry, or for a pause."""
        event = self._awaited.setdefault(entry, asyncio.Event())
        try:
            async with asyncio.timeout(pause):
                await event.wait()
        except TimeoutError:
            pass
        finally:
            self._awaited.pop(entry, None)

    def _hear(self, message: bytes | None) -> None:
        if message is None:
            self._own.clear()
            self._heard(None, "")
            return
        kind, name = message[:1], message[1:].decode("ascii", "replace")
        if kind == CHANGED:
            self._own.pop(name, None)
        event = self._awaited.get(name)
        if event is not None:
            event.set()
        self._heard(kind, name)


def _now() -> float:
    return asyncio.get_running_loop().time()
