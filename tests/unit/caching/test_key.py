"""Which requests are the same."""

import pytest

from facade.caching.key import CanonicalTarget, canonical_target, telling_fields, told
from facade.model.action import Action, Location, Parameter, Style


@pytest.mark.parametrize(
    ("target", "place"),
    [
        ("/pets", CanonicalTarget("/pets", None)),
        ("/pets?", CanonicalTarget("/pets", "")),
        ("/pets?a=1&b=2", CanonicalTarget("/pets", "a=1&b=2")),
        ("/%70ets/%7e", CanonicalTarget("/pets/~", None)),
        ("/a%2fb?%2F", CanonicalTarget("/a%2Fb", "%2F")),
        ("/a?b=%c3%a9", CanonicalTarget("/a", "b=%C3%A9")),
        ("/a?b=1%26c=2", CanonicalTarget("/a", "b=1%26c=2")),
    ],
)
def test_only_what_every_server_takes_for_the_same_is_the_same(
    target: str, place: CanonicalTarget
) -> None:
    assert canonical_target(target) == place


@pytest.mark.parametrize(
    ("target", "query"),
    [
        ("/a?x=1&b=2&x=3", "b=2"),
        ("/a?b=2&%78=1", "b=2"),
        ("/a?x", None),
        ("/a?xx=1", "xx=1"),
    ],
)
def test_parameters_that_make_no_difference_are_left_out(target: str, query: str | None) -> None:
    assert canonical_target(target, ("x",)).query == query


def parameter(name: str, location: Location) -> Parameter:
    return Parameter(
        key=name, name=name, location=location, required=False, style=Style.SIMPLE, explode=False
    )


def test_i07_every_header_and_cookie_that_an_argument_fills_is_part_of_the_key() -> None:
    parameters = (
        parameter("X-Forwarded-Host", Location.HEADER),
        parameter("If-None-Match", Location.HEADER),
        parameter("page", Location.QUERY),
        parameter("session", Location.COOKIE),
    )
    action = Action(id="a", method="GET", path="/", pointer="", parameters=parameters)
    assert telling_fields(action) == ("accept", "cookie", "x-forwarded-host")


def test_no_two_requests_say_the_same_in_other_words() -> None:
    names = ("a", "b")
    assert told(names, {"a": "1", "b": "2", "c": "3"}) == "a: 1\nb: 2"
    assert told(names, {"b": "2"}) == "b: 2"
