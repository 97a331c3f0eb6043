"""Operations become actions."""

from typing import Any

import pytest

from facade.model.action import Action, SecurityScheme
from facade.spec.document import Document
from facade.spec.spec import Spec


def only(
    operation: Any,
    *,
    path: str = "/a",
    method: str = "post",
    version: str = "3.0.3",
    item: Any = None,
    **top: Any,
) -> Action:
    tree = {"paths": {path: {method: operation, **(item or {})}}, **top}
    spec = Spec(Document(tree, version))
    return spec.action(spec.ids[0])


def test_what_people_read_is_taken_over() -> None:
    found = only(
        {
            "operationId": "doIt",
            "summary": "S",
            "description": "D",
            "tags": ["a", 1, "b"],
            "deprecated": True,
        }
    )
    assert (found.id, found.alias, found.method, found.path) == ("doIt", "a", "POST", "/a")
    assert (found.title, found.description, found.tags) == ("S", "D", ("a", "b"))
    assert found.deprecated
    assert found.pointer == "/paths/~1a/post"
    assert found.problems == ()


def test_the_ms_summary_is_a_title_where_there_is_no_other() -> None:
    assert only({"x-ms-summary": "M"}).title == "M"
    assert only({"summary": "S", "x-ms-summary": "M"}).title == "S"


@pytest.mark.parametrize("operation", [{}, None, []])
def test_an_empty_operation_can_be_called(operation: Any) -> None:
    found = only(operation, path="/a/{id}")
    assert found.problems == ()
    assert [each.key for each in found.parameters] == ["id"]


@pytest.mark.parametrize(
    ("operation", "path", "method", "code"),
    [
        ("x", "/a", "get", "wrong-type"),
        (["x"], "/a", "get", "wrong-type"),
        ({"requestBody": []}, "/a", "post", "wrong-type"),
        ({"requestBody": {"$ref": "#/none"}}, "/a", "post", "dangling-ref"),
        ({"parameters": {"a": 1}}, "/a", "get", "wrong-type"),
        ({"parameters": [{"$ref": "#/none"}]}, "/a/{b}", "get", "dangling-ref"),
        ({}, "/a/{b", "get", "invalid-path"),
        ({}, "/a/../b", "get", "invalid-path"),
    ],
)
def test_h15_what_cannot_be_called_says_why(
    operation: Any, path: str, method: str, code: str
) -> None:
    found = only(operation, path=path, method=method)
    assert [each.code for each in found.problems] == [code]
    assert found.problems[0].severity == "error"
    assert found.problems[0].pointer.startswith("/paths/")
    assert found.problems[0].message


def test_a_method_that_http_does_not_allow_is_set_aside() -> None:
    tree: dict[str, Any] = {"paths": {"/a": {"additionalOperations": {"GE T": {}, "COPY": {}}}}}
    spec = Spec(Document(tree, "3.2.0"))
    found = {each.method: each.problems for each in map(spec.action, spec.ids)}
    assert found["COPY"] == ()
    assert [each.code for each in found["GE T"]] == ["invalid-value"]


def test_all_reasons_are_given_at_once() -> None:
    found = only({"requestBody": [], "parameters": "x"}, path="/{")
    assert [each.code for each in found.problems] == ["invalid-path", "wrong-type", "wrong-type"]


def test_a_dangling_response_or_schema_sets_nothing_aside() -> None:
    dangling = {"$ref": "#/components/schemas/None"}
    found = only(
        {
            "responses": {"200": {"$ref": "#/none"}, "default": "x"},
            "requestBody": {"content": {"application/json": {"schema": dangling}}},
            "parameters": [{"name": "q", "in": "query", "schema": dangling}],
        }
    )
    assert found.problems == ()
    assert found.parameters[0].schema is True
    assert found.body is not None
    assert found.body.media[0].schema is True
    assert [each.status for each in found.responses] == ["200", "default"]


def test_responses_stand_in_the_order_in_which_they_count() -> None:
    statuses = ["default", "5XX", "404", "2xx", "200", "x-a", "600", "20", "2XXX", "204"]
    found = only({"responses": {each: {} for each in statuses}})
    expected = ["200", "204", "404", "2XX", "5XX", "default"]
    assert [each.status for each in found.responses] == expected


def test_a_response_may_be_a_reference_of_several_statuses() -> None:
    link = {"$ref": "#/components/responses/R"}
    response = {"description": "D", "content": {"text/plain": {}, "application/json": {}}}
    found = only(
        {"responses": {"400": link, "4XX": link}}, components={"responses": {"R": response}}
    )
    assert [each.status for each in found.responses] == ["400", "4XX"]
    for each in found.responses:
        assert each.description == "D"
        assert [media.type for media in each.media] == ["application/json", "text/plain"]


