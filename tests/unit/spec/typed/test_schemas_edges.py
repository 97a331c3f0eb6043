"""Circles, messages for whole values, keys, notes: what must hold whatever a document says."""

import json
from typing import Any

import pytest

from facade.model.typed import Kind, Message
from facade.spec.document import Document
from facade.spec.typed.notes import CLOSE, OPAQUE
from facade.spec.typed.schemas import Types

AT = "/components/schemas"


def types(**schemas: Any) -> Types:
    return Types(Document({"components": {"schemas": schemas}}, "3.1.0"))


def names(message: Message) -> list[str]:
    return [each.name for each in message.fields]


CIRCLES: dict[str, dict[str, Any]] = {
    "itself by allOf": {"T": {"allOf": [{"$ref": f"#{AT}/T"}]}},
    "itself by $ref": {"T": {"$ref": f"#{AT}/T"}},
    "itself as an alternative": {"T": {"anyOf": [{"type": "string"}, {"$ref": f"#{AT}/T"}]}},
    "each as the other's alternative": {
        "T": {"type": "object", "anyOf": [{"$ref": f"#{AT}/U"}, {"type": "string"}]},
        "U": {"type": "object", "anyOf": [{"$ref": f"#{AT}/T"}, {"type": "string"}]},
    },
    "each of several types": {
        "T": {"oneOf": [{"type": "string"}, {"$ref": f"#{AT}/U"}]},
        "U": {"oneOf": [{"type": "integer"}, {"$ref": f"#{AT}/T"}]},
    },
    "parts of one another": {
        "T": {"allOf": [{"$ref": f"#{AT}/U"}, {"properties": {"a": {"$ref": f"#{AT}/T"}}}]},
        "U": {"allOf": [{"$ref": f"#{AT}/T"}, {"properties": {"b": {"$ref": f"#{AT}/U"}}}]},
    },
}


@pytest.mark.parametrize("name", CIRCLES)
def test_no_circle_is_endless(name: str) -> None:
    made = types(**CIRCLES[name])
    assert made.of(f"{AT}/T", "x", "X") == made.of(f"{AT}/T", "x", "X")


@pytest.mark.parametrize(
    ("schema", "fields"),
    [
        ({"type": "object", "properties": {"mate": {"$ref": f"#{AT}/T"}}}, ["mate"]),
        ({"type": "array", "items": {"$ref": f"#{AT}/T"}}, ["items"]),
        ({"type": "object", "additionalProperties": {"$ref": f"#{AT}/T"}}, ["value"]),
        (
            {"oneOf": [{"type": "string"}, {"type": "array", "items": {"$ref": f"#{AT}/T"}}]},
            ["string_value", "array_value"],
        ),
    ],
)
def test_what_holds_itself_refers_to_its_own_message(schema: Any, fields: list[str]) -> None:
    made = types(T=schema)
    made.of(f"{AT}/T", "", "")
    message = made.messages[f"{AT}/T"]
    assert names(message) == fields
    refs = {each.ref for one in made.messages.values() for each in one.fields if each.ref}
    assert f"{AT}/T" in refs
    assert refs <= made.messages.keys()


def test_depth_is_no_matter() -> None:
    schema: Any = {"type": "string"}
    for level in range(300):
        inner = {"type": "array", "items": schema}
        schema = inner if level % 2 else {"type": "object", "properties": {"a": inner}}
    made = types(T=schema)
    made.of(f"{AT}/T", "", "")
    assert len(made.messages) == 299


