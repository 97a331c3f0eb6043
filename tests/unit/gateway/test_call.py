import math
from typing import Any

import pytest
from google.api.httpbody_pb2 import HttpBody
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration

from facade.errors.caller import InvalidParameters, InvalidRequest
from facade.errors.service import DeadlineExceeded
from facade.model.call import Form, Upload
from facade.model.names import ActionName
from gateway.convert.call import call_from
from gateway.convert.values import to_struct
from gateway.v1 import gateway_pb2 as pb

NAME = "connectors/pets/versions/live/actions/getPetById"
TRACE = "ab" * 16


def request(**fields: Any) -> pb.ExecuteActionRequest:
    return pb.ExecuteActionRequest(**{"name": NAME, **fields})


def test_parameters_json_goes_on_byte_for_byte() -> None:
    text = '{"big": 9007199254740993, "exact": 0.10, "z":1, "a": [1e400]}'
    call = call_from(request(parameters_json=text), None, TRACE)
    assert call.name == ActionName("pets", "live", "getPetById")
    assert [(key, each.text) for key, each in call.arguments.items()] == [
        ("big", "9007199254740993"),
        ("exact", "0.10"),
        ("z", "1"),
        ("a", "[1e400]"),
    ]
    assert call.form is Form.JSON
    assert (call.trace_id, call.deadline, call.upload) == (TRACE, None, None)
    assert not (call.validate_only)
    assert not (call.continue_on_failure)


def test_parameters_of_a_struct_have_their_integers_back() -> None:
    call = call_from(request(parameters=to_struct({"petId": 7, "tags": ["a"]}, 1)), None, TRACE)
    assert {key: each.text for key, each in call.arguments.items()} == {
        "petId": "7",
        "tags": '["a"]',
    }
    assert call.form is Form.VALUE


@pytest.mark.parametrize(
    ("asked", "full"),
    [
        ({}, False),
        ({"view": pb.EXECUTION_VIEW_BASIC}, False),
        ({"view": pb.EXECUTION_VIEW_FULL}, True),
        ({"validate_only": True}, True),
    ],
)
def test_the_exchange_is_written_up_only_for_who_sees_it(
    asked: dict[str, Any], *, full: bool
) -> None:
    assert call_from(request(**asked), None, TRACE).full_view is full


def test_without_any_input_there_are_no_arguments_and_the_answer_is_for_people() -> None:
    call = call_from(request(), None, TRACE)
    assert call.arguments == {}
    assert call.form is Form.VALUE


def test_a_body_goes_beside_the_arguments() -> None:
    body = HttpBody(content_type="image/png", data=b"\x89PNG\0")
    call = call_from(request(parameters_json='{"petId":1}', body=body), None, TRACE)
    assert call.upload == Upload(content_type="image/png", data=b"\x89PNG\0")
    assert list(call.arguments) == ["petId"]


def test_a_dry_run_and_going_on_after_a_failure_are_the_calls() -> None:
    asked = request(validate_only=True, failure_mode=pb.FAILURE_MODE_CONTINUE)
    call = call_from(asked, None, TRACE)
    assert call.validate_only
    assert call.continue_on_failure


@pytest.mark.parametrize(
    ("remaining", "deadline"),
    [(None, None), (0.5, 0.49), (300.0, 299.99), (3e8, 300.0), (9e18, 300.0)],
)
def test_a01_a03_a_deadline_is_the_callers_less_time_for_the_answer_up_to_300_seconds(
    remaining: float | None, deadline: float | None
) -> None:
    assert call_from(request(), remaining, TRACE).deadline == pytest.approx(deadline)


@pytest.mark.parametrize("remaining", [0.001, 0.0, -1.0, -math.inf])
def test_a02_a_deadline_that_has_passed_is_refused_before_anything_else(remaining: float) -> None:
    with pytest.raises(DeadlineExceeded):
        call_from(request(name="nonsense"), remaining, TRACE)


@pytest.mark.parametrize(
    ("fields", "fault", "field"),
    [
        ({"name": ""}, InvalidRequest, "name"),
        ({"name": "connectors/x/actions/y"}, InvalidRequest, "name"),
        ({"failure_mode": 9}, InvalidRequest, "failure_mode"),
        ({"view": 77}, InvalidRequest, "view"),
        ({"cache_use": 9}, InvalidRequest, "cache_use"),
        ({"request_id": "two words"}, InvalidRequest, "request_id"),
        ({"max_wait": Duration(seconds=-1)}, InvalidRequest, "max_wait"),
        ({"body": HttpBody(extensions=[AnyMessage()])}, InvalidRequest, "body.extensions"),
        ({"parameters_json": "{"}, InvalidParameters, "parameters_json"),
        ({"parameters_json": ""}, InvalidParameters, "parameters_json"),
        ({"parameters_json": '{"a":NaN}'}, InvalidParameters, "/a"),
    ],
)
def test_what_is_wrong_with_a_request_is_told_by_its_field(
    fields: dict[str, Any], fault: type[Exception], field: str
) -> None:
    with pytest.raises(fault) as raised:
        call_from(request(**fields), None, TRACE)
    assert raised.value.details.violations[0].field == field  # type: ignore[attr-defined] # a Fault


@pytest.mark.parametrize(
    "more", [{"parameters_json": "{}"}, {"parameters": to_struct({"a": 1}, 1)}, {}]
)
def test_one_field_beside_the_arguments_is_heard_in_every_form(more: dict[str, Any]) -> None:
    assert call_from(request(accept="text/csv", **more), None, TRACE).accept == "text/csv"
    assert not call_from(request(**more), None, TRACE).full_view
    with pytest.raises(InvalidRequest, match="view"):
        call_from(request(view=99, **more), None, TRACE)
