"""Swagger 2.0 in the shape of OpenAPI 3.0."""

import json
from typing import Any

import pytest

from facade.spec.load import load
from facade.spec.upgrade import original


def upgraded(**fields: Any) -> Any:
    return load(json.dumps({"swagger": "2.0", "info": {}, "paths": {}, **fields}))[0].tree


def operation(*parameters: Any, **fields: Any) -> Any:
    item = {"post": {"parameters": list(parameters), "responses": {}, **fields}}
    return upgraded(paths={"/a": item})["paths"]["/a"]["post"]


@pytest.mark.parametrize(
    ("fields", "urls"),
    [
        ({}, ["/"]),
        ({"basePath": "/v1/"}, ["/v1"]),
        ({"host": "a.example"}, ["https://a.example"]),
        ({"host": "a.example:8080", "basePath": "/"}, ["https://a.example:8080"]),
        ({"host": "a.example", "basePath": "v1", "schemes": ["http"]}, ["http://a.example/v1"]),
        (
            {"host": "a.example", "schemes": ["http", "https"]},
            ["https://a.example", "http://a.example"],
        ),
    ],
)
def test_host_base_path_and_schemes_become_servers(fields: dict[str, Any], urls: list[str]) -> None:
    assert [each["url"] for each in upgraded(**fields)["servers"]] == urls


def test_a_host_with_variables_is_read_from_the_extension() -> None:
    host = {
        "hostTemplate": "{region}.a.example",
        "parameters": [{"name": "region", "in": "path", "default": "eu"}],
    }
    tree = upgraded(**{"x-ms-parameterized-host": host, "basePath": "/v1"})
    assert tree["servers"] == [
        {"url": "https://{region}.a.example/v1", "variables": {"region": {"default": "eu"}}}
    ]


def test_schemes_of_an_operation_become_its_servers() -> None:
    tree = upgraded(host="a.example", paths={"/a": {"get": {"schemes": ["http"]}}})
    assert tree["paths"]["/a"]["get"]["servers"] == [{"url": "http://a.example"}]


@pytest.mark.parametrize(
    ("collection", "style"),
    [
        (None, {"explode": False}),
        ("csv", {"explode": False}),
        ("ssv", {"style": "spaceDelimited", "explode": False}),
        ("tsv", {"style": "tabDelimited", "explode": False}),
        ("pipes", {"style": "pipeDelimited", "explode": False}),
        ("multi", {"style": "form", "explode": True}),
    ],
)
def test_collection_format_becomes_style_and_explode(
    collection: str | None, style: dict[str, Any]
) -> None:
    given = {"name": "q", "in": "query", "type": "array", "items": {"type": "integer"}}
    given |= {"collectionFormat": collection} if collection else {}
    (parameter,) = operation(given)["parameters"]
    schema = {"type": "array", "items": {"type": "integer"}}
    assert parameter == {"name": "q", "in": "query", "schema": schema, **style}


def test_the_fields_of_a_value_become_its_schema() -> None:
    given = {"name": "q", "in": "header", "required": True, "description": "d", "type": "string"}
    limits = {"maxLength": 3, "enum": ["a"], "default": "a", "format": "x", "x-nullable": True}
    (parameter,) = operation({**given, **limits})["parameters"]
    schema = parameter.pop("schema")
    del given["type"]
    assert parameter == given
    assert schema == {
        "type": "string",
        "maxLength": 3,
        "enum": ["a"],
        "default": "a",
        "format": "x",
        "nullable": True,
    }


def test_a_body_becomes_a_request_body_of_what_is_consumed() -> None:
    body = {"name": "b", "in": "body", "required": True, "description": "d", "schema": {"a": 1}}
    found = operation(body, consumes=["application/xml", "text/json"])
    assert found["parameters"] == []
    media = {"schema": {"a": 1}}
    assert found["requestBody"] == {
        "description": "d",
        "required": True,
        "content": {"application/xml": media, "text/json": media},
    }


def test_a_body_is_json_where_nothing_is_said() -> None:
    found = operation({"name": "b", "in": "body", "schema": {}})["requestBody"]
    assert found == {"required": False, "content": {"application/json": {"schema": {}}}}


URLENCODED = "application/x-www-form-urlencoded"
FIELD = {"name": "f", "in": "formData", "type": "string", "required": True}
FILE = {"name": "u", "in": "formData", "type": "file"}
LIST = {"name": "l", "in": "formData", "type": "array", "items": {"type": "string"}}


