"""The servers behind the URL of a shared store."""

import asyncio
from typing import Protocol

from facade.stores.lane import Tally
from facade.stores.link import Alarm, Dial, Link

PATIENCE = 1.0
"""Seconds for a command that nobody waits for."""


class Site(Protocol):
    """The servers behind one URL."""

    @property
    def news(self) -> Link:
        """The connection that hears what is announced."""

    def reads(self, key: str) -> Link:
        """The connection for commands on a key that somebody waits for."""

    def writes(self, key: str) -> Link:
        """The connection for those that nobody waits for: a slow one delays no reader."""

    async def keep(self) -> None:
        """Keeps connections but the one for news, for ever."""

    async def tried(self) -> None:
        """Waits for the first attempt to connect to end."""


class Single:
    """A Site of one server, or of what is the master at the time."""

    def __init__(self, dial: Dial, tally: Tally, alarm: Alarm) -> None:
        self._reads = Link(dial, tally, alarm)
        self._writes = Link(dial, tally, alarm, PATIENCE)
        self.news = Link(dial, tally, alarm)

    def reads(self, key: str) -> Link:  # noqa: ARG002 - the protocol's own signature
        """The one for all keys."""
        return self._reads

    def writes(self, key: str) -> Link:  # noqa: ARG002 - the same
        """The one for all keys."""
        return self._writes

    async def keep(self) -> None:
        """Keeps both connections."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._reads.keep())
            group.create_task(self._writes.keep())

    async def tried(self) -> None:
        """Waits for both."""
        await self._reads.tried.wait()
        await self._writes.tried.wait()
