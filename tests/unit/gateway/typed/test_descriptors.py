"""Descriptors that are as large as they may be."""

from typing import Any

import pytest
from google.protobuf.message_factory import GetMessageClass
from msgspec import structs

from facade.spec.typed.made import MAX_FIELDS
from facade.spec.typed.numbers import numbered
from gateway.typed.descriptors import pool_of
from tests.specs import typed_of

TEXT: dict[str, Any] = {"type": "string"}


@pytest.mark.parametrize(
    ("schema", "fields"),
    [
        (TEXT, 1),
        ({"type": ["string", "null"]}, 2),
        ({"type": "string", "enum": ["a"]}, 2),
        ({"type": "array", "items": TEXT}, 1),
    ],
)
def test_the_largest_message_is_one_for_a_runtime(schema: dict[str, Any], fields: int) -> None:
    count = MAX_FIELDS // fields
    large = {"type": "object", "properties": {f"p{each}": schema for each in range(count)}}
    said = {"200": {"description": "", "content": {"application/json": {"schema": large}}}}
    found = typed_of({"/x": {"get": {"operationId": "get", "responses": said}}})
    service, _ = numbered(structs.replace(found, name="XService"), {})
    kind = GetMessageClass(pool_of(service, "x.v1").FindMessageTypeByName("x.v1.GetResponse"))
    assert len(kind.DESCRIPTOR.fields) == MAX_FIELDS
    assert kind.FromString(b"") == kind()
