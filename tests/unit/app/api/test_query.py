from typing import Any

import pytest

from facade.app.api.form.place import FieldPlace
from facade.app.api.query import leaves_of, read_query
from facade.errors.fault import Violation

COMPONENTS: dict[str, dict[str, Any]] = {
    "Pet": {
        "properties": {
            "petName": {"type": "string"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "owners": {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            "made": {"type": "string", "readOnly": True},
        }
    }
}
SCHEMA = {
    "properties": {
        "pageSize": {"type": "integer"},
        "isGood": {"type": "boolean"},
        "share": {"type": "number"},
        "pet": {"$ref": "#/components/schemas/Pet", "description": "A pet."},
    }
}
LEAVES = dict(leaves_of(SCHEMA, COMPONENTS))


def read(query: str) -> tuple[dict[str, Any], list[Violation]]:
    problems: list[Violation] = []
    return read_query(query.encode(), LEAVES, FieldPlace("", problems)), problems


def test_a_query_has_plain_fields_and_those_within_objects_but_no_maps_and_lists_of_them() -> None:
    assert list(LEAVES) == ["pageSize", "isGood", "share", "pet.petName", "pet.tags"]


@pytest.mark.parametrize(
    ("query", "tree"),
    [
        ("", {}),
        ("pageSize=5", {"pageSize": 5}),
        ("page_size=-5", {"pageSize": -5}),
        ("isGood=true&share=-5e-1", {"isGood": True, "share": -0.5}),
        ("isGood=false", {"isGood": False}),
        ("pet.petName=a%20b%C3%A9", {"pet": {"petName": "a bé"}}),
        ("pet.pet_name=", {"pet": {"petName": ""}}),
        ("pet.tags=a&pet.tags=b&pet.petName=c", {"pet": {"tags": ["a", "b"], "petName": "c"}}),
    ],
)
def test_parameters_become_what_json_would_say(query: str, tree: dict[str, Any]) -> None:
    assert read(query) == (tree, [])


@pytest.mark.parametrize("text", ["yes", "True", "1", ""])
def test_what_is_no_value_of_its_type_stays_a_text_for_its_form_to_refuse(text: str) -> None:
    assert read(f"isGood={text}") == ({"isGood": text}, [])


@pytest.mark.parametrize("text", ["1_0", "nan", "Infinity", "1.", "0x1"])
def test_only_what_json_calls_one_is_a_number(text: str) -> None:
    assert read(f"share={text}") == ({"share": text}, [])


@pytest.mark.parametrize("text", ["1.5", "1_0", "%D9%A1", "+1", " 1", "9" * 5000])
def test_only_digits_are_a_whole_number(text: str) -> None:
    tree, problems = read(f"pageSize={text}".replace("+", "%2B"))
    assert not isinstance(tree.get("pageSize"), int)
    assert tree or problems


@pytest.mark.parametrize(
    ("query", "field", "words"),
    [
        ("pagSize=1", "pagSize", "did you mean `pageSize`?"),
        ("pageSize=1&page_size=2", "page_size", "more than once"),
        ("pageSize=%ff", "", "UTF-8"),
        ("pageSize=1&" * 300, "", "at most 200 parameters"),
        ("pet=x", "pet", "unknown parameter"),
    ],
)
def test_what_is_wrong_with_a_query_names_its_parameter(query: str, field: str, words: str) -> None:
    _, (problem,) = read(query)
    assert problem.field == field
    assert words in problem.description
