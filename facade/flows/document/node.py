"""Node: a value of a flow file with the place where it stands, and what is wrong with it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from facade.errors.definitions import DefinitionInvalid
from facade.errors.fault import Details, Violation
from facade.flows.document.places import Places
from facade.model.definition import Place
from facade.spec.document import escape, unescape

MOST: Final = 50
"""Problems that are told at once."""


class Wrong(Exception):
    """A value was refused; what is wrong with it has been noted."""


@dataclass(slots=True)
class Report:
    """What is wrong with one definition."""

    places: Places | None = None
    """None: the definition has no text."""
    found: list[tuple[Place, str, str]] = field(default_factory=list)
    """Place, pointer, and what is wrong there."""

    def fault(self) -> DefinitionInvalid:
        """The fault that tells all of it, in the order of the text."""
        ordered = sorted(self.found, key=lambda each: (each[0].line, each[0].column))
        violations = [_violation(*each) for each in ordered[:MOST]]
        if len(ordered) > MOST:
            more = f"{len(ordered) - MOST} more problems are not shown"
            violations.append(Violation(field="definition", description=more))
        first = violations[0]
        return DefinitionInvalid(
            f"{first.field}: {first.description}", details=Details(violations=tuple(violations))
        )


@dataclass(frozen=True, slots=True)
class Node:
    """One value of a definition that is being read."""

    value: Any
    pointer: str
    report: Report

    def child(self, key: str | int) -> Node:
        """The value of a key or of a place in a list; None where it is not there."""
        inside = self.value
        if isinstance(inside, dict):
            value = inside.get(key)
        else:
            value = inside[key] if isinstance(inside, list) and isinstance(key, int) else None
        return Node(value, f"{self.pointer}/{escape(str(key))}", self.report)

    @property
    def place(self) -> Place:
        """Where the value begins."""
        places = self.report.places
        return places.value(self.pointer, self.value) if places else Place()

    def refuse(self, message: str) -> Wrong:
        """Notes that the value is wrong; gives what to raise."""
        self.report.found.append((self.place, self.pointer, message))
        return Wrong(message)

    def refuse_key(self, message: str) -> Wrong:
        """Notes that the value should not be there at all, or that something is not in it."""
        places = self.report.places
        place = places.key(self.pointer) if places else Place()
        self.report.found.append((place, self.pointer, message))
        return Wrong(message)


def path_of(pointer: str) -> str:
    """A JSON pointer as people write it: `steps[0].retry.attempts`."""
    path = ""
    for token in map(unescape, pointer.split("/")[1:]):
        path += f"[{token}]" if token.isdecimal() else f".{token}"
    return path.removeprefix(".") or "definition"


def meant(text: str, known: Iterable[str]) -> str:
    """How a message ends that knows what was meant; empty where it does not."""
    close = difflib.get_close_matches(text[:100], list(known), n=1)
    return f"; did you mean `{close[0]}`?" if close else ""


def what(value: Any) -> str:
    """What a value is, in the words of a file."""
    if value is None:
        return "nothing"
    kinds = (
        *((bool, "true or false"), (str, "text"), (int, "a whole number"), (float, "a number")),
        *((list, "a list"), (dict, "a mapping")),
    )
    return next(name for kind, name in kinds if isinstance(value, kind))


def _violation(place: Place, pointer: str, message: str) -> Violation:
    path = path_of(pointer)
    if not place.line:
        return Violation(field=path, description=message)
    where = f"line {place.line}, column {place.column}"
    return Violation(field=where, description=f"`{path}`: {message}")