def test_requests_and_responses_require_what_goes_their_way() -> None:
    schema = {
        "required": ["id", "secret"],
        "properties": {"id": {"readOnly": True}, "secret": {"writeOnly": True}},
    }
    content = {"content": {"application/json": {"schema": schema}}}
    found = only({"requestBody": content, "responses": {"200": content}})
    assert found.body is not None
    assert isinstance(found.body.media[0].schema, dict)
    assert isinstance(found.responses[0].media[0].schema, dict)
    assert found.body.media[0].schema["required"] == ["secret"]
    assert found.responses[0].media[0].schema["required"] == ["id"]


KEY = SecurityScheme(name="key", type="apiKey", parameter="X-Key")
SCHEMES = {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}}


def test_a_document_that_does_not_speak_of_security_leaves_it_to_the_version() -> None:
    assert only({}).security is None


def test_silence_asks_for_nothing_where_another_operation_asks() -> None:
    paths = {"/open": {"get": {}}, "/closed": {"get": {"security": [{"key": []}]}}}

    spec = Spec(Document({"paths": paths, "components": SCHEMES}, "3.1.0"))

    assert spec.action("open").security == ()
    assert spec.action("closed").security == ((KEY,),)


@pytest.mark.parametrize(
    ("operation", "top", "expected"),
    [
        ({}, {}, ((KEY,), ())),
        ({}, {"security": [{"key": []}]}, ((KEY,),)),
        ({}, {"security": []}, ()),
        ({"security": []}, {"security": [{"key": []}]}, ()),
        ({"security": [{}]}, {"security": [{"key": []}]}, ((),)),
        ({"security": [{"key": []}, {}]}, {}, ((KEY,), ())),
        ({"security": "junk"}, {"security": [{"key": []}]}, ((KEY,),)),
    ],
)
def test_the_operations_security_goes_before_the_documents(
    operation: Any, top: Any, expected: Any
) -> None:
    assert only(operation, components=SCHEMES, **top).security == expected


def test_h17_servers_come_from_the_nearest_level() -> None:
    top, item, own = ([{"url": each}] for each in ("/top", "/item", "/own"))
    assert only({}, servers=top).servers[0].url == "/top"
    assert only({}, item={"servers": item}, servers=top).servers[0].url == "/item"
    assert only({"servers": own}, item={"servers": item}).servers[0].url == "/own"
    assert [each.url for each in only({}).servers] == ["/"]


BODY = {
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string"},
                    "pet": {"$ref": "#/components/schemas/Pet"},
                },
            }
        }
    }
}
COMPONENTS = {
    "schemas": {
        "Pet": {"type": "object", "properties": {"of": {"$ref": "#/components/schemas/Pet"}}}
    }
}
PARAMETERS = [
    {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}},
    {"name": "v", "in": "query", "required": True, "schema": {"type": "string", "default": "1"}},
    {"name": "q", "in": "query", "description": "D", "schema": {"description": "S"}},
]


def test_the_input_schema_holds_all_arguments_and_stands_alone() -> None:
    found = only(
        {"parameters": PARAMETERS, "requestBody": {**BODY, "required": True}},
        path="/a/{id}",
        components=COMPONENTS,
    )
    pet = {"type": "object", "properties": {"of": {"$ref": "#/$defs/Pet"}}}
    body = {
        "type": "object",
        "required": ["name"],
        "properties": {"name": {"type": "string"}, "pet": {"$ref": "#/$defs/Pet"}},
    }
    assert found.input_schema == {
        "type": "object",
        "properties": {
            "id": {"type": "integer"},
            "v": {"type": "string", "default": "1"},
            "q": {"description": "D"},
            "name": {"type": "string"},
            "pet": pet,
            "body": body,
        },
        "required": ["id"],
        "additionalProperties": False,
        "if": {"required": ["body"]},
        "then": {"properties": {"name": False, "pet": False}},
        "else": {"required": ["name"]},
        "$defs": {"Pet": pet},
    }
    assert found.input_schema is found.input_schema


def test_a_required_body_that_has_no_flat_properties_is_required_as_a_whole() -> None:
    node = {"required": True, "description": "B", "content": {"text/plain": {}}}
    found = only({"requestBody": node})
    assert found.input_schema == {
        "type": "object",
        "properties": {"body": {"description": "B"}},
        "required": ["body"],
        "additionalProperties": False,
    }


def test_an_operation_without_arguments_takes_none() -> None:
    assert only({}).input_schema == {
        "type": "object",
        "properties": {},
        "required": [],
        "additionalProperties": False,
    }


def test_schemas_are_converted_when_they_are_first_read_and_then_kept() -> None:
    schema: dict[str, Any] = {"type": "string"}
    found = only({"parameters": [{"name": "q", "in": "query", "schema": schema}]})
    schema["type"] = "integer"
    assert found.parameters[0].schema == {"type": "integer"}
    schema["type"] = "boolean"
    assert found.parameters[0].schema == {"type": "integer"}
    assert found.parameters[0].schema is found.parameters[0].schema
