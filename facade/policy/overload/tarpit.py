"""Tarpit: who does not take no for an answer is told it later, the more of them there are."""

from collections import Counter

from facade.model.access import ANYONE, Identity
from facade.policy.overload.holds import Holds

LEAST = 0.05
"""Seconds after which a refusal is told, where it is the only one."""

RATE = 200
"""Refusals a second that one connection is told at most …"""

CONNECTIONS = 8
"""… and one credential, over however many connections, as if it had so many."""

PART = 0.5
"""Of the time that the caller gives, beyond which none is held: it would not be told any more."""

MOST = 5.0
"""Seconds."""


class Tarpit:
    """Holds back refusals that their callers bring upon themselves.

    A connection has only so many calls under way. So whoever sends more as soon as they are
    refused gets no more refusals than there are held ones in their time (Little's law): with the
    100 streams of a connection of gRPC each is held for half a second.
    """

    def __init__(self) -> None:
        """Begins with none."""
        self._held: Counter[str | Identity] = Counter()
        """How many are held, by connection and by whose they are."""
        self._holds: Holds[tuple[str | Identity, ...]] = Holds(self._told)

    def hold(self, peer: str, identity: Identity, left: float | None) -> float:
        """Holds a refusal of a connection; gives for how many seconds.

        `left`: the seconds that its caller gives; None: any.
        """
        held = self._held
        whose = (peer,) if identity is ANYONE else (peer, identity)
        held.update(whose)
        due = held[peer] / RATE, held[identity] / (RATE * CONNECTIONS)
        seconds = min(max(LEAST, *due), MOST)
        if left is not None:
            seconds = min(seconds, PART * left)
        self._holds.add(seconds, whose)
        return seconds

    def _told(self, whose: tuple[str | Identity, ...]) -> None:
        held = self._held
        for each in whose:
            held[each] -= 1
            if not held[each]:
                del held[each]
