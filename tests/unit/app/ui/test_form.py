"""Forms of actions, and what was filled in."""

import json
from typing import Any

import pytest

from facade.app.ui.form import BEFORE, entries, filled, tree_of, written
from tests.specs import spec_of

SCHEMAS: dict[str, Any] = {
    "name": {"type": "string"},
    "digits": {"type": "string"},
    "limit": {"type": "integer"},
    "deep": {"type": "object"},
    "yes": {"type": "boolean"},
    "kind": {"enum": ["a", "b"], "type": "string"},
    "step": {"enum": [1, 2], "type": "integer"},
}
GIVEN = [{"name": each, "in": "query", "schema": SCHEMAS[each]} for each in SCHEMAS]
ACTION = spec_of(
    {"/a": {"get": {"operationId": "a", "parameters": GIVEN, "responses": {}}}}
).action("a")


def said(**values: str) -> Any:
    form = {f"{BEFORE}{name}": value for name, value in values.items()}
    return json.loads(filled(entries(ACTION, form)))


@pytest.mark.parametrize(
    ("name", "typed", "sent"),
    [
        ("name", "Rex", "Rex"),
        ("digits", "0042", "0042"),
        ("limit", "9007199254740993", 9007199254740993),
        ("limit", "many", "many"),
        ("deep", '{"a": [1]}', {"a": [1]}),
        ("deep", "{a", "{a"),
        ("yes", "true", True),
        ("kind", "a", "a"),
        ("step", "2", 2),
    ],
)
def test_a_field_is_sent_as_its_schema_says(name: str, typed: str, sent: object) -> None:
    assert said(**{name: typed}) == {name: sent}


def test_what_is_left_empty_is_not_sent() -> None:
    assert said(name="", limit="") == {}


def test_numbers_are_sent_digit_by_digit() -> None:
    fields = entries(ACTION, {f"{BEFORE}limit": "1.10"})
    assert filled(fields) == '{"limit": 1.10}'


def test_values_are_shown_as_one_types_them() -> None:
    values = tree_of('{"a": "x", "b": 1.10, "c": [true], "d": null}')
    assert [written(each) for each in values.values()] == ["x", "1.10", "[true]", ""]
