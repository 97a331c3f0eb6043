"""Lines: those who wait for room, and whose turn it is."""

import asyncio
from typing import TypeAlias

Room: TypeAlias = asyncio.Future[bool]
"""What a call waits for: whether it is let in."""


class Caller:
    """One connection, as the gate knows it while it has calls there."""

    __slots__ = ("held", "tenant", "under_way", "waiting")

    def __init__(self) -> None:
        self.tenant: Tenant | None = None
        """Whose call was the last that had to wait; None: none had."""
        self.under_way = 0
        """Calls that were let in."""
        self.waiting = 0
        """Calls that wait for room."""
        self.held = 0
        """Calls that are refused and are not told yet."""

    @property
    def here(self) -> bool:
        """Whether any of its calls is here."""
        return bool(self.under_way or self.waiting or self.held)

    @property
    def shut(self) -> bool:
        """Whether more of its calls are refused than are done: the others go on first."""
        return self.held > self.under_way


class Tenant:
    """Whose calls had to wait, and over which connections."""

    __slots__ = ("callers", "waiting")

    def __init__(self) -> None:
        self.callers: set[Caller] = set()
        self.waiting = 0
        """Calls that wait for room."""

    @property
    def under_way(self) -> int:
        """Calls that were let in."""
        return sum(caller.under_way for caller in self.callers)

    @property
    def here(self) -> bool:
        """Whether any of its calls is here."""
        return bool(self.callers or self.waiting)

    def claim(self, caller: Caller) -> None:
        """Takes a connection for its own."""
        if caller.tenant is not self:
            if caller.tenant is not None:
                caller.tenant.callers.discard(caller)
            caller.tenant = self
            self.callers.add(caller)


def burden(caller: Caller) -> int:
    """How many of its calls are here that are not under way: who has fewest is served first."""
    return caller.waiting + caller.held


class Queue:
    """Those of one tenant who wait. The one who came first is served first, while they are few.

    In a crowd the caller with the least burden comes first, and its newest call: whoever is served
    stays so, since a connection sends no more than its streams hold. What cannot be done waits at
    few callers, most of it unsent, instead of being late for all of them.
    """

    __slots__ = ("_by_caller", "_rooms")

    def __init__(self) -> None:
        self._rooms: dict[Room, Caller] = {}
        self._by_caller: dict[Caller, dict[Room, None]] = {}

    def __bool__(self) -> bool:
        return bool(self._rooms)

    def join(self, caller: Caller, room: Room) -> None:
        """Takes a call in."""
        self._rooms[room] = caller
        self._by_caller.setdefault(caller, {})[room] = None
        caller.waiting += 1

    def forget(self, room: Room) -> bool:
        """Lets a call go; answers whether it was there."""
        caller = self._rooms.pop(room, None)
        if caller is None:
            return False
        rooms = self._by_caller[caller]
        del rooms[room]
        caller.waiting -= 1
        if not rooms:
            del self._by_caller[caller]
        return True

    def first(self, *, crowded: bool) -> tuple[Caller, Room]:
        """Lets go the call whose turn it is."""
        if crowded:
            caller = min(self._by_caller, key=burden)
            room = next(reversed(self._by_caller[caller]))
        else:
            room, caller = next(iter(self._rooms.items()))
        self.forget(room)
        return caller, room


class Line:
    """Those of one priority who wait: of several tenants the one first who has least under way.

    So one that floods takes what the others leave, and they hardly wait.
    """

    __slots__ = ("_queues",)

    def __init__(self) -> None:
        self._queues: dict[Tenant, Queue] = {}

    def __bool__(self) -> bool:
        return bool(self._queues)

    def join(self, tenant: Tenant, caller: Caller, room: Room) -> None:
        """Takes a call in."""
        self._queues.setdefault(tenant, Queue()).join(caller, room)
        tenant.waiting += 1

    def forget(self, tenant: Tenant, room: Room) -> None:
        """Lets a call go, if it is there."""
        queue = self._queues.get(tenant)
        if queue is not None and queue.forget(room):
            self._left(tenant, queue)

    def first(self, most: float) -> tuple[Caller, Room]:
        """Lets go the call whose turn it is; it is a crowd where more of its tenant's wait."""
        tenants = tuple(self._queues)
        tenant = tenants[0] if len(tenants) == 1 else min(tenants, key=_under_way)
        queue = self._queues[tenant]
        found = queue.first(crowded=tenant.waiting > most)
        self._left(tenant, queue)
        return found

    def _left(self, tenant: Tenant, queue: Queue) -> None:
        tenant.waiting -= 1
        if not queue:
            del self._queues[tenant]


def _under_way(tenant: Tenant) -> int:
    return tenant.under_way
