"""Keywords of one schema that mean something only together, set right by one another."""

from collections.abc import Mapping
from typing import Any

from facade.spec.schemas.keyword import enum_values, is_number, is_of

ANNOTATIONS = frozenset({"title", "description", "default", "examples", "deprecated"})
COMPOSED = frozenset({"$ref", "allOf", "anyOf", "oneOf", "not", "if", "const"})
"""The keywords that may refuse null whatever `type` says."""


def mend(node: Mapping[str, Any], kept: dict[str, Any], hidden: frozenset[str]) -> None:
    """Sets the keywords kept of a schema right, given the schema as it was written."""
    _mend_bounds(node, kept)
    _mend_enum(kept)
    _mend_patterns(node, kept)
    _mend_required(hidden, kept)


def allow_null(node: Mapping[str, Any], kept: dict[str, Any]) -> dict[str, Any]:
    """Null is allowed beside the type, by the keyword of OpenAPI 3.0 or its forerunner."""
    if node.get("nullable") is not True and node.get("x-nullable") is not True:
        return kept
    if not kept.keys().isdisjoint(COMPOSED):
        notes = {key: value for key, value in kept.items() if key in ANNOTATIONS}
        rest = {key: value for key, value in kept.items() if key not in ANNOTATIONS}
        return {**notes, "anyOf": [rest, {"type": "null"}]}
    if "type" in kept:
        types = [kept["type"]] if isinstance(kept["type"], str) else kept["type"]
        kept["type"] = list(dict.fromkeys([*types, "null"]))
    if "enum" in kept and None not in kept["enum"]:
        kept["enum"] = [*kept["enum"], None]
    return kept


def take_closure(kept: dict[str, Any]) -> dict[str, Any] | bool:
    """Takes what forbids unknown properties out of the keywords kept, as a schema of its own."""
    if kept.get("additionalProperties") is not False:
        return True
    closure: dict[str, Any] = {"additionalProperties": kept.pop("additionalProperties")}
    for key in ("properties", "patternProperties"):
        closure[key] = dict.fromkeys(kept.get(key, ()), True)
    return closure


def _mend_bounds(node: Mapping[str, Any], kept: dict[str, Any]) -> None:
    """An exclusive bound is a number, or `true` beside the bound before OpenAPI 3.1."""
    for exclusive, bound in (
        ("exclusiveMinimum", "minimum"),
        ("exclusiveMaximum", "maximum"),
    ):
        value = node.get(exclusive)
        if is_number(value):
            kept[exclusive] = value
        elif value is True and bound in kept:
            kept[exclusive] = kept.pop(bound)


def _mend_enum(kept: dict[str, Any]) -> None:
    """An enum of another type than the value's (YAML's `[1, 2]` for a string) would allow none.

    Listed for an array, such values are those of its items.
    """
    choices, types = kept.get("enum"), kept.get("type")
    if not choices or not types:
        return
    if any(is_of(choice, types) for choice in choices):
        kept["enum"] = enum_values(choices, types)
        return
    del kept["enum"]
    items = kept.get("items")
    if types != "array" or not isinstance(items, dict) or "enum" in items:
        return
    if "type" in items and any(is_of(choice, items["type"]) for choice in choices):
        kept["items"] = {**items, "enum": choices}


def _mend_patterns(node: Mapping[str, Any], kept: dict[str, Any]) -> None:
    """Names that only a pattern allows stay allowed where the pattern cannot run."""
    named = node.get("patternProperties")
    if isinstance(named, Mapping) and len(kept.get("patternProperties", ())) < len(named):
        kept.pop("additionalProperties", None)
        kept.pop("unevaluatedProperties", None)


def require_only(named: frozenset[str] | None, kept: dict[str, Any]) -> None:
    """Leaves out of `required` what is not among the properties, where those are known."""
    if named is not None and "required" in kept:
        kept["required"] = [name for name in kept["required"] if name in named]
        if not kept["required"]:
            del kept["required"]


def _mend_required(hidden: frozenset[str], kept: dict[str, Any]) -> None:
    """What never comes, or what the same schema forbids, is not required."""
    asked = frozenset(kept.get("required", ()))
    if kept.get("additionalProperties") is False and "patternProperties" not in kept:
        asked = asked.intersection(kept.get("properties", ()))
    require_only(asked - hidden, kept)
