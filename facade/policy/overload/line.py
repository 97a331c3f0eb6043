"""Lines: those who wait for room, and whose turn it is."""

import asyncio
from typing import TypeAlias

Room: TypeAlias = asyncio.Future[bool]
"""What a call waits for: whether it is let in."""


class Caller:
    """One connection, as the gate knows it while it has calls there."""

    __slots__ = ("held", "under_way", "waiting")

    def __init__(self) -> None:
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


def burden(caller: Caller) -> int:
    """How many of its calls are here that are not under way: who has fewest is served first."""
    return caller.waiting + caller.held


class Line:
    """Those of one priority who wait. The one who came first is served first, while they are few.

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

    def forget(self, room: Room) -> None:
        """Lets a call go, if it is there."""
        caller = self._rooms.pop(room, None)
        if caller is not None:
            rooms = self._by_caller[caller]
            del rooms[room]
            caller.waiting -= 1
            if not rooms:
                del self._by_caller[caller]

    def first(self, *, crowded: bool) -> tuple[Caller, Room]:
        """Lets go the call whose turn it is."""
        if crowded:
            caller = min(self._by_caller, key=burden)
            room = next(reversed(self._by_caller[caller]))
        else:
            room, caller = next(iter(self._rooms.items()))
        self.forget(room)
        return caller, room
