"""ExecuteAction's messages to Call, and Outcome to the answer."""

from collections.abc import Mapping
from types import MappingProxyType

from google.api.httpbody_pb2 import HttpBody

from facade.catalog.request import invalid
from facade.errors.fault import Violation
from facade.model.call import (
    Arguments,
    Attempt,
    CacheUse,
    Call,
    Exchange,
    Form,
    Outcome,
    Upload,
)
from facade.model.face import CACHED, ID_RULE, LONGEST, deadline_of, is_request_id, joined
from facade.model.names import parse_action
from facade.transcode.arguments import from_values, parse
from gateway.convert.mirror import NANOSECONDS, seconds_of
from gateway.convert.values import NoValue, from_struct, parse_value
from gateway.status import to_status
from gateway.v1 import gateway_pb2 as pb

CACHE_USES: Mapping["pb.CacheUse.ValueType", CacheUse] = MappingProxyType(
    {
        pb.CACHE_USE_UNSPECIFIED: CacheUse.POLICY,
        pb.CACHE_USE_BYPASS: CacheUse.BYPASS,
        pb.CACHE_USE_REFRESH: CacheUse.REFRESH,
        pb.CACHE_USE_ONLY: CacheUse.ONLY,
    }
)

NOTHING: Mapping[str, str] = MappingProxyType({})

FAILURE_MODES = frozenset(pb.FailureMode.values())
VIEWS = frozenset(pb.ExecutionView.values())

VALUE_LEVEL = 1
"""How deep `value` stands in ExecuteActionResponse."""


def call_from(
    request: pb.ExecuteActionRequest,
    remaining: float | None,
    trace_id: str,
    metadata: Mapping[str, str] = NOTHING,
) -> Call:
    """The call that a request asks for, before anything is known of its action.

    `remaining`: the seconds until the caller's deadline; None where there is none. Raises
    DeadlineExceeded where it has passed, InvalidRequest, InvalidParameters.
    """
    deadline = deadline_of(remaining)
    _check(request)
    return Call(
        name=parse_action(request.name),
        arguments=_arguments(request),
        upload=_upload(request),
        form=Form.JSON if request.HasField("parameters_json") else Form.VALUE,
        deadline=deadline,
        content_type=request.content_type,
        accept=request.accept,
        validate_only=request.validate_only,
        continue_on_failure=request.failure_mode == pb.FAILURE_MODE_CONTINUE,
        full_view=_is_full(request),
        trace_id=trace_id,
        metadata=metadata,
        request_id=request.request_id,
        cache_use=CACHE_USES[request.cache_use],
        max_wait=min(seconds_of(request.max_wait), LONGEST),
    )


def response_from(
    outcome: Outcome, request: pb.ExecuteActionRequest, trace_id: str
) -> pb.ExecuteActionResponse:
    """The answer, in the form of the input; without any input, as for `parameters`.

    JSON that no Value can carry (nested more than about 30 deep, or with a number beyond a
    double) comes as `json` whatever the form: the backend has acted, so nothing is lost.
    """
    response = pb.ExecuteActionResponse()
    if outcome.fault is not None:
        response.error.CopyFrom(to_status(outcome.fault, trace_id))
    elif outcome.json is not None:
        _put_json(response, outcome.json, as_text=request.HasField("parameters_json"))
    elif outcome.body is not None:
        response.body.content_type = outcome.content_type
        response.body.data = outcome.body
    if _is_full(request):
        _put_exchange(response.exchange, outcome)
    return response


def _is_full(request: pb.ExecuteActionRequest) -> bool:
    """Whether the exchange is told: always where nothing is sent."""
    return request.validate_only or request.view == pb.EXECUTION_VIEW_FULL


def _check(request: pb.ExecuteActionRequest) -> None:
    """Refuses what the schema of the message cannot."""
    problems = [
        Violation(field=field, description=f"{number} is none of its values")
        for field, number, known in (
            ("failure_mode", request.failure_mode, FAILURE_MODES),
            ("view", request.view, VIEWS),
            ("cache_use", request.cache_use, CACHE_USES),
        )
        if number not in known
    ]
    if request.body.extensions:
        problems.append(Violation(field="body.extensions", description="must be empty"))
    if not is_request_id(request.request_id):
        problems.append(Violation(field="request_id", description=ID_RULE))
    if seconds_of(request.max_wait) < 0:
        problems.append(Violation(field="max_wait", description="must not be negative"))
    if problems:
        raise invalid(*problems)


def _arguments(request: pb.ExecuteActionRequest) -> Arguments:
    if request.HasField("parameters_json"):
        return parse(request.parameters_json)
    return from_values(from_struct(request.parameters))


def _upload(request: pb.ExecuteActionRequest) -> Upload | None:
    if not request.HasField("body"):
        return None
    return Upload(content_type=request.body.content_type, data=request.body.data)


def _put_json(response: pb.ExecuteActionResponse, json: bytes, *, as_text: bool) -> None:
    if as_text:
        response.json = json.decode()
        return
    try:
        parse_value(json, VALUE_LEVEL, response.value)
    except NoValue:
        response.json = json.decode()


def _put_exchange(message: pb.Exchange, outcome: Outcome) -> None:
    exchange = outcome.exchange
    message.method = exchange.method
    message.uri = exchange.uri
    message.version = exchange.version
    message.trace_id = exchange.trace_id
    message.curl = exchange.curl
    message.cache_status = exchange.cache.value
    message.cached = exchange.cache in CACHED
    if exchange.age is not None:
        message.age.FromNanoseconds(round(exchange.age * NANOSECONDS))
    message.warnings.extend(exchange.warnings)
    message.request_headers.update(joined(exchange.request_headers))
    message.attempts.extend(_attempt(each) for each in exchange.attempts)
    _put_bodies(message, exchange, failed=outcome.fault is not None)


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
