import math
from typing import Any

import pytest
from google.api.httpbody_pb2 import HttpBody
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc.error_details_pb2 import ErrorInfo

from facade.errors.backend import BackendNotFound
from facade.errors.caller import InvalidParameters, InvalidRequest
from facade.errors.fault import Details
from facade.errors.service import DeadlineExceeded
from facade.model.call import Attempt, Exchange, Form, Outcome, Reply, Upload
from facade.model.face import http_status
from facade.model.names import ActionName
from gateway.convert.call import call_from, response_from
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


EXCHANGE = Exchange(
    method="GET",
    uri="https://pets.example/pet/7",
    request_headers=(("Accept", "application/json"), ("X-A", "1"), ("X-A", "2")),
    reply=Reply(
        status=200,
        headers=(("content-type", "application/json"), ("set-cookie", "a"), ("set-cookie", "b")),
        body=b'{"id":7}',
    ),
    attempts=(
        Attempt(status=0, seconds=0.25, reason="BACKEND_UNREACHABLE"),
        Attempt(status=200, seconds=1.5),
    ),
    version="connectors/pets/versions/v1",
    trace_id=TRACE,
    warnings=("status 200 is not declared",),
)

JSON = request(parameters_json="{}")
VALUE = request(parameters=to_struct({}, 1))


def test_json_goes_out_untouched_for_json() -> None:
    text = b' { "b" : 1e400, "a":9007199254740993 } '
    response = response_from(Outcome(json=text, exchange=EXCHANGE), JSON, TRACE)
    assert response.json.encode() == text
    assert not response.HasField("exchange")


@pytest.mark.parametrize("asked", [VALUE, request()])
def test_json_is_a_value_for_a_struct(asked: pb.ExecuteActionRequest) -> None:
    response = response_from(Outcome(json=b'{"id":7,"n":null}', exchange=EXCHANGE), asked, TRACE)
    assert response.value.struct_value == to_struct({"id": 7, "n": None}, 1)


@pytest.mark.parametrize("text", [b"[" * 60 + b"]" * 60, b"[1e400]"])
def test_json_that_no_value_can_carry_comes_as_text_and_is_not_lost(text: bytes) -> None:
    response = response_from(Outcome(json=text, exchange=EXCHANGE), VALUE, TRACE)
    assert response.json.encode() == text


def test_what_is_not_json_comes_as_a_body() -> None:
    outcome = Outcome(body=b"\xff\0", content_type="image/png", exchange=EXCHANGE)
    response = response_from(outcome, JSON, TRACE)
    assert response.body == HttpBody(content_type="image/png", data=b"\xff\0")


def test_no_output_is_none_and_an_empty_body_is_one() -> None:
    nothing = response_from(Outcome(exchange=EXCHANGE), JSON, TRACE)
    assert nothing.WhichOneof("output") is None
    empty = response_from(Outcome(body=b"", exchange=EXCHANGE), JSON, TRACE)
    assert empty.WhichOneof("output") == "body"


def test_the_view_full_tells_the_exchange() -> None:
    full = request(parameters_json="{}", view=pb.EXECUTION_VIEW_FULL)
    exchange = response_from(Outcome(json=b"1", exchange=EXCHANGE), full, TRACE).exchange
    assert (exchange.method, exchange.uri) == ("GET", "https://pets.example/pet/7")
    assert dict(exchange.request_headers) == {"Accept": "application/json", "X-A": "1, 2"}
    assert exchange.http_status == 200
    assert exchange.response_headers["set-cookie"] == "a, b"
    assert [
        (each.http_status, each.latency.ToMilliseconds(), each.error_reason)
        for each in exchange.attempts
    ] == [(0, 250, "BACKEND_UNREACHABLE"), (200, 1500, "")]
    assert (exchange.version, exchange.trace_id) == ("connectors/pets/versions/v1", TRACE)
    assert list(exchange.warnings) == ["status 200 is not declared"]
    assert not exchange.HasField("response_body")
    assert not exchange.HasField("request_body")


def test_a_failure_that_is_gone_on_with_is_the_output_with_what_the_backend_said() -> None:
    fault = BackendNotFound("no pet 7", details=Details(facts={"httpStatus": "404"}))
    reply = Reply(status=404, headers=(("content-type", "text/plain"),), body=b"gone")
    exchange = Exchange(method="GET", uri="u", request_headers=(), reply=reply)
    full = request(view=pb.EXECUTION_VIEW_FULL, failure_mode=pb.FAILURE_MODE_CONTINUE)
    response = response_from(Outcome(fault=fault, exchange=exchange), full, TRACE)
    assert response.error.code == BackendNotFound.code
    info = ErrorInfo()
    assert response.error.details[0].Unpack(info)
    assert (info.reason, info.metadata["traceId"]) == ("BACKEND_NOT_FOUND", TRACE)
    assert response.exchange.response_body == HttpBody(content_type="text/plain", data=b"gone")


def test_a_dry_run_shows_the_request_that_would_be_sent() -> None:
    exchange = Exchange(
        method="POST",
        uri="u",
        request_headers=(("Content-Type", "application/json"),),
        request_body=b"{}",
        curl="curl -X POST u",
    )
    asked = request(parameters_json="{}", validate_only=True)
    response = response_from(Outcome(exchange=exchange), asked, TRACE)
    assert response.exchange.curl == "curl -X POST u"
    assert response.exchange.request_body == HttpBody(content_type="application/json", data=b"{}")
    assert http_status(Outcome(exchange=exchange)) == ""
    assert http_status(Outcome(exchange=EXCHANGE)) == "200"
