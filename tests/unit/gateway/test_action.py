from typing import Any

from google.protobuf import json_format

from facade.model.action import (
    Action,
    Body,
    Location,
    Media,
    Parameter,
    Problem,
    Response,
    Schema,
    Style,
)
from facade.model.names import ActionName
from gateway.convert.action import action_to, schema_to
from gateway.v1 import action_pb2 as pb
from gateway.v1.gateway_pb2 import ListActionsResponse

NAME = ActionName("pets", "v1", "addPet")


def an_action(**fields: Any) -> Action:
    given = {"id": "addPet", "method": "POST", "path": "/pet", "pointer": "/paths/~1pet/post"}
    return Action(**given | fields)


def dumped(*, schema: Schema) -> Any:
    return json_format.MessageToDict(schema_to(schema))


def test_an_action_tells_what_it_is_and_where() -> None:
    action = an_action(
        alias="pet", title="Add", description="Adds a pet.", tags=("pets",), deprecated=True
    )
    message = action_to(NAME, action, full=False)
    assert message.name == "connectors/pets/versions/v1/actions/addPet"
    assert (message.method, message.path, message.alias) == ("POST", "/pet", "pet")
    assert (message.title, message.description) == ("Add", "Adds a pet.")
    assert list(message.tags) == ["pets"]
    assert message.deprecated
    assert message.callable
    assert not (message.safe)
    assert not (message.idempotent)


def test_an_action_that_was_set_aside_says_why() -> None:
    problem = Problem(
        code="dangling-ref",
        message="nothing there",
        pointer="/paths/x",
        line=3,
        column=5,
        source="x",
    )
    message = action_to(NAME, an_action(problems=(problem,)), full=False)
    assert not message.callable
    (told,) = message.problems
    assert (told.code, told.message, told.pointer) == ("dangling-ref", "nothing there", "/paths/x")
    assert (told.line, told.column, told.source) == (3, 5, "x")


INPUT = {
    "type": "object",
    "properties": {
        "petId": {"type": "integer", "minimum": 1},
        "name": {"type": "string", "description": "What it is called."},
        "age": {"$ref": "#/$defs/Age"},
    },
    "$defs": {
        "Age": {"anyOf": [{"$ref": "#/$defs/Years"}, {"type": "null"}]},
        "Years": {"type": "number"},
        "Other": {"type": "string"},
    },
    "required": ["petId", "name"],
}

PARAMETER = Parameter(
    key="petId",
    name="petId",
    location=Location.PATH,
    required=True,
    style=Style.SIMPLE,
    explode=False,
    schema={"type": "integer"},
    description="Which.",
)


def test_parameters_and_the_properties_of_a_flat_body_are_arguments_alike() -> None:
    body = Body(required=True, media=(), flat=("name", "age"), flat_required=("name",))
    action = an_action(parameters=(PARAMETER,), body=body, input_schema=INPUT)
    message = action_to(NAME, action, full=True)
    assert [(each.name, each.location, each.required) for each in message.parameters] == [
        ("petId", pb.Parameter.LOCATION_PATH, True),
        ("name", pb.Parameter.LOCATION_BODY, True),
        ("age", pb.Parameter.LOCATION_BODY, False),
    ]
    assert message.parameters[1].description == "What it is called."
    assert message.parameters[1].schema["type"] == "string"
    age = json_format.MessageToDict(message.parameters[2].schema)
    assert age["$ref"] == "#/$defs/Age"
    assert age["$defs"].keys() == {"Age", "Years"}
    assert json_format.MessageToDict(message.input_schema) == INPUT


def test_a_body_that_is_not_flat_is_one_argument() -> None:
    action = an_action(body=Body(required=False, media=(), description="A file."))
    (parameter,) = action_to(NAME, action, full=False).parameters
    assert (parameter.name, parameter.required) == ("body", False)
    assert parameter.location == pb.Parameter.LOCATION_BODY
    assert parameter.description == "A file."


def test_the_view_basic_has_no_schemas_and_compiles_none() -> None:
    def never() -> Schema:
        raise AssertionError

    action = an_action(input_schema=never, body=Body(required=True, media=()))
    message = action_to(NAME, action, full=False)
    assert not message.HasField("input_schema")
    assert not message.HasField("output_schema")


def test_the_output_is_that_of_the_first_success_that_has_a_body() -> None:
    def media(name: str) -> tuple[Media, ...]:
        return (Media(type="application/json", schema={"title": name}),)

    responses = (
        Response(status="default", media=media("default")),
        Response(status="404", media=media("404")),
        Response(status="204"),
        Response(status="201", media=media("201")),
        Response(status="2XX", media=media("2XX")),
    )
    full = action_to(NAME, an_action(responses=responses), full=True)
    assert full.output_schema["title"] == "201"
    full = action_to(NAME, an_action(responses=responses[:2]), full=True)
    assert full.output_schema["title"] == "default"
    full = action_to(NAME, an_action(responses=responses[1:3]), full=True)
    assert full.HasField("output_schema")
    assert not full.output_schema.fields


def test_the_schemas_true_and_false_have_their_long_forms() -> None:
    assert dumped(schema=True) == {}
    assert dumped(schema=False) == {"not": {}}


def test_a_schema_too_deep_for_any_client_does_not_break_the_page() -> None:
    deep: dict[str, Any] = {"type": "string"}
    for _ in range(40):
        deep = {"type": "object", "properties": {"p": deep}}
    message = action_to(NAME, an_action(input_schema=deep, parameters=(PARAMETER,)), full=True)
    page = ListActionsResponse(actions=[message])
    assert ListActionsResponse.FromString(page.SerializeToString()) == page
    assert "deeper" in str(message.input_schema["$comment"])
