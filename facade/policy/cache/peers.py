"""Peers: what the processes that share a store do for each other's caches."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import TypeAlias

from facade.caching.entry import EMPTY, Record
from facade.policy.cache.memory import Found
from facade.policy.cache.naming import Key
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
        shared.listen(TOPIC, self._hear)

    @property
    def alone(self) -> bool:
        """Whether there are none."""
        return self._shared.alone

    async def read(self, key: Key) -> Found | None:
        """What is kept under a key; nothing where this process has invalidated it just now.

        None where there is nobody to ask.
        """
        if self._shared.alone:
            return None
        try:
            found = await self._remote.read(key)
        except SharedGone:
            return None
        token, until = self._own.get(key.tag, (found.marker, 0.0))
        if token != found.marker and until > _now():
            return Found(EMPTY, found.marker)
        return found

    async def lead(
        self, key: Key, found: Found, seconds: float, done: Callable[[Record], bool]
    ) -> tuple[Found, int]:
        """Waits until this process may fetch an answer, or another one has it (`done`).

        Takes what was found before, gives what is kept now, and the fence of a lease of so many
        seconds; 0: there is none to give back.
        """
        pause = FIRST_PAUSE
        while True:
            fence = await self._lease(key.entry, seconds)
            leads = False
            try:
                found = await self.read(key) or found
                served = done(found.record)
                leads = fence is not None and not served
            finally:
                if not leads:
                    self.release(key, fence or 0)
            if leads or served:
                return found, (fence or 0) if leads else 0
            await self._news(key.entry, pause)
            pause = min(pause * 1.5, LONGEST_PAUSE)

    def store(self, key: Key, record: Record, marker: bytes, ttl: float, fence: int) -> None:
        """Keeps a record for the others beside the calls, and then gives the lease back."""
        if not self._shared.alone:
            self._start(partial(self._store, key, record, marker, ttl, fence))

    def release(self, key: Key, fence: int, *, apart: bool = False) -> None:
        """Gives a lease back; `apart`: and tells that no answer is to be waited for."""
        if not fence:
            return
        if apart:
            self._shared.announce(TOPIC, APART + key.entry.encode())
        self._start(partial(self._shared.release, key.entry, fence))

    def invalidate(self, tag: str) -> None:
        """Makes all that is kept of a path useless, here and everywhere."""
        if self._shared.alone:
            return
        now = _now()
        self._own.pop(tag, None)
        while self._own and next(iter(self._own.values()))[1] <= now:
            del self._own[next(iter(self._own))]
        self._own[tag] = self._remote.invalidate(tag), now + RECENT
        self._shared.announce(TOPIC, CHANGED + tag.encode())

    async def _store(self, key: Key, record: Record, marker: bytes, ttl: float, fence: int) -> None:
        with suppress(SharedGone):
            await self._remote.write(key, record, marker, ttl)
            self._shared.announce(TOPIC, KEPT + key.entry.encode())
        if fence:
            await self._shared.release(key.entry, fence)

    async def _lease(self, name: str, seconds: float) -> int | None:
        """Takes a lease, which is given back if nobody waits for it any more; 0: no store."""
        taken: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        self._start(partial(self._take, name, seconds, taken))
        try:
            return await taken
        except asyncio.CancelledError:
            if not taken.cancelled() and (fence := taken.result()):
                self._start(partial(self._shared.release, name, fence))
            raise

    async def _take(self, name: str, seconds: float, taken: asyncio.Future[int | None]) -> None:
        try:
            fence = await self._shared.lease(name, seconds)
        except SharedGone:
            fence = 0
        if not taken.done():
            taken.set_result(fence)
        elif fence:
            await self._shared.release(name, fence)

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
