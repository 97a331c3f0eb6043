"""Known: what schemas say of values that are not there yet."""

from typing import Any

import pytest

from facade.expressions.known import ANYTHING, known_of

PET = {"type": "object", "properties": {"id": {"type": "integer"}}}


@pytest.mark.parametrize(
    ("schema", "name", "there"),
    [
        (PET, "id", True),
        (PET, "name", False),
        ({**PET, "additionalProperties": True}, "name", True),
        ({**PET, "additionalProperties": {"type": "string"}}, "name", True),
        ({**PET, "patternProperties": {"^x-": {}}}, "x-a", True),
        ({"type": "object"}, "name", True),
        ({"type": "object", "additionalProperties": False}, "name", False),
        ({"type": "string"}, "name", False),
        ({}, "name", True),
        ({"anyOf": [PET, {"properties": {"name": {}}}]}, "name", True),
        ({"oneOf": [PET, {"type": "null"}]}, "name", False),
        ({"oneOf": [PET, {"type": "null"}]}, "id", True),
        ({"allOf": [PET, {"properties": {"name": {}}}]}, "name", True),
        ({"allOf": [PET, {"properties": {"name": {}}}]}, "other", False),
        ({"$ref": "#/$defs/pet", "$defs": {"pet": PET}}, "id", True),
        ({"$ref": "#/$defs/pet", "$defs": {"pet": PET}}, "name", False),
        ({"allOf": [{"$ref": "#/$defs/pet"}], "$defs": {"pet": PET}}, "name", False),
        ({"$ref": "https://elsewhere.example/pet"}, "name", True),
    ],
)
def test_a_field_is_there_or_certainly_not(
    schema: dict[str, Any],
    name: str,
    there: bool,  # noqa: FBT001 - a column
) -> None:
    assert (known_of(schema).field(name) is not None) is there


def test_a_schema_that_holds_itself_ends() -> None:
    schema = {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}
    assert known_of(schema) is ANYTHING
    tree = {"type": "object", "properties": {"next": {"$ref": "#"}}}
    at = known_of(tree)
    for _ in range(100):
        below = at.field("next")
        assert below
        at = below


def test_types_are_jsons_words_and_nullable_is_one_of_them() -> None:
    assert known_of({"type": ["string", "null"]}).types == {"string", "null"}
    assert known_of({"type": "string", "nullable": True}).types == {"string", "null"}
    assert known_of(PET).types == {"object"}
    assert known_of({}).types == frozenset()
