"""What schemas become: objects, scalars, arrays, maps, enums and null, as short texts."""

from typing import Any

import pytest

from facade.model.typed import Field, Kind, Message
from facade.spec.document import Document
from facade.spec.typed.schemas import Types

AT = "/components/schemas"


def types(version: str = "3.1.0", **schemas: Any) -> Types:
    return Types(Document({"components": {"schemas": schemas}}, version))


def line(field: Field) -> str:
    """A field as one would write it in a proto, with its oneof behind it."""
    kind = str(field.type or field.ref.removeprefix(f"{AT}/")).removeprefix("google.protobuf.")
    words = ["repeated"] * field.repeated + ["optional"] * field.optional
    written = f"map<{kind}>" if field.keyed else kind
    return " ".join([*words, written, field.name, *([f"({field.oneof})"] if field.oneof else [])])


def lines(message: Message) -> list[str]:
    return [line(each) for each in message.fields]


def member(schema: Any, version: str = "3.1.0", **others: Any) -> list[str]:
    """The fields of an object whose one property `x` has a schema."""
    made = types(version, T={"type": "object", "properties": {"x": schema}}, **others)
    assert made.message(f"{AT}/T", "", "") == f"{AT}/T"
    return lines(made.messages[f"{AT}/T"])


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "integer"}, "int64"),
        ({"type": "integer", "format": "int32"}, "int32"),
        ({"type": "integer", "format": "int64"}, "int64"),
        ({"type": "integer", "format": "uint8"}, "int32"),
        ({"type": "integer", "format": "uint32"}, "uint32"),
        ({"type": "integer", "format": "uint64"}, "uint64"),
        ({"type": "integer", "minimum": 1, "maximum": 10}, "int32"),
        ({"type": "integer", "minimum": 1}, "int64"),
        ({"type": "integer", "minimum": 0, "maximum": 2**63}, "uint64"),
        ({"type": "integer", "minimum": -1, "maximum": 2**40}, "int64"),
        ({"type": "number"}, "double"),
        ({"type": "number", "format": "float"}, "float"),
        ({"type": "number", "format": "int64"}, "int64"),
        ({"type": "string"}, "string"),
        ({"type": "string", "format": "date-time"}, "string"),
        ({"type": "string", "format": "binary"}, "string"),
        ({"type": "string", "format": "byte"}, "bytes"),
        ({"type": "string", "contentEncoding": "base64"}, "bytes"),
        ({"type": "string", "contentEncoding": "base64url"}, "string"),
        ({"type": "boolean"}, "bool"),
        ({"type": "boolean", "enum": [True]}, "bool"),
        ({"type": ["string"]}, "string"),
    ],
)
def test_a_scalar_has_explicit_presence(schema: Any, expected: str) -> None:
    assert member(schema) == [f"optional {expected} x"]


@pytest.mark.parametrize(
    ("schema", "version"),
    [
        ({"type": ["string", "null"]}, "3.1.0"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "3.1.0"),
        ({"oneOf": [{"type": "null"}, {"type": "string"}]}, "3.1.0"),
        ({"oneOf": [{"enum": [None]}, {"type": "string"}]}, "3.1.0"),
        ({"type": "string", "nullable": True}, "3.0.3"),
        ({"type": "string", "x-nullable": True}, "2.0"),
        ({"allOf": [{"type": "string"}], "nullable": True}, "3.0.3"),
    ],
)
def test_null_is_a_field_beside_it(schema: Any, version: str) -> None:
    assert member(schema, version) == ["string x (x_or_null)", "NullValue x_null (x_or_null)"]


def test_null_beside_an_array_or_a_map_is_in_no_oneof() -> None:
    items = {"type": ["array", "null"], "items": {"type": "string"}}
    assert member(items) == ["repeated string x", "optional NullValue x_null"]
    values = {"type": ["object", "null"], "additionalProperties": {"type": "integer"}}
    assert member(values) == ["map<int64> x", "optional NullValue x_null"]


