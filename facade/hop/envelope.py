"""Envelope: a fault as the HTTP face tells it, and the fault that a gateway reads out of it."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Annotated, Any

import msgspec

from facade.errors.caller import (
    ActionNotFound,
    ActionUnsupported,
    ConnectorNotFound,
    RouteNotFound,
    VersionNotFound,
)
from facade.errors.fault import (
    HELP,
    Code,
    Details,
    Domain,
    Effect,
    Fault,
    Quota,
    Resource,
    Violation,
)
from facade.errors.hop import FacadeUnavailable, Foreign
from facade.errors.http import http_status
from facade.errors.kinds import KINDS
from facade.hop.mark import OUTCOME, REASON, hop_of
from facade.model.call import Hop, Reply
from facade.model.retry_after import retry_after_of
from facade.transcode.redact import one_line

MESSAGE = 1024
"""Bytes of a message."""
TEXT = 512
"""Bytes of any other text but the excerpt."""
VIOLATIONS = 100
"""So many are told, and read."""
FACT = 200
"""Bytes of a fact that is read."""
FACTS = 512
"""Bytes of all facts that are read: no facade may crowd out what is known here."""

ROUTES = (ConnectorNotFound, VersionNotFound, ActionNotFound, ActionUnsupported, RouteNotFound)
"""What a facade tells that does not serve what a gateway takes it to."""

URL = 2048
"""Bytes of a fact that is a URL; one that is cut leads nowhere, so a longer one is not told."""
URLS = frozenset({"authorizationUrl"})
"""Facts that are URLs; they have their own room."""

OWN = frozenset({"connector", "version", "action", "attempts", "traceId"})
"""Facts in which each side has its own names, or that a mark tells."""

NAME = re.compile(r"[A-Z][A-Z0-9_]{0,62}")
FACT_NAME = re.compile(r"[a-z][A-Za-z0-9_-]{0,63}")


class Members(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What both forms of an error tell of a fault; what is empty is absent."""

    code: str = ""
    """The HTTP status, as a text."""
    reason: str = ""
    domain: str = ""
    outcome: str = ""
    trace_id: str = ""
    violations: tuple[Violation, ...] = ()
    retry_after: Annotated[float, msgspec.Meta(ge=0, le=1e9)] | None = None
    """Seconds."""
    resource: Resource | None = None
    quotas: tuple[Quota, ...] = ()
    facts: dict[str, Any] = {}
    excerpt: str = ""
    help: str = ""


class Told(Members, frozen=True, omit_defaults=True, kw_only=True):
    """The members of `error`."""

    description: str = ""
    status: str = ""
    """The name of the canonical code."""


class Envelope(msgspec.Struct, frozen=True):
    """The body of an error."""

    error: Told


class Problem(Members, frozen=True, omit_defaults=True, kw_only=True):
    """The same as application/problem+json (RFC 9457)."""

    title: str
    """The status in words, as its type is `about:blank` (section 4.2.1)."""
    status: int
    detail: str


READER = msgspec.json.Decoder(Envelope)


def envelope(fault: Fault, trace_id: str) -> bytes:
    """A fault as the body of an answer, in JSON."""
    told = Told(
        description=one_line(fault.message, MESSAGE),
        status=fault.status.name,
        **_members(fault, trace_id),
    )
    return msgspec.json.encode(Envelope(error=told))


def problem(fault: Fault, trace_id: str) -> bytes:
    """A fault as application/problem+json."""
    status = http_status(fault)
    told = Problem(
        title=_phrase(status),
        status=status,
        detail=one_line(fault.message, MESSAGE),
        **_members(fault, trace_id),
    )
    return msgspec.json.encode(told)


def fault_of(reply: Reply) -> Fault:
    """The fault that a facade tells, in an answer with its mark; of whatever release.

    What says that the facade has no such route is no word of the backend's: FacadeUnavailable. So
    is an answer that cannot be read. An answer without a body (HEAD) is read by its marks alone.
    """
    told = _read(reply)
    if told is None or not NAME.fullmatch(told.reason):
        return FacadeUnavailable("the facade's answer cannot be read", effect=Effect.UNKNOWN)
    fault = _made(told, reply)
    fault.relayed = True
    return fault


def _members(fault: Fault, trace_id: str) -> dict[str, Any]:
    details = fault.details
    return {
        "code": str(http_status(fault)),
        "reason": fault.reason,
        "domain": _domain(fault.domain.value).value,
        "outcome": fault.effect.value,
        "trace_id": trace_id,
        "violations": tuple(
            Violation(
                field=one_line(each.field, TEXT), description=one_line(each.description, TEXT)
            )
            for each in details.violations[:VIOLATIONS]
        ),
        "retry_after": details.retry_after,
        "resource": details.resource,
        "quotas": details.quotas,
        "facts": {
            key: one_line(value, URL if key in URLS else TEXT)
            for key, value in details.facts.items()
            if key != "traceId" and (key not in URLS or len(value) <= URL)
        },
        "excerpt": one_line(details.excerpt, MESSAGE),
        "help": HELP + fault.reason.lower(),
    }


def _domain(said: str) -> Domain:
    """Who speaks, seen from beyond the HTTP face: the backend, or the facade itself."""
    return Domain.BACKEND if said == Domain.BACKEND.value else Domain.FACADE


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Client Closed Request"  # 499 stands in no RFC


def _read(reply: Reply) -> Told | None:
    """What an answer tells; None where it is not whole, or is something else."""
    if not reply.body:
        said = reply.header(REASON)
        return None if said is None else _by_marks(said, reply)
    try:
        return READER.decode(reply.body).error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _by_marks(reason: str, reply: Reply) -> Told:
    kind = KINDS.get(reason, Foreign)
    return Told(
        description=kind.cause,
        reason=reason,
        status=kind.code.name,
        domain=kind.domain.value,
        outcome=reply.header(OUTCOME) or "",
        retry_after=retry_after_of(reply),
    )


def _made(told: Told, reply: Reply) -> Fault:
    kind, details = KINDS.get(told.reason), _details(told, hop_of(reply.headers))
    text = one_line(told.description, MESSAGE) or (kind or Foreign).cause
    if kind in ROUTES:
        return FacadeUnavailable(f"the facade has no route for the call: {text}", details=details)
    code = Code.__members__.get(told.status)
    fault: Fault
    if kind is None:
        code = Code.UNKNOWN if code is None else code
        fault = Foreign(told.reason, text, details=details, code=code)
    else:
        fault = kind(text, details=details, code=code)
    fault.domain = _domain(told.domain)
    fault.effect = Effect(told.outcome) if told.outcome in set(Effect) else Effect.UNKNOWN
    return fault


def _details(told: Told, hop: Hop) -> Details:
    return Details(
        violations=told.violations[:VIOLATIONS],
        resource=told.resource,
        retry_after=told.retry_after,
        facts={"attempts": str(hop.attempts), **dict(_facts(told))},
        quotas=told.quotas,
        headers=hop.headers,
        excerpt=told.excerpt,
    )


def _facts(told: Told) -> Iterator[tuple[str, str]]:
    """The facts that are taken over: texts with names that are names, as long as there is room."""
    room = FACTS
    for name, value in told.facts.items():
        if name in OWN or not isinstance(value, str) or not FACT_NAME.fullmatch(name):
            continue
        if name in URLS:
            if value == one_line(value, URL):
                yield name, value
            continue
        line = one_line(value, FACT)
        room -= len(name) + len(line.encode())
        if room < 0:
            return
        yield name, line
