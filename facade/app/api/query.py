"""The query of a request: fields of its message, by name, as JSON would have them."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from facade.app.api.form.place import FieldPlace, unknown

MAX_PARAMETERS = 200

Schema = Mapping[str, Any]
Leaves = Mapping[str, Schema]
"""The fields that a query may have, by their dotted names in JSON, with their schemas."""


def leaves_of(
    schema: Schema, components: Mapping[str, Schema], before: str = ""
) -> Iterator[tuple[str, Schema]]:
    """The fields of an object that a query can say: plain ones, lists of such, and those within.

    As google.api.http has it: no maps, no lists of objects, and nothing that is only told.
    """
    for word, given in schema.get("properties", {}).items():
        field = f"{before}{word}"
        found = components[given["$ref"].rpartition("/")[2]] if "$ref" in given else given
        if given.get("readOnly"):
            continue
        if "properties" in found:
            yield from leaves_of(found, components, f"{field}.")
        elif _is_plain(found) or (found.get("type") == "array" and _is_plain(found["items"])):
            yield field, given


def read_query(text: bytes, leaves: Leaves, place: FieldPlace) -> dict[str, Any]:
    """The tree of fields that a query says, as JSON would; what is wrong is noted."""
    known = {each: each for each in leaves} | {_snake(each): each for each in leaves}
    said: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(
            text.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MAX_PARAMETERS,
        )
    except ValueError:
        place.refuse(f"the query must be UTF-8, and at most {MAX_PARAMETERS} parameters")
        return {}
    for name, value in pairs:
        word = known.get(name)
        if word is None:
            place.within(name[:63]).refuse(unknown(name, leaves, "unknown parameter"))
        else:
            said.setdefault(word, []).append(value)
    tree: dict[str, Any] = {}
    for word, values in said.items():
        _put(tree, word, _value(leaves[word], values, place.within(_snake(word))))
    return tree


def _snake(word: str) -> str:
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in word)


def _is_plain(schema: Schema) -> bool:
    kinds = schema.get("type", ())
    kinds = {kinds} if isinstance(kinds, str) else set(kinds)
    return bool(kinds) and kinds <= {"string", "integer", "number", "boolean"}


def _value(schema: Schema, values: list[str], place: FieldPlace) -> Any:
    """The JSON of what a parameter says; a text that is none stays one, for the form to refuse."""
    if schema.get("type") == "array":
        return [_plain(schema["items"], each) for each in values]
    if len(values) > 1:
        place.refuse("is given more than once")
    return _plain(schema, values[0])


def _plain(schema: Schema, text: str) -> Any:
    pattern, make = KINDS.get(str(schema.get("type")), TEXT)
    return make(text) if pattern.fullmatch(text) else text


def _flag(text: str) -> bool:
    return text == "true"


KINDS: Mapping[str, tuple[re.Pattern[str], Callable[[str], Any]]] = {
    "boolean": (re.compile("true|false"), _flag),
    "integer": (re.compile("-?[0-9]{1,19}"), int),
    "number": (re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?"), float),
}
"""How what is no text is written, and what makes it."""
TEXT = (re.compile(".*", re.DOTALL), str)


def _put(tree: dict[str, Any], word: str, value: Any) -> None:
    *path, last = word.split(".")
    for step in path:
        tree = tree.setdefault(step, {})
    tree[last] = value
