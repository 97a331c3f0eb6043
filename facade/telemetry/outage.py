"""Outage: work that fails again and again is told of once, until it has worked in between."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Outage:
    """Goes on over the failures of work that is done again and again."""

    def __init__(self, tell: Callable[[Exception], None]) -> None:
        """Takes what tells of the first failure after a success."""
        self._tell = tell
        self.lasts = False
        """Whether the work failed when it was last done."""

    @contextmanager
    def noted(self, kind: type[Exception]) -> Iterator[None]:
        """The work, once; a failure of the kind ends the block and goes no further."""
        try:
            yield
        except kind as problem:
            if not self.lasts:
                self._tell(problem)
            self.lasts = True
        else:
            self.lasts = False