def test_a_schema_that_only_has_properties_is_no_null() -> None:
    assert member({"properties": {"a": {"type": "string"}}}) == ["T/x x"]


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "array", "items": {"type": "string"}}, "repeated string x"),
        ({"type": "array", "items": {"$ref": f"#{AT}/Pet"}}, "repeated Pet x"),
        ({"type": "array", "items": {"type": ["string", "null"]}}, "repeated Value x"),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, "repeated string x"),
        ({"type": "array", "items": {"enum": [1, 2]}}, "repeated int64 x"),
        ({"type": "array"}, "repeated Value x"),
        ({"type": "array", "prefixItems": [{"type": "string"}]}, "ListValue x"),
        ({"type": "array", "items": [{"type": "string"}]}, "ListValue x"),
        ({"type": "array", "items": {"type": "array", "items": {}}}, "repeated T/x/items x"),
        ({"type": "object"}, "Struct x"),
        ({"type": "object", "properties": {}}, "Struct x"),
        ({"type": "object", "additionalProperties": True}, "Struct x"),
        ({"type": "object", "additionalProperties": {}}, "Struct x"),
        ({"type": "object", "additionalProperties": False}, "Struct x"),
        ({"additionalProperties": {"type": "string"}}, "map<string> x"),
        ({"additionalProperties": {"$ref": f"#{AT}/Pet"}}, "map<Pet> x"),
        ({"additionalProperties": {"type": ["string", "null"]}}, "map<Value> x"),
        ({"type": "object", "patternProperties": {"^a": {"type": "string"}}}, "map<string> x"),
        (
            {"additionalProperties": {"additionalProperties": {"type": "string"}}},
            "map<T/x/*> x",
        ),
        ({"$ref": f"#{AT}/Pet"}, "Pet x"),
        ({"$ref": f"#{AT}/Pet", "description": "Of 3.1."}, "Pet x"),
        ({"allOf": [{"$ref": f"#{AT}/Pet"}], "description": "Of 3.0."}, "Pet x"),
        ({"allOf": [{"$ref": f"#{AT}/Pet"}, {"description": "too"}]}, "Pet x"),
        ({"oneOf": [{"$ref": f"#{AT}/Pet"}]}, "Pet x"),
        ({"type": "object", "allOf": [{"$ref": f"#{AT}/Pet"}]}, "Pet x"),
        ({"$ref": f"#{AT}/Alias"}, "Pet x"),
        ({"$ref": "#/nowhere"}, "Value x"),
        ({}, "Value x"),
        (True, "Value x"),
        (False, "Value x"),
        ({"type": "null"}, "Value x"),
        ({"type": "object", "properties": {"a": {"type": "string"}}}, "T/x x"),
    ],
)
def test_every_form_of_a_schema_is_one_field(schema: Any, expected: str) -> None:
    pet = {"type": "object", "properties": {"id": {"type": "integer"}}}
    assert member(schema, Pet=pet, Alias={"$ref": f"#{AT}/Pet"}) == [expected]


def test_an_array_of_arrays_has_a_message_for_each_level() -> None:
    made = types(Cube={"type": "array", "items": {"$ref": f"#{AT}/Grid"}}, Grid=GRID)
    assert (
        line(*made.members(made.of(f"{AT}/Cube", "", ""), "cube", "cube")) == "repeated Grid cube"
    )
    assert made.messages[f"{AT}/Grid"].kind is Kind.WHOLE
    assert lines(made.messages[f"{AT}/Grid"]) == ["repeated Grid/items items"]
    assert lines(made.messages[f"{AT}/Grid/items"]) == ["repeated double items"]
    assert made.messages[f"{AT}/Grid/items"].name == "GridItem"


GRID = {"type": "array", "items": {"type": "array", "items": {"type": "number"}}}


def test_an_enum_has_a_field_for_what_it_does_not_list() -> None:
    made = types(Pet={"properties": {"status": {"enum": ["on hold", "-1", "", "on hold", "ä"]}}})
    made.of(f"{AT}/Pet", "", "")
    assert lines(made.messages[f"{AT}/Pet"]) == [
        "Pet/status status (status_or_other)",
        "string status_other (status_or_other)",
    ]
    enum = made.enums[f"{AT}/Pet/status"]
    assert (enum.name, enum.zero) == ("PetStatus", "PET_STATUS_UNSPECIFIED")
    assert {each.key: each.name for each in enum.values} == {
        '"on hold"': "PET_STATUS_ON_HOLD",
        '"-1"': "PET_STATUS_MINUS_1",
        '""': "PET_STATUS_EMPTY",
        '"ä"': "PET_STATUS_A",
    }


