"""Which alternative a violation speaks of, and in which words."""

from typing import Any

import pytest

from facade.spec.document import Document
from facade.spec.schemas.schema import Direction, Schemas
from facade.transcode.validation.schema import compile_schema


def told(schema: Any, value: Any, version: str = "3.0.4", **components: Any) -> dict[str, str]:
    tree = {"components": {"schemas": {"X": schema, **components}}}
    bundle = Schemas(Document(tree, version)).bundle("/components/schemas/X", Direction.REQUEST)
    found = compile_schema(bundle).find(value, ("body",))
    return {each.field: each.description for each in found}


def link(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


CAT = {
    "type": "object",
    "required": ["kind", "claws"],
    "properties": {"claws": {"type": "integer"}},
}
DOG = {"type": "object", "required": ["kind", "bark"], "properties": {"bark": {"type": "string"}}}
PET: dict[str, Any] = {
    "oneOf": [link("Cat"), link("Dog")],
    "discriminator": {
        "propertyName": "kind",
        "mapping": {"cat": "#/components/schemas/Cat", "doggy": "Dog"},
    },
}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"kind": "cat", "claws": 1}, {}),
        ({"kind": "cat"}, {"/body/claws": "is required"}),
        ({"kind": "cat", "claws": "x"}, {"/body/claws": "must be integer, not string"}),
        ({"kind": "doggy", "bark": "x", "claws": "x"}, {}),
        ({"kind": "doggy", "claws": 1}, {"/body/bark": "is required"}),
        ({"kind": "doggy"}, {"/body/bark": "is required"}),
        ({"kind": "bird"}, {"/body/kind": "must be one of cat, doggy"}),
        ({"bark": 1}, {"/body/kind": "is required, and must be one of cat, doggy"}),
        (1, {"/body": "must be object, not integer"}),
    ],
)
def test_b09_a_discriminator_says_which_alternative_is_meant(
    value: Any, expected: dict[str, str]
) -> None:
    assert told(PET, value, Cat=CAT, Dog=DOG) == expected


def test_b09_without_mapping_the_names_of_components_tell() -> None:
    pet = {**PET, "discriminator": {"propertyName": "kind"}}
    assert told(pet, {"kind": "Cat"}, Cat=CAT, Dog=DOG) == {"/body/claws": "is required"}
    words = {"/body/kind": "must be one of Cat, Dog"}
    assert told(pet, {"kind": "fish"}, Cat=CAT, Dog=DOG) == words


def test_b09_a_discriminator_works_through_inheritance_and_null() -> None:
    base = {"type": "object", "required": ["name"], "nullable": True, **PET}
    cat = {"allOf": [link("X"), CAT]}
    found = told(base, {"kind": "cat", "name": 1}, Cat=cat, Dog=DOG)
    assert found == {"/body/claws": "is required"}
    assert told(base, {"kind": "cat", "claws": 1, "name": 1}, Cat=cat, Dog=DOG) == {}
    assert told(base, None, Cat=cat, Dog=DOG) == {}


def test_b09_the_nearest_alternative_is_told_where_there_is_one() -> None:
    square = {"properties": {"kind": {"enum": ["square"]}, "side": {"type": "number"}}}
    circle = {"properties": {"kind": {"enum": ["circle"]}, "radius": {"type": "number"}}}
    shape = {"oneOf": [square, circle]}
    assert told(shape, {"kind": "circle", "radius": "x", "side": 1}) == {
        "/body/radius": "must be number, not string (by the nearest of 2 alternatives)"
    }
    assert told(shape, {"kind": "oval"}) == {"/body": "fits none of the schema's 2 alternatives"}


def test_b09_a_name_is_told_by_what_is_wrong_with_it() -> None:
    schema = {"propertyNames": {"pattern": "^[a-z]+$"}}
    assert told(schema, {"a": 1, "B": 2}, "3.1.0") == {
        "/body/B": "its name must match the pattern ^[a-z]+$"
    }


def test_b09_one_violation_is_told_once() -> None:
    base = {"required": ["a"]}
    schema = {"allOf": [link("Base"), link("Base")]}
    found = compile_schema({"allOf": [base, base]}).find({}, ())
    assert len(found) == 1
    assert told(schema, {}, Base=base) == {"/body/a": "is required"}


def test_h13_ten_thousand_alternatives_are_told_in_few_words() -> None:
    schema = {"oneOf": [{"required": [f"a{n}"]} for n in range(10_000)]}
    assert told(schema, {"b": 1}) == {"/body": "fits none of the schema's 10000 alternatives"}


@pytest.mark.parametrize("more", [{}, {"allOf": [{"properties": {"a": {}}}]}, {"type": "object"}])
def test_b09_what_a_closed_object_does_not_know_is_told_by_name(more: dict[str, Any]) -> None:
    schema = {"properties": {"o": {"additionalProperties": False, **more}}}
    words = "is not a property that the schema knows"
    found = told(schema, {"o": {"x": 1, "y": 2}}, "3.1.0")
    assert found == {"/body/o/x": words, "/body/o/y": words}


def test_b09_what_a_part_declares_is_known_where_that_part_does_not_fit() -> None:
    base = {"properties": {"a": {"required": ["z"]}, "b": {}}}
    closed = {"allOf": [link("Base")], "unevaluatedProperties": False}
    assert told(closed, {"a": {}, "b": 1, "c": 1}, "3.1.0", Base=base) == {
        "/body/a/z": "is required",
        "/body/c": "is not a property that the schema knows",
    }
