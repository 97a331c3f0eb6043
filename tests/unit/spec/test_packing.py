"""A document that goes to another process, and is read there part by part."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from facade.catalog.examining import HEAD, understood
from facade.catalog.examining import told as packed
from facade.model.action import Action
from facade.spec.load import load
from facade.spec.packing import Sections, pack, unpack
from facade.spec.spec import Spec

ITEM = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Item"}, "n": {}}}
KEY = {"type": "apiKey", "in": "header", "name": "x-key"}
ANSWER = {
    "description": "",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Item"}}},
}
GET = {"operationId": "getItem", "responses": {"200": ANSWER}, "security": [{"key": []}]}
SHARED = [{"name": "id", "in": "path", "required": True, "schema": {"maximum": 10**30}}]
PATHS = {
    "/items/{id}": {"parameters": SHARED, "get": GET},
    "/again/{id}": {"$ref": "#/paths/~1items~1{id}"},
    "/twice": {"get": {"operationId": "same"}, "put": {"operationId": "same"}},
    "/post": {"post": {"requestBody": {"content": {"application/json": {"schema": ITEM}}}}},
    "/lost": {"$ref": "#/nowhere"},
    "/text": "junk",
}


def text(**more: Any) -> str:
    components = {
        "schemas": {"Item": ITEM, "Other": {}},
        "securitySchemes": {"key": KEY},
        "junk": 1,
    }
    tree = {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": PATHS}
    return json.dumps({**tree, "components": components, **more})


OLD = {"get": {"parameters": [{"name": "q", "in": "query", "type": "string"}], "responses": {}}}
NAMED = {"schemas": {"Item": {**ITEM, "$id": "https://x.example/item", "$anchor": "a"}}}


def told(action: Action) -> tuple[Any, ...]:
    """Everything that is said of an action, its schemas among it."""
    media = [*(action.body.media if action.body else ())]
    media += [each for answer in action.responses for each in answer.media]
    parameters = [(each.key, each.location, each.schema) for each in action.parameters]
    names = action.id, action.alias, action.method, action.path, action.pointer
    schemas = action.input_schema, [(each.type, each.schema) for each in media]
    return names, parameters, schemas, action.security, action.servers, action.problems


def all_told(spec: Spec) -> Iterator[tuple[Any, ...]]:
    return (told(spec.action(each)) for each in spec.ids)


@pytest.mark.parametrize(
    "document",
    [
        text(),
        text(components=NAMED),
        text(components=[], webhooks={"w": {"post": {}}}),
        text(components={}, servers=[{"url": "https://b.example"}], security=[{"key": []}]),
        json.dumps(
            {"swagger": "2.0", "info": {}, "paths": {"/a": OLD}, "definitions": {"I": ITEM}}
        ),
        json.dumps({"openapi": "3.0.3", "info": {}, "paths": {"$ref": "#/x"}, "x": PATHS}),
        json.dumps({"openapi": "3.0.3"}),
    ],
)
def test_a_packed_document_says_the_same(document: str) -> None:
    spec = Spec(load(document)[0])
    again = understood(packed(spec)[HEAD.size :])
    assert isinstance(again, Spec)
    assert (again.ids, again.title, again.version) == (spec.ids, spec.title, spec.version)
    assert again.suggest("getItm") == spec.suggest("getItm")
    assert again.security_schemes == spec.security_schemes
    assert [*all_told(again)] == [*all_told(spec)]
    assert again.problems() == spec.problems()


def test_of_a_packed_document_is_read_what_is_asked_for() -> None:
    document, outline = unpack(*pack(*parts(text())))
    paths = document.tree["paths"]
    assert isinstance(paths, Sections)
    Spec(document, outline).action("post_post")
    assert read(paths) == {"/post"}
    assert read(document.tree["components"]["schemas"]) == {"Item"}
    assert dict(paths) == PATHS
    assert (len(paths), read(paths)) == (len(PATHS), set(PATHS))


def test_a_document_whose_schemas_have_names_stays_whole() -> None:
    document, _ = unpack(*pack(*parts(text(components=NAMED))))
    assert isinstance(document.tree["paths"], dict)
    assert not document.nameless


def parts(document: str) -> tuple[Any, Any]:
    spec = Spec(load(document)[0])
    return spec.document, spec.outline


def read(sections: Mapping[str, Any]) -> set[str]:
    assert isinstance(sections, Sections)
    return {key for key, each in sections._members.items() if not isinstance(each, bytes)}
