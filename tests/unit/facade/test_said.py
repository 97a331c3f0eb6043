"""What an answer's fields say, found out once of equal heads."""

import pytest

from facade.model.said import HEADS, said_of

JSON = ("content-type", "application/json")


def test_the_lines_of_a_field_are_one() -> None:
    said = said_of((("vary", "accept"), JSON, ("vary", "cookie")))
    assert said.fields == {"vary": "accept, cookie", "content-type": "application/json"}


@pytest.mark.parametrize(
    ("lines", "types"),
    [
        ((), ()),
        ((" text/csv ",), ("text/csv",)),
        (("",), ("",)),
        (("text/csv; a=b", "Text/CSV;  a=b"), ("text/csv; a=b",)),
        (("text/csv", "text/html", "text/csv"), ("text/csv", "text/html")),
    ],
)
def test_content_types_that_say_the_same_are_one(
    lines: tuple[str, ...], types: tuple[str, ...]
) -> None:
    assert said_of(tuple(("content-type", each) for each in lines)).types == types


@pytest.mark.parametrize(
    ("name", "limits"),
    [("ratelimit", True), ("x-rate-limit-reset", True), ("retry-after", False), ("date", False)],
)
def test_a_field_of_a_rate_limit_is_seen(name: str, *, limits: bool) -> None:
    assert said_of((JSON, (name, "1"))).limits is limits


def test_equal_heads_are_read_once_and_those_of_long_ago_forgotten() -> None:
    said_of.cache_clear()
    first = said_of((JSON, ("x-request-id", "0")))
    assert said_of((("content-type", "application/json"), ("x-request-id", "0"))) is first
    for number in range(3 * HEADS):
        said_of((JSON, ("x-request-id", str(number + 1))))
    assert said_of.cache_info().currsize == HEADS
    assert said_of((JSON, ("x-request-id", "0"))) is not first
