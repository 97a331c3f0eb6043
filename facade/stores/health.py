"""Whether a connection still answers in time, told from what its commands came to."""

IN_A_ROW = 3
"""So many timeouts without an answer between them are too many."""

RATIO = 0.2
"""So many timeouts for each command are too many."""

MEASURED = 20
"""Commands before the ratio means anything."""

REMEMBERED = 100
"""Commands that the ratio is of, about: what was longer ago fades."""


class Health:
    """The breaker's decision for one connection."""

    def __init__(self) -> None:
        self._row = 0
        self._late = 0.0
        self._answered = 0.0

    def answered(self, commands: int = 1) -> None:
        """Commands were answered in time."""
        self._row = 0
        self._answered += commands

    def timed_out(self) -> bool:
        """A command was not; says whether the connection is to be given up."""
        self._row += 1
        self._late += 1
        seen = self._late + self._answered
        if seen > REMEMBERED:
            self._late *= REMEMBERED / seen
            self._answered *= REMEMBERED / seen
        return self._row >= IN_A_ROW or (
            seen >= MEASURED and self._late > RATIO * min(seen, REMEMBERED)
        )
