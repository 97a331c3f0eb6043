"""Mark: what a facade writes on each of its answers, and what a gateway reads from it."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from facade.errors.fault import Domain, Effect, Fault
from facade.hop.fields import read_count, read_seconds
from facade.model.call import CacheStatus, Exchange, Headers, Hop
from facade.model.field_names import HOP

ORIGIN = "portico-origin"
ATTEMPTS = "portico-attempts"
CACHE = "portico-cache"
AGE = "portico-age"
OUTCOME = "portico-outcome"
REASON = "portico-reason"
TRACE = "portico-trace"
TIMING = "portico-timing"
SERVER = "portico-server"

TOLD: Mapping[str, str] = MappingProxyType(
    {
        "portico-ratelimit": "ratelimit",
        "portico-ratelimit-policy": "ratelimit-policy",
        "portico-deprecation": "deprecation",
        "portico-sunset": "sunset",
        "portico-link": "link",
    }
)
"""What a face says before the answer, by the mark that it travels in."""

NOTICE = ("deprecation", "sunset", "link")
"""What is said of the version, where callers look for it."""

CACHES: Mapping[str, CacheStatus] = MappingProxyType({each.value: each for each in CacheStatus})

PLAIN = re.compile(r"[ -~]{1,1024}")
"""What a face can say before an answer: a line of ASCII that leaves room for others."""
DURATION = re.compile(r"([a-z]+);dur=([0-9]{1,9}(?:\.[0-9]{1,9})?)")


def of_reply(
    exchange: Exchange, told: Mapping[str, str], seconds: float, *, to_gateway: bool
) -> Headers:
    """The marks of an answer that is the backend's.

    `told` is what a face says before the answer, `seconds` how long the facade took. A gateway
    learns where the backend is, so that it understands the URLs in its answers.
    """
    reply, tries = exchange.reply, exchange.attempts
    beyond = reply.hop if reply is not None else None
    spent = sum([each.seconds for each in tries])
    marks = [
        (ORIGIN, Domain.BACKEND),
        (ATTEMPTS, str(beyond.attempts if beyond else len(tries))),
        (CACHE, exchange.cache),
        (OUTCOME, Effect.EXECUTED),
        (TIMING, f"total;dur={seconds * 1000:.1f}, backend;dur={spent * 1000:.1f}"),
    ]
    if to_gateway and exchange.server:
        marks.append((SERVER, exchange.server))
    if exchange.age is not None:
        marks.append((AGE, f"{exchange.age:.3f}"))
    if exchange.trace_id:
        marks.append((TRACE, exchange.trace_id))
    if told:
        marks += _told(told)
        if not to_gateway:
            marks += [(field, told[field]) for field in NOTICE if field in told]
    return tuple(marks)


def of_fault(fault: Fault, trace_id: str, seconds: float) -> Headers:
    """The marks of an answer that is ours and tells a fault."""
    return (
        (ORIGIN, Domain.FACADE),
        (ATTEMPTS, fault.details.facts.get("attempts", "0")),
        (OUTCOME, fault.effect),
        (REASON, fault.reason),
        (TIMING, f"total;dur={seconds * 1000:.1f}"),
        *(((TRACE, trace_id),) if trace_id else ()),
        *_told(fault.details.headers),
    )


def origin_of(headers: Headers) -> str:
    """Whose answer it is, `backend` or `facade`; anything else is no answer of a facade."""
    for name, value in headers:
        if name == ORIGIN:
            return value
    return ""


def hop_of(headers: Headers) -> Hop:
    """What the marks tell of a call, of whatever release; what is not understood says nothing."""
    said = dict(headers)
    attempts = read_count(said.get(ATTEMPTS, ""))
    spent = {name: float(text) / 1000 for name, text in DURATION.findall(said.get(TIMING, ""))}
    return Hop(
        attempts=1 if attempts is None else attempts,
        cache=CACHES.get(said.get(CACHE, ""), CacheStatus.BYPASS),
        age=read_seconds(said.get(AGE, "")),
        seconds=spent.get("total"),
        backend_seconds=spent.get("backend"),
        server=said.get(SERVER, ""),
        headers={
            field: said[mark]
            for mark, field in TOLD.items()
            if mark in said and PLAIN.fullmatch(said[mark])
        },
    )


def unmarked(headers: Headers) -> Headers:
    """The fields of a message without what only a hop has."""
    return tuple([each for each in headers if not each[0].startswith(HOP)])


def _told(told: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(mark, told[field]) for mark, field in TOLD.items() if field in told]