@pytest.mark.parametrize(
    ("fields", "consumes", "media"),
    [
        ([FIELD], [], ["application/x-www-form-urlencoded"]),
        ([FIELD], ["application/json"], ["application/x-www-form-urlencoded"]),
        ([FIELD], ["multipart/form-data"], ["multipart/form-data"]),
        ([FIELD, FILE], [], ["multipart/form-data"]),
        ([FIELD, FILE], [URLENCODED], ["multipart/form-data"]),
        ([FIELD, FILE], [URLENCODED, "multipart/form-data"], [URLENCODED, "multipart/form-data"]),
        (
            [FIELD, {**FILE, "required": True}],
            [URLENCODED, "multipart/form-data"],
            ["multipart/form-data"],
        ),
    ],
)
def test_form_fields_become_one_body(
    fields: list[Any], consumes: list[str], media: list[str]
) -> None:
    found = operation(*fields, consumes=consumes)["requestBody"]
    assert found["required"] is True
    assert list(found["content"]) == media
    assert found["content"][media[0]]["schema"]["properties"]["f"] == {"type": "string"}
    assert "f" in found["content"][media[0]]["schema"]["required"]


def test_a_file_is_binary_and_a_list_has_an_encoding() -> None:
    found = operation(FILE, {**LIST, "collectionFormat": "multi"})["requestBody"]
    media = found["content"]["multipart/form-data"]
    assert media["schema"]["properties"]["u"] == {"type": "string", "format": "binary"}
    assert media["encoding"] == {"l": {"style": "form", "explode": True}}


def test_shared_and_inherited_parameters_reach_the_operation() -> None:
    tree = upgraded(
        parameters={
            "Body": {"name": "b", "in": "body", "schema": {"$ref": "#/definitions/B"}},
            "Id": {"name": "id", "in": "path", "type": "string", "required": True},
        },
        definitions={"B": {"type": "object"}},
        paths={
            "/{id}": {
                "parameters": [{"$ref": "#/parameters/Id"}, {"$ref": "#/parameters/Body"}],
                "put": {"responses": {}},
                "post": {"parameters": [{"name": "c", "in": "body", "schema": {"a": 1}}]},
            }
        },
    )
    item = tree["paths"]["/{id}"]
    assert item["parameters"] == [{"$ref": "#/components/parameters/Id"}]
    schema = {"$ref": "#/components/schemas/B"}
    assert item["put"]["requestBody"]["content"]["application/json"]["schema"] == schema
    assert item["post"]["requestBody"]["content"]["application/json"]["schema"] == {"a": 1}
    assert tree["components"]["parameters"]["Id"]["schema"] == {"type": "string"}


def test_responses_have_the_media_types_that_are_produced() -> None:
    tree = upgraded(
        produces=["text/plain"],
        responses={"Gone": {"description": "g", "schema": {"type": "string"}}},
        paths={
            "/a": {
                "get": {
                    "produces": ["application/json"],
                    "responses": {
                        "200": {
                            "description": "ok",
                            "schema": {"$ref": "#/definitions/A"},
                            "examples": {"application/json": {"x": 1}},
                            "headers": {"X-N": {"type": "integer", "description": "n"}},
                        },
                        "204": {"description": "none"},
                        "404": {"$ref": "#/responses/Gone"},
                    },
                }
            }
        },
    )
    responses = tree["paths"]["/a"]["get"]["responses"]
    assert responses["200"] == {
        "description": "ok",
        "schema": {"$ref": "#/components/schemas/A"},
        "headers": {"X-N": {"description": "n", "schema": {"type": "integer"}}},
        "content": {
            "application/json": {
                "schema": {"$ref": "#/components/schemas/A"},
                "example": {"x": 1},
            }
        },
    }
    assert responses["204"] == {"description": "none"}
    assert responses["404"] == {"$ref": "#/components/responses/Gone"}
    gone = tree["components"]["responses"]["Gone"]
    assert tree["responses"]["Gone"] is gone
    assert gone["content"] == {"text/plain": {"schema": {"type": "string"}}}


