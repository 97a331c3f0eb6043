import pytest

from facade.errors.service import DeadlineExceeded
from facade.model.call import CacheStatus, Exchange, Outcome, Reply
from facade.model.face import (
    LONGEST,
    LONGEST_ID,
    MARGIN,
    deadline_of,
    facts_of,
    is_request_id,
    joined,
    said_before,
)


def test_a_call_gets_what_its_caller_has_but_for_the_time_of_the_answer() -> None:
    assert deadline_of(None) is None
    assert deadline_of(2.0) == 2.0 - MARGIN
    assert deadline_of(1e6) == LONGEST


@pytest.mark.parametrize("remaining", [MARGIN, 0.0, -1.0])
def test_a_call_that_comes_too_late_is_refused(remaining: float) -> None:
    with pytest.raises(DeadlineExceeded):
        deadline_of(remaining)


def test_a_request_id_is_visible_and_not_long() -> None:
    assert is_request_id("")
    assert is_request_id("x" * LONGEST_ID)
    assert not is_request_id("x" * (LONGEST_ID + 1))
    assert not any(map(is_request_id, ("a b", "é", "a\n")))


def test_what_goes_before_an_answer_is_what_is_known_of_it() -> None:
    reply = Reply(status=201, headers=(), body=b"")
    exchange = Exchange(
        method="",
        uri="",
        request_headers=(),
        reply=reply,
        cache=CacheStatus.HIT,
        age=2.9,
        warnings=("a", "b"),
    )
    assert said_before(Outcome(exchange=exchange, headers={"ratelimit": "r"})) == {
        "x-http-status": "201",
        "x-warnings": "2",
        "x-cache": "hit",
        "age": "2",
        "ratelimit": "r",
    }


def test_repeated_headers_are_joined() -> None:
    headers = (("a", "1"), ("b", "2"), ("a", "3"))
    assert joined(headers) == {"a": "1, 3", "b": "2"}


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("connectors/a", {"connector": "a"}),
        (
            "connectors/a/versions/b/actions/c/d",
            {"connector": "a", "version": "b", "action": "c/d"},
        ),
        ("secrets/a", {}),
        ("", {}),
    ],
)
def test_a_name_says_whom_a_call_is_about(name: str, facts: dict[str, str]) -> None:
    assert facts_of(name) == facts
