"""Budgets: what one evaluation may take, counted before it is taken."""

from typing import Any, Final

from facade.errors.expressions import ExpressionExhausted

WHOLE: Final = 320_000
"""Steps of one evaluation: some 0.1 us each. A step is a node looked at, an item gone through, or
as much work as that on a text."""
QUICK: Final = 60_000
"""Steps that may be taken on an event loop; what needs more belongs into a thread."""
BYTES: Final = 16 * 2**20
"""Characters of texts that one evaluation makes."""
LEVELS: Final = 64
"""Containers within one another that are compared, merged or written."""

CONTAINER: Final = 16
"""Steps for each list or object that is compared or written, beside its items."""
_CONTAINERS: Final = frozenset({dict, list})


class Budget:
    """What is left of one evaluation."""

    __slots__ = ("_bytes", "_steps", "_whole")

    def __init__(self, steps: int = WHOLE, bytes_: int = BYTES) -> None:
        self._whole = steps
        self._steps = steps
        self._bytes = bytes_

    @property
    def spent(self) -> int:
        """The steps that were taken."""
        return self._whole - self._steps

    def spend(self, steps: int) -> None:
        """Takes steps; raises ExpressionExhausted where there are not so many left."""
        self._steps -= steps
        if self._steps < 0:
            raise ExpressionExhausted(
                f"the expression needs more than {self._whole} steps; take less of the value first"
            )

    def grow(self, characters: int) -> None:
        """Takes room for a text; raises ExpressionExhausted where there is not so much left."""
        self._bytes -= characters
        if self._bytes < 0:
            raise ExpressionExhausted("the expression makes more text than one evaluation may")
        self.spend(characters >> 5)

    def level(self, depth: int) -> None:
        """Looks at how deep a value goes; raises ExpressionExhausted where it is too deep."""
        if depth > LEVELS:
            raise ExpressionExhausted(f"the value goes deeper than {LEVELS} levels")


def measure(value: Any, budget: Budget) -> None:
    """Takes what a value has of nodes and text, each as often as it stands in it.

    A list that stands in another twice is one in memory and two on the wire: what grows so is
    found here before anything is written.
    """
    pending: list[Any] = [value]
    while pending:
        here = pending.pop()
        kind = type(here)
        if kind is str:
            budget.grow(len(here))
        elif kind is dict or kind is list:
            texts = sum(map(len, here)) if kind is dict else 0
            below = here.values() if kind is dict else here
            budget.spend(len(here) + CONTAINER)
            budget.grow(texts + sum([len(each) for each in below if type(each) is str]))
            pending += [each for each in below if type(each) in _CONTAINERS]
