"""Where the files of a document may refer to others: the objects of all editions at once."""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from facade.spec.structure.survey import Shape, parse
from facade.spec.structure.table import V30, V32
from facade.spec.structure.table_v2 import OPEN, ROOT, V20

Homes: TypeAlias = Mapping[str, str]
"""By the standard's name of an object, the pointer of the map that is its home."""

HOMES: Final[Homes] = {
    "Schema": "/components/schemas",
    "Response": "/components/responses",
    "Parameter": "/components/parameters",
    "Example": "/components/examples",
    "RequestBody": "/components/requestBodies",
    "Header": "/components/headers",
    "SecurityScheme": "/components/securitySchemes",
    "Link": "/components/links",
    "Callback": "/components/callbacks",
    "PathItem": "/x-path-items",
}
HOMES_20: Final[Homes] = {
    "Schema": "/definitions",
    "Response": "/responses",
    "Parameter": "/parameters",
}

# Editions differ less in practice than on paper: a 3.0 schema with `$defs` is followed, too.
_MORE: Final = {
    ROOT: {"x-ms-paths": "Paths"},
    "Schema": {
        "items": "Schema|ref|boolean|list",
        "definitions": "{Schema}",
        "dependencies": "{Schema}",
    },
}


def _fields() -> dict[str, dict[str, Shape]]:
    tables = (V20, V30, V32, _MORE)
    names = dict.fromkeys(name for table in tables for name in table)
    return {
        name: {key: parse(text) for table in tables for key, text in table.get(name, {}).items()}
        for name in names
    }


FIELDS: Final[Mapping[str, Mapping[str, Shape]]] = _fields()
"""The shapes of the fields of every object that an edition knows."""
PATTERNED: Final[Mapping[str, Shape]] = {
    name: fields[OPEN] for name, fields in FIELDS.items() if OPEN in fields
}
"""The shape of the fields that an object does not name."""


def member(shape: Shape, node: Any, key: Any) -> Shape | None:
    """The shape of a member; None for what is not looked into."""
    if isinstance(node, list):
        found = shape if shape.kind == "object" else shape.item
    elif shape.kind == "object":
        found = FIELDS[shape.name].get(key) or _patterned(shape.name, key)
    else:
        found = shape.item if shape.kind == "map" else None
    if found is None or found.kind == "any":
        return None
    values = found.item is not None and found.item.kind == "any"
    return found if key == "enum" or not values else None


def _patterned(name: str, key: str) -> Shape | None:
    return None if key.startswith("x-") else PATTERNED.get(name)
