"""The JSON of an answer as values that have all its digits."""

import json
from decimal import Decimal
from typing import Any, Final, NoReturn

import msgspec
import orjson

from facade.transcode.json_text import repeats_names
from gateway.convert.value_writer import loses_digits
from gateway.typed.misfit import Misfit

_EXACT: Final = msgspec.json.Decoder(float_hook=Decimal)


def tree_of(text: bytes) -> Any:
    """Reads JSON; raises Misfit for names given twice and for what is none.

    A number with a point or an exponent is a float where that has all its digits, else all of
    them are Decimal; integers have all of theirs.
    """
    try:
        tree = orjson.loads(text)
    except orjson.JSONDecodeError:  # for a number beyond a double, too
        exact = _exact(text)
        _refuse_names_given_twice(text)
        return exact
    if _comes_back(text, tree):
        return tree
    if repeats_names(text, tree):
        _refuse_names_given_twice(text)
    return _exact(text) if loses_digits(text) else tree


def _comes_back(text: bytes, tree: Any) -> bool:
    """Whether the values are written as they came: no name stands twice, no digit is lost."""
    try:
        return orjson.dumps(tree) == text
    except TypeError:  # deeper than it writes
        return False


def _exact(text: bytes) -> Any:
    try:
        return _EXACT.decode(text)
    except (ValueError, ArithmeticError, RecursionError):
        _refuse()


def _refuse_names_given_twice(text: bytes) -> None:
    try:
        json.loads(text, object_pairs_hook=_once, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        _refuse()


def _once(pairs: list[tuple[str, Any]]) -> None:
    names = set()
    for name, _ in pairs:
        if name in names:
            raise Misfit(f"has an object with the name `{name[:100]}` twice")
        names.add(name)


def _refuse() -> NoReturn:
    raise Misfit("is no JSON that can be read") from None
