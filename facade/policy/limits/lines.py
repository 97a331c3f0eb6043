"""Lines: those who wait for the same limit have their turns in the order in which they came."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Line:
    """Those who wait for one key."""

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        self.owed = 0
        """What they cost together; 0: there is nobody left."""


class Lines:
    """A line for each key that somebody waits for."""

    def __init__(self) -> None:
        self._lines: dict[str, Line] = {}

    def __len__(self) -> int:
        return len(self._lines)

    def owed(self, keys: tuple[str, ...]) -> tuple[int, ...]:
        """What the calls that wait for each key cost; nothing where nobody waits at all."""
        if not self._lines:
            return ()
        return tuple(self._lines[key].owed if key in self._lines else 0 for key in keys)

    @asynccontextmanager
    async def turn(self, key: str, cost: int) -> AsyncIterator[None]:
        """Waits behind those who came before; the context ends the turn."""
        line = self._lines.setdefault(key, Line())
        line.owed += cost
        try:
            async with line.turn:
                yield
        finally:
            line.owed -= cost
            if not line.owed:
                del self._lines[key]
