"""What is compiled of an action lives as long as the action."""

import gc
import json
from datetime import UTC, datetime
from weakref import WeakKeyDictionary

from facade.model.action import Action
from facade.model.call import Call
from facade.model.names import ActionName, VersionName
from facade.model.version import Destination, Version
from facade.spec.load import load
from facade.spec.spec import Spec
from facade.transcode.arguments import parse
from facade.transcode.encode import Recipe, compile_recipe, encode

TREE = {
    "openapi": "3.1.0",
    "info": {"title": "T", "version": "1"},
    "servers": [{"url": "https://a.example"}],
    "paths": {
        "/pets/{id}": {
            "put": {
                "operationId": "put",
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
                ],
                "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
                "responses": {"200": {"content": {"application/json": {"schema": {}}}}},
            }
        }
    },
}
NOW = datetime(2026, 1, 1, tzinfo=UTC)
VERSION = Version(
    name=VersionName("c", "v1"),
    spec_digest="",
    create_time=NOW,
    update_time=NOW,
    destination=Destination(uri="https://api.example"),
)


def test_a_recipe_goes_when_its_document_goes() -> None:
    recipes: WeakKeyDictionary[Action, Recipe] = WeakKeyDictionary()
    spec = Spec(load(json.dumps(TREE))[0])
    action = spec.action("put")
    recipe = recipes[action] = compile_recipe(action)
    call = Call(name=ActionName("c", "v1", "put"), arguments=parse('{"id":1,"body":{}}'))
    assert encode(VERSION, action, call, {}, recipe).target == "/pets/1"
    expected = recipe.answers.select(200)
    assert expected is not None
    assert expected.check(expected.media[0][1]).fits(None)
    assert len(recipes) == 1
    del spec, action, recipe, expected
    gc.collect()
    assert len(recipes) == 0
