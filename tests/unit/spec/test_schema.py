"""OpenAPI schemas as JSON Schema 2020-12 that stands alone."""

from typing import Any

import pytest

from facade.model.action import Schema
from facade.spec.document import Document
from facade.spec.schemas.schema import Direction, Schemas, validator


def schemas(components: dict[str, Any], version: str = "3.0.3") -> Schemas:
    return Schemas(Document({"components": {"schemas": components}}, version))


def converted(
    schema: Any,
    version: str = "3.0.3",
    direction: Direction = Direction.REQUEST,
    **others: Any,
) -> Schema:
    found = schemas({"X": schema, **others}, version).bundle("/components/schemas/X", direction)
    validator(found)
    return found


def accepts(schema: Schema, value: Any) -> bool:
    return bool(validator(schema).is_valid(value))


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string", "xml": {}, "externalDocs": {}, "x-a": 1}, {"type": "string"}),
        ({"format": "made-up", "example": "a"}, {"format": "made-up"}),
        ({"type": "file"}, {"type": "string"}),
        ({"type": "string", "format": "binary"}, {"type": "string", "format": "binary"}),
        ({"title": "T", "description": "D"}, {"title": "T", "description": "D"}),
        ({"default": 1, "deprecated": True}, {"default": 1, "deprecated": True}),
        ({"discriminator": {"propertyName": "a"}, "type": "object"}, {"type": "object"}),
        ({"minimum": 1, "exclusiveMinimum": True}, {"exclusiveMinimum": 1}),
        ({"minimum": 1, "exclusiveMinimum": False}, {"minimum": 1}),
        ({"maximum": 9, "exclusiveMaximum": True}, {"exclusiveMaximum": 9}),
        ({"exclusiveMaximum": 9}, {"exclusiveMaximum": 9}),
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        ({"type": "string", "x-nullable": True}, {"type": ["string", "null"]}),
        ({"enum": ["a"], "nullable": True}, {"enum": ["a", None]}),
        ({"type": ["string", "null"], "nullable": True}, {"type": ["string", "null"]}),
        ({"nullable": False, "type": "string"}, {"type": "string"}),
        ({"type": "string", "enum": [1, 2]}, {"type": "string"}),
        (
            {"type": "string", "enum": ["a", 1, True, "1", 2.5]},
            {"type": "string", "enum": ["a", "true", "1", "2.5"]},
        ),
        (
            {"type": ["string", "integer"], "enum": ["a", 1]},
            {"type": ["string", "integer"], "enum": ["a", 1]},
        ),
        (
            {"type": "array", "items": {"type": "string"}, "enum": ["a", "b"]},
            {"type": "array", "items": {"type": "string", "enum": ["a", "b"]}},
        ),
        (
            {"type": "array", "items": {"type": "integer"}, "enum": ["a"]},
            {"type": "array", "items": {"type": "integer"}},
        ),
        (True, True),
        (False, False),
        ({}, {}),
    ],
)
def test_keywords_become_those_of_json_schema(schema: Any, expected: Schema) -> None:
    assert converted(schema) == expected


@pytest.mark.parametrize(
    "broken",
    [
        {"type": "strin"},
        {"type": {"a": 1}},
        {"type": []},
        {"type": ["strin", None]},
        {"required": True},
        {"required": "name"},
        {"items": []},
        {"items": "string"},
        {"properties": []},
        {"additionalProperties": "string"},
        {"enum": {"$ref": "#/a"}},
        {"enum": []},
        {"allOf": {}},
        {"anyOf": []},
        {"oneOf": "x"},
        {"minLength": -1},
        {"maxLength": 1.5},
        {"maxItems": 2**80},
        {"minimum": "1"},
        {"minimum": True},
        {"minimum": float("inf")},
        {"multipleOf": 0},
        {"uniqueItems": "yes"},
        {"description": ["a"]},
        {"format": 3},
        {"examples": {"a": 1}},
        {"dependentRequired": []},
        {"dependentSchemas": []},
        {"patternProperties": 1},
        {"not": "x"},
        {"pattern": "("},
        {"pattern": 1},
        {"pattern": "a" * 5000},
        {"$schema": "http://example.com/dialect"},
        {"$id": "http://example.com/x"},
        {"$anchor": "a"},
        {"$dynamicRef": "#a"},
        {"nonsense": 1},
    ],
)
@pytest.mark.parametrize("version", ["2.0", "3.0.3", "3.1.0"])
def test_a_broken_keyword_is_left_out_alone(broken: Any, version: str) -> None:
    found = converted({"title": "kept", **broken}, version)
    assert found == {"title": "kept"}


