"""Kinds of values that a flow file holds: each is read, written and described as JSON Schema."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final, Protocol

from facade.flows.document.node import Node, meant, what
from facade.model.definition import Expression, Place
from facade.spec.document import escape

SLOT: Final = re.compile(r"\{[{%]")
"""Where a slot begins."""

LONGEST: Final = 8192
"""Characters of an expression."""

_DURATION: Final = re.compile(r"(?:[0-9]{1,9}(?:\.[0-9]{1,6})?(?:ms|[smhd])){1,5}")
_PART: Final = re.compile(r"([0-9.]+)(ms|[smhd])")
_UNITS: Final[Mapping[str, Fraction | int]] = {
    "ms": Fraction(1, 1000),
    "s": 1,
    "m": 60,
    "h": 3600,
    "d": 86400,
}
_SIZE: Final = re.compile(r"([0-9]{1,12}) ?(B|KiB|MiB|GiB)")
CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""What no text for people has."""

_BYTES: Final = {"GiB": 2**30, "MiB": 2**20, "KiB": 2**10, "B": 1}


class Kind(Protocol):
    """One kind of value."""

    def read(self, node: Node) -> Any:
        """The value that a node stands for; raises Wrong once what is wrong has been noted."""
        ...  # pragma: no cover - a protocol has no body

    def write(self, value: Any) -> Any:
        """The value as JSON."""
        ...  # pragma: no cover - a protocol has no body

    def schema(self) -> dict[str, Any]:
        """Which JSON is read."""
        ...  # pragma: no cover - a protocol has no body


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text."""

    most: int = 200
    least: int = 0
    pattern: str = ""
    form: str = ""
    """What the pattern asks for, in words."""
    literal: bool = False
    """Whether it must not hold slots."""

    def read(self, node: Node) -> str:
        """The text."""
        text = text_of(node)
        if len(text) < self.least:
            raise node.refuse("must not be empty")
        if len(text) > self.most:
            raise node.refuse(f"must have at most {self.most} characters, not {len(text)}")
        if CONTROL.search(text):
            raise node.refuse("has control characters; line breaks and tabs alone may be there")
        if self.literal and SLOT.search(text):
            raise node.refuse("holds a slot; here it must be written out")
        if self.pattern and not re.fullmatch(self.pattern, text):
            raise node.refuse(self.form)
        return text

    def write(self, value: str) -> str:
        """The text as it is."""
        return value

    def schema(self) -> dict[str, Any]:
        """A string."""
        found: dict[str, Any] = {"type": "string", "maxLength": self.most}
        if self.least:
            found["minLength"] = self.least
        if self.pattern:
            found["pattern"] = f"^(?:{self.pattern})$"
        elif self.literal:
            found["not"] = {"pattern": SLOT.pattern}
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A whole number."""

    least: int
    most: int

    def read(self, node: Node) -> int:
        """The number."""
        value = node.value
        if isinstance(value, bool) or not isinstance(value, int):
            raise node.refuse(f"must be a whole number, not {what(value)}")
        return int(within(node, value, self.least, self.most))

    def write(self, value: int) -> int:
        """The number as it is."""
        return value

    def schema(self) -> dict[str, Any]:
        """An integer between its bounds."""
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number."""

    least: float | None = None
    most: float | None = None

    def read(self, node: Node) -> float:
        """The number, as it is written."""
        value = node.value
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise node.refuse(f"must be a number, not {what(value)}")
        low = float("-inf") if self.least is None else self.least
        return within(node, value, low, float("inf") if self.most is None else self.most)

    def write(self, value: float) -> float:
        """The number; one without a fraction as whole."""
        return int(value) if float(value).is_integer() else value

    def schema(self) -> dict[str, Any]:
        """A number between its bounds."""
        bounds = {"minimum": self.least, "maximum": self.most}
        return {"type": "number", **{key: each for key, each in bounds.items() if each is not None}}


@dataclass(frozen=True, slots=True)
class Truth:
    """True or false."""

    def read(self, node: Node) -> bool:
        """Whether it is true."""
        if not isinstance(node.value, bool):
            raise node.refuse(f"must be true or false, not {what(node.value)}")
        return node.value

    def write(self, value: bool) -> bool:  # noqa: FBT001 - the kind's one value
        """The value as it is."""
        return value

    def schema(self) -> dict[str, Any]:
        """A boolean."""
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """A time in seconds, exact to the microsecond: `30s`, `1h30m`."""

    least: float
    most: float

    def read(self, node: Node) -> float:
        """Its seconds."""
        value = node.value
        if isinstance(value, int | float) and not isinstance(value, bool):
            raise node.refuse(f"has no unit; write `{value}s` for seconds")
        text = text_of(node)
        if not _DURATION.fullmatch(text):
            raise node.refuse("must be a time such as `500ms`, `30s`, `5m` or `1h30m`")
        seconds = seconds_of(text)
        if not self.least <= seconds <= self.most:
            low, high = self.write(self.least), self.write(self.most)
            raise node.refuse(f"must be from {low} to {high}, not {text}")
        return seconds

    def write(self, value: float) -> str:
        """The seconds with units, the greatest first; with a fraction in seconds alone."""
        if not float(value).is_integer():
            return f"{value:.6f}".rstrip("0") + "s"
        hours, rest = divmod(int(value), 3600)
        named = ((hours, "h"), (rest // 60, "m"), (rest % 60, "s"))
        return "".join(f"{number}{unit}" for number, unit in named if number) or "0s"

    def schema(self) -> dict[str, Any]:
        """A string with units."""
        return {"type": "string", "pattern": f"^{_DURATION.pattern}$"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """A number of bytes: `16MiB`, or as a number."""

    least: int
    most: int

    def read(self, node: Node) -> int:
        """How many bytes."""
        value = node.value
        if isinstance(value, str):
            match = _SIZE.fullmatch(value)
            if match is None:
                raise node.refuse("must be a size such as `64KiB` or `16MiB`")
            value = int(match[1]) * _BYTES[match[2]]
        if isinstance(value, bool) or not isinstance(value, int):
            raise node.refuse(f"must be a size such as `16MiB`, not {what(value)}")
        if not self.least <= value <= self.most:
            low, high = self.write(self.least), self.write(self.most)
            raise node.refuse(f"must be from {low} to {high}")
        return value

    def write(self, value: int) -> str:
        """The bytes by the greatest unit that fits."""
        unit = next(name for name, size in _BYTES.items() if value % size == 0)
        return f"{value // _BYTES[unit]}{unit}"

    def schema(self) -> dict[str, Any]:
        """A string with a unit, or an integer."""
        number = {"type": "integer", "minimum": self.least, "maximum": self.most}
        return {"anyOf": [{"type": "string", "pattern": f"^{_SIZE.pattern}$"}, number]}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several words."""

    words: type[StrEnum]

    def read(self, node: Node) -> StrEnum:
        """The member that the word names."""
        text = text_of(node)
        known = [each.value for each in self.words]
        if text not in known:
            one = ", ".join(f"`{each}`" for each in known)
            raise node.refuse(f"must be one of {one}{meant(text, known)}")
        return self.words(text)

    def write(self, value: StrEnum) -> str:
        """The word."""
        return value.value

    def schema(self) -> dict[str, Any]:
        """The words."""
        return {"enum": [each.value for each in self.words]}


