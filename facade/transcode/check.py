"""Reply, or the Fault that its status or an error rule stands for."""

import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any
from urllib.parse import urljoin, urlsplit

from facade.errors.backend import (
    BackendAuthFailed,
    BackendCancelled,
    BackendConflict,
    BackendError,
    BackendFault,
    BackendForbidden,
    BackendMethod,
    BackendNotFound,
    BackendRateLimited,
    BackendRedirect,
    BackendRejected,
    BackendTimeout,
    BackendUnavailable,
)
from facade.errors.fault import Code, Details, Effect, Fault
from facade.model.call import Plan, Reply
from facade.model.policy import ErrorRule, Policy
from facade.model.retry_after import retry_after_of
from facade.transcode.complaint import complaint_of, document_of, phrase_of, text_at
from facade.transcode.redact import excerpt, shown

Row = tuple[type[BackendFault], Code]

SUCCESSES = frozenset({*range(200, 300), 304})
"""Statuses of success where the version names none. 304 is no redirect, but the answer to a
condition that the caller set (RFC 9110 section 15.4.5)."""

REJECTED: Row = (BackendRejected, Code.INVALID_ARGUMENT)
REFUSED: Row = (BackendRejected, Code.FAILED_PRECONDITION)
FORBIDDEN: Row = (BackendForbidden, Code.PERMISSION_DENIED)
NOT_FOUND: Row = (BackendNotFound, Code.NOT_FOUND)
METHOD: Row = (BackendMethod, Code.UNIMPLEMENTED)
TIMEOUT: Row = (BackendTimeout, Code.DEADLINE_EXCEEDED)
UNAVAILABLE: Row = (BackendUnavailable, Code.UNAVAILABLE)
LIMITED: Row = (BackendRateLimited, Code.RESOURCE_EXHAUSTED)
ERROR: Row = (BackendError, Code.UNKNOWN)
REDIRECT: Row = (BackendRedirect, Code.FAILED_PRECONDITION)

STATUSES: Mapping[int, Row] = MappingProxyType(
    {
        400: REJECTED,
        401: (BackendAuthFailed, Code.UNAUTHENTICATED),
        402: REFUSED,
        403: FORBIDDEN,
        404: NOT_FOUND,
        405: METHOD,
        406: REJECTED,
        408: TIMEOUT,
        409: (BackendConflict, Code.ABORTED),
        410: NOT_FOUND,
        411: REJECTED,
        412: REFUSED,
        413: REJECTED,
        414: REJECTED,
        415: REJECTED,
        416: (BackendRejected, Code.OUT_OF_RANGE),
        417: REFUSED,
        421: REFUSED,
        422: REJECTED,
        423: REFUSED,
        424: REFUSED,
        425: UNAVAILABLE,
        426: REFUSED,
        428: REFUSED,
        429: LIMITED,
        431: REJECTED,
        451: FORBIDDEN,
        499: (BackendCancelled, Code.CANCELLED),
        500: ERROR,
        501: METHOD,
        502: UNAVAILABLE,
        503: UNAVAILABLE,
        504: TIMEOUT,
        507: LIMITED,
        509: LIMITED,
    }
)
"""The table of contract.md section 3: a status, its fault and its code."""

CLASSES: Mapping[int, Row] = MappingProxyType({3: REDIRECT, 4: REFUSED})
"""The statuses that the table does not name, by their first digit; any other is an ERROR."""