def test_what_is_no_schema_allows_anything() -> None:
    found = converted({"properties": {"a": "string", "b": None, "c": ["x"]}})
    assert found == {"properties": {"a": True, "b": True, "c": True}}


@pytest.mark.parametrize("pattern", ["(?=a)b", r"(a)\1", "(?<!a)b", "(a{1,1000}){1,1000}"])
def test_h14_a_pattern_that_does_not_run_in_linear_time_is_left_out(pattern: str) -> None:
    assert converted({"type": "string", "pattern": pattern}) == {"type": "string"}


def test_h14_names_that_only_such_a_pattern_allows_stay_allowed() -> None:
    found = converted({"patternProperties": {"(?=x)": {}, "^y": {}}, "additionalProperties": False})
    assert accepts(found, {"x": 1})


def test_a_sound_pattern_is_kept() -> None:
    found = converted({"type": "string", "pattern": r"^\d+$"})
    assert accepts(found, "12")
    assert not accepts(found, "a")


def test_null_is_allowed_beside_what_is_composed() -> None:
    schema = {"allOf": [{"$ref": "#/components/schemas/Y"}], "nullable": True, "title": "T"}
    found = converted(schema, Y={"type": "object"})
    assert accepts(found, None)
    assert accepts(found, {})
    assert not accepts(found, 1)
    assert isinstance(found, dict)
    assert found["title"] == "T"


def test_beside_a_reference_nothing_counts_in_3_0_and_all_does_in_3_1() -> None:
    schema = {"properties": {"a": {"$ref": "#/components/schemas/Y", "maxLength": 2}}}
    assert accepts(converted(schema, "3.0.3", Y={"type": "string"}), {"a": "long"})
    modern = converted(schema, "3.1.0", Y={"type": "string"})
    assert not accepts(modern, {"a": "long"})
    assert not accepts(modern, {"a": 1})
    assert accepts(modern, {"a": "ab"})


def test_a_note_beside_a_reference_goes_before_that_of_its_target_in_3_1() -> None:
    schema = {"$ref": "#/components/schemas/Y", "description": "mine"}
    target = {"type": "string", "description": "its"}
    assert converted(schema, "3.1.0", Y=target) == {"type": "string", "description": "mine"}
    assert converted(schema, "3.0.3", Y=target) == target


def test_references_point_into_the_schemas_own_definitions() -> None:
    found = converted(
        {"properties": {"a": {"$ref": "#/components/schemas/Y"}}},
        Y={"items": {"$ref": "#/components/schemas/Z"}},
        Z={"type": "string"},
        Unused={"type": "integer"},
    )
    assert found == {
        "properties": {"a": {"$ref": "#/$defs/Y"}},
        "$defs": {"Y": {"items": {"$ref": "#/$defs/Z"}}, "Z": {"type": "string"}},
    }


def test_a_schema_that_is_but_a_reference_is_what_it_means() -> None:
    link = {"$ref": "#/components/schemas/Z"}
    found = converted({"$ref": "#/components/schemas/Y"}, Y=link, Z={"type": "string"})
    assert found == {"type": "string"}


@pytest.mark.parametrize("name", ["a/b", "a~b", "a b", "Gen<T>", "größe", "%20", "a#b", "x" * 300])
def test_any_name_of_a_component_can_be_referred_to(name: str) -> None:
    escaped = name.replace("~", "~0").replace("/", "~1")
    tree = {"items": {"$ref": f"#/components/schemas/{escaped}"}}
    components: dict[str, Any] = {"X": tree, name: {"type": "string"}}
    found = schemas(components).bundle("/components/schemas/X", Direction.REQUEST)
    assert accepts(found, ["a"])
    assert not accepts(found, [1])


