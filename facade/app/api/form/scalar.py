"""The plain values of proto3 JSON: texts, numbers, times, bytes, and names for choices."""

import math
import re
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final, Protocol

from msgspec import UNSET

from facade.app.api.form.place import LONGEST, FieldPlace
from facade.catalog.draft import CONTROLS
from facade.model import names
from facade.model.action import Schema
from facade.model.paging import Path
from facade.model.secret import PATTERN
from facade.transcode.arguments import pointer

NANOSECONDS: Final = 1_000_000_000
_DURATION: Final = re.compile(r"(-?)([0-9]{1,12})(?:\.([0-9]{1,9}))?s")
_DIGITS: Final = re.compile(r"-?[0-9]{1,19}")
_CAPITAL: Final = re.compile(r"[A-Z]")


class Codec(Protocol):
    """One kind of value: how it is written as JSON, read from it, and described."""

    @property
    def explicit(self) -> bool:
        """Whether its zero is said too: in proto3, whether it has presence."""

    def write(self, own: Any) -> Any:
        """The JSON of a value; None where it has none."""

    def read(self, tree: Any, place: FieldPlace) -> Any:
        """The value; UNSET, and a problem, where the JSON is none of this kind."""

    def schema(self) -> dict[str, Any]:
        """The JSON Schema of what is written and read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """A value that is one JSON value of certain types."""

    wanted: str
    """What must stand there, in words."""
    types: tuple[type, ...]
    """Those of the JSON value."""
    shape: Mapping[str, Any]
    """Its JSON Schema."""
    parse: Callable[[Any], Any] | None = None
    """Makes the value of the JSON; raises ValueError. None: it is the JSON."""
    form: Callable[[Any], Any] | None = None
    """Makes the JSON of the value. None: it is the value."""
    explicit: bool = False

    def write(self, own: Any) -> Any:
        """The value's JSON."""
        return own if self.form is None else self.form(own)

    def read(self, tree: Any, place: FieldPlace) -> Any:
        """The value; UNSET, and a problem, where the JSON is none."""
        if type(tree) not in self.types:
            place.refuse_type(self.wanted, tree)
            return UNSET
        try:
            return tree if self.parse is None else self.parse(tree)
        except ValueError:
            place.refuse(f"must be {self.wanted}")
            return UNSET

    def schema(self) -> dict[str, Any]:
        """The value's JSON Schema."""
        return dict(self.shape)


class Choice:
    """One of several values, by the names that an enum of the protos has for them."""

    explicit = False

    def __init__(self, values: Mapping[str, Any], refusal: str = "") -> None:
        """Takes the values by name, first the one that stands for none and is never written.

        `refusal` is what is said of a text that is no name; empty: that it is none.
        """
        self._values = values
        self._zero, *self._said = values
        self._names = {values[name]: name for name in self._said}
        self._refusal = refusal

    def write(self, own: Any) -> str | None:
        """The value's name; None where it has none but the first."""
        return self._names.get(own)

    def read(self, tree: Any, place: FieldPlace) -> Any:
        """The value of a name; UNSET, and a problem, where it is none."""
        if isinstance(tree, str) and tree in self._values:
            return self._values[tree]
        if isinstance(tree, bool) or not isinstance(tree, (str, int)):
            place.refuse_type("a string", tree)
        elif self._refusal:
            place.refuse(self._refusal)
        else:
            said = f"{tree!s:.{LONGEST}} is none of its values"
            place.refuse_word(str(tree), self._said, said)
        return UNSET

    def schema(self) -> dict[str, Any]:
        """The names that are written."""
        return {"type": "string", "enum": list(self._said)}


def choice(prefix: str, members: Iterable[Enum], zero: Any = None) -> Choice:
    """The members of an enum by their names in the protos; `zero` is what its first name says."""
    named = {f"{prefix}_{each.name}": each for each in members}
    return Choice({f"{prefix}_UNSPECIFIED": zero, **named})


def _whole(number: float | str, bits: int) -> int:
    """An integer of so many bits; a number with a fraction is none."""
    known = _DIGITS.fullmatch(number) if isinstance(number, str) else number % 1 == 0
    if not known or not -(2 ** (bits - 1)) <= (whole := int(number)) < 2 ** (bits - 1):
        raise ValueError
    return whole


def _number(number: float) -> float:
    if not math.isfinite(number):
        raise ValueError
    return float(number)


def _fraction(nanoseconds: int) -> str:
    """None, three, six or nine digits behind a point."""
    digits = f"{nanoseconds:09}"
    while digits.endswith("000"):
        digits = digits[:-3]
    return f".{digits}" if digits else ""


def _duration(seconds: float) -> str:
    whole, rest = divmod(abs(round(seconds * NANOSECONDS)), NANOSECONDS)
    sign = "-" if seconds < 0 and (whole or rest) else ""
    return f"{sign}{whole}{_fraction(rest)}s"


def _seconds(text: str) -> float:
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValueError
    sign, whole, digits = found.groups(default="")
    seconds = int(whole) + int(digits.ljust(9, "0")) / NANOSECONDS
    return -seconds if sign else seconds


def _moment(moment: datetime) -> str:
    plain = moment.astimezone(UTC).replace(microsecond=0, tzinfo=None)
    return f"{plain.isoformat()}{_fraction(moment.microsecond * 1000)}Z"


def _bytes(text: str) -> bytes:
    """Of either alphabet of RFC 4648, padded or not, as proto3 JSON allows."""
    plain = text.translate(str.maketrans("-_", "+/")).rstrip("=")
    return b64decode(plain + "=" * (-len(plain) % 4), validate=True)


