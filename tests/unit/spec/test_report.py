"""The strict report: all problems at once, in the document's order, each with its place."""

import json
from typing import Any

import pytest

from facade.errors.caller import InvalidSpec
from facade.model.action import Problem
from facade.spec.problems import CATALOGUE
from facade.spec.report import report
from facade.spec.semantics_schema import is_linear

INFO = {"title": "t", "version": "1"}
OK = {"200": {"description": "ok"}}
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}


def codes(**fields: Any) -> list[tuple[str, str]]:
    tree = {"openapi": "3.0.3", "info": INFO, "paths": {}, **fields}
    return [(each.code, each.pointer) for each in report(json.dumps(tree, indent=1))]


def codes_of_schema(schema: Any, **fields: Any) -> list[tuple[str, str]]:
    found = codes(components={"schemas": {"S": schema}}, **fields)
    return [(code, pointer.removeprefix("/components/schemas/S")) for code, pointer in found]


def get(**fields: Any) -> dict[str, Any]:
    return {"get": {"responses": OK, **fields}}


def test_all_problems_are_told_at_once_in_the_order_of_the_text() -> None:
    text = """openapi: 3.0.3
info: {version: '1'}
paths:
  /a/{id}:
    get:
      operationId: same
      responses: {'200': {description: ok}}
  /b:
    get:
      operationId: same
      operationId: same
      tags: x
      responses: {'200': {$ref: '#/components/responses/Gone'}}
"""
    found = [(each.code, each.line, each.column, each.source) for each in report(text)]
    lines = text.splitlines()
    assert found == [
        ("missing-field", 2, 1, lines[1]),
        ("undeclared-path-parameter", 5, 5, lines[4]),
        ("duplicate-key", 11, 7, lines[10]),
        ("duplicate-operation-id", 11, 7, lines[10]),
        ("wrong-type", 12, 7, lines[11]),
        ("dangling-ref", 13, 27, lines[12]),
    ]


def test_a_clean_document_has_no_problems() -> None:
    assert codes(paths={"/a/{id}": {**get(operationId="x", parameters=[ID])}}) == []


def test_a_text_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(InvalidSpec):
        report("openapi: [")


def test_problems_of_the_compiler_are_merged_without_doubles() -> None:
    tree = {"openapi": "3.0.3", "info": INFO, "paths": {"/{a}/{b}": get(parameters=[ID])}}
    pointer = "/paths/~1{a}~1{b}/get/parameters/0"
    ours = Problem(code="unused-path-parameter", message="as before", pointer=pointer)
    theirs = Problem(code="something-else", message="new", pointer=f"{pointer}/name")
    found = report(json.dumps(tree, indent=1), [ours, theirs])
    assert [each.code for each in found if each.pointer.startswith(pointer)] == [
        "unused-path-parameter",
        "something-else",
    ]
    assert found[-1].source.strip() == '"name": "id",'


def test_problems_of_an_upgraded_document_stand_in_its_own_text() -> None:
    text = "swagger: '2.0'\ninfo: {title: t, version: '1'}\npaths: {}\ndefinitions:\n  A: {}\n"
    given = Problem(code="some-code", message="m", pointer="/components/schemas/A")
    (found,) = report(text, [given])
    assert (found.pointer, found.line, found.column) == ("/definitions/A", 5, 3)


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("#/components/schemas/None", "dangling-ref"),
        ("#/components/schemas/S/properties/x", "dangling-ref"),
        ("#nowhere", "dangling-ref"),
        ("Pet", "external-ref"),
        ("other.yaml#/a", "external-ref"),
        ("file:///etc/passwd", "external-ref"),
        ("https://a.example/b.json", "external-ref"),
        ("#/components/schemas/S", "circular-ref"),
        ("#/components/schemas/T", "circular-ref"),
    ],
)
def test_a_reference_that_leads_nowhere_is_found(target: str, code: str) -> None:
    schemas = {"S": {"$ref": target}, "T": {"$ref": "#/components/schemas/S"}}
    found = codes(components={"schemas": schemas})
    assert (code, "/components/schemas/S/$ref") in found
    assert {each for each, _ in found} == {code}


def test_recursion_through_properties_is_legal() -> None:
    schema = {"properties": {"next": {"$ref": "#/components/schemas/S"}}}
    assert codes_of_schema(schema) == []


@pytest.mark.parametrize("field", ["example", "enum", "default", "x-any"])
def test_what_looks_like_a_reference_in_data_is_none(field: str) -> None:
    value = [{"$ref": "#/none"}] if field == "enum" else {"$ref": "#/none"}
    assert codes_of_schema({field: value, "properties": {"$ref": {"type": "string"}}}) == []


