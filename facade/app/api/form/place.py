"""FieldPlace: where in the JSON of a request a value stands, and what is wrong there."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from facade.errors.fault import Violation

MAX_FOUND: Final = 100
"""Things that are told of one request."""

MAX_DEPTH: Final = 64
"""Objects and lists within each other that a form is read through."""

LONGEST: Final = 63
"""Characters of a caller's own words that are said again."""

_TYPES: Final = {
    type(None): "null",
    bool: "boolean",
    str: "string",
    dict: "object",
    list: "array",
}


@dataclass(frozen=True, slots=True)
class FieldPlace:
    """A field of a request, by the path that violations have for it, with what was found so far."""

    field: str
    problems: list[Violation]
    depth: int = 0

    def within(self, name: str) -> "FieldPlace":
        """A field of the object that stands here."""
        field = f"{self.field}.{name}" if self.field else name
        return FieldPlace(field, self.problems, self.depth + 1)

    def at(self, key: str | int) -> "FieldPlace":
        """An element of the list or the map that stands here."""
        return FieldPlace(f"{self.field}[{key}]", self.problems, self.depth + 1)

    def refuse(self, description: str) -> None:
        """Notes what is wrong here."""
        if len(self.problems) < MAX_FOUND:
            self.problems.append(Violation(field=self.field, description=description))

    def refuse_type(self, wanted: str, tree: Any) -> None:
        """Notes that something else is wanted here; the value itself is not told."""
        self.refuse(f"must be {wanted}, not {_TYPES.get(type(tree), 'number')}")

    def refuse_word(self, word: str, known: Iterable[str], said: str) -> None:
        """Notes that what stands here is no word that is known, while there is room to tell it."""
        if len(self.problems) < MAX_FOUND:
            self.refuse(unknown(word, known, said))

    @property
    def refused(self) -> bool:
        """Whether something is wrong here, or with a part of what stands here."""
        if not self.field:
            return bool(self.problems)
        parts = (f"{self.field}.", f"{self.field}[")
        return any(
            each.field == self.field or each.field.startswith(parts) for each in self.problems
        )


def unknown(word: str, known: Iterable[str], said: str) -> str:
    """Says that a word is none of those that are known, and which one may have been meant."""
    close = difflib.get_close_matches(word[:LONGEST], known, n=1)
    return f"{said}; did you mean `{close[0]}`?" if close else said