def test_an_enum_that_may_be_null_has_three_fields() -> None:
    status = {"type": ["string", "null"], "enum": ["a", None]}
    assert member({"$ref": f"#{AT}/Status"}, Status=status) == [
        "Status x (x_or_other)",
        "string x_other (x_or_other)",
        "NullValue x_null (x_or_other)",
    ]


def test_an_enum_of_integers_and_a_constant_are_enums() -> None:
    assert member({"type": "integer", "enum": [-4, 2]})[0] == "T/x x (x_or_other)"
    assert member({"const": "cat"})[0] == "T/x x (x_or_other)"


def test_what_lists_values_of_several_types_goes_by_type() -> None:
    assert member({"type": "string", "enum": ["a" * 201, "b"]}) == ["optional string x"]
    assert member({"enum": [1, "a", True]}) == ["T/x x"]
    assert member({"enum": [1.5, 2]}) == ["optional double x"]


def test_an_argument_has_only_the_values_that_its_enum_lists() -> None:
    made = types(Sort={"type": "array", "items": {"enum": ["asc", "desc"]}}, Way={"enum": ["up"]})
    sort = made.parameter(f"{AT}/Sort", "list:request/sort", "ListRequestSort")
    assert [line(each) for each in made.members(sort, "sort", "sort")] == [
        "repeated Sort/items sort"
    ]
    way = made.parameter(f"{AT}/Way", "", "")
    assert [line(each) for each in made.members(way, "way", "way")] == ["optional Way way"]


def test_declared_properties_and_others_are_fields_and_a_map() -> None:
    named = {"properties": {"a": {"type": "string"}}}
    free = {**named, "additionalProperties": True}
    typed = {**named, "additionalProperties": {"type": "integer"}}
    closed = {**named, "additionalProperties": False}
    patterned = {**closed, "patternProperties": {"^x-": {"type": "string"}}}
    made = types(Free=free, Typed=typed, Closed=closed, Patterned=patterned, Unsaid=named)
    found = {}
    for name in ("Free", "Typed", "Closed", "Patterned", "Unsaid"):
        made.of(f"{AT}/{name}", "", "")
        found[name] = lines(made.messages[f"{AT}/{name}"])[1:]
    assert found == {
        "Free": ["map<Value> additional_properties"],
        "Typed": ["map<int64> additional_properties"],
        "Closed": [],
        "Patterned": ["map<string> additional_properties"],
        "Unsaid": [],
    }


def test_what_goes_one_way_only_is_a_field_in_both() -> None:
    one = {"type": "string", "readOnly": True}
    made = types(T={"required": ["a"], "properties": {"a": one, "b": {**one, "writeOnly": True}}})
    made.of(f"{AT}/T", "", "")
    assert lines(made.messages[f"{AT}/T"]) == ["optional string a", "optional string b"]


def test_comments_and_deprecation_come_from_where_it_is_said() -> None:
    pet = {
        "title": "Pet",
        "description": " A pet. ",
        "deprecated": True,
        "properties": {
            "id": {"type": "integer", "title": "Its id", "deprecated": True},
            "kind": {"$ref": f"#{AT}/Kind"},
            "mate": {"$ref": f"#{AT}/Pet", "description": "Another."},
        },
    }
    made = types(Pet=pet, Kind={"type": "string", "enum": ["a"], "description": "Which."})
    made.of(f"{AT}/Pet", "", "")
    message = made.messages[f"{AT}/Pet"]
    assert (message.comment, message.deprecated) == ("A pet.", True)
    assert [(each.comment, each.deprecated) for each in message.fields] == [
        ("Its id", True),
        ("", False),
        ("", False),
        ("Another.", False),
    ]
    assert made.enums[f"{AT}/Kind"].comment == "Which."
