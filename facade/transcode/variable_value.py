"""The values of a version's variables: whose they are, and whether their rules allow them."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import jsonschema_rs

from facade.model.version import Comparison, Condition, Variable, VariableType

PATTERNS = 256
"""Patterns that are kept compiled."""

INTEGER = re.compile(r"[+-]?[0-9]+")
NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")

TYPES: Mapping[VariableType, tuple[Callable[[str], object], str]] = MappingProxyType(
    {
        VariableType.STRING: (lambda _: True, ""),
        VariableType.INTEGER: (INTEGER.fullmatch, "must be an integer"),
        VariableType.NUMBER: (NUMBER.fullmatch, "must be a number"),
        VariableType.BOOLEAN: (("true", "false").__contains__, "must be true or false"),
    }
)
"""Whether a text is of a type, and what is said where it is not."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with a variable of one call."""

    name: str
    description: str
    given: bool
    """Whether the caller gave the value."""


def settle(
    variables: tuple[Variable, ...], secrets: Mapping[str, str], given: Mapping[str, str]
) -> tuple[list[tuple[Variable, str]], list[Flaw]]:
    """Gives each variable its text: the caller's where that may be, a secret's, else its own.

    Those without any are left out. No flaw holds a value.
    """
    texts: dict[str, str] = {}
    for each in variables:
        text = _text(each, secrets, given)
        if text is not None:
            texts[each.name] = text
    return (
        [(each, texts[each.name]) for each in variables if each.name in texts],
        [*_foreign(variables, given), *_flaws(variables, texts, given)],
    )


def flaw_of(variable: Variable, text: str) -> str:
    """What a variable's rules have against a text; empty where they allow it."""
    fits, said = TYPES[variable.type]
    if not fits(text):
        return said
    if variable.choices and text not in variable.choices:
        return f"must be one of {', '.join(variable.choices)}"
    if variable.pattern and not _compiled(variable.pattern).is_valid(text):
        return f"must match `{variable.pattern}`"
    return ""


def is_pattern(text: str) -> bool:
    """Whether a text is a regular expression that can be matched in linear time."""
    try:
        _compiled(text)
    except ValueError:
        return False
    return True


def holds(condition: Condition, texts: Mapping[str, str]) -> bool:
    """Whether a condition holds, by the texts of the variables that have one."""
    parts = (
        *(_equals(each, texts) for each in condition.comparisons),
        *(holds(each, texts) for each in condition.conditions),
    )
    return any(parts) if condition.any_of else all(parts)


def compared(condition: Condition) -> Iterator[str]:
    """The names of the variables that a condition compares."""
    for each in condition.comparisons:
        yield each.variable
    for inner in condition.conditions:
        yield from compared(inner)


def depth(condition: Condition) -> int:
    """How many conditions stand within one another."""
    return 1 + max(map(depth, condition.conditions), default=0)


def _text(variable: Variable, secrets: Mapping[str, str], given: Mapping[str, str]) -> str | None:
    if variable.overridable and variable.name in given:
        return given[variable.name]
    return secrets.get(variable.name) if variable.secret else variable.value


def _foreign(variables: tuple[Variable, ...], given: Mapping[str, str]) -> Iterator[Flaw]:
    open_to_callers = {each.name for each in variables if each.overridable}
    for name in given:
        if name not in open_to_callers:
            yield Flaw(name, "is no variable that a caller may set", given=True)


def _flaws(
    variables: tuple[Variable, ...], texts: Mapping[str, str], given: Mapping[str, str]
) -> Iterator[Flaw]:
    for each in variables:
        theirs = each.overridable and each.name in given
        if each.name in texts:
            said = flaw_of(each, texts[each.name])
        else:
            said = "has no value, but every call needs it" if _required(each, texts) else ""
        if said:
            yield Flaw(
                each.name, said, given=theirs or (each.overridable and each.name not in texts)
            )


def _required(variable: Variable, texts: Mapping[str, str]) -> bool:
    condition = variable.required_when
    return variable.required if condition is None else holds(condition, texts)


def _equals(comparison: Comparison, texts: Mapping[str, str]) -> bool:
    return (texts.get(comparison.variable) == comparison.equals) is not comparison.negated


@lru_cache(PATTERNS)
def _compiled(pattern: str) -> jsonschema_rs.Draft202012Validator:
    """The whole text must match; the engine has no look-around and no references."""
    return jsonschema_rs.Draft202012Validator(
        {"pattern": f"^(?:{pattern})$"}, pattern_options=jsonschema_rs.RegexOptions()
    )
