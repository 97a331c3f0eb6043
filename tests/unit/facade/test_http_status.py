"""contract.md section 4: the HTTP status of every fault."""

import pytest

from facade.errors.fault import Code, Details, Fault
from facade.errors.http import http_status
from facade.errors.kinds import KINDS

CODES = {
    Code.CANCELLED: 499,
    Code.UNKNOWN: 500,
    Code.INVALID_ARGUMENT: 400,
    Code.DEADLINE_EXCEEDED: 504,
    Code.NOT_FOUND: 404,
    Code.ALREADY_EXISTS: 409,
    Code.PERMISSION_DENIED: 403,
    Code.RESOURCE_EXHAUSTED: 429,
    Code.FAILED_PRECONDITION: 400,
    Code.ABORTED: 409,
    Code.OUT_OF_RANGE: 400,
    Code.UNIMPLEMENTED: 501,
    Code.INTERNAL: 500,
    Code.UNAVAILABLE: 503,
    Code.UNAUTHENTICATED: 401,
}

REASONS = {
    "BACKEND_BAD_RESPONSE": 502,
    "BACKEND_ERROR": 502,
    "BACKEND_REDIRECT": 502,
    "EXPRESSION_EXHAUSTED": 422,
    "HAS_CHILDREN": 409,
    "HOP_UNTRUSTED": 401,
    "MESSAGE_LATE": 408,
    "MISDIRECTED": 421,
    "REMOVAL_FAILED": 500,
    "REQUEST_TOO_LARGE": 413,
    "RESPONSE_TOO_LARGE": 502,
    "STORE_FULL": 507,
}


OWED = {"INTERNAL_ERROR": "a bug of ours", "REMOVAL_FAILED": "seed 004, C-9"}
"""What 500 stands for, and who says so."""


class Plain(Fault):
    """A reason that HTTP has no word of its own for."""

    code = Code.UNKNOWN
    reason = "PLAIN"


@pytest.mark.parametrize(("code", "status"), CODES.items(), ids=str)
def test_each_code_has_its_status(code: Code, status: int) -> None:
    assert http_status(Plain("x", code=code)) == status


def test_every_code_has_one() -> None:
    assert set(CODES) == set(Code) - {Code.OK}


@pytest.mark.parametrize(("reason", "status"), REASONS.items())
@pytest.mark.parametrize("code", [None, *CODES], ids=str)
def test_a_reason_that_has_a_status_has_it_whatever_the_code(
    reason: str, status: int, code: Code | None
) -> None:
    assert http_status(KINDS[reason]("x", code=code)) == status


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_c09_500_is_a_bug_of_ours_or_a_removal_that_failed(kind: type[Fault]) -> None:
    assert (http_status(kind("x")) == 500) is (kind.reason in OWED)
    assert http_status(kind("x")) == REASONS.get(kind.reason, CODES[kind.code])


@pytest.mark.parametrize(("field", "status"), [("allow", 405), ("accept", 415)])
def test_an_answer_that_says_what_would_do_has_the_status_for_it(field: str, status: int) -> None:
    fault = Plain("x", code=Code.NOT_FOUND, details=Details(headers={field: "GET"}))
    assert http_status(fault) == status
