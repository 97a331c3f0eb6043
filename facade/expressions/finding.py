"""Findings: what is wrong with a definition, and where in its text."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from facade.errors.expressions import ExpressionInvalid
from facade.errors.fault import Details, Fault, Violation, hint_of
from facade.model.definition import Expression, Place

MAX_COMPARED = 500
"""Names that a misspelt one is compared with."""

PLACE: Final = re.compile(r"line ([0-9]+), column ([0-9]+)")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that cannot work, and where it stands."""

    place: Place
    message: str


def place_at(expression: Expression, offset: int) -> Place:
    """Gives the place of a character of an expression, counted from 0.

    Later lines of a text begin in the column of its first, as in a block of YAML. Where the
    definition has no text, line and column count within the expression.
    """
    before = expression.text[: max(offset, 0)]
    line, column = before.count("\n"), len(before) - before.rfind("\n") - 1
    start = expression.place if expression.place.line else Place(1, 1)
    return Place(start.line + line, max(start.column, 1) + column)


def said_place(place: Place) -> str:
    """Gives a place as violations name it."""
    return f"line {place.line}, column {place.column}"


def findings_of(fault: Fault) -> tuple[Finding, ...]:
    """Gives what a text has wrong that cannot be read, place by place."""
    violations = fault.details.violations
    found = tuple(Finding(_place(each.field), each.description) for each in violations)
    return found or (Finding(Place(), fault.message),)


def _place(field: str) -> Place:
    """Reads what `said_place` writes."""
    found = PLACE.fullmatch(field)
    return Place(int(found[1]), int(found[2])) if found else Place()


def meant(name: str, names: Iterable[str]) -> str:
    """Gives how a message ends that knows a name like the one that is wrong; else nothing."""
    known = [each for _, each in zip(range(MAX_COMPARED), names, strict=False)]
    folded = {each.lower(): each for each in reversed(known)}
    close = get_close_matches(name[:128].lower(), folded, n=1)
    return hint_of([folded[each] for each in close])


def invalid(*findings: Finding) -> ExpressionInvalid:
    """Gives the fault that tells of findings."""
    return refused(
        Violation(field=said_place(each.place), description=each.message) for each in findings
    )


def refused(violations: Iterable[Violation]) -> ExpressionInvalid:
    """Gives the fault that tells of violations, which name line and column."""
    several = tuple(violations)
    first = several[0]
    return ExpressionInvalid(
        f"{first.field}: {first.description}", details=Details(violations=several)
    )
