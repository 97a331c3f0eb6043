"""Text in XML becomes a JSON scalar, digit for digit."""

import re
from collections.abc import Mapping
from types import MappingProxyType

import orjson

from facade.transcode.xml.tree import BLANKS

NUMBER = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?([eE][+-]?[0-9]+)?")
BOOLEANS = frozenset({"true", "false"})
BITS: Mapping[str, str] = MappingProxyType({"1": "true", "0": "false"})
"""The other words for them (XML Schema part 2, section 3.2.2)."""
SCALARS = frozenset({"string", "number", "integer", "boolean"})


def scalar(text: str, types: frozenset[str]) -> str:
    """Gives text as the JSON of one of the types; as a string where it is none of them.

    A string where that is allowed: nothing says then that more is meant.
    """
    if types and "string" not in types:
        word = text.strip(BLANKS)
        digits = number(word) if types & {"number", "integer"} else ""
        if digits:
            return digits
        if "boolean" in types and (word in BOOLEANS or word in BITS):
            return BITS.get(word, word)
        if not word and "null" in types:
            return "null"
    return string(text)


def string(text: str) -> str:
    """Gives text as a JSON string."""
    return orjson.dumps(text).decode()


def number(word: str) -> str:
    """Gives a number as JSON writes it, digit for digit; empty where it is none."""
    match = NUMBER.fullmatch(word)
    if match is None or not (match[2] or match[3]):
        return ""
    sign, whole, fraction, exponent = match.groups()
    point = "" if fraction is None else f".{fraction or 0}"
    return f"{sign.removeprefix('+')}{whole.lstrip('0') or 0}{point}{exponent or ''}"