def test_a_deep_pointer_is_a_definition_of_its_own() -> None:
    found = converted(
        {"items": {"$ref": "#/components/schemas/Y/properties/z"}},
        Y={"properties": {"z": {"type": "string"}}},
    )
    assert not accepts(found, [1])


@pytest.mark.parametrize(
    "reference",
    [
        "#/components/schemas/None",
        "#/components/schemas/X/title",
        "#/info",
        "#anchor",
        "#",
        "other.yaml#/A",
        "https://a.example/b",
        "file:///etc/passwd",
    ],
)
@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_h03_a_reference_that_leads_to_no_schema_allows_anything(
    reference: str, version: str
) -> None:
    found = converted({"title": "x", "properties": {"a": {"$ref": reference}}}, version)
    assert found == {"title": "x", "properties": {"a": True}}


@pytest.mark.parametrize("keyword", ["oneOf", "anyOf"])
def test_what_hangs_upon_a_dangling_reference_refuses_nothing(keyword: str) -> None:
    dangling = {"$ref": "#/components/schemas/None"}
    assert converted({keyword: [dangling, {"type": "string"}]}) == {}
    assert converted({"not": dangling}) == {}
    assert converted({"contains": dangling}) == {}
    assert converted({"allOf": [dangling, {"type": "string"}]}) == {"allOf": [{"type": "string"}]}


def test_definitions_within_a_schema_with_an_id_are_found_from_there() -> None:
    schema = {
        "$id": "https://example.com/x",
        "$defs": {"name": {"type": "string"}},
        "properties": {"a": {"$ref": "#/$defs/name"}, "b": {"$ref": "#/components/schemas/Y"}},
    }
    found = converted(schema, "3.1.0", Y={"type": "integer"})
    assert not accepts(found, {"a": 1})
    assert not accepts(found, {"b": "x"})
    assert accepts(found, {"a": "x", "b": 1})


def test_a_property_called_ref_or_id_is_a_property() -> None:
    found = converted({"properties": {"$ref": {"type": "string"}, "$id": {"type": "integer"}}})
    assert not accepts(found, {"$ref": 1})
    assert not accepts(found, {"$id": "a"})


READ_WRITE = {
    "type": "object",
    "required": ["id", "secret", "name"],
    "properties": {
        "id": {"type": "string", "readOnly": True},
        "secret": {"$ref": "#/components/schemas/Secret"},
        "name": {"type": "string"},
    },
}


@pytest.mark.parametrize(
    ("direction", "needed"),
    [(Direction.REQUEST, ["secret", "name"]), (Direction.RESPONSE, ["id", "name"])],
)
def test_a_property_that_never_goes_that_way_is_not_required(
    direction: Direction, needed: list[str]
) -> None:
    secret = {"type": "string", "writeOnly": True}
    found = converted(READ_WRITE, direction=direction, Secret=secret)
    assert isinstance(found, dict)
    assert found["required"] == needed


def test_the_same_holds_where_allof_tells_requirement_and_property_apart() -> None:
    base = {"properties": {"id": {"readOnly": True}, "a": {}}}
    schema = {"allOf": [{"$ref": "#/components/schemas/Base"}, {"required": ["id", "a"]}]}
    found = converted(schema, Base=base)
    assert accepts(found, {"a": 1})
    assert not accepts(found, {"id": 1})


def test_a_discriminator_forgives_that_several_fit() -> None:
    schema = {"oneOf": [{"type": "object"}, {"required": ["a"]}]}
    assert not accepts(converted(schema), {"a": 1})
    assert accepts(converted({**schema, "discriminator": {"propertyName": "a"}}), {"a": 1})


