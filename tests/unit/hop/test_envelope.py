"""A fault in the words of the HTTP face, and read again."""

import json
from typing import Any

import pytest

from facade.errors.backend import BackendRejected, BackendUnreachable
from facade.errors.caller import (
    ActionNotFound,
    ActionUnsupported,
    ConnectorNotFound,
    InvalidParameters,
    RouteNotFound,
    VersionNotFound,
)
from facade.errors.fault import Code, Details, Domain, Effect, Fault, Quota, Resource, Violation
from facade.errors.hop import FacadeUnavailable, HopUntrusted
from facade.errors.kinds import KINDS
from facade.errors.service import QuotaExceeded
from facade.hop.envelope import envelope, fault_of, problem
from facade.hop.mark import of_fault
from facade.model.call import Reply

WHOLE = Details(
    violations=(Violation(field="/a", description="is\nmissing"),),
    resource=Resource(type="gateway.v1/Action", name="a", suggestions=("b", "c")),
    retry_after=2.5,
    facts={"connector": "shop", "version": "v1", "action": "a", "attempts": "2", "traceId": "t"},
    quotas=(Quota(subject="connector:shop", description="5 a minute"),),
    headers={"ratelimit": '"d";r=0;t=2'},
    excerpt="said",
)


def reply(body: bytes, fault: Fault | None = None) -> Reply:
    marks = of_fault(fault, "t", 0.1) if fault else (("portico-origin", "facade"),)
    return Reply(status=500, headers=marks, body=body)


def told(**members: Any) -> Fault:
    """What is read from an envelope of these members."""
    return fault_of(reply(json.dumps({"error": members}).encode()))


def test_an_envelope_tells_everything_that_there_is_to_tell() -> None:
    said = json.loads(envelope(QuotaExceeded("too\r\nmany", details=WHOLE), "0af7"))
    assert said == {
        "error": {
            "code": "429",
            "description": "too many",
            "reason": "QUOTA_EXCEEDED",
            "status": "RESOURCE_EXHAUSTED",
            "domain": "facade",
            "outcome": "NOT_EXECUTED",
            "trace_id": "0af7",
            "violations": [{"field": "/a", "description": "is missing"}],
            "retry_after": 2.5,
            "resource": {"type": "gateway.v1/Action", "name": "a", "suggestions": ["b", "c"]},
            "quotas": [{"subject": "connector:shop", "description": "5 a minute"}],
            "facts": {"connector": "shop", "version": "v1", "action": "a", "attempts": "2"},
            "excerpt": "said",
            "help": "docs/errors.md#quota_exceeded",
        }
    }


def test_what_is_empty_is_absent() -> None:
    assert json.loads(envelope(BackendUnreachable("gone"), "")) == {
        "error": {
            "code": "503",
            "description": "gone",
            "reason": "BACKEND_UNREACHABLE",
            "status": "UNAVAILABLE",
            "domain": "backend",
            "outcome": "NOT_EXECUTED",
            "help": "docs/errors.md#backend_unreachable",
        }
    }


def test_a_problem_has_the_members_of_rfc_9457_and_the_same_beside_them() -> None:
    said = json.loads(problem(QuotaExceeded("too many", details=WHOLE), "0af7"))
    same = json.loads(envelope(QuotaExceeded("too many", details=WHOLE), "0af7"))["error"]
    del same["description"], same["status"]
    assert said == {"title": "Too Many Requests", "status": 429, "detail": "too many", **same}


def test_a_problem_of_a_status_that_no_rfc_names_has_a_title_too() -> None:
    cancelled = BackendRejected("gone", code=Code.CANCELLED)
    assert json.loads(problem(cancelled, ""))["title"] == "Client Closed Request"


@pytest.mark.parametrize("text", ["\ud800", "x" * 5000, "ü" * 5000, "\x00\x1b[31m"])
def test_a30_a_text_is_one_line_of_at_most_a_kibibyte(text: str) -> None:
    violations = (Violation(field=text, description=text),) * 200
    fault = BackendRejected(text, details=Details(violations=violations, excerpt=text))
    said = json.loads(envelope(fault, ""))["error"]
    assert len(said.get("description", "").encode()) <= 1024
    assert len(said["violations"]) == 100


ROUTES = (ConnectorNotFound, VersionNotFound, ActionNotFound, ActionUnsupported, RouteNotFound)

