"""Arrivals: how far the calls of each key have come, as this process knows."""

from collections.abc import Sequence

from facade.policy.limits.gcra import Rate
from facade.recent import Recent

KEYS = 100_000
"""So many are kept; the others count as rested."""


class Arrivals:
    """The theoretical arrival time of the next call of each key, in microseconds / calls."""

    def __init__(self, capacity: int = KEYS) -> None:
        """Takes how many keys are kept."""
        self._times: Recent[str, int] = Recent(capacity)

    def __len__(self) -> int:
        return len(self._times)

    def leads(self, keys: Sequence[str], rates: Sequence[Rate], now: int) -> list[int]:
        """The lead of each key over now, in microseconds of any clock that never steps."""
        return [
            max((self._times.get(key) or 0) - now * rate.calls, 0)
            for key, rate in zip(keys, rates, strict=True)
        ]

    def note(
        self, keys: Sequence[str], rates: Sequence[Rate], now: int, leads: Sequence[int]
    ) -> None:
        """Keeps leads; an earlier one that reaches farther stands, since none ever shrinks."""
        for key, rate, lead in zip(keys, rates, leads, strict=True):
            if lead:
                time = now * rate.calls + lead
                self._times.put(key, max(self._times.get(key) or 0, time))