@pytest.mark.parametrize(
    "target",
    [
        "#/components/schemas/a~1b",
        "#/components/schemas/a%2Fb".replace("%2F", "~1"),
        "#/components/schemas/c%20d",
        "#/components/schemas/L/allOf/0",
    ],
)
def test_escaped_and_deep_references_are_followed(target: str) -> None:
    schemas = {"a/b": {}, "c d": {}, "L": {"allOf": [{}]}, "S": {"$ref": target}}
    found = codes(components={"schemas": schemas})
    assert {code for code, _ in found} == {"invalid-name"}


def test_h03_references_by_anchor_and_by_id_lead_somewhere() -> None:
    schemas = {
        "A": {"$anchor": "here"},
        "B": {"$ref": "#here"},
        "C": {"$id": "https://a.example/c", "$defs": {"d": {}}, "$ref": "#/$defs/d"},
        "D": {"$ref": "#/$defs/d"},
        "E": {"$ref": "https://a.example/c"},
        "F": {"$ref": "https://a.example/f"},
        "G": {"$ref": "#there"},
    }
    found = codes(openapi="3.1.0", components={"schemas": schemas})
    assert found == [
        ("dangling-ref", "/components/schemas/D/$ref"),
        ("external-ref", "/components/schemas/F/$ref"),
        ("dangling-ref", "/components/schemas/G/$ref"),
    ]


@pytest.mark.parametrize("place", ["parameters", "requestBody", "responses", "callbacks"])
def test_references_are_found_wherever_they_may_stand(place: str) -> None:
    bad = {"$ref": "#/none"}
    value = {"parameters": [bad], "requestBody": bad}.get(place, {"200": bad})
    pointer = {"parameters": "/0", "requestBody": ""}.get(place, "/200")
    found = codes(paths={"/a": get(**{place: value})})
    assert found == [("dangling-ref", f"/paths/~1a/get/{place}{pointer}/$ref")]


def test_an_operation_id_is_one_for_all_operations_and_callbacks() -> None:
    callbacks = {"c": {"{$url}": get(operationId="a")}}
    found = codes(paths={"/a": get(operationId="a", callbacks=callbacks), "/b": get()})
    assert found == [
        ("duplicate-operation-id", "/paths/~1a/get/callbacks/c/{$url}/get/operationId")
    ]


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (get(parameters=[ID]), []),
        ({"parameters": [ID], **get()}, []),
        (get(), [("undeclared-path-parameter", "/get")]),
        (get(parameters=[{**ID, "in": "query"}]), [("undeclared-path-parameter", "/get")]),
        (
            get(parameters=[ID, {**ID, "name": "other"}]),
            [("unused-path-parameter", "/get/parameters/1")],
        ),
        (
            {"parameters": [ID, {**ID, "name": "other"}], **get()},
            [("unused-path-parameter", "/parameters/1")],
        ),
        (get(parameters=[ID, ID]), [("duplicate-parameter", "/get/parameters/1")]),
        ({"parameters": [ID], **get(parameters=[ID])}, []),
        (get(parameters=[{"$ref": "#/none"}]), [("dangling-ref", "/get/parameters/0/$ref")]),
    ],
)
def test_path_parameters_and_templates_fit(
    item: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    found = codes(paths={"/a/{id}": item})
    assert [(c, p.removeprefix("/paths/~1a~1{id}")) for c, p in found] == expected


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/a/{b", "invalid-path"),
        ("/a/../b", "invalid-path"),
        ("/a/{}", "invalid-path"),
        ("/a?b=c", "suspicious-path"),
        ("/a#b", "suspicious-path"),
    ],
)
def test_h15_odd_paths_are_reported(path: str, code: str) -> None:
    assert [each for each, _ in codes(paths={path: {}})] == [code]


def test_h15_paths_that_differ_in_names_alone_are_reported() -> None:
    paths: dict[str, Any] = {"/a/{x}": {}, "/a/{y}": {}, "/a/b": {}}
    assert codes(paths=paths) == [("equivalent-paths", "/paths/~1a~1{y}")]


def test_a_security_scheme_that_is_not_declared_is_reported() -> None:
    schemes = {"a": {"type": "http", "scheme": "basic"}}
    security: list[Any] = [{"a": []}, {"b": []}, {}]
    found = codes(components={"securitySchemes": schemes}, security=security)
    assert found == [("undeclared-security-scheme", "/security/1/b")]


def test_server_variables_are_checked() -> None:
    variables = {"a": {"default": "x", "enum": ["y"]}, "b": {"default": "z"}}
    found = codes(servers=[{"url": "https://{a}.{b}.{c}", "variables": variables}])
    assert found == [
        ("undeclared-server-variable", "/servers/0/url"),
        ("server-default-not-in-enum", "/servers/0/variables/a/default"),
    ]


