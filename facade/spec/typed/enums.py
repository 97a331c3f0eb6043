"""Enums: the listed values of a schema as an enum of proto."""

from typing import Any, Final

from facade.model.typed import Enum, EnumValue, Scalar, upper_snake
from facade.spec.schemas.keyword import is_number
from facade.spec.shapes.shape import Shape
from facade.spec.typed.naming import shout

MAX_VALUES: Final = 1_000
"""Of one enum; a list that is longer is no enum."""
MAX_VALUE: Final = 200
"""Characters of a text that names a value."""


def enum_scalar(shape: Shape) -> Scalar | None:
    """Of which type the listed values are, where they can be those of an enum; else None."""
    values = list((shape.values or {}).values())
    if not values or len(values) > MAX_VALUES:
        return None
    if all(isinstance(each, str) and len(each) <= MAX_VALUE for each in values):
        return Scalar.STRING
    return Scalar.INT64 if all(map(_is_integer, values)) else None


def enum_of(key: str, name: str, shape: Shape, comment: str) -> Enum:
    """The enum of a shape whose values `enum_scalar` takes."""
    prefix = upper_snake(name)
    values = tuple(
        EnumValue(key=each, name=f"{prefix}_{_word(each, value)}")
        for each, value in (shape.values or {}).items()
    )
    return Enum(key=key, name=name, values=values, comment=comment)


def _word(written: str, value: Any) -> str:
    return "EMPTY" if value == "" else shout(value if isinstance(value, str) else written)


def _is_integer(value: Any) -> bool:
    """Whether it is one that 64 bits hold, as every reader of its JSON reads it."""
    if not is_number(value):
        return False
    return -(2**63) <= value < 2**64 and value == int(value)