@dataclass(frozen=True, slots=True)
class Code:
    """An expression: a text that is evaluated when the flow runs."""

    language: str
    """Whose it is, for people."""

    def read(self, node: Node) -> Expression:
        """The text with its place; whether it makes sense is looked at when it is checked."""
        if isinstance(node.value, bool | int | float):
            raise node.refuse(f"must be {self.language}, as text; put it in quotes")
        text = text_of(node)
        if not text.strip():
            raise node.refuse(f"must be {self.language}, not an empty text")
        if len(text) > LONGEST:
            raise node.refuse(f"must have at most {LONGEST} characters, not {len(text)}")
        if SLOT.match(text.strip()):
            raise node.refuse(f"must be {self.language}, not a slot: leave the braces out")
        return Expression(text, node.place)

    def write(self, value: Expression) -> str:
        """The text."""
        return value.text

    def schema(self) -> dict[str, Any]:
        """A string that is not blank, and no slot."""
        pattern = r"^\s*(?:[^\s{]|\{[^{%]|\{$)"
        return {"type": "string", "maxLength": LONGEST, "pattern": pattern}


@dataclass(frozen=True, slots=True, kw_only=True)
class Json:
    """Any JSON."""

    mapping: bool = False

    def read(self, node: Node) -> Any:
        """The value as it is."""
        if self.mapping and not isinstance(node.value, dict):
            raise node.refuse(f"must be a mapping, not {what(node.value)}")
        return node.value

    def write(self, value: Any) -> Any:
        """The value as it is."""
        return value

    def schema(self) -> dict[str, Any]:
        """Anything, or any object."""
        return {"type": "object"} if self.mapping else {}


def seconds_of(duration: str) -> float:
    """The seconds of a time such as `1h30m`, exact to the microsecond."""
    parts = _PART.findall(duration)
    exact = sum((Fraction(number) * _UNITS[unit] for number, unit in parts), Fraction())
    return float(round(exact, 6))


def text_of(node: Node) -> str:
    """The text of a node; raises Wrong where it is none."""
    if isinstance(node.value, bool | int | float):
        raise node.refuse("must be text; put it in quotes")
    if not isinstance(node.value, str):
        raise node.refuse(f"must be text, not {what(node.value)}")
    return node.value


def within(node: Node, value: float, least: float, most: float) -> float:
    """A number between its bounds; raises Wrong where it is not."""
    if least <= value <= most:
        return value
    if most == float("inf"):
        raise node.refuse(f"must be at least {least}, not {value}")
    raise node.refuse(f"must be from {least} to {most}, not {value}")


def places_of(node: Node, pointer: str = "") -> dict[str, Place]:
    """Where each value below a node begins, by JSON pointer from it."""
    if node.report.places is None:
        return {}
    found = {pointer: node.place}
    inside = node.value
    keys = (
        inside
        if isinstance(inside, dict)
        else range(len(inside))
        if isinstance(inside, list)
        else ()
    )
    for key in keys:
        found |= places_of(node.child(key), f"{pointer}/{escape(str(key))}")
    return found
