"""Discriminators: the value of a property chooses the schema, and what it says is enforced."""

import json
from typing import Any

import pytest

from facade.spec.document import Document
from facade.spec.load import load
from facade.spec.schemas.schema import Direction, Schemas
from facade.spec.spec import Spec
from facade.transcode.validation.schema import compile_schema


def told(
    schema: Any, value: Any, version: str = "3.0.4", *, way: str = "REQUEST", **components: Any
) -> dict[str, str]:
    tree = {"components": {"schemas": {"X": schema, **components}}}
    bundle = Schemas(Document(tree, version)).bundle("/components/schemas/X", Direction[way])
    return {each.field: each.description for each in compile_schema(bundle).find(value, ())}


def link(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def shape(needed: str, **kind: Any) -> dict[str, Any]:
    return {"type": "object", "required": ["t", needed], "properties": {"t": kind}}


def either(*schemas: Any, key: str = "oneOf", **discriminator: Any) -> dict[str, Any]:
    return {key: [*schemas], "discriminator": {"propertyName": "t", **discriminator}}


A, B = shape("a", type="string"), shape("b", type="string")
BOTH = {"a": 1, "b": 1}
NEEDS_A = {"/a": "is required"}
NEEDS_B = {"/b": "is required"}


@pytest.mark.parametrize("key", ["oneOf", "anyOf"])
@pytest.mark.parametrize("way", ["REQUEST", "RESPONSE"])
@pytest.mark.parametrize(
    ("mapping", "shown"),
    [
        ({"a": "#/components/schemas/A", "b": "#/components/schemas/B"}, "a, b"),
        ({"a": "A", "b": "B"}, "a, b"),
        ({"b": "B"}, "b, A"),
        ({}, "A, B"),
        ({"a": "A", "also": "A", "b": "B"}, "a, also, b"),
    ],
)
def test_the_value_chooses_and_what_nothing_names_is_refused_where_it_stands(
    key: str, way: str, mapping: dict[str, str], shown: str
) -> None:
    pet = either(link("A"), link("B"), key=key, mapping=mapping)
    for value in shown.split(", "):
        chosen = next((to[-1] for name, to in mapping.items() if name == value), value)
        needs = NEEDS_A if chosen == "A" else NEEDS_B
        assert told(pet, {"t": value}, way=way, A=A, B=B) == needs
        assert told(pet, {"t": value, **BOTH}, way=way, A=A, B=B) == {}
    refusal = {"/t": f"must be one of {shown}"}
    for stranger in ("zzz", "", 5, None, ["a"]):
        assert told(pet, {"t": stranger, **BOTH}, way=way, A=A, B=B) == refusal


def test_what_fits_another_alternative_than_the_one_that_is_meant_is_refused() -> None:
    pet = either(link("A"), link("B"), mapping={"a": "A", "b": "B"})
    assert told(pet, {"t": "a", "b": 1}, A=A, B=B) == NEEDS_A
    assert told(pet, {"t": "b", "a": 1}, A=A, B=B) == NEEDS_B


def test_a_name_stays_one_beside_a_mapping_but_the_mapping_is_shown() -> None:
    pet = either(link("A"), link("B"), mapping={"a": "A", "b": "B"})
    assert told(pet, {"t": "A"}, A=A, B=B) == NEEDS_A


def test_the_end_of_a_reference_and_the_component_behind_it_are_names() -> None:
    pet = either(link("Alias"), link("B"))
    for name in ("Alias", "A"):
        assert told(pet, {"t": name}, Alias=link("A"), A=A, B=B) == NEEDS_A


def test_what_the_alternatives_say_of_the_property_names_them() -> None:
    one, other = shape("a", enum=["one", "uno"]), shape("b", const="two")
    pet = either(link("A"), link("B"))
    assert told(pet, {"t": "uno"}, "3.1.0", A=one, B=other) == NEEDS_A
    assert told(pet, {"t": "two"}, "3.1.0", A=one, B=other) == NEEDS_B
    refusal = {"/t": "must be one of one, uno, two"}
    assert told(pet, {"t": "zzz"}, "3.1.0", A=one, B=other) == refusal


def test_what_several_say_of_the_property_names_none_of_them() -> None:
    kinds = {"t": {"enum": ["x", "y"]}}
    one, other = ({"required": [need], "properties": kinds} for need in "ab")
    pet = either(link("A"), link("B"))
    assert told(pet, {"t": "x", "a": 1}, A=one, B=other) == {}
    assert told(pet, {"t": "x", "b": 1}, A=one, B=other) == {}
    assert told(pet, {"t": "x"}, A=one, B=other) != {}
    assert "/t" in told(pet, {"t": "z", **BOTH}, A=one, B=other)


@pytest.mark.parametrize(
    ("pet", "value"),
    [
        (either(link("A"), link("B"), mapping={"x": "Lost"}), "x"),
        (either(link("A"), link("B"), mapping={"x": "https://a.example/lost.json"}), "x"),
        (either(link("A"), link("B"), mapping={"x": "Other"}), "x"),
        (either(link("A"), {"required": ["b"]}), "anything"),
        (either(link("A"), link("Nested"), mapping={"a": "A"}), "B"),
    ],
)
def test_a_value_that_may_mean_something_is_held_to_any_of_the_alternatives(
    pet: Any, value: str
) -> None:
    more: dict[str, Any] = {"A": A, "B": B, "Other": {}, "Nested": {"oneOf": [link("B")]}}
    assert told(pet, {"t": value, "b": 1}, **more) == {}
    assert told(pet, {"t": value}, **more) != {}
    assert told(pet, {"t": "A"}, **more) == NEEDS_A


def test_the_keys_of_a_mapping_are_texts_but_its_values_may_be_others() -> None:
    one, other = shape("a", type="boolean"), shape("b", type="boolean")
    pet = either(link("A"), link("B"), mapping={"true": "A", "false": "B"})
    assert told(pet, {"t": True}, A=one, B=other) == NEEDS_A
    assert told(pet, {"t": False}, A=one, B=other) == NEEDS_B
    assert told(pet, {"t": 1, **BOTH}, A=one, B=other) == {"/t": "must be one of true, false"}


def test_a_missing_property_is_what_the_alternatives_say() -> None:
    strict = either(link("A"), link("B"))
    refusal = {"/t": "is required, and must be one of A, B"}
    assert told(strict, BOTH, A=A, B=B) == refusal
    assert told(strict, BOTH, A={**A, "required": ["a"]}, B=B) == {}


def test_the_default_mapping_is_what_nothing_and_strangers_mean() -> None:
    pet = either(link("A"), link("B"), mapping={"a": "A"}, defaultMapping="B")
    loose = {**B, "required": ["b"]}
    assert told(pet, {}, "3.2.0", A=A, B=loose) == NEEDS_B
    assert told(pet, {"t": "zzz"}, "3.2.0", A=A, B=loose) == NEEDS_B
    assert told(pet, {"t": "a"}, "3.2.0", A=A, B=loose) == NEEDS_A
    assert told(pet, {"t": "zzz", "b": 1}, "3.2.0", A=A, B=loose) == {}


def test_null_and_what_is_no_object_are_as_the_alternatives_say() -> None:
    pet = either(link("A"), {"type": "null"})
    assert told(pet, None, "3.1.0", A=A) == {}
    assert told({**either(link("A")), "nullable": True}, None, A=A) == {}
    assert told(pet, {"t": "zzz"}, "3.1.0", A=A) == {"/t": "must be one of A"}
    assert told(either(link("A"), link("B")), [], A=A, B=B) == {
        "": "must be object, not array",
    }


BASE = {
    "type": "object",
    "required": ["t"],
    "properties": {"t": {"type": "string"}, "name": {"type": "string"}},
    "discriminator": {"propertyName": "t", "mapping": {"a": "A"}},
}
HEIRS: dict[str, Any] = {
    "A": {"allOf": [link("X"), {"required": ["a"], "properties": {"a": {"type": "integer"}}}]},
    "B": {"allOf": [link("X"), {"required": ["b"]}]},
    "C": {"allOf": [link("B"), {"required": ["c"]}]},
}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"t": "a"}, NEEDS_A),
        ({"t": "A", "a": "x"}, {"/a": "must be integer, not string"}),
        ({"t": "B"}, NEEDS_B),
        ({"t": "C"}, NEEDS_B | {"/c": "is required"}),
        ({"t": "a", "a": 1, "name": 1}, {"/name": "must be string, not integer"}),
        ({"t": "X"}, {}),
        ({"t": "stranger"}, {}),
        ({}, {"/t": "is required"}),
    ],
)
@pytest.mark.parametrize("way", ["REQUEST", "RESPONSE"])
def test_the_heir_that_is_meant_applies_where_the_base_is_asked_for(
    value: Any, expected: dict[str, str], way: str
) -> None:
    assert told(BASE, value, way=way, **HEIRS) == expected


