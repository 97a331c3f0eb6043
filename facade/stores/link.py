"""A link: a lane that is made anew whenever it is gone, beside the calls and never within one."""

import asyncio
import logging
import ssl
import time
from collections.abc import Awaitable, Callable
from typing import NoReturn, TypeAlias

from facade.stores.lane import Answer, Lane, Refused, Tally, Word
from facade.stores.shared import SharedGone

LOGGER = logging.getLogger(__name__)

TIMEOUT = 0.05
"""Seconds that a command may take, and that a connection may."""

PROBE = 1.0
"""Seconds from one attempt to connect to the next."""

QUIET = 60.0
"""Seconds in which a cause is told once."""

UNFIT = frozenset({"READONLY", "LOADING", "MASTERDOWN", "CLUSTERDOWN", "NOAUTH"})
"""Errors of a server that is not the one to talk to, or not now: the link looks for it anew."""

FAILURES = (SharedGone, OSError, ValueError, OverflowError)
"""What an attempt to connect ends in; the last two are said of a host or a port that is none, as
a server may tell of another."""

Dial: TypeAlias = Callable[[Callable[[], Lane]], Awaitable[Lane]]
"""Connects a lane that it has made; raises one of FAILURES."""


class Alarm:
    """Tells the operator what is wrong with the shared store, each cause once a minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._told: dict[str, float] = {}

    def tell(self, cause: str) -> None:
        """Logs a cause, unless that was done within the last minute."""
        now = self._clock()
        if now - self._told.get(cause, -QUIET) >= QUIET:
            self._told[cause] = now
            LOGGER.warning("the shared store fails (%s): going on without it", cause)


def _silent(lane: Lane) -> None:
    """Has nothing to say to a new connection."""


class Link:
    """One connection to a server, or the search for one."""

    def __init__(self, dial: Dial, tally: Tally, alarm: Alarm, timeout: float = TIMEOUT) -> None:
        self._dial = dial
        self._tally = tally
        self._alarm = alarm
        self._timeout = timeout
        self._lane: Lane | None = None
        self.tried = asyncio.Event()
        """Set once the first attempt to connect has ended, one way or the other."""

    @property
    def up(self) -> bool:
        """Whether there is a connection."""
        return self._lane is not None and not self._lane.lost.done()

    def ask(self, *words: Word) -> Answer:
        """Sends a command; its answer. Raises SharedGone, at once where there is no connection."""
        return self.post(Answer(words))

    def post(self, answer: Answer) -> Answer:
        """Sends the command of an answer; raises SharedGone where there is no connection."""
        if self._lane is None:
            raise SharedGone
        return self._lane.post(answer)

    def tell(self, *words: Word) -> None:
        """Sends a command whose answer nobody waits for, or drops it."""
        self.put(Answer(words))

    def put(self, answer: Answer) -> None:
        """Sends the command of an answer that nobody waits for, or drops it."""
        if self._lane is None:
            self._tally.drops += 1
        else:
            self._lane.put(answer)

    def distrust(self) -> SharedGone:
        """Gives the connection up: what came for one command was no answer to it."""
        self._fail("protocol")
        if self._lane is not None:
            self._lane.close()
        return SharedGone("protocol")

    async def keep(self, greet: Callable[[Lane], None] = _silent) -> NoReturn:
        """Connects, at most once a second, whenever there is no connection, for ever.

        `greet` tells a new connection what comes first.
        """
        loop = asyncio.get_running_loop()
        while True:
            tried = loop.time()
            try:
                await self._hold(greet)
            except FAILURES as problem:
                self._fail(cause(problem))
            self.tried.set()
            await asyncio.sleep(tried + PROBE - loop.time())

    async def _hold(self, greet: Callable[[Lane], None]) -> None:
        lane = await self._dial(self._make)
        try:
            lane.failed = self._fail
            greet(lane)
            self._lane = lane
            self.tried.set()
            while not (await asyncio.wait([lane.lost], timeout=PROBE))[0]:
                lane.tell("PING")
        finally:
            self._lane = None
            lane.close()
        self._fail("connection lost")

    def _make(self) -> Lane:
        return Lane(self._timeout, self._tally)

    def _fail(self, kind: str) -> None:
        self._tally.failures[kind] += 1
        self._alarm.tell(kind)
        if kind in UNFIT and self._lane is not None:
            self._lane.close()


def cause(problem: Exception) -> str:
    """What to call a failure in a log: nothing that it was given, such as a password, is in it."""
    if isinstance(problem, Refused):
        return problem.kind
    if isinstance(problem, SharedGone):
        return str(problem)
    if isinstance(problem, ssl.SSLCertVerificationError):
        return f"TLS: {problem.verify_message}"
    if isinstance(problem, ssl.SSLError):
        return "TLS"
    if isinstance(problem, TimeoutError):
        return "timeout"
    return getattr(problem, "strerror", None) or "no connection"
