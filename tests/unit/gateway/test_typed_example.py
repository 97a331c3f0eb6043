"""What grpcurl is told to call, of documents that have it and of others."""

import json

from facade.spec.load import load
from facade.spec.spec import Spec
from gateway.cli.typed_example import TypedExample, typed_example

INTEGER = {"type": "integer"}
COLOURS = {"type": "string", "enum": ["red"]}


def spec(**schemas: object) -> Spec:
    """A document with an action for each schema, which is that of its one argument."""
    paths = {
        f"/{name}": {
            "get": {
                "operationId": name,
                "parameters": [{"name": "theValue", "in": "query", "schema": schema}],
            }
        }
        for name, schema in schemas.items()
    }
    text = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    return Spec(load(json.dumps(text))[0])


def test_the_first_call_whose_arguments_are_scalars_is_shown() -> None:
    known = spec(a={"type": "array", "items": INTEGER}, b=COLOURS, c=INTEGER)
    tries = [(each, {"theValue": 7}) for each in "abc"]
    shown = TypedExample("a_shop.live.AShopService", "C", '{"the_value": 7}')
    assert typed_example(known, "a-shop", tries) == shown


def test_a_call_without_arguments_fits_too() -> None:
    assert typed_example(spec(a=COLOURS), "shop", [("a", {})]).request == "{}"


def test_where_no_call_fits_there_is_the_service_alone() -> None:
    found = typed_example(spec(a=COLOURS), "google", [("a", {"theValue": "red"})])
    assert found == TypedExample("connectors.google.live.GoogleService")
