"""Answers out of what is remembered."""

import pytest

from facade.caching.answers import answer
from facade.caching.dates import format_date
from facade.caching.entry import Stored
from facade.caching.request import request_of
from tests.fakes import a_plan

NOW = 1_790_000_000.0
CHANGED = format_date(NOW - 100)
STORED = Stored(
    status=200,
    headers=(("etag", '"a"'), ("last-modified", CHANGED), ("date", format_date(NOW)), ("x", "y")),
    body=b"0123456789",
    made=NOW - 5,
    until=NOW + 100,
    lifetime=60.0,
)
WHOLE = (200, b"0123456789")
UNCHANGED = (304, b"")


def given(method: str = "GET", **fields: str) -> tuple[int, bytes]:
    headers = tuple((name.replace("_", "-"), value) for name, value in fields.items())
    reply = answer(STORED, request_of(a_plan("http://a", method=method, headers=headers)), NOW)
    assert reply.header("age") == "5"
    assert (reply.header("x") is None) == (reply.status == 304)
    return reply.status, reply.body


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, WHOLE),
        ({"if_none_match": '"a"'}, UNCHANGED),
        ({"if_none_match": 'W/"a"'}, UNCHANGED),
        ({"if_none_match": '"b" , "a"'}, UNCHANGED),
        ({"if_none_match": "*"}, UNCHANGED),
        ({"if_none_match": '"b"'}, WHOLE),
        ({"if_none_match": "a"}, WHOLE),
        ({"if_none_match": '"b"', "if_modified_since": CHANGED}, WHOLE),
        ({"if_modified_since": CHANGED}, UNCHANGED),
        ({"if_modified_since": format_date(NOW - 99)}, UNCHANGED),
        ({"if_modified_since": format_date(NOW - 101)}, WHOLE),
        ({"if_modified_since": "yesterday"}, WHOLE),
        ({"range": "bytes=0-1"}, (206, b"01")),
        ({"range": "bytes=8-"}, (206, b"89")),
        ({"range": "bytes=8-99"}, (206, b"89")),
        ({"range": "bytes=-3"}, (206, b"789")),
        ({"range": "bytes=-99"}, (206, b"0123456789")),
        ({"range": "bytes=0-1,3-4"}, WHOLE),
        ({"range": "bytes=10-"}, WHOLE),
        ({"range": "bytes=5-4"}, WHOLE),
        ({"range": "bytes=-0"}, WHOLE),
        ({"range": "lines=0-1"}, WHOLE),
        ({"range": "bytes=0-1", "if_range": '"a"'}, (206, b"01")),
        ({"range": "bytes=0-1", "if_range": '"b"'}, WHOLE),
        ({"range": "bytes=0-1", "if_range": 'W/"a"'}, WHOLE),
        ({"range": "bytes=0-1", "if_range": CHANGED}, (206, b"01")),
        ({"range": "bytes=0-1", "if_none_match": '"a"'}, UNCHANGED),
    ],
    ids=str,
)
def test_a_request_gets_no_more_than_it_asks_for(
    fields: dict[str, str], expected: tuple[int, bytes]
) -> None:
    assert given(**fields) == expected


def test_head_gets_no_body() -> None:
    assert given("HEAD") == (200, b"")
    assert given("HEAD", range="bytes=0-1") == (200, b"")


def test_a_part_says_which_it_is() -> None:
    plan = a_plan("http://a", headers=(("Range", "bytes=2-4"),))
    reply = answer(STORED, request_of(plan), NOW)
    assert reply.header("content-range") == "bytes 2-4/10"
    assert reply.header("content-length") == "3"
