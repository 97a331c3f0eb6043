"""What the gateways of the bench serve: a connector with a version for each policy."""

import json
from typing import Any

SECRET = "PORTICO_SECRET_BENCH"

LIMITS = [{"scope": scope, "calls": 1_000_000} for scope in ("connector", "tenant", "action")]
CACHE = {"mode": "override", "ttl": "1h"}
KEY = {"scheme": "key", "apiKey": {"key": f"env:{SECRET}", "in": "header", "name": "x-key"}}

TYPED = "typed"
"""The version whose document says what an answer is."""

WIDE = 100
"""Operations of the version that ListActions is timed on."""


def connector(backend: str) -> str:
    """The connector file, for a backend at an address.

    `full` is what the bars are measured on: arguments are held to the document, three limits, the
    cache is looked up and written, an API key signs; retries and breakers are on as everywhere.
    """
    secret = f"env:{SECRET}"
    client = {"grant": "clientCredentials", "clientId": "bench", "clientSecret": secret}
    oauth = {**client, "tokenUri": f"{backend}/token"}
    versions: dict[str, dict[str, Any]] = {
        "plain": {},
        "full": {"credentials": [KEY], "policy": {"limits": LIMITS, "cache": CACHE}},
        "cached": {"policy": {"cache": CACHE}},
        "limited-cached": {"policy": {"limits": LIMITS[:1], "cache": CACHE}},
        "api-key": {"credentials": [KEY]},
        "oauth": {"credentials": [{"scheme": "oauth", "oauth2": oauth}]},
        "one-limit": {"policy": {"limits": LIMITS[:1]}},
        "three-limits": {"policy": {"limits": LIMITS}},
        "concurrency": {"policy": {"concurrency": [{"calls": 1000}]}},
        "wide": {"spec": wide_document(WIDE)},
    }
    of_typed: dict[str, dict[str, Any]] = {
        TYPED: {},
        f"{TYPED}-full": versions["full"],
        f"{TYPED}-cached": versions["cached"],
    }
    versions |= {name: {"spec": typed_document(), **more} for name, more in of_typed.items()}
    return _file(
        {name: {"server": backend, "spec": document(), **more} for name, more in versions.items()}
    )


def through(facade: str) -> str:
    """The connector file of a gateway before a facade at an address."""
    return _file(
        {
            name: {
                "spec": document(),
                "indirect": {"server": f"{facade}/connectors/bench/versions/{name}"},
            }
            for name in ("plain", "full", "cached", "limited-cached")
        }
    )


def document() -> dict[str, Any]:
    """The document of the backend: an item has a size and a number."""
    get_item = _operation("getItem", {"type": "object"})
    return _document({"/items/{size}/{number}": {"get": get_item}}, {})


def typed_document() -> dict[str, Any]:
    """The same where it says what an answer is, and with an operation that takes as much."""
    every = {"$ref": "#/components/schemas/Items"}
    body = {"required": True, "content": {"application/json": {"schema": every}}}
    operations = {
        "get": _operation("getItem", every),
        "put": {**_operation("putItem", every), "requestBody": body},
    }
    text = {"type": "string"}
    item = {
        "id": {"type": "integer"},
        "name": text,
        "status": text,
        "tags": {"type": "array", "items": text},
    }
    one = {"$ref": "#/components/schemas/Item"}
    schemas = {
        "Items": {"type": "object", "properties": {"items": {"type": "array", "items": one}}},
        "Item": {"type": "object", "properties": item},
    }
    return _document({"/items/{size}/{number}": operations}, schemas)


def wide_document(operations: int) -> dict[str, Any]:
    """A document with so many operations, each with parameters, a body and schemas of its own."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    for number in range(operations // 2):
        name = f"Thing{number}"
        schemas[name] = _schema(name, f"Thing{max(0, number - 1)}")
        reference = {"$ref": f"#/components/schemas/{name}"}
        shared = {"tags": [f"group-{number % 40}"], "description": f"About a {name}. " * 8}
        responses = {"200": _answer(reference), "404": _answer({"type": "object"})}
        queries = [
            _parameter(each, "query", {"type": "string", "maxLength": 100})
            for each in ("sort", "fields", "since", "cursor")
        ]
        body = {"content": {"application/json": {"schema": reference}}}
        paths[f"/things-{number}/{{id}}"] = {
            "parameters": [_parameter("id", "path", {"type": "integer"})],
            "get": shared
            | {"operationId": f"get{name}", "parameters": queries, "responses": responses},
            "put": shared
            | {"operationId": f"put{name}", "requestBody": body, "responses": responses},
        }
    return _document(paths, schemas)


def _operation(name: str, answer: dict[str, Any]) -> dict[str, Any]:
    size = _parameter("size", "path", {"type": "integer", "minimum": 1, "maximum": 10**6})
    number = _parameter("number", "path", {"type": "integer", "minimum": 1})
    return {
        "operationId": name,
        "parameters": [size, number],
        "responses": {"200": _answer(answer)},
    }


def _file(versions: dict[str, dict[str, Any]]) -> str:
    listed = [{"id": name, **version} for name, version in versions.items()]
    return json.dumps({"connector": "bench", "versions": listed, "live": "plain"})


def _document(paths: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {"title": "bench", "version": "1"},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _schema(name: str, other: str) -> dict[str, Any]:
    texts = {f"text{number}": {"type": "string", "maxLength": 200} for number in range(12)}
    return {
        "title": name,
        "type": "object",
        "required": ["id", "text0"],
        "properties": {
            "id": {"type": "integer"},
            "parent": {"$ref": f"#/components/schemas/{other}"},
            "state": {"type": "string", "enum": ["open", "closed", "merged"]},
            "labels": {"type": "array", "items": {"type": "string"}},
            **texts,
        },
    }


def _parameter(name: str, place: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": place, "required": place == "path", "schema": schema}


def _answer(schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": "answer", "content": {"application/json": {"schema": schema}}}
