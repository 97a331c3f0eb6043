"""All that is wrong with a value, or where it is, in a number of steps that is bounded."""

from typing import Any

import pytest

from facade.transcode.validation.schema import compile_schema
from facade.transcode.validation.search import ALL_BELOW, STEPS
from facade.transcode.validation.weight import Scale

LEVELS = 63
NODE = {"$ref": "#/$defs/Node"}


def recursive(node: dict[str, Any]) -> dict[str, Any]:
    return {**NODE, "$defs": {"Node": node}}


def holds(**more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"c": NODE}, **more}


def nested(leaf: Any, levels: int = LEVELS) -> Any:
    for _ in range(levels):
        leaf = {"c": leaf}
    return leaf


def told(schema: Any, value: Any) -> dict[str, str]:
    return {each.field: each.description for each in compile_schema(schema).find(value, ("body",))}


OVERLAPPING: dict[str, dict[str, Any]] = {
    "anyOf": {"anyOf": [holds(minProperties=0), holds(maxProperties=9), {"type": "integer"}]},
    "oneOf": {"oneOf": [holds(required=["a"]), holds(maxProperties=9), {"type": "integer"}]},
    "allOf": {"allOf": [holds(), holds(maxProperties=9)], "type": ["object", "integer"]},
    "conditions": {"if": holds(), "then": holds(), "else": holds(minProperties=1)},
    "dependent": {"type": "object", "anyOf": [holds()], "dependentSchemas": {"c": holds()}},
    "unevaluated": {"anyOf": [holds(), holds(maxProperties=9)], "unevaluatedProperties": False},
}


@pytest.mark.parametrize("kind", OVERLAPPING)
def test_h13_alternatives_that_overlap_at_each_of_64_levels_are_refused_in_few_steps(
    kind: str,
) -> None:
    schema, value = recursive(OVERLAPPING[kind]), nested("x")
    scale = Scale(schema, STEPS)
    assert scale.weigh(schema, value) > 2**LEVELS
    assert STEPS - scale.budget < 20 * LEVELS
    found = told(schema, value)
    assert found
    assert all(field.startswith("/body") for field in found)


@pytest.mark.parametrize("kind", ["allOf", "conditions"])
def test_what_always_applies_is_followed_to_the_fault(kind: str) -> None:
    schema = recursive({**OVERLAPPING[kind], "type": ["object", "integer"]})
    assert any(field.startswith("/body" + "/c" * LEVELS) for field in told(schema, nested("x")))


def test_few_levels_are_told_in_full() -> None:
    schema = recursive(OVERLAPPING["oneOf"])
    words = "must be object or integer, not string (by the nearest of 2 alternatives)"
    assert told(schema, nested("x", 3)) == {"/body/c/c/c": words}


def test_a_chain_of_tags_costs_what_the_tagged_branch_costs() -> None:
    says = {"type": "object", "required": ["t"], "properties": {"t": {"enum": ["a", "b"]}}}
    ways = [{"if": {"properties": {"t": {"const": each}}}, "then": holds()} for each in "ab"]
    schema = recursive({"if": says, "then": {"allOf": ways}, "else": {"type": "integer"}})
    value: Any = "x"
    for _ in range(LEVELS):
        value = {"t": "b", "c": value}
    assert Scale(schema, STEPS).weigh(schema, value) < ALL_BELOW
    assert told(schema, value) == {"/body" + "/c" * LEVELS: "must be integer, not string"}


ROW = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"anyOf": [{"type": "integer"}, {"type": "null"}]}},
    "additionalProperties": {"type": "string"},
}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "items": ROW},
        {"anyOf": [{"type": "array", "items": ROW}, {"type": "null"}]},
        {"allOf": [{"$ref": "#/$defs/Rows"}], "$defs": {"Rows": {"items": ROW}}},
    ],
)
def test_the_faults_of_a_large_value_are_found_where_they_are(schema: Any) -> None:
    rows: list[Any] = [{"id": 1, "a": "b"} for _ in range(5_000)]
    rows[4_000] = {"a": "b"}
    rows[4_500] = {"id": None, "a": 1}
    rows[4_999] = "x"
    assert told(schema, rows) == {
        "/body/4000/id": "is required",
        "/body/4500/a": "must be string, not integer",
        "/body/4999": "must be object, not string",
    }


def test_of_very_many_faults_the_first_are_told() -> None:
    found = told({"type": "array", "items": {"type": "string"}}, [*range(50_000)])
    assert [*found] == [f"/body/{index}" for index in range(20)]


def test_what_is_wrong_with_a_large_value_as_a_whole_is_told() -> None:
    schema = {"type": "array", "items": {"type": "integer"}, "maxItems": 10, "uniqueItems": True}
    words = {"must have at most 10 items", "must not hold an item twice"}
    found = compile_schema(schema).find([*range(9_000), 1], ())
    assert {each.description for each in found} == words


def test_equal_parts_at_several_places_are_each_told() -> None:
    schema = {"type": "array", "items": {"type": "integer"}}
    values: list[Any] = [1] * 3_000
    values[10] = values[20] = "same"
    assert [*told(schema, values)] == ["/body/10", "/body/20"]


def test_more_schemas_than_are_compiled_by_themselves_are_told_at_the_last_place() -> None:
    deep: dict[str, Any] = {"type": "array", "items": {"type": "integer"}}
    for _ in range(50):
        deep = {"type": "object", "properties": {"c": deep}}
    ((field, words),) = told(deep, nested(["x"] * 3_000, 50)).items()
    assert field.startswith("/body/c/c")
    assert words == "does not fit its schema; it is too much to say why"
