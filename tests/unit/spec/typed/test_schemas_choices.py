"""What alternatives become: a oneof by a discriminator or by JSON types, one type, or any JSON."""

from itertools import permutations
from typing import Any

import pytest

from facade.model.typed import Kind, Message
from facade.spec.document import Document
from facade.spec.typed.schemas import Types

AT = "/components/schemas"
CAT = {"type": "object", "properties": {"kind": {"type": "string"}, "claws": {"type": "integer"}}}
DOG = {"type": "object", "properties": {"kind": {"type": "string"}, "bark": {"type": "boolean"}}}
EITHER = [{"$ref": f"#{AT}/Cat"}, {"$ref": f"#{AT}/Dog"}]
KIND = {"propertyName": "kind"}
NULL = "google.protobuf.NullValue"


def made_of(schema: Any, version: str = "3.1.0", **others: Any) -> tuple[Types, Message]:
    components = {"schemas": {"T": schema, "Cat": CAT, "Dog": DOG, **others}}
    types = Types(Document({"components": components}, version))
    return types, types.messages[types.message(f"{AT}/T", "get:response", "GetResponse")]


def branches(message: Message) -> dict[str, str]:
    assert all(each.oneof == "alternative" for each in message.fields)
    return {each.json: str(each.type or each.ref.removeprefix(f"{AT}/")) for each in message.fields}


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        ({}, {"Cat": "Cat", "Dog": "Dog"}),
        ({"cat": f"#{AT}/Cat"}, {"cat": "Cat", "Dog": "Dog"}),
        ({"cat": "Cat", "kitty": "Cat"}, {"cat": "Cat", "kitty": "Cat", "Dog": "Dog"}),
    ],
)
@pytest.mark.parametrize("key", ["oneOf", "anyOf"])
def test_a_discriminator_makes_a_oneof_by_its_values(
    key: str, mapping: dict[str, str], expected: dict[str, str]
) -> None:
    types, message = made_of({key: EITHER, "discriminator": {**KIND, "mapping": mapping}})
    assert (message.kind, message.discriminator, message.key) == (Kind.CHOICE, "kind", f"{AT}/T")
    assert branches(message) == expected
    assert types.notes == []
    keys = [each.key for each in message.fields]
    assert len(set(keys)) == len(keys)
    assert f"Dog:{AT}/Dog:branch" in keys


@pytest.mark.parametrize("listed", [EITHER, [*EITHER, EITHER[0]], [EITHER[0], EITHER[0]]])
@pytest.mark.parametrize("more", [{}, {"discriminator": KIND}])
def test_the_order_of_alternatives_changes_nothing(listed: list[Any], more: dict[str, Any]) -> None:
    found = [made_of({"oneOf": [*each], **more})[1] for each in permutations(listed)]
    for each in found:
        assert (each.kind, each.key) == (found[0].kind, found[0].key)
        assert {*each.fields} == {*found[0].fields}


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        (["string", "integer"], {"string": "string", "number": "int64"}),
        (["boolean", "string", "null"], {"string": "string", "boolean": "bool", "null": NULL}),
        (["array", "string"], {"string": "string", "array": "T/array"}),
    ],
)
def test_several_types_are_the_same_however_and_in_which_order_they_are_listed(
    listed: list[str], expected: dict[str, str]
) -> None:
    ways: list[Any] = [{"type": [*each]} for each in permutations(listed)]
    several = [{"type": each} for each in listed]
    ways += [{key: [*each]} for key in ("oneOf", "anyOf") for each in permutations(several)]
    found = [made_of(each)[1] for each in ways]
    assert all(each == found[0] for each in found)
    assert branches(found[0]) == expected


def test_values_of_its_own_tell_alternatives_apart_without_a_discriminator() -> None:
    cat = {"required": ["kind"], "properties": {"kind": {"const": "cat"}}}
    dog = {"required": ["kind"], "properties": {"kind": {"enum": ["dog", "wolf"]}}}
    _, message = made_of({"oneOf": [cat, dog]})
    assert message.discriminator == "kind"
    assert branches(message) == {"cat": "T/cat", "dog": "T/dog", "wolf": "T/dog"}


@pytest.mark.parametrize(
    ("cat", "dog"),
    [
        ({"properties": {"kind": {"const": "cat"}}}, {"properties": {"kind": {"const": "dog"}}}),
        (
            {"required": ["kind"], "properties": {"kind": {"const": "cat"}}},
            {"required": ["kind"], "properties": {"kind": {"enum": ["cat", "dog"]}}},
        ),
        (
            {"required": ["kind"], "properties": {"kind": {"const": 1}}},
            {"required": ["kind"], "properties": {"kind": {"const": 2}}},
        ),
    ],
)
def test_what_need_not_be_said_or_is_shared_or_no_text_tells_nothing_apart(
    cat: Any, dog: Any
) -> None:
    types, _ = made_of({"oneOf": [cat, dog]})
    assert [each.code for each in types.notes] == ["untold-alternatives"]


def test_a_parent_with_a_discriminator_is_one_of_its_heirs_or_itself() -> None:
    pet = {"type": "object", "discriminator": KIND, "properties": {"kind": {"type": "string"}}}
    fish = {"allOf": [{"$ref": f"#{AT}/T"}, {"properties": {"fins": {"type": "integer"}}}]}
    koi = {"allOf": [{"$ref": f"#{AT}/Fish"}]}
    types, message = made_of(pet, Fish=fish, Koi=koi)
    assert branches(message) == {"Fish": "Fish", "Koi": "Koi", "T": "T/T"}
    assert [each.name for each in types.messages[f"{AT}/Fish"].fields] == ["fins", "kind"]
    assert [each.name for each in types.messages[f"{AT}/Koi"].fields] == ["fins", "kind"]
    assert [each.name for each in types.messages[f"{AT}/T/T"].fields] == ["kind"]