@pytest.mark.parametrize(
    ("schema", "kind", "fields"),
    [
        ({"type": "array", "items": {"type": "string"}}, Kind.WHOLE, ["items"]),
        ({"type": "string"}, Kind.WHOLE, ["value"]),
        ({"type": ["string", "null"]}, Kind.WHOLE, ["value", "value_null"]),
        ({"type": "string", "enum": ["a"]}, Kind.WHOLE, ["value"]),
        ({"additionalProperties": {"type": "integer"}}, Kind.WHOLE, ["value"]),
        ({"type": "object"}, Kind.WHOLE, ["value"]),
        ({}, Kind.WHOLE, ["value"]),
        ({"properties": {"a": {"type": "string"}}}, Kind.OBJECT, ["a"]),
        (
            {"type": ["object", "null"], "properties": {"a": {"type": "string"}}},
            Kind.WHOLE,
            ["value", "value_null"],
        ),
        ({"type": ["string", "integer"]}, Kind.CHOICE, ["string_value", "number_value"]),
    ],
)
def test_any_value_has_a_message_that_stands_for_all_of_it(
    schema: Any, kind: Kind, fields: list[str]
) -> None:
    place = "/paths/~1a/get/responses/200/content/application~1json/schema"
    content = {"application/json": {"schema": schema}}
    tree = {"paths": {"/a": {"get": {"responses": {"200": {"content": content}}}}}}
    made = Types(Document(tree, "3.1.0"))
    assert made.message(place, "get:response", "GetResponse") == "get:response"
    message = made.messages["get:response"]
    assert (message.name, message.kind, names(message)) == ("GetResponse", kind, fields)
    assert made.enums == {}


def test_a_sequence_is_an_array_of_its_items() -> None:
    made = types(T={"properties": {"a": {"type": "string"}}}, L={"type": "array", "items": {}})
    assert made.sequence(f"{AT}/T", "get:response", "GetResponse") == "get:response"
    [field] = made.messages["get:response"].fields
    assert (field.name, field.ref, field.repeated) == ("items", f"{AT}/T", True)
    made.sequence(f"{AT}/L", "list:response", "ListResponse")
    assert made.messages["list:response"].fields[0].ref == f"{AT}/L"


def test_keys_say_place_and_wire_and_not_the_order() -> None:
    pet = {"id": {"type": "integer"}, "a/b": {"properties": {"c": {"type": "string"}}}}
    base = {"properties": {"owner": {"properties": {"name": {"type": "string"}}}}}
    heir = {"allOf": [{"$ref": f"#{AT}/Base"}]}
    deep = {"properties": {"o": {"$ref": f"#{AT}/Base/properties/owner"}}}
    made = types(Heir=heir, Pet={"properties": pet}, Base=base, Deep=deep)
    turned = dict(reversed(pet.items()))
    other = types(Deep=deep, Base=base, Pet={"properties": turned}, Heir=heir)
    for name in ("Base", "Heir", "Pet", "Deep"):
        made.of(f"{AT}/{name}", "", "")
    for name in ("Deep", "Pet", "Heir", "Base"):
        other.of(f"{AT}/{name}", "", "")
    assert keys(made) == keys(other)
    assert keys(made)[f"{AT}/Pet"] == {"id:varint", f"a/b:{AT}/Pet/a~1b"}
    assert keys(made)[f"{AT}/Heir"] == {f"owner:{AT}/Base/owner"}
    assert keys(made)[f"{AT}/Deep"] == {f"o:{AT}/Base/owner"}


def test_what_many_hold_has_one_key_whoever_is_read_first() -> None:
    inner = {"type": "object", "properties": {"a": {"properties": {"b": {"type": "string"}}}}}
    wrapped = {"anyOf": [inner, {"type": "null"}]}
    base = {"properties": {"maybe": wrapped, "listed": {"items": inner}}}
    row = {"properties": {"b": {"type": "string"}}}
    own = {"properties": {"listed": {"type": "array", "items": {"$ref": f"#{AT}/Row"}}}}
    deep = {"properties": {"d": {"$ref": f"#{AT}/Base/properties/listed/items"}}}
    several = {
        "Base": base,
        "Row": row,
        "One": {"allOf": [{"$ref": f"#{AT}/Base"}, own]},
        "Two": {"allOf": [{"$ref": f"#{AT}/Base"}, own]},
        "Deep": deep,
    }
    made, other = types(**several), types(**several)
    for name in several:
        made.of(f"{AT}/{name}", name, name)
    for name in reversed(several):
        other.of(f"{AT}/{name}", name, name)
    assert keys(made) == keys(other)
    assert f"maybe:{AT}/Base/maybe" in keys(made)[f"{AT}/Two"]