def _paths(text: str) -> tuple[str, ...]:
    """The fields of a mask, by the names that the protos have for them."""
    names = (each.strip() for each in text.split(","))
    return tuple(_CAPITAL.sub(lambda found: f"_{found[0].lower()}", each) for each in names if each)


def _argument(path: Path) -> str:
    """A name alone, unless it would read as a pointer."""
    alone = len(path) == 1 and not path[0].startswith("/")
    return path[0] if alone else pointer(path)


def _tree(schema: Schema) -> dict[str, Any]:
    """A JSON Schema as an object, which the schemas `true` and `false` are not."""
    if isinstance(schema, bool):
        return {} if schema else {"not": {}}
    tree: dict[str, Any] = _plain(schema)
    return tree


def _plain(tree: Any) -> Any:
    """JSON of Python's own types alone, and of numbers that every reader can hold."""
    if isinstance(tree, Mapping):
        return {key: _plain(each) for key, each in tree.items()}
    if isinstance(tree, (list, tuple)):
        return [_plain(each) for each in tree]
    if isinstance(tree, Decimal) or (type(tree) is int and tree.bit_length() > 63):
        most = sys.float_info.max
        return float(max(-most, min(most, tree)))
    return tree


def at_most(characters: int, text: Scalar) -> Scalar:
    """A text of no more than so many characters."""
    return replace(text, shape={**text.shape, "maxLength": characters})


TEXT = Scalar(wanted="a string", types=(str,), shape={"type": "string"})
NAME = replace(TEXT, form=str)
"""Of a resource."""
REFERENCE = replace(
    TEXT, shape={"type": "string", "pattern": PATTERN, "examples": ["env:PETS_TOKEN"]}
)
"""Of a secret; whether it is one is the catalog's to judge, which never tells the text."""
ID = replace(TEXT, shape={"type": "string", "pattern": f"^{names.ID.pattern}$"})
"""Of something new."""
PROSE = replace(TEXT, shape={"type": "string", "pattern": f"^[^{CONTROLS.pattern[1:]}*$"})
"""What people write and read: line breaks and tabs, and no other control characters."""
SOME_TEXT = replace(TEXT, shape={"type": "string", "minLength": 1})
CONNECTION_NAME = replace(
    TEXT, shape={"type": "string", "pattern": f"^(connections/{names.ID.pattern})?$"}
)
SUBJECT_NAME = replace(
    TEXT,
    shape={
        "type": "string",
        "pattern": f"^(connections/{names.ID.pattern}/subjects/{names.ID.pattern})?$",
    },
)
VERSION_NAME = replace(
    TEXT,
    shape={
        "type": "string",
        "pattern": f"^connectors/{names.ID.pattern}/versions/{names.ID.pattern}$",
        "examples": ["connectors/petstore/versions/v1"],
    },
)
"""Of a version that is there; read where it is used."""
FLAG = Scalar(wanted="true or false", types=(bool,), shape={"type": "boolean"})
WHOLE = Scalar(
    wanted="a whole number of 32 bits",
    types=(int, float),
    shape={"type": "integer", "format": "int32", "minimum": -(2**31), "maximum": 2**31 - 1},
    parse=lambda number: _whole(number, 32),
)
COUNT = replace(WHOLE, shape={**WHOLE.shape, "minimum": 0})
"""A whole number that is not negative."""
LONG = Scalar(
    wanted="a whole number of 64 bits",
    types=(int, float, str),
    shape={"type": ["string", "integer"], "format": "int64", "pattern": f"^{_DIGITS.pattern}$"},
    parse=lambda number: _whole(number, 64),
    form=str,
)
"""Written as text: not every reader of JSON holds all of its digits."""
LONG_COUNT = replace(LONG, shape={**LONG.shape, "minimum": 0, "pattern": "^[0-9]{1,19}$"})
"""The same of more bits."""
NUMBER = Scalar(
    wanted="a number",
    types=(int, float),
    shape={"type": "number", "format": "double"},
    parse=_number,
)
BYTES = Scalar(
    wanted="bytes in base64",
    types=(str,),
    shape={"type": "string", "contentEncoding": "base64"},
    parse=_bytes,
    form=lambda data: b64encode(data).decode(),
)
SECONDS = Scalar(
    wanted="a duration such as `1.5s`",
    types=(str,),
    shape={
        "type": "string",
        "pattern": r"^-?[0-9]{1,12}(\.[0-9]{1,9})?s$",
        "examples": ["1.5s"],
    },
    parse=_seconds,
    form=_duration,
    explicit=True,
)
MOMENT = Scalar(
    wanted="a time such as `2026-01-31T09:30:00Z`",
    types=(str,),
    shape={"type": "string", "format": "date-time"},
    form=_moment,
    explicit=True,
)
"""Only ever written."""
MASK = Scalar(
    wanted="names of fields, separated by commas",
    types=(str,),
    shape={"type": "string", "examples": ["labels,notes"]},
    parse=_paths,
    explicit=True,
)
POINTER = replace(TEXT, shape={"type": "string", "pattern": "^($|/)"}, form=pointer)
"""A JSON pointer (RFC 6901); read where it is used."""
ARGUMENT = replace(TEXT, form=_argument)
"""An argument by its name, or by a JSON pointer; only ever written."""
TREE = Scalar(
    wanted="an object", types=(dict,), shape={"type": "object"}, form=_tree, explicit=True
)
"""A JSON Schema, only ever written."""
