"""ExecuteAction and StreamAction: requests to calls, and what calls come to as answers."""

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response

from facade.access.hints import narrow
from facade.app.api.answers import EXECUTED
from facade.app.api.form import write
from facade.app.api.form.action import PAGE_RULE
from facade.app.api.requests import PARAMETERS
from facade.app.api.route import Asked, Desk
from facade.app.api.streamed import Streamed
from facade.app.api.told import data, error
from facade.catalog.matching import VERSION_KEY, wanting
from facade.catalog.request import invalid
from facade.errors.caller import InvalidRequest
from facade.errors.fault import Fault, Violation
from facade.hop.fields import read_seconds
from facade.model.call import CacheUse, Call, Exchange, Form, Outcome, Upload
from facade.model.face import (
    ID_RULE,
    LONGEST,
    caller_of,
    deadline_of,
    facts_of,
    is_request_id,
    said_before,
    unbounded,
)
from facade.model.names import parse_action
from facade.model.paging import PageKind, Paging
from facade.model.stream import Framing, Wanted
from facade.model.wanted import paging_problems, rule_of, stream_problems, tokens_of
from facade.telemetry.spans import current
from facade.telemetry.timing import FIELD, server_timing
from facade.transcode.arguments import parse

TIMEOUT = "x-request-timeout"
"""The header field that says how many seconds the caller waits."""


async def execute(desk: Desk, asked: Asked) -> Response:
    """Calls one action."""
    trace_id, remaining = current().trace_id, remaining_of(asked)
    try:
        call = call_of(asked, remaining, trace_id)
    except Fault as fault:
        fault.add({**facts_of(asked.name), "attempts": "0"})
        if not asked.fields.get("failure_mode"):
            raise
        nothing = Exchange(method="", uri="", request_headers=(), trace_id=trace_id)
        outcome = Outcome(fault=fault, exchange=nothing)
    else:
        outcome = await desk.engine.execute(call)
    if outcome.fault is not None:
        narrow(outcome.fault, asked.identity)
    said = {**said_before(outcome), FIELD: server_timing(outcome.exchange.timings.items())}
    return data(_told(outcome, asked.fields, trace_id), said)


async def stream(desk: Desk, asked: Asked) -> Response:
    """Calls one action, and answers item by item."""
    try:
        call, wanted = stream_of(asked, remaining_of(asked), current().trace_id)
    except Fault as fault:
        fault.add({"attempts": "0"})
        raise
    if isinstance(wanted, Paging):
        telling = desk.engine.pages(call, wanted)
    else:
        telling = desk.engine.stream(call, wanted)
    return await Streamed.begin(telling, call, asked.headers.get("accept", ""))


def call_of(asked: Asked, remaining: float | None, trace_id: str) -> Call:
    """The call that a request asks for, before anything is known of its action.

    `remaining`: the seconds that the caller waits; None: as long as it takes. Raises
    DeadlineExceeded where they are over, InvalidRequest, InvalidParameters.
    """
    fields = asked.fields
    if not is_request_id(fields.get("request_id", "")):
        raise invalid(Violation(field="request_id", description=ID_RULE))
    if fields.get("max_wait", 0.0) < 0:
        raise invalid(Violation(field="max_wait", description="must not be negative"))
    given = asked.members.get(PARAMETERS.name)
    call = Call(
        name=parse_action(asked.name, "name", asked.identity.tenant),
        arguments=parse(given.text) if given is not None and "parameters" in fields else {},
        upload=_upload(fields),
        form=Form.JSON,
        deadline=deadline_of(remaining),
        content_type=fields.get("content_type", ""),
        accept=fields.get("accept", ""),
        validate_only=fields.get("validate_only", False),
        continue_on_failure=fields.get("failure_mode", False),
        full_view=_is_full(fields),
        trace_id=trace_id,
        caller=caller_of(
            asked.identity.tenant, fields.get("connection", ""), fields.get("subject", "")
        ),
        caller_name=asked.identity.known_name,
        metadata=asked.headers,
        request_id=fields.get("request_id", ""),
        cache_use=fields.get("cache_use", CacheUse.POLICY),
        max_wait=min(fields.get("max_wait", 0.0), LONGEST),
    )
    return wanting(call, asked.headers.get(VERSION_KEY, ""))


