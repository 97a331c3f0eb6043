from collections.abc import Mapping
from typing import Any

import pytest

from facade.model.typed import Http, Method
from tests.specs import typed_of

OK: Mapping[str, Any] = {"200": {"description": "", "content": {}}}
ID: Mapping[str, Any] = {
    "name": "petId",
    "in": "path",
    "required": True,
    "schema": {"type": "string"},
}


def method(path: str, verb: str = "get", **operation: Any) -> Method:
    found = typed_of({path: {verb: {"operationId": "do", "responses": OK, **operation}}})
    return found.methods[0]


def http(path: str, verb: str = "get", **operation: Any) -> Http:
    found = method(path, verb, **operation).http
    assert found is not None
    return found


def reason(path: str, verb: str = "get", **operation: Any) -> str:
    found = method(path, verb, **operation)
    assert found.http is None
    return found.http_reason


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("/", "/"),
        ("/pets", "/pets"),
        ("/pets/{petId}", "/pets/{pet_id}"),
        ("/pets/{petId}/photo", "/pets/{pet_id}/photo"),
        ("/pets/{petId}:sell", "/pets/{pet_id}:sell"),
        ("/pets:count", "/pets:count"),
        ("/pets.json", "/pets.json"),
        ("/größe", "/gr%C3%B6%C3%9Fe"),
        ("/pets%20all", "/pets%20all"),
    ],
)
def test_a_path_of_whole_segments_is_a_template(path: str, written: str) -> None:
    parameters = [ID] if "{petId}" in path else []
    assert http(path, parameters=parameters) == Http(method="GET", path=written)


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/pets/{petId}.json", "not one variable alone"),
        ("/pets/{petId}-{more}", "not one variable alone"),
        ("/pets/{petId}:sell/now", "not one variable alone"),
        ("/pets/", "no rule can have"),
        ("/a//b", "no rule can have"),
        ("/a:b:c", "no rule can have"),
        ("/a*", "no rule can have"),
        ("/a=b", "no rule can have"),
        ("/pets?action=list", "a query or a fragment"),
        ("/pets#list", "a query or a fragment"),
    ],
)
def test_a_path_that_no_template_says_has_a_reason(path: str, why: str) -> None:
    assert why in reason(path, parameters=[ID] if "{petId}" in path else [])


def test_a_value_with_slashes_is_the_end_of_its_path() -> None:
    rest = {**ID, "x-multi-segment": True}
    assert http("/files/{petId}", parameters=[rest]).path == "/files/{pet_id=**}"
    assert http("/files/{petId}:raw", parameters=[rest]).path == "/files/{pet_id=**}:raw"
    assert "not the path's end" in reason("/files/{petId}/raw", parameters=[rest])


def test_a_variable_is_the_parameter_that_fills_it_whatever_it_is_called() -> None:
    assert http("/pets/{petId*}", parameters=[ID]).path == "/pets/{pet_id}"
    assert http("/pets/{undeclared}").path == "/pets/{undeclared}"


def test_an_enum_is_a_single_value_and_an_array_or_object_is_none() -> None:
    enum = {**ID, "schema": {"type": "string", "enum": ["a", "b"]}}
    assert http("/pets/{petId}", parameters=[enum]).path == "/pets/{pet_id}"
    for schema in ({"type": "array", "items": {"type": "string"}}, {"type": "object"}):
        assert "no single value" in reason("/{petId}", parameters=[{**ID, "schema": schema}])


@pytest.mark.parametrize("style", ["label", "matrix"])
def test_a_value_that_is_written_with_its_name_is_in_no_template(style: str) -> None:
    assert style in reason("/pets/{petId}", parameters=[{**ID, "style": style}])


@pytest.mark.parametrize("verb", ["head", "options", "trace", "query"])
def test_a_method_of_no_name_in_the_rules_is_a_custom_one(verb: str) -> None:
    assert http("/pets", verb).method == verb.upper()


def test_an_operation_of_any_other_method_is_a_custom_one_but_the_wildcard_is_not() -> None:
    more = {name: {"operationId": name, "responses": OK} for name in ("COPY", "*")}
    copy, wild = typed_of({"/pets": {"additionalOperations": more}}).methods
    assert copy.http == Http(method="COPY", path="/pets")
    assert "any method" in wild.http_reason


def test_headers_and_cookies_are_no_part_of_the_rule() -> None:
    places = [
        {"name": "x-tag", "in": "header", "schema": {"type": "string"}},
        {"name": "session", "in": "cookie", "schema": {"type": "string"}},
    ]
    assert http("/pets", parameters=places) == Http(method="GET", path="/pets")


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "additionalProperties": {"type": "string"}},
        {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "string"}}}},
    ],
)
def test_what_no_query_can_have_has_a_reason(schema: Mapping[str, Any]) -> None:
    parameters = [{"name": "filter", "in": "query", "style": "deepObject", "schema": schema}]
    assert "no query can have" in reason("/pets", parameters=parameters)


def content(name: str, schema: Any) -> Mapping[str, Any]:
    return {"content": {name: {"schema": schema}}}


def test_a_body_is_the_field_that_has_it() -> None:
    body = content("application/json", {"type": "array", "items": {"type": "object"}})
    assert http("/pets", "post", requestBody=body).body == "body"


def test_a_body_of_bytes_or_where_none_may_be_has_a_reason() -> None:
    photo = content("image/png", {"type": "string", "format": "binary"})
    assert "no JSON" in reason("/pets", "put", requestBody=photo)
    value = content("application/json", {"type": "string"})
    assert "has no body" in reason("/pets", requestBody=value)


@pytest.mark.parametrize(
    ("schema", "field"),
    [
        ({"type": "array", "items": {"type": "string"}}, "items"),
        ({"type": "integer"}, "value"),
        ({"type": "object", "properties": {"a": {"type": "string"}}}, ""),
    ],
)
def test_an_answer_that_is_no_object_is_the_field_that_has_it(schema: Any, field: str) -> None:
    answers = {"200": {"description": "", **content("application/json", schema)}}
    assert http("/pets", responses=answers).response_body == field


def test_two_paths_that_no_request_tells_apart_have_one_rule() -> None:
    def get(name: str, variable: str) -> Mapping[str, Any]:
        parameter = {**ID, "name": variable}
        return {"get": {"operationId": name, "parameters": [parameter], "responses": OK}}

    first, second = typed_of({"/a/{b}": get("one", "b"), "/a/{c}": get("two", "c")}).methods
    assert first.http == Http(method="GET", path="/a/{b}")
    assert second.http_reason == "No request tells it from `one`."
