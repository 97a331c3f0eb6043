"""What a facade writes on its answers, and what a gateway reads from it."""

import pytest

from facade.errors.backend import BackendUnreachable
from facade.errors.fault import Details
from facade.hop.mark import hop_of, of_fault, of_reply, origin_of, unmarked
from facade.model.call import Attempt, CacheStatus, Exchange, Headers, Hop, Reply

REPLY = Reply(status=200, headers=(("x-own", "1"),), body=b"{}")

EXCHANGE = Exchange(
    method="",
    uri="",
    request_headers=(),
    reply=REPLY,
    attempts=(Attempt(status=503, seconds=0.5, reason="X"), Attempt(status=200, seconds=0.25)),
    trace_id="0af7",
    cache=CacheStatus.REVALIDATED,
    age=1.5,
)

TOLD = {"ratelimit": '"d";r=1;t=2', "ratelimit-policy": '"d";q=5;w=60', "retry-after": "3"}


def test_an_answer_of_the_backends_tells_how_it_came() -> None:
    marks = of_reply(EXCHANGE, TOLD, 1.0, to_gateway=True)
    assert dict(marks) == {
        "portico-origin": "backend",
        "portico-attempts": "2",
        "portico-cache": "revalidated",
        "portico-age": "1.500",
        "portico-outcome": "EXECUTED",
        "portico-trace": "0af7",
        "portico-timing": "total;dur=1000.0, backend;dur=750.0",
        "portico-ratelimit": '"d";r=1;t=2',
        "portico-ratelimit-policy": '"d";q=5;w=60',
    }
    assert origin_of(marks) == "backend"
    assert hop_of(marks) == Hop(
        attempts=2,
        cache=CacheStatus.REVALIDATED,
        age=1.5,
        seconds=1.0,
        backend_seconds=0.75,
        headers={name: TOLD[name] for name in ("ratelimit", "ratelimit-policy")},
    )


def test_the_tries_are_those_of_the_last_facade() -> None:
    beyond = Reply(status=200, headers=(), body=b"", hop=Hop(attempts=3))
    exchange = Exchange(method="", uri="", request_headers=(), reply=beyond)
    assert dict(of_reply(exchange, {}, 0.0, to_gateway=False))["portico-attempts"] == "3"


def test_a_fault_tells_its_reason_and_outcome() -> None:
    fault = BackendUnreachable("no", details=Details(facts={"attempts": "2"}, headers=TOLD))
    marks = dict(of_fault(fault, "0af7", 0.002))
    assert marks == {
        "portico-origin": "facade",
        "portico-attempts": "2",
        "portico-outcome": "NOT_EXECUTED",
        "portico-reason": "BACKEND_UNREACHABLE",
        "portico-trace": "0af7",
        "portico-timing": "total;dur=2.0",
        "portico-ratelimit": '"d";r=1;t=2',
        "portico-ratelimit-policy": '"d";q=5;w=60',
    }


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (("portico-attempts", "many"), ("portico-cache", "lukewarm"), ("portico-age", "-1")),
        (("portico-timing", "x"), ("portico-of-a-later-release", "1")),
        (("portico-attempts", "9" * 5000),),
    ],
)
def test_c05_what_is_missing_or_not_understood_says_nothing(headers: Headers) -> None:
    assert hop_of(headers) == Hop()


def test_what_only_a_hop_has_goes_no_further() -> None:
    headers = (("x-own", "1"), ("portico-of-a-later-release", "1"), ("portico-origin", "backend"))
    assert unmarked(headers) == (("x-own", "1"),)
    assert origin_of((("x-own", "1"),)) == ""
