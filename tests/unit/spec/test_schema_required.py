"""What is required: of names that can never come, or only the other way, it is left out."""

from typing import Any

import pytest

from facade.spec.document import Document
from facade.spec.schemas.schema import Direction, Schemas
from facade.transcode.validation.schema import compile_schema

CLOSED = {"additionalProperties": False}


def wrong(
    schema: Any, value: Any, version: str = "3.0.4", way: Direction = Direction.REQUEST, **more: Any
) -> list[str]:
    tree = {"components": {"schemas": {"X": schema, **more}}}
    bundle = Schemas(Document(tree, version)).bundle("/components/schemas/X", way)
    return [each.field for each in compile_schema(bundle).find(value, ())]


@pytest.mark.parametrize("version", ["2.0", "3.0.4", "3.1.0"])
def test_a_name_that_is_required_and_forbidden_at_once_is_not_asked_for(version: str) -> None:
    schema = {"type": "object", "properties": {"a": {}}, "required": ["a", "b"], **CLOSED}
    assert wrong(schema, {"a": 1}, version) == []
    assert wrong(schema, {}, version) == ["/a"]
    assert wrong({"required": ["b"], **CLOSED}, {}, version) == []


def test_since_3_1_the_parts_beside_do_not_make_a_name_known() -> None:
    schema = {"allOf": [{"properties": {"b": {}}}], "required": ["b"], **CLOSED}
    assert wrong(schema, {}, "3.1.0") == []
    assert wrong(schema, {"b": 1}, "3.1.0") == ["/b"]


def test_a_name_that_another_part_declares_stays_required() -> None:
    base: dict[str, Any] = {"properties": {"b": {}}}
    whole = {"allOf": [{"$ref": "#/components/schemas/Base"}], "required": ["b"], **CLOSED}
    assert wrong(whole, {}, Base=base) == ["/b"]
    assert wrong(whole, {"b": 1}, Base=base) == []
    assert wrong(whole, {"b": 1, "c": 1}, Base=base) == ["/c"]


def test_parts_that_are_closed_together_do_not_forbid_what_they_require() -> None:
    whole = {"allOf": [{"properties": {"a": {}}, **CLOSED}, {"required": ["b"]}]}
    assert wrong(whole, {"a": 1, "b": 1}) == []
    assert wrong(whole, {"a": 1}) == ["/b"]
    part = {"properties": {"a": {}}, "required": ["b"], **CLOSED}
    assert wrong({"allOf": [{"$ref": "#/components/schemas/Part"}]}, {"a": 1}, Part=part) == []


@pytest.mark.parametrize("named", [{"patternProperties": {"^b": {}}}, {"properties": {"b": {}}}])
def test_a_name_that_may_come_stays_required(named: dict[str, Any]) -> None:
    assert wrong({"required": ["b"], **named, **CLOSED}, {}, "3.1.0") == ["/b"]


READ_ONLY = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {"id": {"type": "integer", "readOnly": True}, "name": {}},
    **CLOSED,
}


def test_what_is_read_only_may_be_sent_but_need_not_be() -> None:
    assert wrong(READ_ONLY, {"name": "x"}) == []
    assert wrong(READ_ONLY, {"name": "x", "id": 1}) == []
    assert wrong(READ_ONLY, {"name": "x", "id": "1"}) == ["/id"]
    assert wrong(READ_ONLY, {"name": "x"}, way=Direction.RESPONSE) == ["/id"]
