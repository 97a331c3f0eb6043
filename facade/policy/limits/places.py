"""Places: how many calls are under way at once, in this process."""

import asyncio
from collections.abc import Sequence

from facade.policy.limits.charge import Room


class Crowd:
    """Those in one room, and those before its door."""

    def __init__(self, places: int) -> None:
        self.door = asyncio.Semaphore(places)
        self.people = 0


class Places:
    """The places of all rooms that somebody is in."""

    def __init__(self) -> None:
        self._crowds: dict[str, Crowd] = {}

    def __len__(self) -> int:
        return len(self._crowds)

    async def enter(self, rooms: Sequence[Room], patience: float) -> Room | None:
        """Takes a place in every room, or none; gives the room that was full for so many seconds.

        Those who wait for a room enter it in the order in which they came.
        """
        entered = 0
        try:
            async with asyncio.timeout(patience):
                for room in rooms:
                    await self._enter(room)
                    entered += 1
        except TimeoutError:
            self.leave(rooms[:entered])
            return rooms[entered]
        except asyncio.CancelledError:
            self.leave(rooms[:entered])
            raise
        return None

    def leave(self, rooms: Sequence[Room]) -> None:
        """Gives the places back."""
        for room in rooms:
            self._crowds[room.key].door.release()
            self._forget(room)

    async def _enter(self, room: Room) -> None:
        crowd = self._crowds.get(room.key)
        if crowd is None:
            crowd = self._crowds[room.key] = Crowd(room.places)
        crowd.people += 1
        try:
            await crowd.door.acquire()
        except asyncio.CancelledError:
            self._forget(room)
            raise

    def _forget(self, room: Room) -> None:
        crowd = self._crowds[room.key]
        crowd.people -= 1
        if not crowd.people:
            del self._crowds[room.key]
