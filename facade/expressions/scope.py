"""Scope: what expressions may name, and the part of it that one of them is given."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, TypeAlias

from facade.errors.expressions import ExpressionExhausted, ExpressionFailed
from facade.expressions.budget import LEVELS
from facade.expressions.numbers import Number
from facade.model.run import StepState

_LEAST: Final = -(2**63)
_MOST: Final = 2**63 - 1

MAX_NODES: Final = 20_000
"""Values that a condition or a slot is given: as many as its fields hold."""
MAX_TEXT: Final = 256 * 2**10
"""Characters of all texts among them."""
VARIABLES: Final = (
    *("input", "trigger", "env", "run", "steps", "item", "index"),
    *("body", "headers", "event", "status", "state", "callback", "registration"),
)
"""What may be named; which of them are there depends on where the expression stands."""

Chain = tuple[str, ...]
"""Fields, from the variable on."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Of what an expression is given."""

    nodes: int = 0
    text: int = 0
    """Of the longest text."""
    items: int = 0
    """Of the longest list or object."""


def lacking(reads: Iterable[Chain], scope: Mapping[str, Any]) -> tuple[str, ...]:
    """Gives the steps whose values are read and missing, because they failed or were skipped.

    What is merely absent from a step that succeeded is not missing (H-2). Of a step that failed
    its `error`, `status` and `headers` are there (H-7); the output is not, whatever came with it.
    """
    steps = scope.get("steps")
    known = steps if isinstance(steps, Mapping) else {}
    found = [
        each[1]
        for each in reads
        if len(each) > 2 and each[0] == "steps" and _lacks(known.get(each[1]), each[2])
    ]
    return tuple(dict.fromkeys(found))


def _lacks(step: Any, name: str) -> bool:
    """Whether a step that did not succeed has not what is read of it."""
    if not isinstance(step, Mapping):
        return True
    if step.get("state") == StepState.SUCCEEDED:
        return False
    return name == "output" or step.get(name) is None


def taken(
    scope: Mapping[str, Any], reads: Iterable[Chain], number: "Numeric | None" = None
) -> tuple[dict[str, Any], Sizes]:
    """Gives the part of a scope that is read, and its sizes.

    `number` is what becomes of each number; without it integers have 64 bits, and what is longer,
    and decimals, become doubles. Raises ExpressionExhausted where that is more than a condition
    may be given.
    """
    copier = Copier(number or _sixty_four)
    made: dict[str, Any] = {}
    whole: set[Chain] = set()
    for chain in sorted(reads, key=len):
        if not any(chain[:end] in whole for end in range(1, len(chain))):
            whole.add(chain)
            _place(made, scope, chain, copier)
    return made, Sizes(copier.nodes, copier.longest, copier.widest)


def _place(made: dict[str, Any], scope: Mapping[str, Any], chain: Chain, copier: "Copier") -> None:
    """Copies what a chain leads to, to where it leads; nothing where it leads nowhere."""
    source: Any = scope
    for at, name in enumerate(chain):
        if not isinstance(source, Mapping) or name not in source:
            return
        source = source[name]
        if at + 1 == len(chain) or not isinstance(source, Mapping):
            made[name] = copier.copy(source, 0)
            return
        made = made.setdefault(name, {})


class Copier:
    """Copies values as an engine can hold them."""

    __slots__ = ("_number", "longest", "nodes", "text", "widest")

    def __init__(self, number: "Numeric") -> None:
        self._number = number
        self.nodes = 0
        self.text = 0
        self.longest = 0
        self.widest = 0

    def copy(self, value: Any, depth: int) -> Any:
        """Gives a copy; raises ExpressionExhausted or ExpressionFailed where it gets too large."""
        self._count(value, depth)
        if isinstance(value, Mapping):
            return {name: self.copy(each, depth + 1) for name, each in value.items()}
        if isinstance(value, list):
            return [self.copy(each, depth + 1) for each in value]
        return self._number(value) if isinstance(value, int | float | Decimal) else value

    def _count(self, value: Any, depth: int) -> None:
        """Counts a value before it is copied."""
        if isinstance(value, str):
            self.text += len(value)
            self.longest = max(self.longest, len(value))
        elif isinstance(value, Mapping | list):
            self.nodes += len(value)
            self.widest = max(self.widest, len(value))
            self.text += sum(map(len, value)) if isinstance(value, Mapping) else 0
        if self.nodes > MAX_NODES or self.text > MAX_TEXT or depth > LEVELS:
            raise ExpressionExhausted(
                f"what the expression reads is more than {MAX_NODES} values, {MAX_TEXT} "
                f"characters or {LEVELS} levels; take less of it first, with a map step"
            )


Numeric: TypeAlias = Callable[[Number], Any]
"""What becomes of a number; of true and false, too."""


def _sixty_four(value: Number) -> int | float:
    """As CEL holds it."""
    return value if isinstance(value, int) and _LEAST <= value <= _MOST else double(value)


def double(value: Number) -> float:
    """The double next to a number; raises ExpressionFailed where the number is larger than any."""
    try:
        return float(value)
    except OverflowError:
        raise ExpressionFailed("a number that is too large to be compared") from None
