"""Shapes for others than the diff: of scalars alone, and of what goes either way."""

from dataclasses import replace
from typing import Any

import pytest

from facade.spec.document import Document
from facade.spec.schemas.schema import Direction
from facade.spec.shapes.reader import Reader

AT = "/components/schemas/T"


def reader(schema: Any, version: str = "3.1.0") -> Reader:
    return Reader(Document({"components": {"schemas": {"T": schema}}}, version))


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string"},
        {"type": ["string", "null"], "format": "uuid", "pattern": "a"},
        {"type": "integer", "minimum": 1, "exclusiveMaximum": 4},
        {"type": "number", "nullable": True, "multipleOf": 2},
        {"type": "string", "enum": ["a", None]},
        {"type": "boolean", "enum": [True]},
    ],
)
def test_a_scalar_read_alone_has_the_shape_that_it_has_among_others(schema: Any) -> None:
    read = reader(schema)
    assert read.scalar(AT) == replace(read.shape((AT,), Direction.REQUEST), at="")


def test_plain_scalars_share_a_shape_where_they_say_the_same() -> None:
    text, words = {"type": "string"}, {"description": "A name.", "title": "Name", "example": "Ada"}
    kinds = [text, {**text, **words}, {**text, "format": "byte"}, {**text, "nullable": True}]
    kinds += [{**text, "deprecated": True}, {"type": "integer", "format": "byte"}]
    read = Reader(
        Document(
            {"components": {"schemas": {str(at): each for at, each in enumerate(kinds)}}}, "3.1.0"
        )
    )
    found = [read.scalar(f"/components/schemas/{each}") for each in range(len(kinds))]
    assert found[0] is found[1]
    assert all(one != other for at, one in enumerate(found[1:]) for other in found[at + 2 :])


@pytest.mark.parametrize(
    "schema",
    [
        {},
        True,
        {"type": "object"},
        {"type": ["string", "integer"]},
        {"type": "null"},
        {"$ref": "#/components/schemas/U"},
        {"type": "string", "oneOf": [{"maxLength": 1}]},
        {"type": "string", "allOf": [{"maxLength": 1}]},
    ],
)
def test_what_needs_more_than_its_own_words_is_no_scalar_alone(schema: Any) -> None:
    assert reader(schema).scalar(AT) is None


def test_without_a_direction_nothing_is_hidden() -> None:
    both = {"r": {"readOnly": True, "type": "string"}, "w": {"writeOnly": True, "type": "string"}}
    read = reader({"properties": both, "required": ["r"]})
    assert list(read.shape((AT,), Direction.REQUEST).properties) == ["w"]
    assert list(read.shape((AT,), Direction.RESPONSE).properties) == ["r"]
    assert list(read.shape((AT,), None).properties) == ["r", "w"]
    assert read.shape((AT,), None).required == {"r"}


@pytest.mark.parametrize(
    ("schema", "is_open"),
    [
        ({"additionalProperties": True}, True),
        ({"additionalProperties": {}}, True),
        ({"unevaluatedProperties": True}, True),
        ({"additionalProperties": False}, False),
        ({"additionalProperties": {"type": "string"}}, False),
        ({"properties": {}}, False),
    ],
)
def test_what_says_that_there_may_be_others_is_open(schema: Any, *, is_open: bool) -> None:
    assert reader(schema).shape((AT,), None).open is is_open


def test_an_alternative_knows_all_that_its_discriminator_calls_it() -> None:
    mapping = {"cat": "#/components/schemas/U", "kitty": "#/components/schemas/U"}
    told = {"propertyName": "kind", "mapping": mapping}
    tree = {"T": {"oneOf": [{"$ref": "#/components/schemas/U"}, {}], "discriminator": told}}
    read = Reader(Document({"components": {"schemas": {**tree, "U": {}}}}, "3.1.0"))
    [choice] = read.shape((AT,), None).choices
    assert [each.values for each in choice.branches] == [("cat", "kitty"), ()]
