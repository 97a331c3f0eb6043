"""What processes share in a Redis: a Shared over connections that calls never wait for."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from facade.stores.lane import Answer, Lane, Ran, Tally, Values, Word
from facade.stores.link import TIMEOUT
from facade.stores.shared import Listener, Script, SharedGone
from facade.stores.site import Site

PREFIX = "portico:"
"""Of every key and topic."""

_named = PREFIX.__add__

LONGEST = 24 * 3600.0
"""Seconds that a value is kept at most."""

BEAT = 1.0
"""Seconds from one sign of life of a process to the next."""

AWAY = 5
"""Seconds without one, after which a process is counted no longer."""

ORIGIN = 8
"""Bytes before each announcement that say which process it is of."""

SCRIPTS = Path(__file__).parent / "lua"

PEERS = "peers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What the connections to the shared store have done so far."""

    commands: int
    failures: Mapping[str, int]
    """By kind: timeout, LOADING, OOM."""
    drops: int
    """Writes that were not even tried."""
    up: bool
    """Whether reads are tried now, or fail at once."""


class RedisShared:
    """A Shared in Redis. What others wrote, they sealed: nothing here looks into a value."""

    alone = False

    def __init__(self, site: Site, tally: Tally) -> None:
        self._site = site
        self._tally = tally
        self._peers = 1
        self._origin = os.urandom(ORIGIN)
        self._listeners: dict[str, list[Listener]] = {}
        self._lease, self._release, self._presence = map(_script, ("lease", "release", "presence"))

    @property
    def peers(self) -> int:
        """How many processes were last seen to share it."""
        return self._peers

    @property
    def traffic(self) -> Traffic:
        """What was done so far."""
        return Traffic(
            commands=self._tally.commands,
            failures=dict(self._tally.failures),
            drops=self._tally.drops,
            up=self._site.reads(PREFIX + PEERS).up,
        )

    def get(self, *keys: str) -> Awaitable[list[bytes | None]]:
        """The values of the keys; None also for what is no plain value."""
        named = [*map(_named, keys)]
        return self._asked(named[0], Values(("MGET", *named)))

    def put(self, key: str, value: bytes, ttl: float) -> None:
        """Sets a value, in the order of the calls."""
        kept = max(1, int(min(ttl, LONGEST) * 1000))
        self._site.writes(PREFIX + key).tell("SET", PREFIX + key, value, "PX", kept)

    def run(
        self, script: Script, keys: Sequence[str], args: Sequence[bytes | str]
    ) -> Awaitable[Any]:
        """What a script answers."""
        named = [*map(_named, keys)]
        return self._asked(named[0], _ran(script, named, args))

    def send(self, script: Script, keys: Sequence[str], args: Sequence[bytes | str]) -> None:
        """Runs a script, in the order of the calls."""
        named = [*map(_named, keys)]
        self._site.writes(named[0]).put(_ran(script, named, args))

    async def lease(self, key: str, seconds: float) -> int | None:
        """Takes a lease, where it could be given back."""
        keys = _leased(key)
        writes = self._site.writes(PREFIX + keys[0])
        if not writes.up:
            raise SharedGone("no connection")
        mark = os.urandom(ORIGIN)
        try:
            return await self._echoed(self._lease, keys, mark, str(int(seconds * 1000)))
        except SharedGone:
            writes.tell(*self._releasing(key, mark))  # it may be granted, and nobody knows
            raise

    async def release(self, key: str, fence: int) -> None:
        """Gives a lease back, on the connection of what was put before."""
        with suppress(SharedGone, TimeoutError):
            async with asyncio.timeout(TIMEOUT):
                writes = self._site.writes(PREFIX + _leased(key)[0])
                await writes.ask(*self._releasing(key, fence))

    def announce(self, topic: str, message: bytes) -> None:
        """Tells every other process."""
        self._site.writes(PREFIX + topic).tell("PUBLISH", PREFIX + topic, self._origin + message)

    def listen(self, topic: str, listener: Listener) -> None:
        """Has a listener called; it is told None whenever listening begins anew."""
        self._listeners.setdefault(PREFIX + topic, []).append(listener)
        if self._site.news.up:
            self._site.news.tell("SUBSCRIBE", PREFIX + topic)

    async def keep(self) -> None:
        """Keeps connections and signs of life, for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._site.keep())
            group.create_task(self._site.news.keep(self._subscribe))
            group.create_task(self._live())

    async def leave(self) -> None:
        """Is counted no longer."""
        with suppress(SharedGone):
            await self._site.reads(PREFIX + PEERS).ask("ZREM", PREFIX + PEERS, self._origin)

    async def _live(self) -> NoReturn:
        await self._site.tried()
        while True:
            with suppress(SharedGone):
                args = (os.urandom(ORIGIN), str(AWAY), self._origin)
                self._peers = await self._echoed(self._presence, [PEERS], *args) or 1
            await asyncio.sleep(BEAT)

    def _releasing(self, key: str, taken: bytes | int) -> tuple[Word, ...]:
        """The command that gives a lease back, by the mark that it was taken under or its fence."""
        return "EVAL", self._release.source, 2, *(PREFIX + each for each in _leased(key)), taken

    async def _echoed(
        self, script: Script, keys: Sequence[str], mark: bytes, *args: bytes | str
    ) -> int | None:
        """What a script answers that says for whom: what is not under this mark is another's."""
        match await self.run(script, keys, [mark, *args]):
            case [bytes(said), (int() | None) as answer] if said == mark:
                return answer
        raise self._site.reads(PREFIX + keys[0]).distrust()

    def _subscribe(self, lane: Lane) -> None:
        lane.hear = self._hear
        for topic in self._listeners:
            lane.tell("SUBSCRIBE", topic)

    def _hear(self, news: list[Any]) -> None:
        match news:
            case [b"subscribe", bytes(topic), _]:
                heard = None
            case [b"message", bytes(topic), bytes(message)] if message[:ORIGIN] != self._origin:
                heard = message[ORIGIN:]
            case _:
                return
        for listener in self._listeners.get(topic.decode("latin-1"), ()):
            listener(heard)

    def _asked(self, key: str, answer: Answer) -> Answer:
        """Sends the command of an answer; whoever waits for it is told where that failed."""
        try:
            return self._site.reads(key).post(answer)
        except SharedGone as gone:
            answer.fail(gone)
            return answer


@asynccontextmanager
async def open_redis(site: Site, tally: Tally) -> AsyncIterator[RedisShared]:
    """A Shared over servers, for the block; it waits a moment for them, and not for all."""
    shared = RedisShared(site, tally)
    async with asyncio.TaskGroup() as group:
        kept = group.create_task(shared.keep())
        with suppress(TimeoutError):
            async with asyncio.timeout(2 * BEAT):
                await site.tried()
        try:
            yield shared
        finally:
            await shared.leave()
            kept.cancel()


def _ran(script: Script, named: Sequence[str], args: Sequence[bytes | str]) -> Ran:
    return Ran(("EVALSHA", script.digest, len(named), *named, *args), script.source)


def _leased(key: str) -> tuple[str, str]:
    """Where a lease is, and its last fence: in one slot of a cluster."""
    return f"lease:{{{key}}}", f"fence:{{{key}}}"


def _script(name: str) -> Script:
    return Script(name, (SCRIPTS / f"{name}.lua").read_text(encoding="utf-8"))
