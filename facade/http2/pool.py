"""Pool of connections that carry many calls at once, where the backend speaks HTTP/2."""

import asyncio
from collections.abc import Callable

from facade.failure import unreachable
from facade.http1.request import Route
from facade.http2.opening import Opening
from facade.http2.session import Session
from facade.line import Line
from facade.network.dialer import Dialer
from facade.pool import Pool

ALPN = "h2"
"""HTTP/2 over TLS (RFC 9113 section 3.2)."""


class SharedPool(Pool):
    """Calls share connections as far as the backend allows; further ones are made where need be.

    Over TLS the backend may choose HTTP/1.1 in place of HTTP/2; without TLS it is known beforehand
    that it speaks HTTP/2 (RFC 9113 section 3.3).
    """

    def __init__(self, dialer: Dialer, route: Route, clock: Callable[[], float]) -> None:
        """Takes what `Pool` takes; the dialer offers HTTP/2 where it speaks TLS."""
        super().__init__(dialer, route, clock)
        self._sessions: list[Session] = []
        self._first: asyncio.Event | None = None
        """Set when the first connection stands, for which all others wait."""
        self._known = False
        """Whether there was one."""

    def unused(self) -> Line | None:
        """A stream of a connection that has room, or a connection as of any pool."""
        for session in self._sessions:
            if session.room > 0:
                return session.stream()
        return super().unused()

    async def connect(self) -> Line:
        """A stream of a new connection, or of the first one if that is just being made."""
        if self._known:
            return await super().connect()
        if self._first is not None:
            await self._first.wait()
            return self.unused() or await super().connect()
        first = self._first = asyncio.Event()
        try:
            return await super().connect()
        finally:
            self._first = None
            first.set()

    async def dial(self) -> Line:
        """Makes a connection, and speaks on it what was agreed."""
        opening = await self.dialer.connect(Opening)
        secure = self.dialer.target.secure
        if secure and opening.chosen != ALPN:
            channel = self.channel()
            opening.hand_over(channel)
            self.keep(channel)
            self._known = True
            return channel
        session = Session(self._gone, secure=secure)
        opening.hand_over(session)
        self.keep(session)
        try:
            await session.ready()
        except BaseException:
            session.abort()
            raise
        self._known = True
        self._sessions.append(session)
        if not session.allowed:
            raise unreachable()
        return session.stream()

    def connections(self) -> tuple[int, int]:
        """How many are open: with calls on them, and without."""
        used, idle = super().connections()
        resting = sum(not session.calls for session in self._sessions)
        return used - resting, idle + resting

    def _gone(self, session: Session) -> None:
        self.let_go(session)
        if session in self._sessions:
            self._sessions.remove(session)
