"""Cache directives, exactly as they may be written."""

import pytest

from facade.caching.directives import parse_directives, response_directives


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("max-age=60", 60.0),
        ("MaX-aGe=60, public", 60.0),
        ('max-age="60"', 60.0),
        ("max-age=0060", 60.0),
        ("public,,max-age=60 , x", 60.0),
        ('x="max-age=1, y", max-age=60', 60.0),
        (r'x="a\"max-age=1", max-age=60', 60.0),
        ("max-age=60, max-age=60", 60.0),
        ("max-age=99999999999999999999999999", 2.0**31),
        ("x", None),
        ("", None),
        ("x-max-age=60", None),
        ("max-age=60, max-age=61", 0.0),
        ("max-age", 0.0),
        ("max-age=", 0.0),
        ("max-age=-1", 0.0),
        ("max-age=1.5", 0.0),
        ("max-age='60'", 0.0),
        ("max-age =60", 0.0),
        ("max-age= 60", 0.0),
        ("max-age=60;x", 0.0),
        ('max-age="60', 0.0),
    ],
)
def test_a_time_that_cannot_be_read_is_none_at_all(text: str, seconds: float | None) -> None:
    assert parse_directives(text).seconds("max-age") == seconds


@pytest.mark.parametrize(
    ("text", "whole", "names"),
    [
        ("no-cache", True, set()),
        ('no-cache="Set-Cookie, X-A"', False, {"set-cookie", "x-a"}),
        ("no-cache=x-a", False, {"x-a"}),
        ('no-cache=""', True, set()),
        ('no-cache, no-cache="a"', True, {"a"}),
        ("public", False, set()),
    ],
)
def test_a_directive_may_be_of_some_fields_alone(
    text: str,
    whole: bool,  # noqa: FBT001 - a column of the table
    names: set[str],
) -> None:
    found = parse_directives(text)
    assert found.whole("no-cache") is whole
    assert found.names("no-cache") == names


@pytest.mark.parametrize(
    ("fields", "seconds", "targeted"),
    [
        ({"cache-control": "max-age=1"}, 1.0, False),
        ({"cache-control": "max-age=1", "cdn-cache-control": "max-age=2"}, 2.0, True),
        ({"cdn-cache-control": "max-age=2;a=1, foo", "surrogate-control": "no-store"}, 2.0, True),
        ({"cache-control": "max-age=1", "cdn-cache-control": ""}, 1.0, False),
        ({"cache-control": "max-age=1", "cdn-cache-control": "MAX-AGE=2"}, 1.0, False),
        ({"cache-control": "max-age=1", "cdn-cache-control": "max-age=2,"}, 1.0, False),
        ({"cache-control": "max-age=1", "cdn-cache-control": 'max-age="2"'}, 1.0, False),
        ({"cache-control": "max-age=1", "cdn-cache-control": "max-age=2.0"}, 1.0, False),
        ({"cache-control": "max-age=1", "surrogate-control": "MAX-AGE=2;us"}, 2.0, True),
    ],
    ids=str,
)
def test_a_field_for_such_caches_stands_in_place_of_cache_control(
    fields: dict[str, str],
    seconds: float,
    targeted: bool,  # noqa: FBT001 - a column of the table
) -> None:
    found, by_target = response_directives(fields)
    assert (found.seconds("max-age"), by_target) == (seconds, targeted)
