"""Outcome to ExecuteAction's answer, in its wire form: what only passes on is not built first."""

from google.api.httpbody_pb2 import HttpBody

from facade.model.call import Attempt, Exchange, Outcome
from facade.model.face import CACHED, joined
from gateway.convert.call import is_full
from gateway.convert.mirror import NANOSECONDS
from gateway.convert.value_writer import JsonPlace, ValueWriter
from gateway.convert.wire import framed
from gateway.status import to_status
from gateway.v1 import gateway_pb2 as pb

OUTPUT = JsonPlace(value=b"\x0a", text=b"\x12", level=1)
BODY, ERROR, EXCHANGE = b"\x1a", b"\x22", b"\x2a"
"""The tags of ExecuteActionResponse's fields."""
CONTENT_TYPE, DATA = b"\x0a", b"\x12"
"""Those of HttpBody's."""


def response_from(
    outcome: Outcome, request: pb.ExecuteActionRequest, trace_id: str, writer: ValueWriter
) -> bytes:
    """An ExecuteActionResponse, in the form of the input; without any, as for `parameters`.

    JSON that no Value can carry (nested more than about 30 deep, or with a number beyond a
    double) comes as `json` whatever the form: the backend has acted, so nothing is lost.
    """
    if outcome.fault is not None:
        output = framed(ERROR, to_status(outcome.fault, trace_id).SerializeToString())
    elif outcome.json is not None:
        as_text = request.HasField("parameters_json")
        output = writer.put(outcome.json, OUTPUT, as_text=as_text)
    elif outcome.body is not None:
        output = framed(BODY, _body(outcome.content_type, outcome.body))
    else:
        output = b""
    if is_full(request):
        output += framed(EXCHANGE, exchange_to(outcome).SerializeToString())
    return output


def exchange_to(outcome: Outcome) -> pb.Exchange:
    """What went over the wire, as a message."""
    exchange = outcome.exchange
    message = pb.Exchange(
        method=exchange.method,
        uri=exchange.uri,
        version=exchange.version,
        trace_id=exchange.trace_id,
        curl=exchange.curl,
        cache_status=exchange.cache.value,
        cached=exchange.cache in CACHED,
        warnings=exchange.warnings,
        request_headers=joined(exchange.request_headers),
        attempts=map(_attempt, exchange.attempts),
    )
    if exchange.age is not None:
        message.age.FromNanoseconds(round(exchange.age * NANOSECONDS))
    _put_bodies(message, exchange, failed=outcome.fault is not None)
    return message


def _body(content_type: str, data: bytes) -> bytes:
    """An HttpBody, in which what is empty is left out."""
    written = framed(CONTENT_TYPE, content_type.encode()) if content_type else b""
    return written + framed(DATA, data) if data else written


def _put_bodies(message: pb.Exchange, exchange: Exchange, *, failed: bool) -> None:
    if exchange.request_body is not None:
        headers = joined((name.lower(), value) for name, value in exchange.request_headers)
        message.request_body.CopyFrom(
            HttpBody(content_type=headers.get("content-type", ""), data=exchange.request_body)
        )
    reply = exchange.reply
    if reply is not None:
        message.http_status = reply.status
        message.response_headers.update(joined(reply.headers))
    if reply is not None and failed:
        content_type = reply.header("content-type") or ""
        message.response_body.CopyFrom(HttpBody(content_type=content_type, data=reply.body))


def _attempt(attempt: Attempt) -> pb.Exchange.Attempt:
    message = pb.Exchange.Attempt(http_status=attempt.status, error_reason=attempt.reason)
    message.latency.FromNanoseconds(round(attempt.seconds * NANOSECONDS))
    return message
