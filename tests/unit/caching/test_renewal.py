"""What an answer of the backend changes in what is remembered."""

import pytest

from facade.caching.entry import EMPTY, Record, Stored
from facade.caching.freshness import Times
from facade.caching.renewal import Terms, is_for_all, renewed, revalidated
from facade.caching.request import request_of
from facade.model.call import CacheStatus, Headers, Reply
from facade.model.policy import Caching
from tests.fakes import a_plan

NOW = 1_790_000_000.0
TIMES = Times(NOW, NOW)
FRESH = ("cache-control", "max-age=60")


def terms(method: str = "GET") -> Terms:
    request = request_of(a_plan("http://a", method=method))
    return Terms(request=request, caching=Caching(), authorized=False)


def reply(*headers: tuple[str, str], status: int = 200, body: bytes = b"") -> Reply:
    return Reply(status=status, headers=headers, body=body)


HELD = renewed(
    EMPTY,
    terms(),
    reply(FRESH, ("etag", '"a"'), ("content-length", "4"), ("x", "1"), body=b"body"),
    TIMES,
).record


def held(record: Record) -> Stored:
    [stored] = record.variants
    return stored


LATER = Times(NOW + 100, NOW + 100)


@pytest.mark.parametrize("etag", ['"a"', 'W/"a"', '"other"'])
def test_a_304_renews_all_but_what_is_of_the_body(etag: str) -> None:
    said = (FRESH, ("etag", etag), ("x", "2"), ("content-length", "9"), ("y", "3"))
    outcome = revalidated(HELD, terms(), held(HELD), reply(*said, status=304), LATER)
    stored = held(outcome.record)
    assert outcome.status is CacheStatus.REVALIDATED
    assert (stored.status, stored.body, stored.age(NOW + 100)) == (200, b"body", 0.0)
    found = [stored.header(name) for name in ("etag", "x", "y", "content-length")]
    assert found == ['"a"', "2", "3", "4"]


@pytest.mark.parametrize(
    ("status", "headers", "kept"),
    [
        (200, ((FRESH), ("x", "2")), ["2"]),
        (200, (("x", "2"),), []),
        (404, (), []),
        (500, (), ["1"]),
        (429, (FRESH,), ["1"]),
        (206, (FRESH,), ["1"]),
        (304, (), ["1"]),
    ],
)
def test_another_answer_takes_the_place_of_the_old_one_unless_it_is_a_failure(
    status: int, headers: Headers, kept: list[str]
) -> None:
    outcome = renewed(HELD, terms(), reply(*headers, status=status), LATER)
    assert [each.header("x") for each in outcome.record.variants] == kept


@pytest.mark.parametrize(
    ("status", "headers", "kept"),
    [
        (200, (FRESH, ("x", "2"), ("content-length", "4")), ["2"]),
        (200, (FRESH, ("etag", '"a"')), [None]),
        (200, (("etag", '"b"'),), []),
        (200, (("content-length", "5"),), []),
        (200, (("cache-control", "no-store"),), []),
        (404, (), ["1"]),
    ],
)
def test_an_answer_to_head_freshens_that_to_get_or_ends_it(
    status: int, headers: Headers, kept: list[str | None]
) -> None:
    outcome = renewed(HELD, terms("HEAD"), reply(*headers, status=status), LATER)
    found = [each.header("x") for each in outcome.record.variants]
    assert found == ["1" if each is None else each for each in kept]
    assert all(each.body == b"body" for each in outcome.record.variants)


@pytest.mark.parametrize(
    ("headers", "shared"),
    [((), True), ((("cache-control", "private"),), False), ((("set-cookie", "a=b"),), False)],
)
def test_a_failure_may_be_shared_unless_it_is_for_one_alone(
    headers: Headers,
    shared: bool,  # noqa: FBT001 - a column of the table
) -> None:
    assert is_for_all(reply(*headers, status=503)) is shared
