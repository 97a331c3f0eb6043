"""What the versions of OpenAPI and JSON Schema say differently, and what is taken leniently."""

from typing import Any

import pytest

from facade.model.action import Schema
from facade.spec.document import Document
from facade.spec.schemas.schema import Direction, Schemas, validator

REFERENCE = "#/components/schemas/"


def converted(schema: Any, version: str = "3.0.3", **others: Any) -> Schema:
    document = Document({"components": {"schemas": {"X": schema, **others}}}, version)
    found = Schemas(document).bundle("/components/schemas/X", Direction.REQUEST)
    validator(found)
    return found


def accepts(schema: Schema, value: Any) -> bool:
    return bool(validator(schema).is_valid(value))


@pytest.mark.parametrize("version", ["2.0", "3.0.3", "3.1.0"])
@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"items": [{"type": "string"}]}, {"prefixItems": [{"type": "string"}]}),
        (
            {"items": [{}], "additionalItems": False},
            {"prefixItems": [{}], "items": False},
        ),
        ({"items": {}, "additionalItems": False}, {"items": {}}),
        ({"dependencies": {"a": ["b"]}}, {"dependentRequired": {"a": ["b"]}}),
        (
            {"dependencies": {"a": {"required": ["b"]}}},
            {"dependentSchemas": {"a": {"required": ["b"]}}},
        ),
    ],
)
def test_spellings_of_older_drafts_are_read(schema: Any, expected: Any, version: str) -> None:
    assert converted(schema, version) == expected


def test_a_schema_within_a_renamed_keyword_is_found_where_it_stands() -> None:
    found = converted({"items": [{"$ref": f"{REFERENCE}Y"}], "additionalItems": {
        "$ref": f"{REFERENCE}X/items/0"}}, Y={"type": "string"})  # fmt: skip
    assert accepts(found, ["a", "b"])
    assert not accepts(found, ["a", 1])


def test_h14_what_is_weaker_than_written_never_refuses_more() -> None:
    odd = {"pattern": "(?=a)"}
    assert converted({"not": odd}) == {}
    assert converted({"contains": odd}, "3.1.0") == {}
    assert converted({"if": odd, "then": False}, "3.1.0") == {"then": False}
    assert accepts(converted({"oneOf": [odd, {"type": "string"}]}), "a")
    closed = {"allOf": [{"$ref": "#/none"}], "unevaluatedProperties": False}
    assert accepts(converted(closed, "3.1.0"), {"a": 1})


def test_a_property_that_never_goes_that_way_is_not_asked_for_by_its_absence() -> None:
    own = {"properties": {"id": {"readOnly": True}}}
    assert accepts(converted({**own, "not": {"required": ["id"]}}), {"a": 1})
    either = {**own, "oneOf": [{"required": ["id"]}, {"required": ["a"]}]}
    assert accepts(converted(either), {"a": 1})


def test_boolean_schemas_and_empty_ones_say_what_they_say() -> None:
    assert not accepts(converted({"not": {}}, "3.1.0"), 1)
    assert not accepts(converted({"not": True}, "3.1.0"), 1)
    assert not accepts(converted({"oneOf": [True, True]}, "3.1.0"), 1)
    assert not accepts(converted({"contains": True}, "3.1.0"), [])


BASE = {"type": "object", "properties": {"a": {}}, "additionalProperties": False}
MORE = {"type": "object", "properties": {"b": {}}, "additionalProperties": False}


@pytest.mark.parametrize(
    "schema",
    [
        {"allOf": [{"$ref": f"{REFERENCE}Base"}, {"properties": {"b": {}}}]},
        {"allOf": [{"$ref": f"{REFERENCE}Base"}, MORE]},
        {"allOf": [{"$ref": f"{REFERENCE}Base"}], **MORE},
        {"allOf": [BASE, MORE]},
        {"allOf": [BASE, {"properties": {"b": {}}}], "additionalProperties": False},
        {"allOf": [{"allOf": [{"$ref": f"{REFERENCE}Base"}]}, MORE]},
    ],
)
def test_before_3_1_an_object_closed_in_parts_is_closed_as_a_whole(schema: Any) -> None:
    found = converted(schema, Base=BASE)
    assert accepts(found, {"a": 1, "b": 1})
    assert not accepts(found, {"a": 1, "c": 1})
    assert not accepts(converted({"$ref": f"{REFERENCE}Base"}, Base=BASE), {"b": 1})
    assert not accepts(converted(schema, "3.1.0", Base=BASE), {"a": 1, "b": 1})


@pytest.mark.parametrize(
    "schema",
    [
        {"allOf": [BASE, {"$ref": "#/none"}]},
        {"allOf": [{"$ref": "#/none"}], "additionalProperties": False},
    ],
)
def test_a_part_that_is_missing_leaves_the_whole_open(schema: Any) -> None:
    assert accepts(converted(schema), {"c": 1})
