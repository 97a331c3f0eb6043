"""Said: what the fields of an answer say, found out once of equal heads."""

from collections.abc import Mapping
from functools import lru_cache
from typing import TypeAlias

import msgspec

from facade.model.call import Headers

HEADS = 128
"""That are remembered: busy backends say the same ones for a whole second."""

Fields: TypeAlias = Mapping[str, str]
"""Values by lower-case name, the lines of each combined (RFC 9110 section 5.3)."""


class Said(msgspec.Struct, frozen=True, gc=False):
    """What is asked of every answer's fields."""

    fields: Fields
    types: tuple[str, ...]
    """Content-Type; two where its lines do not say the same."""
    limits: bool
    """Whether a field's name is, as it seems, one of a rate limit."""


def fields_of(headers: Headers) -> Fields:
    """Combines the lines of each field, in their order."""
    fields: dict[str, str] = {}
    for name, value in headers:
        key = name.lower()
        fields[key] = f"{fields[key]}, {value}" if key in fields else value
    return fields


@lru_cache(HEADS)
def said_of(headers: Headers) -> Said:
    """What an answer's fields say; of equal ones it is the same object."""
    fields = fields_of(headers)
    types = [value.strip() for name, value in headers if name == "content-type"]
    alike = len({" ".join(each.lower().split()) for each in types}) == 1
    return Said(fields, tuple(types[: 1 if alike else 2]), any("rate" in name for name in fields))
