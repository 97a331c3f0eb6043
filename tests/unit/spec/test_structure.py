"""The structure of a document, object by object."""

from typing import Any

import pytest

from facade.model.action import Problem
from facade.spec.problems import CATALOGUE
from facade.spec.structure.rules import RULES
from facade.spec.structure.survey import parse, survey
from facade.spec.structure.table import V30, V31, V32, table_of
from facade.spec.structure.table_v2 import OPEN, V20

INFO = {"title": "t", "version": "1"}
OK = {"200": {"description": "ok"}}


def found(tree: dict[str, Any], version: str) -> list[tuple[str, str]]:
    problems: list[Problem] = survey(tree, version).problems
    return sorted((each.code, each.pointer) for each in problems)


def document(version: str, **fields: Any) -> dict[str, Any]:
    field = "swagger" if version == "2.0" else "openapi"
    return {field: version, "info": INFO, "paths": {}, **fields}


def of_operation(version: str, **fields: Any) -> list[tuple[str, str]]:
    tree = document(version, paths={"/a": {"get": {"responses": OK, **fields}}})
    return [(code, at.removeprefix("/paths/~1a/get")) for code, at in found(tree, version)]


def of_schema(version: str, schema: Any) -> list[tuple[str, str]]:
    home = {"definitions": {"S": schema}} if version == "2.0" else {"schemas": {"S": schema}}
    tree = document(version, **(home if version == "2.0" else {"components": home}))
    return [(code, at.partition("/S")[2]) for code, at in found(tree, version)]


@pytest.mark.parametrize("version", ["2.0", "3.0.3", "3.1.0", "3.2.0"])
def test_a_document_of_every_version_can_be_without_fault(version: str) -> None:
    assert found(document(version), version) == []


