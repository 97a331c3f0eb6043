from typing import Any

import pytest

from facade.spec.example import DEPTH, arguments, example
from gateway.cli.example import typed

LOOP = {"$ref": "#/$defs/Loop"}
DEFINITIONS: dict[str, Any] = {
    "Name": {"type": "string", "examples": ["Rex"]},
    "a/b": {"$ref": "#/$defs/Name"},
    "Loop": {"$ref": "#/$defs/Loop"},
    "Tree": {
        "type": "object",
        "required": ["kid"],
        "properties": {"kid": {"$ref": "#/$defs/Tree"}},
    },
}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "integer", "example": 7, "default": 8}, 7),
        ({"type": "integer", "default": 8, "enum": [9]}, 8),
        ({"const": False}, False),
        ({"enum": ["a", "b"]}, "a"),
        ({"type": "integer", "minimum": 200}, 200),
        ({"type": ["null", "boolean"]}, None),
        ({"type": "array", "items": {"type": "number"}}, [1]),
        ({"$ref": "#/$defs/Name"}, "Rex"),
        ({"$ref": "#/$defs/a~1b"}, "Rex"),
        ({"anyOf": [{"$ref": "#/$defs/Name"}, {"type": "integer"}]}, "Rex"),
        (
            {
                "type": "object",
                "required": ["x"],
                "properties": {"x": {"type": "boolean"}, "y": {}},
            },
            {"x": True},
        ),
        ({"$ref": "#/$defs/Nobody"}, "…"),
        (True, "…"),
        (None, "…"),
    ],
)
def test_a_value_is_what_the_schema_shows_or_else_allows(schema: Any, value: Any) -> None:
    assert example(schema, DEFINITIONS) == value


def test_schemas_that_never_end_come_to_an_end() -> None:
    made = example({"$ref": "#/$defs/Tree"}, DEFINITIONS)

    for _ in range(DEPTH):
        assert isinstance(made, dict)
        made = made["kid"]
    assert made == "…"
    assert example(LOOP, DEFINITIONS) == "…"
    assert example({"allOf": [LOOP]}, DEFINITIONS) == "…"


def test_what_a_call_and_its_body_require_is_given() -> None:
    schema = {
        "properties": {
            "id": {"type": "integer"},
            "name": {"type": "string"},
            "note": {},
            "body": {"$ref": "#/$defs/Pet"},
        },
        "required": ["id"],
        "$defs": {"Pet": {"required": ["name", "hidden"]}},
    }

    assert arguments(schema) == {"id": 1, "name": "…"}
    assert arguments({**schema, "required": ["id", "body"]})["id"] == 1
    anything: Any = True
    assert arguments(anything) == {}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (7, " a=7"),
        ("Rex", " a=Rex"),
        ("it's me", """ 'a=it'"'"'s me'"""),
        (["x", "y"], " a=x,y"),
        ([1, 2], " 'a=[1, 2]'"),
        ({"b": "ü"}, """ 'a={"b": "ü"}'"""),
    ],
)
def test_arguments_are_typed_as_a_shell_takes_them(value: Any, text: str) -> None:
    assert typed({"a": value}) == text