@pytest.mark.parametrize("keyword", ["items", "additionalProperties", "properties"])
def test_h12_recursion_through_parts_of_a_value_is_kept(keyword: str) -> None:
    link = {"$ref": "#/components/schemas/X"}
    inner = {"child": link} if keyword == "properties" else link
    found = converted({"type": ["object", "array"], keyword: inner})
    deep: dict[str, Any] = {"child": {"child": 1}}
    assert accepts(found, {"child": {"child": {}}})
    if keyword != "items":
        assert not accepts(found, deep)


@pytest.mark.parametrize("keyword", ["allOf", "oneOf", "anyOf"])
def test_h12_a_schema_that_contains_itself_is_cut(keyword: str) -> None:
    found = converted({"type": "object", keyword: [{"$ref": "#/components/schemas/X"}]})
    assert found == {"type": "object"}


def test_h12_a_circle_of_bare_references_allows_anything() -> None:
    found = converted(
        {"items": {"$ref": "#/components/schemas/A"}},
        A={"$ref": "#/components/schemas/B"},
        B={"$ref": "#/components/schemas/A"},
    )
    assert found == {"items": True}


def test_h12_base_and_derived_keep_what_allof_says() -> None:
    components = {
        "Pet": {
            "required": ["kind"],
            "discriminator": {"propertyName": "kind"},
            "oneOf": [{"$ref": "#/components/schemas/Cat"}],
        },
        "Cat": {"allOf": [{"$ref": "#/components/schemas/Pet"}, {"required": ["claws"]}]},
    }
    cat = schemas(components).bundle("/components/schemas/Cat", Direction.REQUEST)
    pet = schemas(components).bundle("/components/schemas/Pet", Direction.REQUEST)
    assert accepts(cat, {"kind": "Cat", "claws": 1})
    assert not accepts(cat, {"claws": 1})
    assert accepts(pet, {"kind": "Cat", "claws": 1})
    assert not accepts(pet, {"kind": "Cat"})
    assert not accepts(pet, {"claws": 1})


@pytest.mark.parametrize("keyword", ["allOf", "oneOf", "anyOf"])
def test_h13_an_explosion_of_two_to_the_forty_is_checked_at_once(keyword: str) -> None:
    chain: dict[str, Any] = {
        f"A{n}": {keyword: [{"$ref": f"#/components/schemas/A{n + 1}"}] * 2} for n in range(40)
    }
    found = converted({"items": {"$ref": "#/components/schemas/A0"}}, **chain, A40={})
    assert len(list(validator(found).iter_errors([1, 2, 3]))) < 10_000


def test_h13_ten_thousand_alternatives_are_taken() -> None:
    found = converted({"oneOf": [{"required": [f"a{n}"]} for n in range(10_000)]})
    assert accepts({**found, "type": "object"} if isinstance(found, dict) else found, {"a5": 1})


def test_two_hundred_levels_are_read_and_bounded() -> None:
    deep: Any = {"type": "string"}
    for _ in range(200):
        deep = {"nullable": True, "allOf": [{"type": "object", "properties": {"a": deep}}]}
    found = converted(deep)
    assert accepts(found, {"a": {"a": None}})
    assert not accepts(found, {"a": {"a": 1}})


def test_a_definition_is_the_same_object_in_every_bundle() -> None:
    shared = schemas(
        {
            "A": {"items": {"$ref": "#/components/schemas/Y"}},
            "B": {"items": {"$ref": "#/components/schemas/Y"}},
            "Y": {"type": "string"},
        }
    )
    one = shared.bundle("/components/schemas/A", Direction.REQUEST)
    other = shared.bundle("/components/schemas/B", Direction.REQUEST)
    assert isinstance(one, dict)
    assert isinstance(other, dict)
    assert one["$defs"]["Y"] is other["$defs"]["Y"]


def test_more_definitions_than_a_bundle_holds_allow_anything_at_the_far_end() -> None:
    chain: dict[str, Any] = {
        f"A{n}": {"items": {"$ref": f"#/components/schemas/A{n + 1}"}} for n in range(3000)
    }
    found = converted({"items": {"$ref": "#/components/schemas/A0"}}, **chain, A3000={})
    assert isinstance(found, dict)
    assert len(found["$defs"]) == 2001
    assert found["$defs"]["A2000"] is True
