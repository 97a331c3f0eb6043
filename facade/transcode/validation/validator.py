"""A JSON Schema as jsonschema-rs takes it, and compiled."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import jsonschema_rs

from facade.model.action import Schema
from facade.transcode.validation.formats import WIDER, bounds_of

DATA = frozenset({"const", "default", "discriminator", "enum", "examples"})
"""The keywords whose values hold no schemas."""
MAPS = frozenset({"$defs", "dependentSchemas", "patternProperties", "properties"})
"""The keywords whose values hold schemas by names of any kind."""

BOUNDS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})


def build(schema: Schema) -> jsonschema_rs.Draft202012Validator:
    """Compiles a schema that stands alone; regular expressions run in linear time.

    Formats of numbers become bounds, which cost nothing. Raises ValueError for what is no schema.
    """
    return jsonschema_rs.Draft202012Validator(
        schema if isinstance(schema, bool) else _prepared(schema),
        formats=dict(WIDER),
        validate_formats=True,
        pattern_options=jsonschema_rs.RegexOptions(),
        offline=True,
    )


def _prepared(node: Mapping[str, Any]) -> dict[str, Any]:
    found = {key: _within(key, each) for key, each in node.items()}
    for key in BOUNDS & found.keys():
        if isinstance(found[key], float | Decimal) and found[key] == int(found[key]):
            found[key] = int(found[key])  # beside 0.0, what no double holds counts as 0
    if found.get("additionalProperties") is False:  # alone, it tells no names when it refuses
        found.setdefault("properties", {})
    bounds = bounds_of(node.get("format"))
    if bounds:
        low, high = bounds
        found["minimum"] = max(found.get("minimum", low), low)
        found["maximum"] = min(found.get("maximum", high), high)
    return found


def _within(key: str, value: Any) -> Any:
    if key in DATA:
        return value
    if key in MAPS:
        return {name: _any(each) for name, each in value.items()}
    return [_any(each) for each in value] if isinstance(value, list) else _any(value)


def _any(value: Any) -> Any:
    return _prepared(value) if isinstance(value, Mapping) else value
