"""Results: what a call answered as a list of objects (G-10), and as the one object of a tool."""

from collections.abc import Mapping
from typing import Any

import msgspec

from facade.model.action import Schema
from facade.transcode.paging.json_place import ITEMS

RESULTS = "results"
"""The member of a tool's object that holds what is no single object."""
VALUE = "value"

OBJECT = b"{"


def results_of(json: bytes | None) -> list[msgspec.Raw]:
    """The objects that an answer comes to, every digit as it stands.

    An object is one; an array, one for each element; what is no object becomes `{"value": …}`;
    nothing comes to none.
    """
    if json is None:
        return []
    text = json.strip()
    elements = [bytes(each) for each in ITEMS.decode(text)] if text[:1] == b"[" else [text]
    return [msgspec.Raw(_object(each)) for each in elements]


def structured(json: bytes | None) -> msgspec.Raw:
    """The one object that a tool answers: the answer itself where it is one, else its results."""
    text = json.strip() if json is not None else b""
    if text[:1] == OBJECT:
        return msgspec.Raw(text)
    return msgspec.Raw(msgspec.json.encode({RESULTS: results_of(json)}))


def structured_schema(schema: Schema) -> Mapping[str, Any] | None:
    """The JSON Schema of what `structured` makes of answers; None where that cannot be told."""
    if not isinstance(schema, Mapping):
        return None
    kind = schema.get("type")
    if kind == "object":
        return schema
    if kind != "array":
        return None
    plain = {key: each for key, each in schema.items() if key not in {"$defs", "items"}}
    items = schema.get("items", True)
    if not (isinstance(items, Mapping) and items.get("type") == "object"):
        return None
    told = {"type": "object", "properties": {RESULTS: {**plain, "items": items}}}
    told["required"] = [RESULTS]
    return {**told, "$defs": schema["$defs"]} if "$defs" in schema else told


def _object(text: bytes) -> bytes:
    text = text.strip()
    return text if text[:1] == OBJECT else b'{"value":%b}' % text
