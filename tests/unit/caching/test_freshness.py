"""Age and freshness, by the arithmetic of RFC 9111 section 4.2."""

import pytest

from facade.caching.dates import format_date
from facade.caching.directives import response_directives
from facade.caching.freshness import Times, explicit_lifetime, heuristic_lifetime, made_at

NOW = 1_790_000_000.0


def at(seconds: float) -> str:
    return format_date(NOW + seconds)


@pytest.mark.parametrize(
    ("fields", "age"),
    [
        ({}, 2.0),
        ({"age": "30"}, 32.0),
        ({"date": at(-10)}, 10.0),
        ({"date": at(-10), "age": "30"}, 32.0),
        ({"date": at(-90), "age": "30"}, 90.0),
        ({"date": at(3600)}, 2.0),
        ({"date": "yesterday"}, 2.0),
        ({"age": "-1"}, 2.0**31 + 2),
        ({"age": "1.5"}, 2.0**31 + 2),
        ({"age": "0, 0"}, 2.0**31 + 2),
        ({"age": "9" * 400}, 2.0**31 + 2),
    ],
    ids=str,
)
def test_an_answer_is_as_old_as_the_oldest_account_of_it(
    fields: dict[str, str], age: float
) -> None:
    assert NOW - made_at(fields, Times(NOW - 2, NOW)) == age


@pytest.mark.parametrize(
    ("fields", "lifetime"),
    [
        ({}, None),
        ({"cache-control": "max-age=60"}, 60.0),
        ({"cache-control": "max-age=60, s-maxage=5"}, 5.0),
        ({"cache-control": "max-age=60", "expires": at(5)}, 60.0),
        ({"cache-control": "max-age=x", "expires": at(5)}, 0.0),
        ({"expires": at(5)}, 5.0),
        ({"expires": at(5), "date": at(-5)}, 10.0),
        ({"expires": at(5), "date": at(10)}, 0.0),
        ({"expires": at(5), "date": "x"}, 5.0),
        ({"expires": "0"}, 0.0),
        ({"expires": f"{at(5)}, {at(6)}"}, 0.0),
        ({"expires": at(5), "cdn-cache-control": "public"}, None),
    ],
    ids=str,
)
def test_the_most_telling_word_says_how_long_an_answer_is_fresh(
    fields: dict[str, str], lifetime: float | None
) -> None:
    said, targeted = response_directives(fields)
    found = explicit_lifetime(fields, said, targeted=targeted)
    assert (None if found is None else found.of(fields, NOW)) == lifetime


@pytest.mark.parametrize(
    ("fields", "lifetime"),
    [
        ({}, None),
        ({"last-modified": "x"}, None),
        ({"last-modified": at(-100)}, 10.0),
        ({"last-modified": at(-100), "date": at(-50)}, 5.0),
        ({"last-modified": at(100)}, 0.0),
        ({"last-modified": at(-(10**8))}, 86400.0),
    ],
    ids=str,
)
def test_an_answer_that_long_did_not_change_is_taken_for_fresh_for_a_tenth_of_that(
    fields: dict[str, str], lifetime: float | None
) -> None:
    assert heuristic_lifetime(fields, NOW) == lifetime