@pytest.mark.parametrize("table", [V20, V30, V31, V32])
def test_the_tables_name_only_objects_that_they_have(table: Any) -> None:
    for fields in table.values():
        for text in fields.values():
            shape = parse(text)
            while shape.item is not None:
                shape = shape.item
            assert shape.kind != "object" or shape.name in table
    assert RULES.keys() <= V20.keys() | V32.keys()
    assert OPEN not in table["Operation"]


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        ({"openapi": "3.0.0"}, [("missing-field", ""), ("missing-field", "")]),
        (document("3.0.0", infos={}), [("unknown-field", "/infos")]),
        (document("3.0.0", **{"x-infos": 1}), []),
        (document("3.0.0", info=[]), [("wrong-type", "/info")]),
        (document("3.0.0", info={"title": 1, "version": "1"}), [("wrong-type", "/info/title")]),
        (document("3.0.0", paths={"a": {}, "x-a": 1}), [("invalid-path", "/paths/a")]),
        (document("3.0.0", paths={"$ref": "a"}), [("misplaced-ref", "/paths/$ref")]),
        (document("3.0.0", tags=[{"name": "a"}, {}]), [("missing-field", "/tags/1")]),
        (document("3.0.0", servers=[{}]), [("missing-field", "/servers/0")]),
        (document("3.0.0", webhooks={}), [("unknown-field", "/webhooks")]),
        (document("3.0.0", paths={"/a": None}), [("wrong-type", "/paths/~1a")]),
        (document("3.0.0", paths={"/a": {"fetch": {}}}), [("unknown-field", "/paths/~1a/fetch")]),
        (
            document("3.0.0", components={"schemas": {"a b": {}}, "schemes": {}}),
            [("invalid-name", "/components/schemas/a b"), ("unknown-field", "/components/schemes")],
        ),
    ],
)
def test_the_frame_of_a_document_is_checked(
    tree: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert found(tree, "3.0.0") == expected


def test_3_1_needs_one_of_three_parts_and_3_2_has_more_methods() -> None:
    assert found({"openapi": "3.1.0", "info": INFO}, "3.1.0") == [("missing-field", "")]
    assert found({"openapi": "3.1.0", "info": INFO, "webhooks": {}}, "3.1.0") == []
    item: dict[str, Any] = {"query": {}, "additionalOperations": {"COPY": {}}}
    assert found(document("3.2.0", paths={"/a": item}), "3.2.0") == []
    assert [code for code, _ in found(document("3.1.0", paths={"/a": item}), "3.1.0")] == [
        "unknown-field",
        "unknown-field",
    ]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"responses": {}}, [("missing-field", "/responses")]),
        ({"responses": {"OK": 1}}, [("invalid-status", "/responses/OK")]),
        ({"responses": {"4xx": 1}}, [("invalid-status", "/responses/4xx")]),
        ({"responses": {"4XX": {"description": ""}, "default": {"description": ""}}}, []),
        ({"responses": {"200": {}}}, [("missing-field", "/responses/200")]),
        ({"tags": "a"}, [("wrong-type", "/tags")]),
        ({"deprecated": "yes"}, [("wrong-type", "/deprecated")]),
        ({"security": [{"a": "b"}]}, [("wrong-type", "/security/0/a")]),
        (
            {"requestBody": {"content": {"json": {}}}},
            [("invalid-media-type", "/requestBody/content/json")],
        ),
        ({"requestBody": {"content": {"*/*": {}, "a/b; v=1": {}, "application/x+json": {}}}}, []),
        ({"requestBody": {}}, [("missing-field", "/requestBody")]),
        ({"$ref": "#/x"}, [("misplaced-ref", "/$ref")]),
        ({"callbacks": {"a": {"{$url}": {"post": {"responses": OK}}}}}, []),
    ],
)
def test_an_operation_is_checked(fields: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert of_operation("3.0.0", **fields) == expected


QUERY = {"name": "a", "in": "query", "schema": {}}


@pytest.mark.parametrize(
    ("version", "parameter", "expected"),
    [
        ("3.0.0", QUERY, []),
        ("3.0.0", {}, [("missing-field", ""), ("missing-field", ""), ("missing-field", "")]),
        ("3.0.0", {**QUERY, "in": "body"}, [("invalid-value", "/in")]),
        ("3.0.0", {**QUERY, "in": "querystring"}, [("invalid-value", "/in")]),
        ("3.2.0", {**QUERY, "in": "querystring"}, []),
        ("3.0.0", {**QUERY, "in": "path"}, [("invalid-value", "")]),
        ("3.0.0", {**QUERY, "in": "path", "required": False}, [("invalid-value", "/required")]),
        ("3.0.0", {**QUERY, "style": "matrix"}, [("invalid-value", "/style")]),
        ("3.0.0", {**QUERY, "style": "deepObject"}, []),
        ("3.0.0", {**QUERY, "style": "wild"}, [("invalid-value", "/style")] * 2),
        ("3.0.0", {**QUERY, "content": {"a/b": {}}}, [("conflicting-fields", "/content")]),
        ("3.0.0", {"name": "a", "in": "query", "content": {}}, [("invalid-value", "/content")]),
        ("3.0.0", {**QUERY, "example": 1, "examples": {}}, [("conflicting-fields", "/examples")]),
        ("3.0.0", {**QUERY, "type": "string"}, [("unknown-field", "/type")]),
        ("2.0", {"name": "a", "in": "query", "type": "string"}, []),
        ("2.0", {"name": "a", "in": "query"}, [("missing-field", "")]),
        ("2.0", {"name": "a", "in": "query", "type": "array"}, [("missing-field", "")]),
        ("2.0", {"name": "a", "in": "query", "type": "object"}, [("invalid-value", "/type")]),
        ("2.0", {"name": "a", "in": "query", "type": "file"}, [("invalid-value", "/type")]),
        ("2.0", {"name": "a", "in": "body"}, [("missing-field", "")]),
        ("2.0", {"name": "a", "in": "cookie", "type": "string"}, [("invalid-value", "/in")]),
        (
            "2.0",
            {"name": "a", "in": "header", "type": "string", "collectionFormat": "multi"},
            [("invalid-value", "/collectionFormat")],
        ),
    ],
)
def test_a_parameter_is_checked(
    version: str, parameter: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    problems = of_operation(version, parameters=[parameter])
    assert [(code, at.removeprefix("/parameters/0")) for code, at in problems] == expected


@pytest.mark.parametrize(
    ("version", "schema", "expected"),
    [
        ("3.0.0", {"type": "string", "nullable": True}, []),
        ("3.0.0", {"type": "strin"}, [("invalid-value", "/type")]),
        ("3.0.0", {"type": ["string", "null"]}, [("invalid-value", "/type")]),
        ("3.1.0", {"type": ["string", "null"]}, []),
        ("3.1.0", {"type": ["string", "any"]}, [("invalid-value", "/type")]),
        ("3.0.0", {"type": "array"}, [("missing-field", "")]),
        ("3.1.0", {"type": "array"}, []),
        ("3.0.0", True, [("wrong-type", "")]),
        ("3.1.0", True, []),
        ("3.0.0", {"exclusiveMinimum": 1}, [("wrong-type", "/exclusiveMinimum")]),
        ("3.1.0", {"exclusiveMinimum": True}, [("wrong-type", "/exclusiveMinimum")]),
        ("3.0.0", {"const": 1}, [("unknown-field", "/const")]),
        ("3.1.0", {"const": 1, "anything": {"at": "all"}}, []),
        ("3.0.0", {"required": True}, [("wrong-type", "/required")]),
        ("3.0.0", {"required": []}, [("invalid-value", "/required")]),
        ("3.0.0", {"required": ["a", "a"]}, [("invalid-value", "/required")]),
        ("3.0.0", {"minLength": -1}, [("invalid-value", "/minLength")]),
        ("3.0.0", {"minLength": 1.5}, [("wrong-type", "/minLength")]),
        ("3.0.0", {"properties": {"a": {"type": 1}}}, [("invalid-value", "/properties/a/type")]),
        ("3.0.0", {"additionalProperties": False, "properties": {"$ref": {}}}, []),
        ("3.0.0", {"properties": {"$ref": "#/a"}}, [("misplaced-ref", "/properties/$ref")]),
        ("3.0.0", {"enum": {"$ref": "a"}}, [("wrong-type", "/enum")]),
        ("3.0.0", {"$ref": 1}, [("wrong-type", "/$ref")]),
        ("3.0.0", {"$ref": "#/a", "maxLength": 1}, [("ignored-sibling", "/maxLength")]),
        ("3.0.0", {"$ref": "#/a", "description": "d"}, []),
        ("3.1.0", {"$ref": "#/a", "maxLength": 1}, []),
        ("3.0.0", {"example": {"type": 1, "$ref": 5}, "default": {"type": 1}}, []),
        ("3.0.0", {"allOf": []}, [("invalid-value", "/allOf")]),
        ("2.0", {"items": [{"type": 1}], "type": "array"}, [("invalid-value", "/items/0/type")]),
        ("2.0", {"type": "file", "discriminator": "a"}, []),
    ],
)
def test_a_schema_is_checked_by_the_dialect_of_the_version(
    version: str, schema: Any, expected: list[tuple[str, str]]
) -> None:
    assert of_schema(version, schema) == expected


@pytest.mark.parametrize(
    ("version", "scheme", "missing"),
    [
        ("3.0.0", {"type": "apiKey"}, 2),
        ("3.0.0", {"type": "http"}, 1),
        ("3.0.0", {"type": "oauth2", "flows": {"implicit": {"scopes": {}}}}, 1),
        ("3.0.0", {"type": "openIdConnect"}, 1),
        ("3.1.0", {"type": "mutualTLS"}, 0),
        ("2.0", {"type": "basic"}, 0),
        ("2.0", {"type": "oauth2", "flow": "accessCode", "scopes": {}}, 2),
        ("2.0", {"type": "apiKey", "name": "a", "in": "header"}, 0),
    ],
)
def test_a_security_scheme_has_what_its_type_needs(
    version: str, scheme: dict[str, Any], missing: int
) -> None:
    home = {"securityDefinitions": {"s": scheme}}
    home = home if version == "2.0" else {"components": {"securitySchemes": {"s": scheme}}}
    codes = [code for code, _ in found(document(version, **home), version)]
    assert codes == ["missing-field"] * missing


def test_what_a_reference_leads_to_outside_the_known_places_is_checked_too() -> None:
    tree = document("3.0.0", **{"x-shared": {"a": {"type": "strin"}}})
    tree["components"] = {"schemas": {"S": {"$ref": "#/x-shared/a"}}}
    assert found(tree, "3.0.0") == [("invalid-value", "/x-shared/a/type")]


def test_a_schema_as_deep_as_a_document_can_be_is_checked() -> None:
    schema: dict[str, Any] = {"type": "strin"}
    for _ in range(5000):
        schema = {"items": schema}
    assert len(of_schema("3.0.0", schema)) == 1


def test_every_version_that_is_read_has_a_table() -> None:
    assert [table_of(each) for each in ("2.0", "3.0.4", "3.1", "3.2.0")] == [V20, V30, V31, V32]


def test_the_catalogue_has_one_line_for_each_code() -> None:
    for code, kind in CATALOGUE.items():
        assert code == code.lower().replace("_", "-")
        assert kind.severity in {"error", "warning"}
        assert kind.meaning.endswith(".")
        assert "\n" not in kind.meaning


@pytest.mark.parametrize(
    ("info", "pointer"),
    [
        ({"termsOfService": "ht<p://x"}, "/info/termsOfService"),
        ({"contact": {"url": "http://a b"}}, "/info/contact/url"),
        ({"contact": {"email": "hr%6A#5"}}, "/info/contact/email"),
        ({"license": {"name": "MIT", "url": "x%zz"}}, "/info/license/url"),
    ],
)
def test_an_address_that_is_none_is_doubtful(info: dict[str, Any], pointer: str) -> None:
    tree = document("3.0.3", info={**INFO, **info})
    assert found(tree, "3.0.3") == [("malformed-address", pointer)]


@pytest.mark.parametrize(
    "info",
    [
        {"termsOfService": "/terms?x=%20#a"},
        {"contact": {"url": "https://bücher.example/", "email": "a.b@c.example"}},
    ],
)
def test_a_relative_or_international_address_is_one(info: dict[str, Any]) -> None:
    assert found(document("3.1.0", info={**INFO, **info}), "3.1.0") == []


@pytest.mark.parametrize(("version", "findings"), [("3.0.3", 0), ("3.1.0", 1)])
def test_an_enum_of_a_server_variable_has_values_since_3_1(version: str, findings: int) -> None:
    servers = [{"url": "/{a}", "variables": {"a": {"default": "b", "enum": []}}}]
    codes = [code for code, _ in found(document(version, servers=servers), version)]
    assert codes == ["invalid-value"] * findings


@pytest.mark.parametrize(
    ("url", "findings"),
    [("https://{host}:{port}/v1", 0), ("/", 0), ("labore ipsum", 1), ("https://a b/{c}", 1)],
)
def test_a_servers_address_is_one_once_it_is_filled_in(url: str, findings: int) -> None:
    codes = [code for code, _ in found(document("3.0.3", servers=[{"url": url}]), "3.0.3")]
    assert codes == ["malformed-address"] * findings