def test_tags_have_names_of_their_own() -> None:
    assert codes(tags=[{"name": "a"}, {"name": "a"}]) == [("duplicate-tag", "/tags/1/name")]


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "integer", "default": "1"}, [("wrong-default", "/default")]),
        ({"type": "integer", "default": True}, [("wrong-default", "/default")]),
        ({"type": "integer", "default": 1.0}, []),
        ({"type": "number", "default": 1}, []),
        ({"type": "string", "default": None}, [("wrong-default", "/default")]),
        ({"type": "string", "default": None, "nullable": True}, []),
        ({"type": "array", "items": {}, "default": []}, []),
        ({"default": 1}, []),
        ({"type": "string", "enum": ["a"], "default": "b"}, [("wrong-default", "/default")]),
        ({"required": ["a"], "properties": {"b": {}}}, [("undeclared-required", "/required/0")]),
        ({"required": ["a"], "properties": {"b": {}}, "allOf": [{}]}, []),
        (
            {"required": ["a"], "additionalProperties": False},
            [("undeclared-required", "/required/0")],
        ),
        ({"required": ["a"], "properties": {}, "additionalProperties": True}, []),
        ({"required": ["a"]}, []),
        ({"allOf": [{"required": ["a"], "properties": {"b": {}}}]}, []),
        ({"pattern": "^(?=a)"}, [("unsupported-pattern", "/pattern")]),
        ({"pattern": "("}, [("unsupported-pattern", "/pattern")]),
        ({"pattern": "^[a-z]{1,64}$"}, []),
    ],
)
def test_doubts_about_a_schema_are_warnings(
    schema: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert codes_of_schema(schema) == expected
    assert all(CATALOGUE[code].severity == "warning" for code, _ in expected)


@pytest.mark.parametrize("pattern", [r"(a)\1", "(?!a)", "(?<=a)b", "[", "(a{1,1000}){1,1000}"])
def test_h14_patterns_that_need_more_than_linear_time_are_known(pattern: str) -> None:
    assert not is_linear(pattern)


@pytest.mark.parametrize("pattern", [r"^\d+$", "(a+)+$", r"\p{L}", "^[^/]+$", ""])
def test_patterns_of_linear_time_are_known(pattern: str) -> None:
    assert is_linear(pattern)


def test_a_body_is_one_in_2_0() -> None:
    body = {"name": "b", "in": "body", "schema": {}}
    form = {"name": "f", "in": "formData", "type": "string"}
    tree = {"swagger": "2.0", "info": INFO, "paths": {}, "produces": ["json"]}
    for extra in ({**body, "name": "c"}, form):
        tree["paths"] = {"/a": get(parameters=[body, extra])}
        assert [(each.code, each.pointer) for each in report(json.dumps(tree))] == [
            ("conflicting-fields", "/paths/~1a/get/parameters/1"),
            ("invalid-media-type", "/produces/0"),
        ]


def test_every_problem_has_a_place_even_where_the_field_is_missing() -> None:
    (found,) = report('{\n "openapi": "3.0.3",\n "paths": {}\n}')
    assert (found.code, found.pointer, found.line, found.column) == ("missing-field", "", 1, 1)


def test_slips_of_the_text_keep_their_places_among_the_others() -> None:
    text = '{"openapi": "3.0.3",\n "paths": {},\n "info": {"title": 1, "version": "1",}}'
    assert [(each.code, each.line, each.column) for each in report(text)] == [
        ("wrong-type", 3, 11),
        ("json-syntax", 3, 37),
    ]


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://a.example/v1", False),
        ("/v1", False),
        ("{scheme}://a.example", False),
        ("http://u:p@a.example", True),
        ("http://a.example:0", True),
        ("http://a.example:99999", True),
        ("ftp://a.example", True),
        ("javascript:alert(1)", True),
    ],
)
def test_h17_a_server_that_no_call_can_go_to_is_doubtful(url: str, *, found: bool) -> None:
    variables = {"scheme": {"default": "https"}} if "{" in url else {}
    text = json.dumps(
        {
            "openapi": "3.0.3",
            "info": {"title": "t", "version": "1"},
            "servers": [{"url": url, "variables": variables}],
            "paths": {},
        }
    )
    assert [each.code for each in report(text)] == ["unusable-server"] * found


@pytest.mark.parametrize(
    ("place", "name", "found"),
    [
        ("header", "X-Key", False),
        ("header", "Authorization", False),
        ("query", "a b", False),
        ("header", "Host", True),
        ("header", "Authorization: Bearer", True),
        ("cookie", "a=1; b", True),
    ],
)
def test_h18_a_key_that_goes_where_none_can_go_is_doubtful(
    place: str, name: str, *, found: bool
) -> None:
    scheme = {"type": "apiKey", "in": place, "name": name}
    text = json.dumps(
        {
            "openapi": "3.0.3",
            "info": {"title": "t", "version": "1"},
            "paths": {},
            "components": {"securitySchemes": {"s": scheme}},
        }
    )
    assert [each.code for each in report(text)] == ["unusable-scheme"] * found