def test_an_heir_by_itself_is_as_it_was() -> None:
    tree = {"components": {"schemas": {"X": BASE, **HEIRS}}}
    schemas = Schemas(Document(tree, "3.0.4"))
    check = compile_schema(schemas.bundle("/components/schemas/A", Direction.REQUEST))
    assert check.fits({"t": "C", "a": 1})
    assert [each.field for each in check.find({"a": 1}, ())] == ["/t"]


def test_a_closed_base_lets_its_heirs_say_more() -> None:
    closed = {**BASE, "additionalProperties": False}
    assert told(closed, {"t": "a", "a": 1}, **HEIRS) == {}
    assert "/a" in told(closed, {"t": "X", "a": 1}, **HEIRS)


def test_more_heirs_than_are_looked_for_leave_the_base_as_it_stands() -> None:
    many: dict[str, Any] = {
        f"H{n}": {"allOf": [link("X"), {"required": ["h"]}]} for n in range(101)
    }
    assert told(BASE, {"t": "H1"}, **many) == {}
    assert told(BASE, {}, **many) == {"/t": "is required"}


def test_swaggers_discriminator_means_heirs_by_name_or_by_microsofts() -> None:
    link = {"$ref": "#/definitions/Pet"}
    definitions = {
        "Pet": {
            "type": "object",
            "discriminator": "kind",
            "required": ["kind"],
            "properties": {"kind": {"type": "string"}},
        },
        "Cat": {"allOf": [link, {"required": ["claws"]}]},
        "Dog": {"allOf": [link, {"required": ["bark"]}], "x-ms-discriminator-value": "#A.Dog"},
    }
    operation = {
        "parameters": [{"in": "body", "name": "body", "required": True, "schema": link}],
        "responses": {"200": {"description": ""}},
    }
    tree = {
        "swagger": "2.0",
        "info": {"title": "T", "version": "1"},
        "paths": {"/": {"post": {**operation, "operationId": "add"}}},
        "definitions": definitions,
    }
    document, _ = load(json.dumps(tree))
    body = Spec(document).action("add").body
    assert body is not None
    check = compile_schema(body.media[0].schema)
    found = {kind: check.find({"kind": kind}, ()) for kind in ("Pet", "Cat", "#A.Dog", "Dog")}
    fields = {kind: [each.field for each in each_found] for kind, each_found in found.items()}
    assert fields == {"Pet": [], "Cat": ["/claws"], "#A.Dog": ["/bark"], "Dog": ["/bark"]}