def keys(made: Types) -> dict[str, set[str]]:
    return {key: {each.key for each in one.fields} for key, one in made.messages.items()}


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ({"type": "integer"}, {"type": "integer", "format": "int32"}, True),
        ({"type": "integer"}, {"type": "boolean"}, True),
        ({"type": "string"}, {"type": "string", "format": "byte"}, False),
        ({"type": "string"}, {"type": "integer"}, False),
        ({"type": "number"}, {"type": "number", "format": "float"}, False),
        ({"type": "string"}, {"type": "array", "items": {"type": "string"}}, False),
        ({"type": "string"}, {"type": ["string", "null"]}, True),
        ({"type": "integer"}, {"type": "integer", "enum": [1]}, False),
        ({"type": "string"}, {"type": "string", "enum": ["a"]}, False),
        ({"type": "string", "enum": ["a"]}, {"$ref": f"#{AT}/State"}, False),
        ({"type": "string", "enum": ["a"]}, {"type": "string", "enum": ["b", "a"]}, True),
    ],
)
def test_a_field_keeps_its_key_while_both_read_the_same_on_the_wire(
    old: Any, new: Any, *, same: bool
) -> None:
    state = {"type": "string", "enum": ["a"]}
    first, second = (types(T={"properties": {"x": each}}, State=state) for each in (old, new))
    found = []
    for made in (first, second):
        made.of(f"{AT}/T", "", "")
        found.append(made.messages[f"{AT}/T"].fields[0].key)
    assert (found[0] == found[1]) is same


def test_two_schemas_never_share_a_message() -> None:
    inner = {"properties": {"a": {"type": "string"}}}
    other = {"properties": {"b": {"type": "string"}}}
    several = {"*": inner, "x": {"type": "string"}}
    made = types(T={"properties": several, "additionalProperties": other})
    made.of(f"{AT}/T", "", "")
    found = {key: names(each) for key, each in made.messages.items()}
    assert found.pop(f"{AT}/T/*") == ["a"]
    assert len(found.pop(f"{AT}/T")) == 3
    assert list(found.values()) == [["b"]]


NOTED: dict[str, Any] = {
    "null-within": {"type": "array", "items": {"type": ["string", "null"]}},
    "enum-within": {"type": "array", "items": {"enum": ["a"]}},
    "uneven-enum": {"enum": [1, 123456789012345678901234567890]},
    "wide-integer": {"type": "integer", "minimum": 0, "maximum": 10**20},
    "merged-alternatives": {"type": "string", "anyOf": [{"format": "uuid"}, {"pattern": "a"}]},
    "property-pattern": {
        "properties": {"a": {"type": "string"}},
        "patternProperties": {"^b": {"type": "string"}},
    },
    "property-perhaps": {
        "properties": {"a": {"type": "string"}},
        "if": {"properties": {"a": {"const": "b"}}},
        "then": {"properties": {"b": {"type": "string"}}},
    },
    "any-value": {},
    "any-object": {"type": "object"},
    "tuple": {"type": "array", "prefixItems": [{"type": "string"}]},
    "untold-alternatives": {"oneOf": [{"properties": {"a": {}}}, {"properties": {"b": {}}}]},
    "many-fields": {"properties": {f"p{each}": {"type": "string"} for each in range(3_001)}},
    "no-value": {"type": "null"},
}


@pytest.mark.parametrize("code", sorted({*CLOSE, *OPAQUE}))
def test_every_note_has_a_schema_that_earns_it(code: str) -> None:
    made = types(T=NOTED[code])
    made.of(f"{AT}/T", "x", "X")
    assert code in {each.code for each in made.notes}, json.dumps(NOTED[code])
    assert all(each.pointer.startswith(f"{AT}/T") for each in made.notes)


def test_what_maps_exactly_has_no_note() -> None:
    made = types(T={"properties": {"a": {"type": "string"}, "b": {"$ref": f"#{AT}/T"}}})
    made.of(f"{AT}/T", "", "")
    assert made.notes == []


def test_an_object_has_as_many_fields_as_a_message_holds() -> None:
    most = {f"p{each}": {"type": "string"} for each in range(3_000)}
    made = types(T={"properties": most}, U={"properties": {**most, "one": {}}})
    for name in ("T", "U"):
        made.of(f"{AT}/{name}", "x", "X")
    found = [made.messages[f"{AT}/{name}"] for name in ("T", "U")]
    assert [(each.kind, len(each.fields)) for each in found] == [
        (Kind.OBJECT, 3_000),
        (Kind.WHOLE, 1),
    ]
