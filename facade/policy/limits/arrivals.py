"""Arrivals: how far the calls of each key have come, as this process knows."""

from collections.abc import Sequence

from facade.policy.limits.gcra import Rate, Step
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

    def due(self, steps: Sequence[Step], now: int) -> bool:
        """Whether a call is due for each of the keys."""
        get = self._times.get
        late = [key for key, calls, _, spare, _ in steps if (get(key) or 0) - now * calls > spare]
        return not late

    def take(self, steps: Sequence[Step], now: int) -> list[int]:
        """Charges a call that is due for each of the keys: the leads; none where it is not due."""
        get, put = self._times.get, self._times.put
        leads: list[int] = []
        for key, calls, size, spare, _ in steps:
            lead = (get(key) or 0) - now * calls
            if lead > spare:
                return []
            leads.append(lead + size if lead > 0 else size)
        for step, lead in zip(steps, leads, strict=True):
            put(step.key, now * step.calls + lead)
        return leads

    def note(
        self, keys: Sequence[str], rates: Sequence[Rate], now: int, leads: Sequence[int]
    ) -> None:
        """Keeps leads; an earlier one that reaches farther stands, since none ever shrinks."""
        get, put = self._times.get, self._times.put
        for key, rate, lead in zip(keys, rates, leads, strict=True):
            if lead:
                time = now * rate.calls + lead
                if time > (get(key) or 0):
                    put(key, time)