def stream_of(asked: Asked, remaining: float | None, trace_id: str) -> tuple[Call, Wanted | Paging]:
    """The call that a request asks for, and what is wanted of its stream or its pages.

    Raises what `call_of` raises.
    """
    fields = asked.fields
    framing = fields.get("framing", Framing.AUTO)
    pointer, last_id = fields.get("elements_pointer", ""), fields.get("last_event_id", "")
    reconnect = fields.get("reconnect", False)
    problems = [*stream_problems(framing, pointer, last_id, reconnect=reconnect)]
    problems.extend(_paging_problems(fields))
    try:
        call = unbounded(call_of(asked, remaining, trace_id), remaining)
    except InvalidRequest as fault:
        raise invalid(*problems, *fault.details.violations) from None
    if problems:
        raise invalid(*problems)
    if "paging" in fields:
        return call, _paging(fields["paging"])
    return call, Wanted(
        framing=framing, path=tokens_of(pointer), last_event_id=last_id, reconnect=reconnect
    )


def remaining_of(asked: Asked) -> float | None:
    """The seconds that the caller waits; None: as long as it takes. Raises InvalidRequest."""
    said = asked.headers.get(TIMEOUT)
    if said is None:
        return None
    seconds = read_seconds(said)
    if seconds is None:
        raise invalid(Violation(field=TIMEOUT, description="must be seconds, such as `2.5`"))
    return seconds


def _is_full(fields: Mapping[str, Any]) -> bool:
    """Whether the exchange is told: always where nothing is sent."""
    return bool(fields.get("validate_only") or fields.get("view"))


def _upload(fields: Mapping[str, Any]) -> Upload | None:
    body = fields.get("body")
    if body is None:
        return None
    return Upload(content_type=body.get("content_type", ""), data=body.get("data", b""))


def _told(outcome: Outcome, fields: Mapping[str, Any], trace_id: str) -> dict[str, Any]:
    fault, exchange, body = outcome.fault, None, None
    if _is_full(fields):
        exchange = write.exchange(outcome.exchange, failed=fault is not None)
    if outcome.body is not None:
        body = Upload(content_type=outcome.content_type, data=outcome.body)
    given = {
        "json": None if outcome.json is None else msgspec.Raw(outcome.json),
        "body": body,
        "error": None if fault is None else error(fault, trace_id),
        "exchange": exchange,
    }
    return EXECUTED.write(None, given)


def _paging_problems(fields: Mapping[str, Any]) -> list[Violation]:
    """What a walk over pages cannot be, or stands beside it in vain."""
    if "paging" not in fields:
        return []
    paging = fields["paging"]
    apart = ("elements_pointer", "last_event_id", "reconnect", "framing")
    in_vain = (
        Violation(field=field, description="is for one answer, not for `paging`")
        for field in apart
        if fields.get(field, Framing.AUTO) not in ("", Framing.AUTO)
    )
    rule = _rule(paging)
    said = paging_problems(paging.get("max_pages", 0), paging.get("max_items", 0), rule)
    return [*said, *in_vain]


def _paging(paging: Mapping[str, Any]) -> Paging:
    rule = None
    if "rule" in paging:
        rule = rule_of(paging["rule"].get("kind", PageKind.AUTO), _rule(paging))
    return Paging(
        max_pages=paging.get("max_pages") or 100, max_items=paging.get("max_items", 0), rule=rule
    )


def _rule(paging: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a rule by their names in the protos; None where one that may be unset is."""
    given = paging.get("rule", {})
    return {
        each.name: given.get(each.own or each.name, None if each.optional else "")
        for each in PAGE_RULE.fields
    }
