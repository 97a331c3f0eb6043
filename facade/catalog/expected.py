"""What a place of a file may hold, in words for who filled it otherwise; pure."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec.inspect import DictType, ListType, LiteralType, Metadata, StrType, StructType

from facade.catalog.form import DURATION


def expected(form: type, place: Sequence[str | int]) -> str:
    """What must stand at a place of a form; empty where msgspec's own words say it."""
    match _type_at(form, place):
        case LiteralType(values=values):
            return "one of " + ", ".join(f"`{each}`" for each in values)
        case StrType(pattern=pattern) if pattern == DURATION:
            return "a duration such as `10s`"
    return ""


def _type_at(form: type, place: Sequence[str | int]) -> Any:
    """Msgspec's type of a place; None where it has none or several."""
    kind = _bare(msgspec.inspect.type_info(form))
    for step in place:
        match kind:
            case StructType(fields=fields):
                kind = next((each.type for each in fields if each.encode_name == step), None)
            case ListType(item_type=item) | DictType(value_type=item):
                kind = item
            case _:
                return None
        kind = _bare(kind)
    return kind


def _bare(kind: Any) -> Any:
    """A type without what is only told of it."""
    while isinstance(kind, Metadata):
        kind = kind.type
    return kind
