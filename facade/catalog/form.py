"""What the objects of a connector file have in common, and how they become nouns of the model."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import UNSET, Meta

from facade.model.secret import PATTERN

Noun = TypeVar("Noun")

Secret = Annotated[str, Meta(pattern=PATTERN, examples=["env:PETS_TOKEN"])]

DURATION = r"^[0-9]+(\.[0-9]+)?(ms|s|m|h)$"

Seconds = Annotated[str, Meta(pattern=DURATION, examples=["10s", "500ms", "5m"])]
"""A time, as a file writes it."""

NONE: frozenset[str] = frozenset()

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


class Form(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """An object of the file: unknown keys are refused."""


def seconds_of(text: str) -> float:
    """A time in seconds."""
    number = text.rstrip("msh")
    return float(number) * _UNITS[text.removeprefix(number)]


def noun_of(form: Form, kind: type[Noun], times: frozenset[str] = NONE, **given: Any) -> Noun:
    """The noun that an object of a file stands for: its fields are called the same.

    What the file leaves out has the noun's default. `times` are the fields that hold seconds,
    `given` those that are said in another way.
    """
    found = {
        field.name: _plain(value, is_time=field.name in times)
        for field in msgspec.structs.fields(form)
        if field.name not in given and (value := getattr(form, field.name)) is not UNSET
    }
    return msgspec.convert(found | given, kind)


def forms() -> Iterator[type[Form]]:
    """Every kind of object that a file may hold."""
    known = [Form]
    for kind in known:
        known.extend(kind.__subclasses__())
    yield from known[1:]


def _plain(value: Any, *, is_time: bool) -> Any:
    if is_time:
        return seconds_of(value)
    if isinstance(value, Mapping):
        return dict(value)
    return value
