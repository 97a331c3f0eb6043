"""ExecuteAction's requests to Call."""

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import structs

from facade.catalog.request import invalid
from facade.errors.fault import Violation
from facade.model.call import NOBODY, CacheUse, Call, Caller, Form, Upload
from facade.model.face import ID_RULE, LONGEST, caller_of, deadline_of, is_request_id
from facade.model.names import parse_action
from facade.transcode.arguments import parse
from facade.transcode.doubles import from_values
from gateway.convert.mirror import seconds_of
from gateway.convert.values import from_struct
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

JSON, VALUE = Form.JSON, Form.VALUE

BARE = 2
"""Fields of a request that has a name and arguments, and nothing else."""

FAILURE_MODES = frozenset(pb.FailureMode.values())
VIEWS = frozenset(pb.ExecutionView.values())


def call_from(
    request: pb.ExecuteActionRequest,
    remaining: float | None,
    trace_id: str,
    metadata: Mapping[str, str] = NOTHING,
    tenant: str = "",
) -> Call:
    """The call that a request asks for, before anything is known of its action.

    `remaining`: the seconds until the caller's deadline; None where there is none. Raises
    DeadlineExceeded where it has passed, InvalidRequest, InvalidParameters.
    """
    deadline = deadline_of(remaining)
    as_text, name = request.HasField("parameters_json"), request.name
    said = len(request.ListFields())
    says_more = said > BARE or not (name and (as_text or request.HasField("parameters")))
    if says_more:
        _check(request)
    call = Call(
        name=parse_action(name, "name", tenant),
        arguments=(
            parse(request.parameters_json)
            if as_text
            else from_values(from_struct(request.parameters))
        ),
        form=JSON if as_text else VALUE,
        deadline=deadline,
        full_view=False,
        trace_id=trace_id,
        caller=Caller(tenant=tenant) if tenant else NOBODY,
        metadata=metadata,
    )
    return _with_rest(call, request) if says_more else call


def is_full(request: pb.ExecuteActionRequest) -> bool:
    """Whether the exchange is told: always where nothing is sent."""
    return request.validate_only or request.view == pb.EXECUTION_VIEW_FULL


def _with_rest(call: Call, request: pb.ExecuteActionRequest) -> Call:
    """The call with all that a request may say beside its name and arguments."""
    return structs.replace(
        call,
        caller=caller_of(call.name.tenant, request.connection, request.subject),
        upload=_upload(request),
        content_type=request.content_type,
        accept=request.accept,
        validate_only=request.validate_only,
        continue_on_failure=request.failure_mode == pb.FAILURE_MODE_CONTINUE,
        full_view=is_full(request),
        request_id=request.request_id,
        cache_use=CACHE_USES[request.cache_use],
        max_wait=_max_wait(request),
    )


def _check(request: pb.ExecuteActionRequest) -> None:
    """Refuses what the schema of the message cannot."""
    known = request.failure_mode in FAILURE_MODES and request.view in VIEWS
    if known and request.cache_use in CACHE_USES and not _says_more(request):
        return
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
    if _max_wait(request) < 0:
        problems.append(Violation(field="max_wait", description="must not be negative"))
    if problems:
        raise invalid(*problems)


def _says_more(request: pb.ExecuteActionRequest) -> bool:
    """Whether one of the fields is set that can be wrong."""
    return bool(request.request_id) or request.HasField("body") or request.HasField("max_wait")


def _max_wait(request: pb.ExecuteActionRequest) -> float:
    return min(seconds_of(request.max_wait), LONGEST) if request.HasField("max_wait") else 0.0


def _upload(request: pb.ExecuteActionRequest) -> Upload | None:
    if not request.HasField("body"):
        return None
    return Upload(content_type=request.body.content_type, data=request.body.data)
