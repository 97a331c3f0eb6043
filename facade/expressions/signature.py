"""Signature: what a function of JMESPath takes and gives, and what it is called with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from facade.expressions.budget import Budget
from facade.expressions.known import ANYTHING, Known

Run = Callable[[Any, Budget], Any]
"""A compiled expression: of a value, within a budget."""

ANY: Final[frozenset[str]] = frozenset()
TEXT: Final = frozenset({"string"})
NUMBER: Final = frozenset({"number"})
LIST: Final = frozenset({"array"})
OBJECT: Final = frozenset({"object"})
EXPRESSION: Final = frozenset({"expression"})
TEXT_OR_NULL: Final = TEXT | {"null"}
NUMBER_OR_NULL: Final = NUMBER | {"null"}
LIST_OR_NULL: Final = LIST | {"null"}


@dataclass(frozen=True, slots=True)
class Lambda:
    """An expression that a function is given, `&name`: what it does, and its steps each time."""

    run: Run
    weight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function that expressions may call."""

    takes: tuple[frozenset[str], ...]
    """The types of each argument; empty: any."""
    run: Callable[..., Any]
    """Called with the budget and the arguments."""
    gives: Callable[..., Known] = lambda *_: ANYTHING
    """What is known of the value, by what is known of the arguments."""
    optional: int = 0
    """How many of the last arguments may be left out."""
    more: bool = False
    """Whether the last argument may be repeated."""
    usage: str
    """How it is called: `upper(text)`."""
    help: str
    """What it gives, for docs/expressions.md."""

    def fits(self, count: int) -> bool:
        """Tells whether it may be called with so many arguments."""
        return len(self.takes) - self.optional <= count <= (1 << 30 if self.more else self.most)

    @property
    def most(self) -> int:
        """The arguments that it names."""
        return len(self.takes)

    def taken(self, index: int) -> frozenset[str]:
        """Gives the types of one argument."""
        return self.takes[min(index, self.most - 1)]
