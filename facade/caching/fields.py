"""Header fields by name, the lines of each combined (RFC 9110 section 5.3)."""

from collections.abc import Mapping
from typing import TypeAlias

from facade.model.call import Headers

Fields: TypeAlias = Mapping[str, str]
"""Values by lower-case name."""

CONDITIONS = frozenset(
    {"if-none-match", "if-modified-since", "if-match", "if-unmodified-since", "if-range", "range"}
)
"""Fields that ask for a part of an answer, or for none (RFC 9110 sections 13.1 and 14.2)."""

HOPPING = frozenset(
    {
        *("connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding"),
        *("upgrade", "proxy-authenticate", "proxy-authentication-info", "proxy-authorization"),
    }
)
"""Fields that are of one connection and never stored (RFC 9111 section 3.1)."""


def fields_of(headers: Headers) -> Fields:
    """Combines the lines of each field, in their order."""
    fields: dict[str, str] = {}
    for name, value in headers:
        key = name.lower()
        fields[key] = f"{fields[key]}, {value}" if key in fields else value
    return fields


def members(value: str) -> list[str]:
    """The members of a field that is a list of words, in lower case."""
    return [word for part in value.split(",") if (word := part.strip().lower())]
