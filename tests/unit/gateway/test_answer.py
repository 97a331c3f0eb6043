from typing import Any

import pytest
from google.api.httpbody_pb2 import HttpBody
from google.rpc.error_details_pb2 import ErrorInfo

from facade.errors.backend import BackendNotFound
from facade.errors.fault import Details
from facade.model.call import Attempt, Exchange, Outcome, Reply
from facade.model.face import http_status
from gateway.convert.answer import response_from
from gateway.convert.value_writer import ValueWriter
from gateway.convert.values import to_struct
from gateway.v1 import gateway_pb2 as pb

NAME = "connectors/pets/versions/live/actions/getPetById"
TRACE = "ab" * 16


def request(**fields: Any) -> pb.ExecuteActionRequest:
    return pb.ExecuteActionRequest(**{"name": NAME, **fields})


def answered(outcome: Outcome, asked: pb.ExecuteActionRequest) -> pb.ExecuteActionResponse:
    wire = response_from(outcome, asked, TRACE, ValueWriter())
    return pb.ExecuteActionResponse.FromString(wire)


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
    response = answered(Outcome(json=text, exchange=EXCHANGE), JSON)
    assert response.json.encode() == text
    assert not response.HasField("exchange")


@pytest.mark.parametrize("asked", [VALUE, request()])
def test_json_is_a_value_for_a_struct(asked: pb.ExecuteActionRequest) -> None:
    response = answered(Outcome(json=b'{"id":7,"n":null}', exchange=EXCHANGE), asked)
    assert response.value.struct_value == to_struct({"id": 7, "n": None}, 1)


@pytest.mark.parametrize("text", [b"[" * 60 + b"]" * 60, b"[1e400]"])
def test_json_that_no_value_can_carry_comes_as_text_and_is_not_lost(text: bytes) -> None:
    response = answered(Outcome(json=text, exchange=EXCHANGE), VALUE)
    assert response.json.encode() == text


def test_what_is_not_json_comes_as_a_body() -> None:
    outcome = Outcome(body=b"\xff\0", content_type="image/png", exchange=EXCHANGE)
    response = answered(outcome, JSON)
    assert response.body == HttpBody(content_type="image/png", data=b"\xff\0")


def test_no_output_is_none_and_an_empty_body_is_one() -> None:
    nothing = answered(Outcome(exchange=EXCHANGE), JSON)
    assert nothing.WhichOneof("output") is None
    empty = answered(Outcome(body=b"", exchange=EXCHANGE), JSON)
    assert empty.WhichOneof("output") == "body"


def test_the_view_full_tells_the_exchange() -> None:
    full = request(parameters_json="{}", view=pb.EXECUTION_VIEW_FULL)
    exchange = answered(Outcome(json=b"1", exchange=EXCHANGE), full).exchange
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
    response = answered(Outcome(fault=fault, exchange=exchange), full)
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
    response = answered(Outcome(exchange=exchange), asked)
    assert response.exchange.curl == "curl -X POST u"
    assert response.exchange.request_body == HttpBody(content_type="application/json", data=b"{}")
    assert http_status(Outcome(exchange=exchange)) == ""
    assert http_status(Outcome(exchange=EXCHANGE)) == "200"
