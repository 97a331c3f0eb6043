"""A place where two answers that belong to different connections change hands."""

import asyncio
from dataclasses import dataclass, field

PATIENCE = 0.02
"""Seconds that an answer is held back for another to be swapped with."""


@dataclass(slots=True)
class Swap:
    """Gives each answer to whoever waits for another, in pairs."""

    patience: float = PATIENCE
    swapped: int = 0
    """Pairs so far."""
    _held: asyncio.Future[bytes] | None = field(default=None, init=False)
    _mine: bytes = field(default=b"", init=False)

    async def trade(self, answer: bytes) -> bytes:
        """Another's answer; the own one where no other comes in time."""
        held = self._held
        if held is not None and not held.done():
            held.set_result(answer)
            self.swapped += 1
            return self._mine
        self._held, self._mine = asyncio.get_running_loop().create_future(), answer
        try:
            return await asyncio.wait_for(self._held, self.patience)
        except TimeoutError:
            return answer
