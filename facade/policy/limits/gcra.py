"""GCRA: whether a call is due, in whole numbers."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

SECOND = 1_000_000
"""Microseconds."""


class Rate(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """So many calls in a period, and so many at once after a rest.

    What was admitted is known by its *lead*: how far the theoretical arrival time of the next
    call is ahead of the clock (ITU-T I.371 annex A). It is counted in microseconds / `calls`, in
    which every step is a whole number: nothing is ever rounded.
    """

    calls: int
    period: int
    """Microseconds."""
    burst: int

    def room(self, cost: int) -> int:
        """The lead that a call may come to; one that costs more than the burst has it alone."""
        return max(self.burst, cost) * self.period

    def wait(self, lead: int, cost: int) -> int:
        """Microseconds until a call of that cost is due; 0: it is."""
        spare = self.burst - cost
        late = lead - spare * self.period if spare > 0 else lead
        return -(-late // self.calls) if late > 0 else 0

    def remaining(self, lead: int) -> int:
        """How many calls of cost 1 are due now."""
        return max(self.burst - -(-lead // self.period), 0)

    def rest(self, lead: int) -> int:
        """Microseconds until all of the burst is there again."""
        return -(-lead // self.calls)

    def step(self, key: str, cost: int) -> "Step":
        """What a call of that cost comes to under a key."""
        spare = max(self.burst - cost, 0) * self.period
        return Step(key, self.calls, cost * self.period, spare, self.room(cost))


class Step(NamedTuple):
    """What calls of one cost come to under one key: `decide` in figures that are made once."""

    key: str
    calls: int
    size: int
    """What a call adds to the lead."""
    spare: int
    """The lead up to which one is due."""
    room: int
    """The lead that one may come to."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Whether a call was admitted by every limit, else how long it would have to wait."""

    waits: tuple[int, ...]
    """For each limit, microseconds; all are 0 where the call was admitted."""
    leads: Sequence[int]
    """Of each limit; the call is in them where it was admitted."""
    wait: int = 0
    """Microseconds until the call may be admitted; 0: it was."""


def decide(
    rates: Sequence[Rate], leads: Sequence[int], cost: int, owed: Sequence[int] = ()
) -> Verdict:
    """Charges a call to all limits, or to none.

    `owed` is the cost of the calls that wait before this one, for each limit: they have the first
    turn.
    """
    claimed = leads
    if owed:
        claimed = [
            lead + before * rate.period
            for rate, lead, before in zip(rates, leads, owed, strict=True)
        ]
    waits = tuple([rate.wait(lead, cost) for rate, lead in zip(rates, claimed, strict=True)])
    if any(waits):
        return Verdict(waits=waits, leads=leads, wait=max(waits))
    charged = [lead + cost * rate.period for rate, lead in zip(rates, leads, strict=True)]
    return Verdict(waits=waits, leads=charged)
