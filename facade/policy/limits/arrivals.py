"""Arrivals: how far the calls of each key have come, as this process knows."""

from collections.abc import Sequence

from facade.policy.limits.gcra import Rate, Step
from facade.recent import Recent

KEYS = 100_000
"""So many are kept; the others count as rested."""


class Arrivals(Recent[str, int]):
    """The theoretical arrival time of the next call of each key, in microseconds / calls."""

    def __init__(self, capacity: int = KEYS) -> None:
        """Takes how many keys are kept."""
        super().__init__(capacity)

    def leads(self, keys: Sequence[str], rates: Sequence[Rate], now: int) -> list[int]:
        """The lead of each key over now, in microseconds of any clock that never steps."""
        return [
            max((self.get(key) or 0) - now * rate.calls, 0)
            for key, rate in zip(keys, rates, strict=True)
        ]

    def due(self, steps: Sequence[Step], now: int) -> bool:
        """Whether a call is due for each of the keys."""
        young = self.young
        for key, calls, _, spare, _ in steps:
            if (young.get(key) or self.get(key) or 0) - now * calls > spare:
                return False
        return True

    def take(self, steps: Sequence[Step], now: int) -> list[int]:
        """Charges a call that is due for each of the keys: the leads; none where it is not due."""
        young, taken = self.young, dict[str, int]()
        leads: list[int] = []
        for key, calls, size, spare, _ in steps:
            rested = now * calls
            lead = (young.get(key) or self.get(key) or 0) - rested
            if lead > spare:
                return []
            lead = lead + size if lead > 0 else size
            leads.append(lead)
            taken[key] = rested + lead
        self.update(taken)
        return leads

    def note(self, steps: Sequence[Step], now: int, leads: Sequence[int]) -> None:
        """Keeps leads; an earlier one that reaches farther stands, since none ever shrinks."""
        young = self.young
        for number, (key, calls, _, _, _) in enumerate(steps):
            lead = leads[number]
            time = now * calls + lead
            if lead and time > (young.get(key) or self.get(key) or 0):
                young[key] = time
        if len(young) >= self._half:
            self.update({})
