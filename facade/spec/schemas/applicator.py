"""The keywords of a schema that hold schemas, and how each applies them."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple


class Place(StrEnum):
    """How a schema within another is applied."""

    SAME = "same"
    """To the same value, always."""
    BRANCH = "branch"
    """To the same value, perhaps."""
    CHILD = "child"
    """To a part of the value."""


PLACES: Mapping[str, Place] = MappingProxyType(
    {
        "items": Place.CHILD,
        "additionalProperties": Place.CHILD,
        "contains": Place.CHILD,
        "propertyNames": Place.CHILD,
        "unevaluatedItems": Place.CHILD,
        "unevaluatedProperties": Place.CHILD,
        "not": Place.BRANCH,
        "if": Place.BRANCH,
        "then": Place.BRANCH,
        "else": Place.BRANCH,
        "allOf": Place.SAME,
        "anyOf": Place.BRANCH,
        "oneOf": Place.BRANCH,
        "prefixItems": Place.CHILD,
        "properties": Place.CHILD,
        "patternProperties": Place.CHILD,
        "dependentSchemas": Place.BRANCH,
    }
)
LISTS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
MAPS = frozenset({"properties", "patternProperties", "dependentSchemas"})
STRICT_IF_WEAK = frozenset({"not", "if", "contains"})
"""They would refuse, or ask for more, if their schema allowed too much."""
EVALUATING = frozenset(
    {"$ref", "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas"}
    | {"prefixItems", "contains", "patternProperties"}
)
"""What they allow too much of, `unevaluatedProperties` and `unevaluatedItems` would refuse."""


class Entry(NamedTuple):
    """A keyword as JSON Schema 2020-12 calls it, and where its value stands in the document."""

    key: str
    value: Any
    token: str


def entries(node: Mapping[str, Any]) -> Iterator[Entry]:
    """The keywords of a schema, those that were renamed by their new names.

    Until 2019-09 a list of `items` was what `prefixItems` is now, and `dependencies`
    what `dependentRequired` and `dependentSchemas` are.
    """
    listed = isinstance(node.get("items"), list) and "prefixItems" not in node
    for key, value in node.items():
        if key == "items" and listed:
            yield Entry("prefixItems", value, key)
        elif key == "additionalItems" and listed:
            yield Entry("items", value, key)
        elif key == "dependencies" and isinstance(value, Mapping):
            names = {name: each for name, each in value.items() if isinstance(each, list)}
            others = {name: each for name, each in value.items() if name not in names}
            if names and "dependentRequired" not in node:
                yield Entry("dependentRequired", names, key)
            if others and "dependentSchemas" not in node:
                yield Entry("dependentSchemas", others, key)
        else:
            yield Entry(key, value, key)
