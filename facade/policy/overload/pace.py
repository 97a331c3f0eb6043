"""Pace: how long a call is under way."""


class Pace:
    """Reckons it by how many are under way, and how many of them leave (Little's law)."""

    __slots__ = ("_looks", "_seen", "_since", "left", "takes")

    def __init__(self) -> None:
        """Begins with nothing known."""
        self._since = 0.0
        self._seen = self._looks = 0
        self.left = 0
        """Calls that have left since it was reckoned; to be counted by whoever sees them leave."""
        self.takes = 0.0
        """Seconds that a call is under way."""

    def see(self, under_way: int) -> None:
        """Takes in how many there are at a moment."""
        self._seen += under_way
        self._looks += 1

    def learn(self, now: float) -> None:
        """Reckons anew, by what was seen and counted since the last time."""
        seconds = now - self._since
        if self._since and self._looks:
            self.takes = self._seen / self._looks * seconds / max(self.left, 1)
        self._since, self._seen, self._looks, self.left = now, 0, 0, 0
