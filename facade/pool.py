"""Pool: the connections to one origin that some calls may share, and the places that they have."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol

from facade.channel import Channel
from facade.errors.fault import Effect
from facade.failure import late, unreachable, untrusted
from facade.http1.request import Route
from facade.line import Line
from facade.network.dialer import Dialer, HandshakeError

CONNECTIONS = 64
"""Calls at once in one pool, and so connections."""
IDLE = 5.0
"""Seconds that an unused connection is kept …"""
SPARE = 16
"""… of so many in one pool; …"""
SURPLUS = 1.0
"""… and of those beyond: calls come in bunches, and the next one may need them all."""
CONNECT = {False: 2.0, True: 3.0}
"""Seconds for a connection to be made, its name found included; True: TLS as well."""


class Connection(Protocol):
    """What a pool keeps open."""

    closed: bool

    def abort(self) -> None:
        """Ends it at once."""


class Pool:
    """The connections of one key, and whether anybody needs them.

    The one that was used last is used next, so that those that are not needed grow old.
    """

    def __init__(self, dialer: Dialer, route: Route, clock: Callable[[], float]) -> None:
        """Takes what makes connections, what requests have in common, and the time."""
        self.route = route
        self.used = clock()
        self.free = CONNECTIONS
        """Places that nobody has."""
        self.idle: list[Line] = []
        """Connections without a call, the oldest first."""
        self.dialer = dialer
        self.open: set[Connection] = set()
        """All that stand."""
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._ended = False

    def take(self) -> Line | None:
        """A place and a connection for a call, if there are both at once; to be left."""
        if self.free:
            line = self.unused()
            if line is not None:
                self.free -= 1
                return line
        return None

    async def join(self, due: float) -> Line:
        """A place and a connection, waited for and made where need be; to be left.

        `due`: until when, by the loop's clock. Raises BackendUnreachable, BackendTls,
        BackendTimeout, BackendBadResponse and EgressDenied.
        """
        try:
            async with asyncio.timeout_at(due):
                await self.enter()
                try:
                    return self.unused() or await self.connect()
                except BaseException:
                    self.pass_on()
                    raise
        except TimeoutError:
            raise late(Effect.NOT_EXECUTED) from None

    def leave(self, line: Line) -> None:
        """Ends a call; its connection is kept if another call may have it."""
        idle = self.idle
        kept = IDLE if len(idle) < SPARE else SURPLUS
        if line.release(self._loop.time() + kept):
            idle.append(line)
        if self._waiting:
            self.pass_on()
            return
        free = self.free = self.free + 1
        if free == CONNECTIONS:
            self.used = self._clock()

    async def enter(self) -> None:
        """Waits for a place."""
        if self.free:
            self.free -= 1
            return
        turn = self._loop.create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.pass_on()
            raise

    def pass_on(self) -> None:
        """Gives a place to the call that has waited longest."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self.free += 1

    def connections(self) -> tuple[int, int]:
        """How many are open: with calls on them, and without."""
        return len(self.open) - len(self.idle), len(self.idle)

    @property
    def unneeded(self) -> bool:
        """Whether no call has a place or waits for one."""
        return self.free == CONNECTIONS

    def end(self) -> None:
        """Closes every connection."""
        self._ended = True
        for connection in tuple(self.open):
            connection.abort()

    def unused(self) -> Line | None:
        """The fit connection that was used last; what is not fit is closed."""
        idle = self.idle
        while idle:
            line = idle.pop()
            if line.fit:
                return line
            line.close()
        return None

    async def connect(self) -> Line:
        """A connection that is made; raises what `join` raises, but for the deadline's."""
        secure = self.dialer.target.secure
        try:
            async with asyncio.timeout(CONNECT[secure]):
                line = await self.dial()
        except HandshakeError:
            raise untrusted() from None
        except (TimeoutError, OSError):
            raise unreachable() from None
        if self._ended:
            line.abort()
            raise unreachable()
        return line

    async def dial(self) -> Line:
        """A connection that speaks what the pool is for; it sets no time."""
        channel = await self.dialer.connect(self.channel)
        self.keep(channel)
        return channel

    def channel(self) -> Channel:
        """One without a connection yet."""
        return Channel(self._lost)

    def keep(self, connection: Connection) -> None:
        """Counts one that stands, until it is let go."""
        if not connection.closed:
            self.open.add(connection)

    def let_go(self, connection: Connection) -> None:
        """Counts one no more."""
        self.open.discard(connection)

    def _lost(self, channel: Channel) -> None:
        self.let_go(channel)
        if channel in self.idle:
            self.idle.remove(channel)
