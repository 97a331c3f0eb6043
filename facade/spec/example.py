"""Examples of arguments, made of the schema of an action, for people to begin with."""

from collections.abc import Mapping
from typing import Any

DEPTH = 4
"""So deep a value is made; below it there is a placeholder."""

PLACEHOLDER = "…"

SIMPLE = {"integer": 1, "number": 1, "boolean": True, "null": None}


def arguments(schema: Any) -> dict[str, Any]:
    """An example of each argument that a call cannot do without, by its name."""
    if not isinstance(schema, Mapping):
        return {}
    definitions, properties = schema.get("$defs", {}), schema.get("properties", {})
    body = _resolved(properties.get("body"), definitions)
    flat = [name for name in body.get("required", ()) if name in properties]
    names = dict.fromkeys((*schema.get("required", ()), *flat))
    return {name: example(properties.get(name), definitions) for name in names}


def example(schema: Any, definitions: Mapping[str, Any], depth: int = DEPTH) -> Any:
    """A value as the schema shows it, or else as it allows it, where that is easily seen."""
    known = _resolved(schema, definitions)
    for keyword in ("example", "const", "default"):
        if keyword in known:
            return known[keyword]
    for keyword in ("examples", "enum"):
        if known.get(keyword):
            return known[keyword][0]
    if known.get("discriminator") and depth:
        return _of_alternative(known["discriminator"], definitions, depth - 1)
    for keyword in ("allOf", "anyOf", "oneOf"):
        if known.get(keyword) and depth:
            return example(known[keyword][0], definitions, depth - 1)
    return _of_type(known, definitions, depth)


def _of_alternative(apart: Mapping[str, Any], definitions: Mapping[str, Any], depth: int) -> Any:
    value, reference = next(iter(apart["mapping"].items()))
    made = example({"$ref": reference}, definitions, depth)
    return {**made, apart["propertyName"]: value} if isinstance(made, Mapping) else made


def _of_type(known: Mapping[str, Any], definitions: Mapping[str, Any], depth: int) -> Any:
    kinds = known.get("type", "string")
    kind = kinds if isinstance(kinds, str) else next(iter(kinds), "string")
    if kind in ("integer", "number") and "minimum" in known:
        return known["minimum"]
    if kind == "array" and depth:
        return [example(known.get("items"), definitions, depth - 1)]
    if kind == "object" and depth:
        properties = known.get("properties", {})
        return {
            name: example(properties.get(name), definitions, depth - 1)
            for name in known.get("required", ())
        }
    return SIMPLE.get(kind, PLACEHOLDER)


def _resolved(schema: Any, definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema that a `$ref` leads to; one that says nothing where there is none."""
    for _ in range(DEPTH):
        if not isinstance(schema, Mapping) or "$ref" not in schema:
            break
        name = str(schema["$ref"]).removeprefix("#/$defs/").replace("~1", "/").replace("~0", "~")
        schema = definitions.get(name)
    return schema if isinstance(schema, Mapping) else {}
