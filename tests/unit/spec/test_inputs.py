"""The schema of all arguments: a body whole or by its properties."""

from typing import Any

import pytest

from facade.spec.document import Document
from facade.spec.schemas.schema import validator
from facade.spec.spec import Spec

SCHEMA = {
    "type": "object",
    "required": ["name", "id"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "name": {"type": "string"},
        "tag": {"type": "string"},
    },
}


def is_valid(value: Any, *, required: bool) -> bool:
    body = {"required": required, "content": {"application/json": {"schema": SCHEMA}}}
    operation = {"operationId": "call", "requestBody": body}
    document = Document({"openapi": "3.0.4", "paths": {"/": {"post": operation}}}, "3.0.4")
    return bool(validator(Spec(document).action("call").input_schema).is_valid(value))


@pytest.mark.parametrize(
    ("value", "needed", "optional"),
    [
        ({"name": "x"}, True, True),
        ({"name": "x", "tag": "y"}, True, True),
        ({"tag": "y"}, False, False),
        ({}, False, True),
        ({"body": {"name": "x"}}, True, True),
        ({"body": {}}, False, False),
        ({"body": {"name": "x"}, "tag": "y"}, False, False),
        ({"name": "x", "other": 1}, False, False),
    ],
)
def test_b09_a_body_is_given_whole_or_with_the_properties_that_it_needs(
    value: Any, needed: object, optional: object
) -> None:
    assert is_valid(value, required=True) is needed
    assert is_valid(value, required=False) is optional
