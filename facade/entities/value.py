"""Values of entities as filters and sorting see them: every number exact."""

from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from facade.errors.backend import BackendBadResponse


def number_of(text: str) -> Decimal | None:
    """The number that a text writes; None where it writes none."""
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _number(text: str) -> Decimal:
    return number_of(text) or Decimal(0)


READER = msgspec.json.Decoder(float_hook=_number)


def read(json: bytes) -> Any:
    """JSON as Python has it, its numbers whole or Decimal."""
    try:
        return READER.decode(json)
    except (msgspec.DecodeError, RecursionError):
        raise BackendBadResponse("an entity is nested too deep to be looked at") from None


def at(item: Any, path: tuple[str, ...]) -> Any:
    """What stands at a path of fields; None where nothing does."""
    for name in path:
        item = item.get(name) if isinstance(item, dict) else None
    return item


def is_number(value: Any) -> bool:
    """Whether a value is a JSON number; `true` is none."""
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def text_of(value: Any) -> str:
    """A plain value as a filter writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else str(value)


def rank(value: Any) -> tuple[int, Any]:
    """What sorts values of any kinds: numbers, then texts, then truths, and the rest last."""
    if is_number(value):
        return 0, value
    if isinstance(value, str):
        return 1, value
    return (2, value) if isinstance(value, bool) else (3, 0)