def test_a_discriminated_recursion_is_told_at_its_depth_in_few_steps() -> None:
    branch = {**A, "properties": {"child": link("X"), "t": {}}}
    value: dict[str, Any] = {"t": "A"}
    for _ in range(60):
        value = {"t": "B", "b": 1, "child": value}
    also = {**branch, "required": ["t", "b"]}
    found = told(either(link("A"), link("B")), value, A=branch, B=also)
    assert found == {"/child" * 60 + "/a": "is required"}


@pytest.mark.parametrize("value", ["BigCat", "bigcat", "bigCat", "BIGCAT", "big_cat"])
def test_a_schemas_name_is_meant_in_other_cases_too(value: str) -> None:
    schema = either(link("BigCat"), link("B"))
    assert told(schema, {"t": value, **BOTH}, BigCat=A, B=B) == {}
    assert told(schema, {"t": value, "b": 1}, BigCat=A, B=B) == NEEDS_A


def test_a_name_in_another_case_that_several_have_is_held_to_any_of_them() -> None:
    schema = either(link("Cat"), link("CAT"))
    assert told(schema, {"t": "cat", "b": 1}, Cat=A, CAT=B) == {}
    assert told(schema, {"t": "Cat", "b": 1}, Cat=A, CAT=B) == NEEDS_A
