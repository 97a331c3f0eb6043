"""An answer against its declared schema, within bounds of time."""

import json
from decimal import Decimal
from typing import Any

import orjson

from facade.errors.fault import Violation
from facade.transcode.json_text import repeats_names
from facade.transcode.validation.schema import Check

LISTED = 20
"""Violations that are named."""
ALL_BELOW = 16 * 1024
"""Bytes of an answer all of whose violations are gathered: thousands cost milliseconds."""
PLACED_BELOW = 128 * 1024
"""Bytes of an answer whose first violation is named; of a larger one it is told that it is so."""

TWICE = "names a member twice: which one counts depends on the reader"
UNREADABLE = "has numbers or a depth that cannot be compared with the schema"
SOMEWHERE = "does not fit; it is too large to say where"


def misfits(check: Check, data: bytes) -> list[Violation]:
    """Finds what is wrong with JSON by JSON pointer, at most 20; empty where it fits.

    Takes at most about 30 ms for a mebibyte: looking for every violation would take seconds.
    """
    if check.validator is None:
        return []
    try:
        value = _value(data)
    except (ValueError, RecursionError):
        return [Violation(field="", description=UNREADABLE)]
    found = _find(check, value, len(data))
    if repeats_names(data, value):
        found.insert(0, Violation(field="", description=TWICE))
    more = len(found) - LISTED
    if more <= 0:
        return found
    return [*found[:LISTED], Violation(field="", description=f"… and {more} more")]


def _find(check: Check, value: Any, size: int) -> list[Violation]:
    if size <= ALL_BELOW:
        return check.find(value, ())
    if size <= PLACED_BELOW:
        return check.first(value, ())
    return [] if check.fits(value) else [Violation(field="", description=SOMEWHERE)]


def _value(data: bytes) -> Any:
    """The value with doubles where they suffice; a number beyond them is a Decimal."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return json.loads(data, parse_float=Decimal)
