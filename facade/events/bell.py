"""The bell: whoever waits for events of this process hears at once that there are some."""

import asyncio


class Bell:
    """Rings for all that wait."""

    def __init__(self) -> None:
        """Has not rung."""
        self._next = asyncio.Event()

    def listen(self) -> asyncio.Event:
        """What is set the next time it rings: taken before a look, no ring after it is missed."""
        return self._next

    def ring(self) -> None:
        """Has everybody look."""
        rung, self._next = self._next, asyncio.Event()
        rung.set()


async def heard(rung: asyncio.Event, seconds: float) -> bool:
    """Waits for a ring, and no longer than that; whether it came."""
    try:
        async with asyncio.timeout(seconds):
            await rung.wait()
    except TimeoutError:
        return False
    return True
