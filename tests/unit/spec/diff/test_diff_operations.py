"""What differs between operations, parameters and bodies: a pair for each rule."""

from typing import Any

import pytest

from facade.model.difference import Verdict
from facade.spec.diff.rules import BODIES, CATALOGUE, OPERATIONS, PARAMETERS
from tests.documents import Tree, differ, document, query, rules, with_parameters

OK = {"description": ""}
JSON = {"application/json": {"schema": {"type": "object"}}}
FORM = {"application/x-www-form-urlencoded": {"schema": {"type": "object"}}}
BODY = {"content": JSON}
KEY = {"type": "apiKey", "in": "header", "name": "X-Key"}
BASIC = {"type": "http", "scheme": "basic"}
ARRAY = {"type": "array", "items": {"type": "string"}}
PAGES = {
    "200": {
        "description": "",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {"items": ARRAY, "next_page_token": {"type": "string"}},
                }
            }
        },
    }
}


def at(path: str, operation: Tree | None = None, method: str = "post") -> Tree:
    own = {"operationId": "make", **(operation or {})}
    return {**document(), "paths": {path: {method: own}}}


def answers(**responses: Any) -> Tree:
    return document({"responses": {key.removeprefix("_"): each for key, each in responses.items()}})


def body(**fields: Any) -> Tree:
    return document({"requestBody": {**BODY, **fields}})


def schemes(security: Any, **declared: Any) -> Tree:
    return document({"security": security}, components={"securitySchemes": declared})


def listing(responses: Any, name: str = "page_token") -> Tree:
    return at("/things", {"parameters": [query(name)], "responses": responses}, "get")


def query_of_json() -> Tree:
    return {"name": "q", "in": "query", "content": {"application/json": {"schema": ARRAY}}}


def form(**encoding: Any) -> Tree:
    properties = {"tags": ARRAY}
    media = {"schema": {"type": "object", "properties": properties}, "encoding": encoding}
    return document({"requestBody": {"content": {"application/x-www-form-urlencoded": media}}})


NAMED = {
    "application/json": {"schema": {"type": "object", "properties": {"a": {"type": "string"}}}}
}
EMPTY: Tree = {**document(), "paths": {}}
HEAD = {"name": "q", "in": "header", "schema": {"type": "string"}}

PAIRS: list[tuple[str, Tree, Tree]] = [
    ("operation-added", EMPTY, document()),
    ("operation-removed", document(), EMPTY),
    ("operation-renamed", document(), document({"operationId": "create"})),
    ("operation-moved", document(), at("/objects")),
    ("operation-moved", document(), at("/things", method="put")),
    ("operation-deprecated", document(), document({"deprecated": True})),
    ("operation-restored", document({"deprecated": True}), document()),
    ("operation-set-aside", document(), document({"requestBody": {"$ref": "#/nowhere"}})),
    ("operation-restored", document({"requestBody": {"$ref": "#/nowhere"}}), document()),
    (
        "alias-lost",
        document(),
        {**document(), "paths": {**document()["paths"], "/other/things": {"get": {}}}},
    ),
    ("security-tightened", schemes([{}], key=KEY), schemes([{"key": []}], key=KEY)),
    ("security-tightened", schemes([{"key": []}], key=KEY), schemes([{"key": []}], key=BASIC)),
    ("security-loosened", schemes([{"key": []}], key=KEY), schemes([{"key": []}, {}], key=KEY)),
    ("security-renamed", schemes([{"key": []}], key=KEY), schemes([{"k": []}], k=KEY)),
    ("servers-changed", document(), document(servers=[{"url": "https://other.example.com"}])),
    ("servers-changed", document(), document({"servers": [{"url": "https://other.example.com"}]})),
    ("paging-gained", listing({"200": OK}), listing(PAGES)),
    ("paging-lost", listing(PAGES), listing({"200": OK})),
    ("paging-changed", listing(PAGES), listing(PAGES, "pageToken")),
    ("parameter-added", document(), with_parameters(query())),
    ("parameter-added-required", document(), with_parameters(query(required=True))),
    ("parameter-removed", with_parameters(query()), document()),
    (
        "parameter-renamed",
        at("/things/{id}", {"parameters": [{"name": "id", "in": "path", "required": True}]}),
        at("/things/{key}", {"parameters": [{"name": "key", "in": "path", "required": True}]}),
    ),
    ("parameter-moved", with_parameters(query()), with_parameters(HEAD)),
    (
        "parameter-restyled",
        with_parameters(query(schema=ARRAY)),
        with_parameters(query(schema=ARRAY, explode=False)),
    ),
    ("parameter-restyled", with_parameters(query()), with_parameters(query_of_json())),
    ("parameter-became-required", with_parameters(query()), with_parameters(query(required=True))),
    ("parameter-became-optional", with_parameters(query(required=True)), with_parameters(query())),
    ("parameter-deprecated", with_parameters(query()), with_parameters(query(deprecated=True))),
    ("argument-renamed", with_parameters(query()), with_parameters(query(), HEAD)),
    (
        "argument-folded",
        document({"requestBody": {"content": NAMED}}),
        document({"requestBody": {"content": NAMED}, "parameters": [query("a")]}),
    ),
    ("body-added", document(), body()),
    ("body-added-required", document(), body(required=True)),
    ("body-removed", body(), document()),
    ("body-became-required", body(), body(required=True)),
    ("body-became-optional", body(required=True), body()),
    ("request-media-type-added", body(), body(content={**JSON, **FORM})),
    ("request-media-type-removed", body(content={**JSON, **FORM}), body()),
    ("encoding-changed", form(), form(tags={"explode": False})),
    ("success-status-added", answers(_200=OK), answers(_200=OK, _202=OK)),
    ("success-status-removed", answers(_200=OK, _202=OK), answers(_200=OK)),
    ("error-status-added", answers(_200=OK), answers(_200=OK, _404=OK)),
    ("error-status-removed", answers(_200=OK, _404=OK), answers(_200=OK)),
    (
        "response-media-type-added",
        answers(_200={"content": JSON}),
        answers(_200={"content": {**JSON, **FORM}}),
    ),
    (
        "response-media-type-removed",
        answers(_200={"content": {**JSON, **FORM}}),
        answers(_200={"content": JSON}),
    ),
    ("response-body-added", answers(_200=OK), answers(_200={"content": JSON})),
    ("response-body-removed", answers(_200={"content": JSON}), answers(_200=OK)),
]


@pytest.mark.parametrize(("rule", "old", "new"), PAIRS)
def test_what_a_change_is_called(rule: str, old: Tree, new: Tree) -> None:
    found = differ(old, new)
    assert rules(found) >= {rule}
    assert found.verdict.rank >= CATALOGUE[rule].verdict.rank


def test_every_rule_of_operations_parameters_and_bodies_has_its_pair() -> None:
    assert {rule for rule, _, _ in PAIRS} == {*OPERATIONS, *PARAMETERS, *BODIES}


SAFE = [pair for pair in PAIRS if CATALOGUE[pair[0]].verdict is Verdict.SAFE]


@pytest.mark.parametrize(("rule", "old", "new"), SAFE)
def test_p3_what_is_only_added_is_safe(rule: str, old: Tree, new: Tree) -> None:
    found = differ(old, new)
    assert rules(found) >= {rule}
    assert (found.verdict, found.step) == (Verdict.SAFE, "minor")
