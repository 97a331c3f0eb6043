"""What every face grants a call, and what it says before the call's answer."""

from collections.abc import Iterable, Mapping

from msgspec import structs

from facade.errors.caller import InvalidRequest
from facade.errors.fault import Details, Violation
from facade.errors.service import DeadlineExceeded
from facade.model.access import Identity
from facade.model.call import NOBODY, CacheStatus, Call, Caller, Outcome
from facade.model.names import parse_connection, parse_subject

LONGEST = 300.0
"""Seconds that a call can be given at most."""

MARGIN = 0.01
"""Seconds of the caller's time that are kept for the answer: one that says what is known of the
backend is worth more to the caller than its own clock's word that time is up."""

LONGEST_ID = 128
"""Characters of a request_id."""

ID_RULE = f"at most {LONGEST_ID} visible ASCII characters"

CACHED = frozenset({CacheStatus.HIT, CacheStatus.STALE, CacheStatus.REVALIDATED})


def who_of(identity: Identity) -> dict[str, str]:
    """Who called, as lines of logs have it."""
    tenant = {"tenant": identity.tenant} if identity.tenant else {}
    return {**tenant, "caller": identity.name}


def in_words(who: Mapping[str, str]) -> str:
    """The same behind a line for people: ` tenant=acme caller=key:ci`."""
    return "".join(f" {key}={value}" for key, value in who.items())


def caller_of(tenant: str, connection: str, subject: str) -> Caller:
    """On whose behalf a call is made, by the names that it gives, if any.

    A subject stands for its connection too. Raises InvalidRequest for what is no name, and for a
    subject of another connection.
    """
    if subject:
        of = parse_subject(subject, "subject", tenant)
        if connection and parse_connection(connection, "connection", tenant) != of.parent:
            said = "is of another connection than the one that is named"
            violation = Violation(field="subject", description=said)
            raise InvalidRequest(f"subject: {said}", details=Details(violations=(violation,)))
        return Caller(tenant=tenant, connection=of.connection, subject=of.subject)
    if connection:
        name = parse_connection(connection, "connection", tenant)
        return Caller(tenant=tenant, connection=name.connection)
    return Caller(tenant=tenant) if tenant else NOBODY


def deadline_of(remaining: float | None) -> float | None:
    """The seconds that a call gets of those that its caller still has; None: no deadline.

    Raises DeadlineExceeded where there are none left.
    """
    if remaining is None:
        return None
    if remaining <= MARGIN:
        raise DeadlineExceeded("The deadline had passed, or nearly so, when the call arrived.")
    return min(remaining - MARGIN, LONGEST)


def unbounded(call: Call, remaining: float | None) -> Call:
    """The call with the caller's own deadline, which no limit of unary calls cuts short."""
    return call if remaining is None else structs.replace(call, deadline=remaining - MARGIN)


def is_request_id(text: str) -> bool:
    """Whether a text can be a request_id: see `ID_RULE`."""
    return len(text) <= LONGEST_ID and is_visible(text)


def is_visible(text: str) -> bool:
    """Whether a text is visible ASCII alone, as a header or a key may be."""
    return all("!" <= each <= "~" for each in text)


def http_status(outcome: Outcome) -> str:
    """The status that the backend answered, empty where it did not."""
    reply = outcome.exchange.reply
    return str(reply.status) if reply is not None else ""


def said_before(outcome: Outcome) -> dict[str, str]:
    """What goes before the answer: the status, where it comes from, what is left of limits.

    By lower-case name; empty values do not go.
    """
    exchange = outcome.exchange
    status = "" if exchange.reply is None else str(exchange.reply.status)
    said = {"x-http-status": status, "x-cache": str(exchange.cache)}
    if exchange.warnings:
        said["x-warnings"] = warning_count(outcome)
    if exchange.age is not None:
        said["age"] = str(int(exchange.age))
    if outcome.headers:
        said |= outcome.headers
    return said


def warning_count(outcome: Outcome) -> str:
    """How many warnings the exchange holds, empty where it holds none."""
    return str(len(outcome.exchange.warnings) or "")


def joined(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """By name; repeats joined by a comma (RFC 9110 section 5.3)."""
    found: dict[str, str] = {}
    for name, value in headers:
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def facts_of(name: str) -> dict[str, str]:
    """What a resource's name says of whom a call is about, for faults that do not say it better."""
    if not name.startswith("connectors/"):
        return {}
    parts = name.split("/", 5)
    ids = parts[1::2] if parts[4:5] in ([], ["actions"]) else parts[1:4:2]
    return dict(zip(("connector", "version", "action"), ids, strict=False))
