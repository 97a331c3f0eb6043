"""Backends that play a script, or count who asks and answer by a schedule."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from tests.fakes import JSON, RawBackend, Script, answer, break_off, read_request


class Step(Enum):
    """What a script does apart from speaking and waiting."""

    HEAR = "hear"
    """Reads one request."""
    END = "end"
    """Says that it will say no more, and reads on."""
    RESET = "reset"
    """Breaks the connection off."""


def plays(*steps: bytes | float | Step) -> Script:
    """A script of one connection: bytes are said, numbers are seconds of silence.

    It closes the connection at its end; what it says in one step goes out in one segment.
    """

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for step in steps:
            if isinstance(step, bytes):
                writer.write(step)
                await writer.drain()
            elif isinstance(step, float | int):
                await asyncio.sleep(step)
            elif step is Step.HEAR:
                await read_request(reader)
            elif step is Step.END:
                writer.write_eof()
            else:
                break_off(writer)

    return script


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as the backend got it."""

    method: str
    path: str
    """And query."""
    raw: bytes
    count: int
    """How many came to the path so far, this one among them."""
    since: float
    """Seconds since the first request of all."""


@dataclass(frozen=True, slots=True)
class Said:
    """An answer as it stands on the wire, and the seconds until it comes."""

    data: bytes = JSON
    delay: float = 0.0


Schedule: TypeAlias = Callable[[Request], Said]

BUSY = Said(answer(b"", status=503))


def in_turn(*answers: Said) -> Schedule:
    """Each path gets them one after the other, and the last one from then on."""
    return lambda request: answers[min(request.count, len(answers)) - 1]


def flapping(up: float, down: float, good: Said = Said(), bad: Said = BUSY) -> Schedule:
    """Good answers for some seconds, bad ones for some, and so on."""
    return lambda request: good if request.since % (up + down) < up else bad


def by_path(request: Request) -> str:
    """The key of requests that differ by their path alone."""
    return request.path


@dataclass(slots=True)
class Tally:
    """Requests, and how many of them at once."""

    total: Counter[str] = field(default_factory=Counter)
    current: Counter[str] = field(default_factory=Counter)
    most: Counter[str] = field(default_factory=Counter)

    def begin(self, key: str) -> None:
        self.total[key] += 1
        self.current[key] += 1
        self.most[key] = max(self.most[key], self.current[key])

    def end(self, key: str) -> None:
        self.current[key] -= 1


ALL = ""
"""The key of everything in a tally by path."""


class CountingBackend(RawBackend):
    """Keeps connections and answers by a schedule, which may be changed at any time."""

    def __init__(
        self,
        schedule: Schedule = in_turn(Said()),  # noqa: B008 - a function
        key: Callable[[Request], str] = by_path,
    ) -> None:
        """Takes the schedule, and what requests are told apart by beside their path."""
        super().__init__(self._talk)
        self.schedule = schedule
        self._key = key
        self._first = 0.0
        self.paths = Tally()
        """By path, and of all together under `ALL`."""
        self.keys = Tally()
        self.times: list[float] = []
        """When requests came, in seconds since the first one."""

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            request = self._request(await read_request(reader))
            key = self._key(request)
            counted = ((self.paths, ALL), (self.paths, request.path), (self.keys, key))
            for tally, each in counted:
                tally.begin(each)
            try:
                said = self.schedule(request)
                await asyncio.sleep(said.delay)
                writer.write(said.data)
                await writer.drain()
            finally:
                for tally, each in counted:
                    tally.end(each)

    def _request(self, raw: bytes) -> Request:
        now = time.monotonic()
        self._first = self._first or now
        self.times.append(now - self._first)
        method, path, _ = raw.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
        count = self.paths.total[path] + 1
        return Request(method=method, path=path, raw=raw, count=count, since=now - self._first)
