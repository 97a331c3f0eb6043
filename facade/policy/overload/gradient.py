"""Gradient: how many calls may be under way, by how late the event loop is."""

import math

from facade.config import MAX_CALLS

LEAST = 64
"""Calls that may always be under way, unless the operator allows fewer."""

START = 256
"""Calls that may be, before anything is known."""

TARGET = 0.003
"""Seconds by which a loop is late that has as much to do as it can."""

STEEPEST = 0.5
"""What remains of the limit after a look, at least."""

GROWTH = 0.25
"""By what part of it the limit grows while the loop has next to nothing to do."""


class Gradient:
    """A limit that shrinks with `TARGET / lateness` and grows while it is used.

    It grows by its root, or by a quarter where the loop only waits for others. It goes by the
    loop's own lateness and not by how long calls take: a slow backend holds calls up and costs
    nothing, and must not shut others out.
    """

    __slots__ = ("_least", "_limit", "_most")

    def __init__(self, most: int = MAX_CALLS) -> None:
        """Takes the most that the limit may ever be."""
        self._most = max(most, 1)
        self._least = min(LEAST, self._most)
        self._limit = float(min(START, self._most))

    @property
    def limit(self) -> int:
        """Calls that may be under way."""
        return int(self._limit)

    def learn(self, late: float, peak: int) -> None:
        """Takes in by how many seconds the loop was late, and how many calls were under way."""
        if late > TARGET:
            self._limit *= max(TARGET / late, STEEPEST)
        elif 2 * peak >= self._limit:
            idle = late < TARGET / 4
            self._limit += max(math.sqrt(self._limit), GROWTH * self._limit if idle else 0.0)
        self._limit = min(max(self._limit, self._least), self._most)
