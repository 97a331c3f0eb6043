"""Action requests: read, and found among a connector's actions."""

import json
from typing import Any

import pytest

from facade.connections.things.request import (
    ActionRequest,
    action_of,
    arguments_of,
    read_request,
)
from facade.errors.caller import ActionNotFound, InvalidRequest
from facade.model.action import Action, Location, Parameter, Style

WHOLE = {"id": "r1", "thingId": "t1", "componentId": "lamp", "actionId": "setOn"}


def request(**fields: Any) -> ActionRequest:
    return read_request(json.dumps(WHOLE | fields).encode())


def parameter(name: str, location: Location = Location.PATH) -> Parameter:
    return Parameter(
        key=name,
        name=name,
        location=location,
        required=True,
        style=Style.SIMPLE,
        explode=False,
    )


def action(*parameters: Parameter, **properties: Any) -> Action:
    return Action(
        id="setOn",
        method="POST",
        path="/",
        pointer="",
        parameters=parameters,
        input_schema={"type": "object", "properties": properties},
    )


def test_c17_the_fields_are_those_of_connctds_protocol() -> None:
    read = request(parameters={"on": "true"}, status="PENDING")
    assert (read.id, read.thing_id, read.component_id, read.action_id) == (
        "r1",
        "t1",
        "lamp",
        "setOn",
    )
    assert read.parameters == {"on": "true"}
    assert read.callback == ""


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "body"),
        (b"[]", "body"),
        (b'{"id": "r1"}', "body"),
        (json.dumps(WHOLE | {"id": 7}).encode(), "body"),
        (json.dumps(WHOLE | {"parameters": []}).encode(), "body"),
        (json.dumps(WHOLE | {"id": ""}).encode(), "id"),
        (json.dumps(WHOLE | {"id": "a b"}).encode(), "id"),
        (json.dumps(WHOLE | {"id": "a" * 129}).encode(), "id"),
    ],
)
def test_c17_a_body_that_is_no_request_is_refused_by_its_field(body: bytes, field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_request(body)
    assert [each.field for each in refused.value.details.violations] == [field]


def test_c17_an_action_of_the_component_comes_before_one_of_the_same_name() -> None:
    known = {"lamp.setOn": action(), "setOn": action()}

    def find(name: str) -> Action:
        if name in known:
            return known[name]
        raise ActionNotFound("no such action")

    assert action_of(request(), find) is known["lamp.setOn"]
    assert action_of(request(componentId=""), find) is known["setOn"]
    del known["lamp.setOn"]
    assert action_of(request(), find) is known["setOn"]
    known.clear()
    with pytest.raises(ActionNotFound):
        action_of(request(), find)


def test_c17_the_things_own_id_goes_where_the_path_lacks_one() -> None:
    found = arguments_of(request(), action(parameter("deviceId")), "7")
    assert {name: each.value for name, each in found.items()} == {"deviceId": "7"}


def test_c17_no_place_is_guessed_where_there_are_two_or_none() -> None:
    two = action(parameter("home"), parameter("device"))
    assert arguments_of(request(), two, "7") == {}
    assert arguments_of(request(), action(parameter("q", Location.QUERY)), "7") == {}
    given = arguments_of(request(parameters={"home": "h"}), two, "7")
    assert {name: each.value for name, each in given.items()} == {"home": "h", "device": "7"}


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("boolean", "true", True),
        ("integer", "9007199254740993", 9007199254740993),
        ("number", "2.5", 2.5),
        ("number", "3", 3),
        ("integer", "true", "true"),
        ("boolean", "1", "1"),
        ("integer", "2.5", "2.5"),
        ("integer", "seven", "seven"),
        ("string", "7", "7"),
        (["string", "integer"], "7", "7"),
        (["integer", "null"], "7", 7),
    ],
)
def test_c17_texts_become_what_the_schema_asks_for(kind: Any, text: str, value: Any) -> None:
    shaped = action(on={"type": kind})
    found = arguments_of(request(parameters={"on": text}), shaped, "7")
    assert found["on"].value == value
    assert type(found["on"].value) is type(value)
    assert json.loads(found["on"].text) == value


def test_a_thing_with_a_number_for_an_id_is_named_by_it() -> None:
    shaped = action(parameter("petId"), petId={"type": "integer"})
    assert arguments_of(request(), shaped, "9007199254740993")["petId"].text == "9007199254740993"
