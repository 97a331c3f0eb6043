"""Valid arguments made wrong in one place, and the JSON pointer that must be named for it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from facade.model.action import Action, Schema
from facade.transcode.arguments import pointer

WRONG: Mapping[str, Any] = {
    "object": "not an object",
    "array": {"not": "an array"},
    "string": {"not": "a string"},
    "integer": 1.5,
    "number": "not a number",
    "boolean": "maybe",
}
"""A value of another type, for each type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """Arguments of which one thing is wrong."""

    kind: str
    arguments: dict[str, Any]
    field: str
    """What a violation must name, or something within it."""


def mutations(action: Action, arguments: Mapping[str, Any]) -> Iterator[Mutation]:
    """The arguments, each time with another thing wrong."""
    yield Mutation(
        kind="unknown argument",
        arguments={**arguments, "no-such-argument": 1},
        field="/no-such-argument",
    )
    for each in action.parameters:
        if each.key not in arguments:
            continue
        if each.required and each.default is None:
            rest = {key: value for key, value in arguments.items() if key != each.key}
            yield Mutation(kind="missing", arguments=rest, field=pointer((each.key,)))
        yield from _unfit(each.schema, arguments, (each.key,))
    if "body" in arguments and action.body is not None and "json" in action.body.media[0].type:
        yield from _unfit(action.body.media[0].schema, arguments, ("body",))


def _unfit(
    schema: Schema, arguments: Mapping[str, Any], path: tuple[str, ...]
) -> Iterator[Mutation]:
    """One argument against its own schema, where that speaks of it plainly."""
    if not isinstance(schema, Mapping):
        return
    check = jsonschema_rs.Draft202012Validator(dict(schema), validate_formats=True)
    value = arguments[path[0]]
    for kind, wrong, where in _wrongs(schema, value):
        if not check.is_valid(wrong):
            changed = {**arguments, path[0]: wrong}
            yield Mutation(kind=kind, arguments=changed, field=pointer((*path, *where)))


def _wrongs(schema: Mapping[str, Any], value: Any) -> Iterator[tuple[str, Any, tuple[str, ...]]]:
    """What is wrong, the whole value with it, and where in the value it is."""
    plain = _followed(schema)
    kind = plain.get("type")
    if isinstance(kind, str) and kind in WRONG:
        yield "type", WRONG[kind], ()
    if "enum" in plain:
        yield "enum", "no-such-value" if kind in ("string", None) else 987_654_321, ()
    if isinstance(value, int | float) and "minimum" in plain:
        yield "minimum", int(plain["minimum"]) - 1, ()
    if isinstance(value, int | float) and "maximum" in plain:
        yield "maximum", int(plain["maximum"]) + 1, ()
    if isinstance(value, str) and "maxLength" in plain and plain["maxLength"] < 5_000:
        yield "maxLength", "x" * (plain["maxLength"] + 1), ()
    if isinstance(value, dict):
        yield from _members(plain, value)


def _members(
    plain: Mapping[str, Any], value: dict[str, Any]
) -> Iterator[tuple[str, Any, tuple[str, ...]]]:
    for name in plain.get("required", ()):
        if name in value:
            yield "required", {key: each for key, each in value.items() if key != name}, (name,)
    if plain.get("additionalProperties") is False:
        yield "additional", {**value, "no-such-property": 1}, ("no-such-property",)


def _followed(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema itself, or what it refers to among its own definitions."""
    reference = schema.get("$ref", "")
    if not reference.startswith("#/$defs/"):
        return schema
    name = reference.removeprefix("#/$defs/").replace("~1", "/").replace("~0", "~")
    found = schema["$defs"].get(name)
    return found if isinstance(found, Mapping) else {}
