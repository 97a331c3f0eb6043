"""Held: numbers that minijinja would change, handed through it to the filters as they are.

It has integers of 128 bits and doubles, of which it makes integers where they have no fraction.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from facade.expressions.numbers import Number

WIDEST: Final = 2**127
"""Integers below it, and from its negative on, are minijinja's own."""


class Held:
    """One number, which nothing but a filter can look at."""

    __slots__ = ("exact",)

    def __init__(self, exact: Number) -> None:
        """Takes the number."""
        self.exact = exact


def is_wide(value: object) -> bool:
    """Tells whether a number is one that minijinja would round."""
    if isinstance(value, Decimal):
        return True
    return isinstance(value, int) and not -WIDEST <= value < WIDEST


def held(value: Any) -> Any:
    """Gives a value that minijinja can hand through."""
    if isinstance(value, list):
        return [held(each) for each in value]
    if isinstance(value, dict):
        return {name: held(each) for name, each in value.items()}
    return Held(value) if isinstance(value, float) or is_wide(value) else value


def released(value: Any) -> Any:
    """Gives a value with its numbers again."""
    if isinstance(value, list):
        return [released(each) for each in value]
    if isinstance(value, dict):
        return {name: released(each) for name, each in value.items()}
    return value.exact if isinstance(value, Held) else value


def exactly(work: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that takes and gives such values."""

    def run(*values: Any) -> Any:
        return held(work(*map(released, values)))

    return run
