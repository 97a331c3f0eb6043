"""What an update sends: every digit and every field that is not given stays."""

from typing import Any

import pytest

from facade.entities.changing import condition, merged, patch_type, replacement
from facade.model.action import Action
from tests.documents import spec

JSON = "application/json"


def put(schema: Any, *parameters: Any, kind: str = JSON) -> Action:
    operation = {
        "parameters": list(parameters),
        "requestBody": {"required": True, "content": {kind: {"schema": schema}}},
    }
    return spec({"paths": {"/a": {"put": operation}}}).action("put_a")


@pytest.mark.parametrize(
    ("whole", "changes", "result"),
    [
        (b'{"a": 0.10, "b": 1}', b'{"b": 2.50}', b'{"a":0.10,"b":2.50}'),
        (b'{"a": 1, "b": 1}', b'{"b": null}', b'{"a":1}'),
        (b'{"a": {"b": 1, "c": 1e400}}', b'{"a": {"b": 2}}', b'{"a":{"b":2,"c":1e400}}'),
        (b'{"a": [1, 2]}', b'{"a": [3]}', b'{"a":[3]}'),
        (b"[1]", b'{"a": 1}', b'{"a":1}'),
        (b'{"a": 1}', b"7", b"7"),
    ],
)
def test_g20_changes_are_merged_as_rfc_7396_has_it(
    whole: bytes, changes: bytes, result: bytes
) -> None:
    assert merged(whole, changes) == result


def test_g20_what_put_does_not_take_is_left_out_of_what_get_gave() -> None:
    closed = put({"type": "object", "properties": {"n": {}}, "additionalProperties": False})
    assert replacement(b'{"id": 1, "n": 2}', b'{"n": 3}', closed) == b'{"n":3}'
    assert replacement(b'{"id": 1}', b'{"x": 3}', closed) == b'{"x":3}'
    hidden = put({"type": "object", "properties": {"id": {"readOnly": True}, "n": {}}})
    assert replacement(b'{"id": 1, "n": 2, "o": 3}', b"{}", hidden) == b'{"n":2,"o":3}'


def test_a_put_that_takes_if_match_is_guarded_by_the_etag() -> None:
    header = {"name": "If-Match", "in": "header", "schema": {"type": "string"}}
    assert condition(put({}, header), '"v1"')["If-Match"].value == '"v1"'
    assert not condition(put({}, header), "")
    assert not condition(put({}), '"v1"')


def test_merge_patches_are_sent_as_such_where_they_are_declared() -> None:
    assert (
        patch_type(put({}, kind="application/merge-patch+json")) == "application/merge-patch+json"
    )
    assert patch_type(put({})) == ""