def test_a_file_in_a_response_is_a_stream_of_bytes() -> None:
    found = operation(responses={"200": {"description": "", "schema": {"type": "file"}}})
    media = found["responses"]["200"]["content"]["application/octet-stream"]
    assert media["schema"] == {"type": "string", "format": "binary"}


def test_schemas_are_turned_as_deep_as_they_go() -> None:
    schema = {
        "discriminator": "kind",
        "properties": {
            "$ref": {"type": ["string", "null"]},
            "example": {"$ref": "#/definitions/B"},
            "list": {"items": {"x-nullable": True}},
        },
        "additionalProperties": {"$ref": "#/definitions/C"},
        "allOf": [{"$ref": "#/definitions/D"}],
        "example": {"$ref": "#/definitions/E"},
    }
    found = upgraded(definitions={"A": schema})["components"]["schemas"]["A"]
    assert found == {
        "discriminator": {"propertyName": "kind"},
        "properties": {
            "$ref": {"type": "string", "nullable": True},
            "example": {"$ref": "#/components/schemas/B"},
            "list": {"items": {"nullable": True}},
        },
        "additionalProperties": {"$ref": "#/components/schemas/C"},
        "allOf": [{"$ref": "#/components/schemas/D"}],
        "example": {"$ref": "#/definitions/E"},
    }


def test_security_definitions_become_security_schemes() -> None:
    given = {
        "plain": {"type": "basic", "description": "d"},
        "key": {"type": "apiKey", "in": "query", "name": "k"},
        "app": {"type": "oauth2", "flow": "application", "tokenUrl": "t", "scopes": {"s": ""}},
        "code": {"type": "oauth2", "flow": "accessCode", "authorizationUrl": "a", "tokenUrl": "t"},
    }
    found = upgraded(securityDefinitions=given)["components"]["securitySchemes"]
    assert found["plain"] == {"type": "http", "scheme": "basic", "description": "d"}
    assert found["key"] == given["key"]
    client = {"tokenUrl": "t", "scopes": {"s": ""}}
    assert found["app"] == {"type": "oauth2", "flows": {"clientCredentials": client}}
    code = {"authorizationUrl": "a", "tokenUrl": "t", "scopes": {}}
    assert found["code"] == {"type": "oauth2", "flows": {"authorizationCode": code}}


@pytest.mark.parametrize(
    "fields",
    [
        {"paths": []},
        {"paths": {"/a": None, "/b": {"get": 1, "post": {"parameters": {}, "responses": []}}}},
        {"paths": {"/a": {"parameters": [None, {"in": ["body"]}, {"in": "body"}], "get": {}}}},
        {"definitions": 3, "parameters": [], "responses": "x", "securityDefinitions": None},
        {"host": 1, "basePath": [], "schemes": "https", "consumes": {}, "produces": [1]},
        {"x-ms-parameterized-host": {"hostTemplate": "{a}", "parameters": {}}},
        {"paths": {"/a": {"get": {"responses": {"200": {"headers": [], "examples": 1}}}}}},
    ],
)
def test_what_is_misshapen_is_left_for_others(fields: dict[str, Any]) -> None:
    assert upgraded(**fields)["openapi"] == "3.0.4"


@pytest.mark.parametrize(
    ("pointer", "home"),
    [
        ("/components/schemas/A/properties/b", "/definitions/A/properties/b"),
        ("/components/parameters/A", "/parameters/A"),
        ("/components/responses/A/content/text~1plain/schema/x", "/responses/A/schema/x"),
        ("/components/securitySchemes/A", "/securityDefinitions/A"),
        ("/paths/~1a/post/requestBody/content/x/schema", "/paths/~1a/post/parameters"),
        ("/paths/~1a/post/parameters/1/schema/type", "/paths/~1a/post/parameters/2/type"),
        (
            "/paths/~1a/post/responses/200/headers/X/schema",
            "/paths/~1a/post/responses/200/headers/X",
        ),
        ("/paths/~1a/post/operationId", "/paths/~1a/post/operationId"),
        ("/servers/0/url", "/schemes"),
    ],
)
def test_a_pointer_finds_its_way_back(pointer: str, home: str) -> None:
    listed = [{"in": "query"}, {"in": "body"}, {"$ref": "#/parameters/H"}]
    tree = {
        "parameters": {"H": {"in": "header"}},
        "paths": {"/a": {"post": {"parameters": listed}}},
    }
    assert original(pointer, tree) == home
