"""Tools by the documents of their actions, where other converters go wrong."""

from typing import Any

import jsonschema_rs
import pytest

from facade.tools.form import Form
from facade.tools.forms import written
from facade.tools.tools import LONGEST_DESCRIPTION, Tool, Tools
from tests.documents import spec

JSON = "application/json"
TEXT = {"type": "string"}


def tool(operation: dict[str, Any], method: str = "get", path: str = "/a", **more: Any) -> Tool:
    tree = {"paths": {path: {method: {"operationId": "act", **operation}}}, **more}
    made = spec(tree)
    names = Tools().names(made)
    return Tools().tool(made, next(iter(names)))


def body(schema: Any, **more: Any) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {JSON: {"schema": schema}}, **more}}


def takes(made: Tool, arguments: Any) -> bool:
    return jsonschema_rs.validator_for(dict(made.input_schema)).is_valid(arguments)


def parameter(name: str, place: str, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": place, "required": True, "schema": schema or TEXT}


@pytest.mark.parametrize(
    ("method", "hints"),
    [
        ("get", (True, True, False)),
        ("head", (True, True, False)),
        ("post", (False, False, False)),
        ("put", (False, True, True)),
        ("patch", (False, False, True)),
        ("delete", (False, True, True)),
    ],
)
def test_g25_hints_go_by_the_method(method: str, hints: tuple[bool, bool, bool]) -> None:
    found = tool({}, method).hints
    assert (found.read_only, found.idempotent, found.destructive) == hints
    assert found.open_world


def test_g25_the_document_may_say_it_better() -> None:
    said = {"name": "look", "description": "Looks.", "title": "Look", "readOnly": True}
    found = tool({"x-portico-tool": {**said, "openWorld": False}}, "post")
    assert (found.name, found.title, found.description) == ("look", "Look", "Looks.")
    assert (found.hints.read_only, found.hints.open_world) == (True, False)


@pytest.mark.parametrize("said", [False, {"hidden": True}])
def test_g25_an_operation_may_be_no_tool(said: Any) -> None:
    tree = {"paths": {"/a": {"get": {"operationId": "a", "x-portico-tool": said}, "put": {}}}}
    assert set(Tools().names(spec(tree)).values()) == {"put_a"}


def test_an_argument_that_stands_in_two_places_and_in_the_body_is_three() -> None:
    both = [parameter("id", "path", type="integer"), parameter("id", "query")]
    within = {"type": "object", "properties": {"id": TEXT}, "required": ["id"]}
    made = tool({"parameters": both, **body(within)}, "put", "/a/{id}")
    assert takes(made, {"path.id": 1, "query.id": "x", "body": {"id": "y"}})
    assert not takes(made, {"id": 1, "body": {"id": "y"}})


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"type": "array", "items": {"type": "integer"}}, {"body": [1]}, {"body": ["x"]}),
        ({"type": "integer", "enum": [1, 2]}, {"body": 2}, {"body": "2"}),
        ({"anyOf": [TEXT, {"type": "null"}]}, {"body": None}, {"body": 1}),
        (
            {
                "allOf": [
                    {"type": "object", "properties": {"a": TEXT}, "required": ["a"]},
                    {"type": "object", "properties": {"b": {"type": "integer"}}},
                ]
            },
            {"a": "x", "b": 1},
            {"b": 1},
        ),
    ],
)
def test_bodies_of_every_shape_are_arguments(schema: Any, good: Any, bad: Any) -> None:
    made = tool(body(schema), "post")
    assert takes(made, good)
    assert not takes(made, bad)


def test_a_nullable_property_of_openapi_3_0_may_be_null() -> None:
    tree = {
        "paths": {
            "/a": {
                "post": body(
                    {"type": "object", "properties": {"a": {"type": "string", "nullable": True}}}
                )
            }
        }
    }
    made = spec(tree, "3.0.3")
    found = Tools().tool(made, "post_a")
    assert takes(found, {"a": None})


def test_recursion_stays_and_needs_nothing_from_outside() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Node"}}}
    made = tool(
        body({"$ref": "#/components/schemas/Node"}), "post", components={"schemas": {"Node": node}}
    )
    assert takes(made, {"next": {"next": {}}})
    assert not takes(made, {"next": {"next": 7}})


def test_a_call_without_arguments_is_an_object_of_none() -> None:
    made = tool({})
    assert made.input_schema["type"] == "object"
    assert not takes(made, {"x": 1})


def test_descriptions_are_bounded_and_never_empty() -> None:
    assert len(tool({"description": "x" * 5000}).description) == LONGEST_DESCRIPTION
    assert tool({}).description == "GET /a"
    assert tool({"deprecated": True, "summary": "Old"}).description == "Deprecated.\n\nOld"
    assert tool({"summary": "Get", "description": "Get it all."}).description == "Get it all."


def test_each_reader_gets_its_own_form() -> None:
    made = tool({"summary": "Look", "parameters": [parameter("q", "query", maximum=2**80)]})
    assert written(made, Form.MCP)["annotations"]["readOnlyHint"] is True
    assert written(made, Form.OPENAI)["function"]["parameters"]["required"] == ["q"]
    schema = written(made, Form.ANTHROPIC)["input_schema"]
    assert schema["properties"]["q"]["maximum"] == float(2**80)
