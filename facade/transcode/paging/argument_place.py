"""Places among arguments: one that is deep within is read or set, all others keep their text."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from facade.model.action import Action, Schema
from facade.model.call import Argument, Arguments
from facade.model.paging import Path
from facade.transcode.arguments import parse

DEEPEST = 16
"""Schemas within one another that a type is sought in."""
TOGETHER = ("allOf", "anyOf", "oneOf")


def placed(path: Path, action: Action, arguments: Arguments) -> Path:
    """The place as these arguments have it: in the whole body, or as an argument of its own."""
    flat = action.body.flat if action.body else ()
    if path and path[0] in flat and "body" in arguments:
        return ("body", *path)
    if path[:1] == ("body",) and path[1:2] and path[1] in flat and "body" not in arguments:
        return path[1:]
    return path


def read(arguments: Arguments, path: Path) -> Any:
    """The value at a place; None where nothing is."""
    here: Any = {name: each.value for name, each in arguments.items() if name == path[0]}
    for token in path:
        here = here.get(token) if isinstance(here, Mapping) else None
    return here


def put(arguments: Arguments, path: Path, given: Argument) -> Arguments:
    """The arguments with one set; raises InvalidParameters where it is to be within no object."""
    name, *rest = path
    if rest:
        inner = parse(arguments[name].text) if name in arguments else {}
        given = _object(put(inner, tuple(rest), given))
    return {**arguments, name: given}


def types_at(schema: Schema, path: Path) -> frozenset[str]:
    """The JSON types that a schema allows at a place but for null; none where it does not say."""
    here = [schema]
    for token in path:
        here = [
            each["properties"][token]
            for one in here
            for each in _applied(one, schema)
            if token in each.get("properties", {})
        ]
    found: set[str] = set()
    for each in (applied for one in here for applied in _applied(one, schema)):
        said = each.get("type", ())
        found.update([said] if isinstance(said, str) else said)
    return frozenset(found) - {"null"}


def _applied(schema: Schema, root: Schema, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """The schema and those that it refers to for the same value."""
    if isinstance(schema, bool) or depth > DEEPEST:
        return
    yield schema
    name = str(schema.get("$ref", "")).removeprefix("#/$defs/")
    if name and not isinstance(root, bool):
        yield from _applied(root.get("$defs", {}).get(name, True), root, depth + 1)
    for keyword in TOGETHER:
        for each in schema.get(keyword, ()):
            yield from _applied(each, root, depth + 1)


def _object(members: Arguments) -> Argument:
    texts = (
        f"{json.dumps(name, ensure_ascii=False)}:{each.text}" for name, each in members.items()
    )
    value = {name: each.value for name, each in members.items()}
    return Argument(value=value, text=f"{{{','.join(texts)}}}")
