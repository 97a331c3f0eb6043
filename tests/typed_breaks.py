"""Documents that differ in what breaks stubs, and in nothing that JSON tells."""

from typing import Any

from tests.documents import Tree, answering, document, query, sending, with_parameters

STRING, INTEGER = {"type": "string"}, {"type": "integer"}
CAT = {"type": "object", "properties": {"name": STRING}}
NULLABLE = {"type": ["string", "null"]}
MAP = {"type": "object", "additionalProperties": STRING}


def linked(name: str, schema: Any) -> Tree:
    """A document whose operation answers with a component."""
    return {
        **answering({"$ref": f"#/components/schemas/{name}"}),
        "components": {"schemas": {name: schema}},
    }


def holding(schema: Any) -> Tree:
    """One whose answer has a part."""
    return linked("Pet", {"type": "object", "properties": {"part": schema}})


PAIRS: list[tuple[str, Tree, Tree]] = [
    ("method-removed", document(), document({"operationId": "create"})),
    ("method-response-changed", linked("Cat", CAT), linked("Animal", CAT)),
    ("method-response-changed", linked("Cat", CAT), answering(CAT)),
    (
        "method-response-added",
        document({"responses": {"200": {"description": ""}}}),
        linked("Cat", CAT),
    ),
    ("message-kind-changed", answering({"oneOf": [STRING, INTEGER]}), answering(STRING)),
    (
        "field-removed",
        holding({**CAT, "additionalProperties": STRING}),
        holding({**CAT, "additionalProperties": False}),
    ),
    ("field-type-changed", sending(INTEGER), sending({"type": "number"})),
    ("field-type-changed", sending({**STRING, "format": "byte"}), sending(STRING)),
    (
        "field-type-adjusted",
        with_parameters(query(schema={**INTEGER, "format": "int32"})),
        with_parameters(query(schema={**INTEGER, "format": "int64"})),
    ),
    ("field-label-changed", holding(MAP), holding({**MAP, **CAT})),
    ("field-oneof-changed", sending(STRING), sending(NULLABLE)),
    ("field-oneof-changed", holding(NULLABLE), holding(STRING)),
    (
        "enum-value-removed",
        holding({**STRING, "enum": ["a", "b"]}),
        holding({**STRING, "enum": ["a"]}),
    ),
]
"""By rule, two documents of which only that rule tells."""
