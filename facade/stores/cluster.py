"""A Redis Cluster: which node has a key, as the nodes themselves tell it."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

from redis.crc import key_slot

from facade.stores.dialing import Address, Server, Slotted
from facade.stores.lane import Lane, Tally
from facade.stores.link import FAILURES, PROBE, Alarm, Link
from facade.stores.shared import SharedGone
from facade.stores.site import Single

SLOTS = 16384


class Cluster:
    """A Site of several servers, each with some of the slots; they are asked each second.

    A command on a key that has just moved fails: nothing is redirected, nothing takes longer.
    """

    def __init__(self, place: Slotted, tally: Tally, alarm: Alarm) -> None:
        self._place = place
        self._tally = tally
        self._alarm = alarm
        self.news = Link(self._dial, tally, alarm)
        self._nodes: dict[Address, Single] = {}
        self._kept: dict[Address, asyncio.Task[None]] = {}
        self._owners = [self._node(("", 0))] * SLOTS
        self._told: Any = None
        self._learned = asyncio.Event()

    def reads(self, key: str) -> Link:
        """That of the node that has the key."""
        return self._owners[key_slot(key.encode())].reads(key)

    def writes(self, key: str) -> Link:
        """The same node's other one."""
        return self._owners[key_slot(key.encode())].writes(key)

    async def keep(self) -> NoReturn:
        """Keeps the connections to all nodes that have slots."""
        async with asyncio.TaskGroup() as group:
            await self.news.tried.wait()
            while True:
                with suppress(SharedGone):
                    self._learn(await self.news.ask("CLUSTER", "SLOTS"), group)
                self._learned.set()
                await asyncio.sleep(PROBE)

    async def tried(self) -> None:
        """Waits for all nodes of the first answer."""
        await self._learned.wait()
        for node in tuple(self._nodes.values()):
            await node.tried()

    async def _dial(self, make: Callable[[], Lane]) -> Lane:
        """Connects to whichever node answers, one that has slots first."""
        for where in (*self._nodes, *self._place.seeds):
            with suppress(*FAILURES):
                return await self._place.access.connect(make, where)
        raise SharedGone("no node of the cluster answers")

    def _learn(self, told: Any, group: asyncio.TaskGroup) -> None:
        if told == self._told:
            return
        self._told = told
        owners = parts(told, self._place.seeds[0][0])
        for where in set(owners.values()) - set(self._nodes):
            self._nodes[where] = self._node(where)
            self._kept[where] = group.create_task(self._nodes[where].keep())
        for slots, where in owners.items():
            self._owners[slots.start : slots.stop] = [self._nodes[where]] * len(slots)
        for where in set(self._nodes) - set(owners.values()):
            del self._nodes[where]
            self._kept.pop(where).cancel()

    def _node(self, where: Address) -> Single:
        return Single(Server(self._place.access, where).dial, self._tally, self._alarm)


def parts(told: Any, asked: str) -> dict[range, Address]:
    """Which node has which slots, of what CLUSTER SLOTS says: first and last, master, replicas.

    A node without a name is on the host that was asked.
    """
    found = {}
    for each in told if isinstance(told, list) else ():
        match each:
            case [int(first), int(last), [(bytes() | None) as host, int(port), *_], *_]:
                if 0 <= first <= last < SLOTS:
                    found[range(first, last + 1)] = (host or b"").decode("latin-1") or asked, port
    return found
