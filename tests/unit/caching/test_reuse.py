"""What becomes of a request, given what is remembered."""

import pytest

from facade.caching.entry import EMPTY, Stored
from facade.caching.request import Request, request_of
from facade.caching.reuse import Forward, Refuse, Revalidate, Use, reuse, stands_in
from tests.fakes import a_plan

NOW = 1_790_000_000.0


def an_answer(age: float = 0.0, **fields: object) -> Stored:
    given: dict[str, object] = {"status": 200, "headers": (("etag", '"a"'),), "body": b""}
    given |= {"made": NOW - age, "until": NOW + 1000, "lifetime": 60.0}
    return Stored(**given | fields)  # type: ignore[arg-type]  # fields by name


def a_request(says: str = "") -> Request:
    return request_of(a_plan("http://a", headers=(("Cache-Control", says),) if says else ()))


def decided(stored: Stored, says: str) -> str:
    decision = reuse(EMPTY.holding(stored), a_request(says), NOW)
    if isinstance(decision, Use):
        return "refresh" if decision.refresh else "stale" if decision.stale else "use"
    return type(decision).__name__.lower()


@pytest.mark.parametrize(
    ("age", "says", "decision"),
    [
        (59, "", "use"),
        (60, "", "revalidate"),
        (0, "no-cache", "revalidate"),
        (0, "no-store", "revalidate"),
        (10, "max-age=10", "use"),
        (11, "max-age=10", "revalidate"),
        (0, "max-age=x", "use"),
        (1, "max-age=x", "revalidate"),
        (50, "min-fresh=10", "use"),
        (51, "min-fresh=10", "revalidate"),
        (70, "max-stale", "stale"),
        (70, "max-stale=10", "stale"),
        (71, "max-stale=10", "revalidate"),
        (70, "max-stale=x", "revalidate"),
        (70, "max-stale=10, min-fresh=1", "revalidate"),
        (70, "max-stale=10, max-age=69", "revalidate"),
        (59, "only-if-cached", "use"),
        (60, "only-if-cached", "refuse"),
        (59, "x", "use"),
    ],
)
def test_a_request_says_how_fresh_its_answer_must_be(age: float, says: str, decision: str) -> None:
    assert decided(an_answer(age), says) == decision


@pytest.mark.parametrize(
    ("age", "fields", "says", "decision"),
    [
        (70, {"stale_while_revalidate": 11.0}, "", "refresh"),
        (71, {"stale_while_revalidate": 11.0}, "", "revalidate"),
        (70, {"stale_while_revalidate": 11.0}, "no-cache", "revalidate"),
        (70, {"stale_if_error": 11.0}, "", "revalidate"),
        (70, {"revalidate": True}, "max-stale", "revalidate"),
        (70, {"headers": ()}, "", "forward"),
        (-30, {}, "", "use"),
    ],
)
def test_an_answer_says_how_stale_it_may_be(
    age: float, fields: dict[str, object], says: str, decision: str
) -> None:
    assert decided(an_answer(age, **fields), says) == decision


def test_nothing_remembered_is_fetched_or_refused() -> None:
    assert reuse(EMPTY, a_request(), NOW) == Forward()
    assert reuse(EMPTY, a_request("only-if-cached"), NOW) == Refuse()


def test_the_backend_is_asked_by_every_validator_there_is() -> None:
    both = (("etag", '"a"'), ("last-modified", "then"))
    stored = an_answer(60, headers=both)
    conditions = (("if-none-match", '"a"'), ("if-modified-since", "then"))
    expected = Revalidate(stored=stored, conditions=conditions)
    assert reuse(EMPTY.holding(stored), a_request(), NOW) == expected


@pytest.mark.parametrize(
    ("age", "fields", "says", "stands"),
    [
        (69, {"stale_if_error": 10.0}, "", True),
        (70, {"stale_if_error": 10.0}, "", False),
        (69, {}, "stale-if-error=10", True),
        (69, {"revalidate": True}, "stale-if-error=10", False),
        (69, {}, "", False),
    ],
)
def test_an_answer_stands_in_for_a_failing_backend_for_a_time(
    age: float,
    fields: dict[str, object],
    says: str,
    stands: bool,  # noqa: FBT001 - a column of the table
) -> None:
    assert stands_in(an_answer(age, **fields), a_request(says), NOW) is stands
