"""How many schemas a value is held to where nothing is remembered: the cost of all its faults.

A validator that gathers faults descends into every alternative, and into what they share
again and again: with each level of a recursive schema it may be twice the work.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from facade.model.action import Schema

DEEPEST = 400
"""Schemas within schemas and parts of values together."""
ANY = float("inf")
KINDS = ((dict, "object"), (list, "array"), (str, "string"))
"""The values whose JSON type is certain."""


@dataclass(slots=True)
class Scale:
    """Weighs values against the schemas of one bundle, within a budget of steps for all of them."""

    root: Schema
    budget: int
    _known: dict[tuple[int, int], float] = field(default_factory=dict)

    def weigh(self, schema: Any, value: Any, depth: int = 0) -> float:
        """How many schemas a value is held to; infinite where it takes too long to tell."""
        if not isinstance(schema, Mapping):
            return 1
        key = id(schema), id(value)
        if key in self._known:
            return self._known[key]
        self.budget -= 1
        if self.budget < 0 or depth > DEEPEST:
            return ANY
        weight = 1.0
        for each, part in applied(schema, value, self.root):
            weight += self.weigh(each, part, depth + 1)
            if weight == ANY:
                break
        self._known[key] = weight
        return weight


def applied(schema: Mapping[str, Any], value: Any, root: Schema) -> Iterator[tuple[Any, Any]]:
    """The schemas that one applies, each with the value or the part of it that it is applied to."""
    for each in composing(schema, value, root):
        yield each, value
    for key in ("anyOf", "oneOf"):
        for each in schema.get(key, ()):
            yield each, value
    for each in schema.get("dependentSchemas", {}).values():
        yield each, value
    for each, _, part in parts(schema, value):
        yield each, part
    for each in _everywhere(schema, value):
        yield from ((each, part) for part in (value.values() if isinstance(value, dict) else value))


def _everywhere(schema: Mapping[str, Any], value: Any) -> Iterator[Any]:
    """The schemas that one may apply to any part of a value."""
    if isinstance(value, dict):
        yield from schema.get("patternProperties", {}).values()
    key = "unevaluatedProperties" if isinstance(value, dict) else "unevaluatedItems"
    if isinstance(value, dict | list) and isinstance(schema.get(key), Mapping):
        yield schema[key]


def composing(schema: Mapping[str, Any], value: Any, root: Schema) -> Iterator[Any]:
    """The schemas that one always applies to the value itself."""
    if "$ref" in schema:
        yield target(schema["$ref"], root)
    yield from schema.get("allOf", ())
    if "if" in schema:
        fits = is_told(schema["if"], value)
        yield from (schema[key] for key in ("then", "else") if key in schema and fits[key])


def parts(schema: Mapping[str, Any], value: Any) -> Iterator[tuple[Any, str | int, Any]]:
    """The schemas that one applies to parts of a value, with their places and the parts."""
    if isinstance(value, dict):
        named, more = schema.get("properties", {}), schema.get("additionalProperties") or True
        for name, part in value.items():
            each = named.get(name, more)
            if each is not True:
                yield each, name, part
    elif isinstance(value, list):
        first, rest = schema.get("prefixItems", ()), schema.get("items", True)
        for index, part in enumerate(value):
            each = first[index] if index < len(first) else rest
            if each is not True:
                yield each, index, part


def target(reference: str, root: Schema) -> Any:
    """The definition that a reference means; True where it is none of the bundle's own."""
    definitions = root.get("$defs", {}) if isinstance(root, Mapping) else {}
    return definitions.get(reference.removeprefix("#/$defs/"), True)


def is_told(condition: Any, value: Any) -> Mapping[str, bool]:
    """Which of `then` and `else` may apply: a property's constant tells, anything else does not."""
    if not isinstance(condition, Mapping) or condition.keys() - {"type", "required", "properties"}:
        return {"then": True, "else": True}
    named = condition.get("properties", {})
    if condition.get("type", "object") != "object" or any(map(_is_open, named.values())):
        return {"then": True, "else": True}
    if not isinstance(value, dict):
        return {"then": "type" not in condition, "else": "type" in condition}
    fits = all(name in value for name in condition.get("required", ())) and all(
        value[name] in _options(each) for name, each in named.items() if name in value
    )
    return {"then": fits, "else": not fits}


def may_be(schema: Any, value: Any, root: Schema) -> bool:
    """Whether a schema, or the definition that it refers to, takes values of this one's type."""
    if isinstance(schema, Mapping) and "$ref" in schema:
        schema = target(schema["$ref"], root)
    types = schema.get("type") if isinstance(schema, Mapping) else None
    listed = [types] if isinstance(types, str) else types
    name = next((name for kind, name in KINDS if isinstance(value, kind)), "")
    return not listed or not name or name in listed


def _is_open(schema: Any) -> bool:
    return (
        not isinstance(schema, Mapping) or len(schema) != 1 or not schema.keys() & {"const", "enum"}
    )


def _options(schema: Mapping[str, Any]) -> list[Any]:
    return schema["enum"] if "enum" in schema else [schema["const"]]