SAME = [kind for kind in KINDS.values() if kind not in ROUTES]


@pytest.mark.parametrize("kind", SAME, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("effect", Effect)
def test_every_fault_is_read_as_it_was_told(kind: type[Fault], effect: Effect) -> None:
    fault = kind("words", details=WHOLE, effect=effect)
    read = fault_of(reply(envelope(fault, "t"), fault))
    assert type(read) is kind
    assert (read.message, read.status, read.reason) == ("words", kind.code, kind.reason)
    assert read.effect is effect
    assert read.domain is (Domain.BACKEND if kind.domain is Domain.BACKEND else Domain.FACADE)
    assert read.relayed
    assert read.details == Details(
        violations=(Violation(field="/a", description="is missing"),),
        resource=WHOLE.resource,
        retry_after=2.5,
        facts={"attempts": "2"},
        quotas=WHOLE.quotas,
        headers=WHOLE.headers,
        excerpt="said",
    )


def test_a_code_that_is_not_the_reasons_own_stays() -> None:
    fault = BackendRejected("no", code=Code.OUT_OF_RANGE)
    assert fault_of(reply(envelope(fault, ""), fault)).status is Code.OUT_OF_RANGE


@pytest.mark.parametrize("kind", ROUTES, ids=lambda kind: kind.__name__)
def test_c04_what_the_facade_does_not_serve_is_no_word_of_the_backends(kind: type[Fault]) -> None:
    fault = kind("connectors/shop has no version `v9`")
    read = fault_of(reply(envelope(fault, ""), fault))
    assert type(read) is FacadeUnavailable
    assert read.effect is Effect.NOT_EXECUTED
    assert read.relayed
    assert read.message == (
        "the facade has no route for the call: connectors/shop has no version `v9`"
    )


def test_c05_a_reason_that_is_not_known_here_is_passed_on() -> None:
    read = told(reason="SUN_SPOTS", status="ABORTED", description="x", outcome="EXECUTED", new=[1])
    assert (read.reason, read.status, read.message) == ("SUN_SPOTS", Code.ABORTED, "x")
    assert (read.domain, read.effect, read.relayed) == (Domain.FACADE, Effect.EXECUTED, True)


def test_c05_a_code_or_an_outcome_that_is_not_known_is_unknown() -> None:
    read = told(reason="SUN_SPOTS", status="DIZZY", outcome="PERHAPS")
    assert (read.status, read.effect) == (Code.UNKNOWN, Effect.UNKNOWN)
    assert told(reason="HAS_CHILDREN").status is Code.FAILED_PRECONDITION


def test_c05_facts_that_are_no_texts_are_left_out() -> None:
    assert told(reason="OVERLOADED", facts={"a": {"b": 1}, "c": "d"}).details.facts == {
        "attempts": "1",
        "c": "d",
    }


def test_who_is_not_trusted_hears_it_in_the_facades_words() -> None:
    fault = HopUntrusted("the hop's signature is that of another request")
    read = fault_of(reply(envelope(fault, ""), fault))
    assert (type(read), read.domain, read.message) == (HopUntrusted, Domain.FACADE, fault.message)


def test_an_answer_without_a_body_is_read_by_its_marks() -> None:
    fault = QuotaExceeded("x", details=WHOLE)
    read = fault_of(
        Reply(status=429, headers=(*of_fault(fault, "", 0), ("retry-after", "3")), body=b"")
    )
    assert type(read) is QuotaExceeded
    assert read.effect is Effect.NOT_EXECUTED
    assert read.details.retry_after == 3.0
    assert read.details.headers == WHOLE.headers
    assert read.message == QuotaExceeded.cause


CUT = envelope(InvalidParameters("x", details=WHOLE), "")[:-5]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        CUT,
        b"<html>",
        b"[]",
        b'{"error": 1}',
        b'{"error": {"reason": "not a reason"}}',
        b'{"error": {}}',
        b'{"error": {"reason": "OVERLOADED", "retry_after": -1}}',
        b"[" * 100_000,
        b'{"error": {"reason": "\xff"}}',
    ],
)
def test_c11_an_envelope_that_cannot_be_read_leaves_it_open_what_happened(body: bytes) -> None:
    read = fault_of(reply(body))
    assert type(read) is FacadeUnavailable
    assert read.effect is Effect.UNKNOWN
    assert not read.relayed