def test_a_parent_that_lists_its_heirs_alone_is_no_alternative() -> None:
    kind = {"type": "string", "enum": ["Fish"]}
    pet = {"type": "object", "discriminator": KIND, "properties": {"kind": kind}}
    _, message = made_of(pet, Fish={"allOf": [{"$ref": f"#{AT}/T"}]})
    assert branches(message) == {"Fish": "Fish"}


def test_an_heir_that_its_parent_lists_is_no_choice_again() -> None:
    parent = {"type": "object", "oneOf": [{"$ref": f"#{AT}/Fish"}], "discriminator": KIND}
    parent["properties"] = {"kind": {"type": "string"}}
    types, message = made_of(parent, Fish={"allOf": [{"$ref": f"#{AT}/T"}]})
    assert branches(message) == {"Fish": "Fish"}
    assert types.messages[f"{AT}/Fish"].kind is Kind.OBJECT


def test_properties_beside_alternatives_are_in_each_of_them() -> None:
    beside = {"properties": {"id": {"type": "integer"}}, "oneOf": EITHER, "discriminator": KIND}
    types, message = made_of(beside)
    assert branches(message) == {"Cat": "T/Cat", "Dog": "T/Dog"}
    assert [each.name for each in types.messages[f"{AT}/T/Cat"].fields] == ["id", "kind", "claws"]


@pytest.mark.parametrize(
    "schema",
    [
        {"oneOf": EITHER},
        {"oneOf": EITHER, "discriminator": {"propertyName": "type"}},
        {"oneOf": EITHER, "properties": {"id": {"type": "integer"}}},
        {"type": "object", "oneOf": EITHER, "anyOf": EITHER},
    ],
)
def test_objects_that_nothing_tells_apart_are_any_json(schema: Any) -> None:
    types, message = made_of(schema)
    assert (message.kind, message.key) == (Kind.WHOLE, "get:response")
    assert branches_or_types(message) == ["google.protobuf.Value"]
    assert [each.code for each in types.notes] == ["untold-alternatives"]


def branches_or_types(message: Message) -> list[str]:
    return [str(each.type or each.ref) for each in message.fields]


def test_json_types_tell_alternatives_apart() -> None:
    several = [
        {"type": "string", "enum": ["a"]},
        {"type": ["integer", "boolean"]},
        {"type": "array", "items": {"type": "array", "items": {"type": "string"}}},
        {"$ref": f"#{AT}/Cat"},
        {"type": "null"},
    ]
    types, message = made_of({"oneOf": several})
    assert (message.kind, message.discriminator) == (Kind.CHOICE, "")
    assert branches(message) == {
        "string": "string",
        "number": "int64",
        "boolean": "bool",
        "object": "Cat",
        "array": "T/array",
        "null": "google.protobuf.NullValue",
    }
    array = types.messages[f"{AT}/T/array"]
    assert (array.kind, branches_or_types(array)) == (Kind.WHOLE, [f"{AT}/T/array/items"])
    assert [each.code for each in types.notes] == ["enum-within"]


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": ["string", "integer"]}, {"string": "string", "number": "int64"}),
        (
            {"oneOf": [{"type": "string"}, *EITHER]},
            {"string": "string", "object": "google.protobuf.Struct"},
        ),
        (
            {"anyOf": [{"type": "string"}, {"oneOf": EITHER, "discriminator": KIND}]},
            {"string": "string", "object": "T/object"},
        ),
        (
            {"type": ["object", "string"], "additionalProperties": {"type": "integer"}},
            {"string": "string", "object": "T/object"},
        ),
    ],
)
def test_a_value_of_several_json_types_is_a_oneof_of_them(
    schema: Any, expected: dict[str, str]
) -> None:
    assert branches(made_of(schema)[1]) == expected


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"anyOf": [{"type": "string"}, {"type": "string", "enum": ["a"]}]}, "string"),
        ({"type": "string", "anyOf": [{"format": "uuid"}, {"format": "uri"}]}, "string"),
        ({"oneOf": [{"type": "integer"}, {"type": "number"}]}, "double"),
        ({"oneOf": [{"type": "integer", "format": "int32"}, {"type": "integer"}]}, "int64"),
        ({"oneOf": [{"type": "string", "format": "byte"}, {"type": "string"}]}, "string"),
    ],
)
def test_alternatives_of_one_scalar_are_the_widest(schema: Any, expected: str) -> None:
    types, message = made_of(schema)
    assert branches_or_types(message) == [expected]
    assert [each.code for each in types.notes] == ["merged-alternatives"]


def test_alternatives_that_only_require_are_left_out() -> None:
    either = [{"required": ["claws"]}, {"required": ["kind"]}]
    types, message = made_of({**CAT, "anyOf": either})
    assert [each.name for each in message.fields] == ["kind", "claws"]
    assert [each.code for each in types.notes] == ["merged-alternatives"]


def test_a_choice_that_may_be_null_says_so_itself_or_beside_it() -> None:
    mixed = {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]}
    told = {"oneOf": [*EITHER, {"type": "null"}], "discriminator": KIND}
    types, message = made_of({"properties": {"mixed": mixed, "told": told}})
    assert [each.name for each in message.fields] == ["mixed", "told", "told_null"]
    assert branches(types.messages[f"{AT}/T/mixed"])["null"] == "google.protobuf.NullValue"
    assert types.messages[f"{AT}/T/told"].discriminator == "kind"
