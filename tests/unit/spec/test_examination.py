"""What reading a document comes to."""

import json

import pytest

from facade.errors.caller import InvalidSpec
from facade.spec.examination import examine
from facade.spec.limits import DEFAULT, Limits

EXAMPLE = {"type": "string", "examples": ["short", "x" * 5000]}


def document(operations: int) -> str:
    parameters = [{"name": "q", "in": "query", "schema": EXAMPLE}]
    act = {"parameters": parameters, "responses": {"200": {"description": ""}}}
    return json.dumps(
        {
            "openapi": "3.1.0",
            "info": {"title": "t", "version": "1"},
            "paths": {f"/{number}": {"get": act} for number in range(operations)},
        }
    )


def test_h20_more_operations_than_the_limit_are_refused_by_their_number() -> None:
    limits = Limits(operations=3)
    assert len(examine(document(3), limits).spec) == 3
    with pytest.raises(InvalidSpec, match="4 operations; at most 3") as refusal:
        examine(document(4), limits)
    assert refusal.value.details.violations[0].field == "/paths"


def test_h19_a_long_example_is_not_listed_with_the_action() -> None:
    spec = examine(document(1), DEFAULT).spec
    schema = spec.action(spec.ids[0]).input_schema
    assert not isinstance(schema, bool)
    assert schema["properties"]["q"]["examples"] == ["short"]
