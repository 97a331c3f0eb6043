"""The numbers of a connector file: what a version's typed service was numbered by elsewhere."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from facade.catalog.finding import Findings
from facade.model.typed import METHODS, TYPES, Kept, Numbers
from facade.spec.document import escape
from facade.spec.typed.naming import UNSPEAKABLE
from facade.spec.typed.numbers import WITHHELD

MEMBER: Final = re.compile(r"[a-z][a-z0-9_]{0,254}|[A-Z][A-Z0-9_]{0,254}")
TYPE: Final = re.compile(r"[A-Z][A-Za-z0-9]{0,254}")
"""No keyword of proto begins with a capital, and no package that is imported."""
LARGEST: Final = 2**28
"""Half of protobuf's, so that there are numbers left for what is new."""

Written: TypeAlias = Mapping[str, Mapping[str, tuple[int, str]]]
"""By scope and key: the number and the name."""


def numbers_of(written: Written, pointer: str, found: Findings) -> Numbers:
    """The numbers that a file says; notes what nothing could be numbered by."""
    for scope, entries in written.items():
        twice = Counter(number for number, _ in entries.values() if number)
        for key, (number, name) in entries.items():
            place = f"{pointer}/{escape(scope)}/{escape(key)}"
            for problem in _problems(scope, number, name):
                found.add(place, problem)
            if twice[number] > 1:
                found.add(place, f"the number {number} stands twice")
    return {
        scope: {key: Kept(*each) for key, each in entries.items()}
        for scope, entries in written.items()
    }


def written(numbers: Numbers) -> Written:
    """Numbers as a file has them, in the order of their keys."""
    return {
        scope: {key: (kept.number, kept.name) for key, kept in sorted(numbers[scope].items())}
        for scope in sorted(numbers)
    }


def _problems(scope: str, number: int, name: str) -> Iterator[str]:
    if scope in (TYPES, METHODS):
        if number:
            yield "has a number, where only a name is kept: give 0"
    elif not 1 <= number <= LARGEST or number in WITHHELD:
        yield f"{number} is no number of a field: 1 to {LARGEST}, but for 19000 to 19999"
    if scope in (TYPES, METHODS):
        if not TYPE.fullmatch(name) or name in UNSPEAKABLE:
            yield "has a name that no type or method has: give letters and digits, a capital first"
    elif not MEMBER.fullmatch(name):
        yield "has a name that no field has: give small letters, digits and `_`, a letter first"