CODES: Mapping[Code, Row] = MappingProxyType(
    {
        Code.CANCELLED: (BackendCancelled, Code.CANCELLED),
        Code.UNKNOWN: ERROR,
        Code.INVALID_ARGUMENT: REJECTED,
        Code.DEADLINE_EXCEEDED: TIMEOUT,
        Code.NOT_FOUND: NOT_FOUND,
        Code.ALREADY_EXISTS: (BackendConflict, Code.ALREADY_EXISTS),
        Code.PERMISSION_DENIED: FORBIDDEN,
        Code.RESOURCE_EXHAUSTED: LIMITED,
        Code.FAILED_PRECONDITION: REFUSED,
        Code.ABORTED: (BackendConflict, Code.ABORTED),
        Code.OUT_OF_RANGE: (BackendRejected, Code.OUT_OF_RANGE),
        Code.UNIMPLEMENTED: METHOD,
        Code.INTERNAL: ERROR,
        Code.UNAVAILABLE: UNAVAILABLE,
        Code.UNAUTHENTICATED: (BackendAuthFailed, Code.UNAUTHENTICATED),
    }
)
"""The fault that an error rule's code names; INTERNAL is for bugs of our own."""

MESSAGE = 512
"""Bytes of a message."""


def _location(plan: Plan, reply: Reply) -> str:
    """Where a redirect points: origin and path alone, since the rest may hold a secret."""
    said = reply.header("location")
    if said is None:
        return ""
    try:
        parts = urlsplit(urljoin(plan.uri, said.strip()))
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    host = parts.hostname or ""
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}{port}{parts.path}"


def _row(status: int) -> Row:
    return STATUSES.get(status) or CLASSES.get(status // 100, ERROR)


def stands_for(fault: Fault, status: int, policy: Policy) -> bool:
    """Whether a fault is what a status alone stands for, not what came with it or did not."""
    return fails(status, policy) and type(fault) is _row(status)[0]


def fails(status: int, policy: Policy) -> bool:
    """Whether a status is a failure for a version that has no rule for it."""
    return status not in (policy.success_statuses or SUCCESSES)


def _applies(rule: ErrorRule, reply: Reply, document: Any, *, succeeded: bool) -> bool:
    """Whether a rule speaks of the reply; one without status and pointer, of failures alone."""
    if rule.status and rule.status != reply.status:
        return False
    if not rule.pointer:
        return bool(rule.status) or not succeeded
    found = text_at(document, rule.pointer)
    return found is not None and rule.equals in ("", found)


def _matching(plan: Plan, reply: Reply, document: Any, *, succeeded: bool) -> ErrorRule | None:
    rules = plan.version.policy.error_rules
    return next(
        (rule for rule in rules if _applies(rule, reply, document, succeeded=succeeded)), None
    )


def _message(plan: Plan, reply: Reply, document: Any, rule: ErrorRule | None) -> str:
    """The rule's text, a redirect's goal, or the backend's words."""
    if rule is not None and rule.message_pointer:
        text = text_at(document, rule.message_pointer)
        if text:
            return text
    if rule is None and _row(reply.status) is REDIRECT:
        goal = _location(plan, reply)
        return f"redirects to {goal}, which is not followed" if goal else phrase_of(reply.status)
    return complaint_of(reply, document)


def check(
    plan: Plan,
    reply: Reply,
    secrets: Sequence[str] = (),
    *,
    now: Callable[[], float] = time.time,
) -> None:
    """Returns where the call succeeded, else raises the fault of the error rule or the status.

    A rule of code OK makes a success of its reply. Message and excerpt are the backend's own
    words with `secrets` masked; `now` gives seconds since the epoch.
    """
    policy = plan.version.policy
    succeeded = not fails(reply.status, policy)
    if succeeded and not policy.error_rules:
        return
    document = document_of(reply)
    rule = _matching(plan, reply, document, succeeded=succeeded)
    if (rule is None and succeeded) or (rule is not None and rule.code is Code.OK):
        return
    fault, code = CODES[rule.code] if rule else _row(reply.status)
    message = shown(_message(plan, reply, document, rule), secrets, MESSAGE)
    found = fault(
        message or phrase_of(reply.status),
        code=code,
        effect=Effect.EXECUTED,
        details=Details(
            retry_after=retry_after_of(reply, now) if fault.retryable else None,
            facts={"httpStatus": str(reply.status)},
            excerpt=excerpt(reply.body, secrets),
        ),
    )
    found.relayed = reply.hop is not None
    raise found
