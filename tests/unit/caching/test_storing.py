"""Which answers are remembered, and on what terms."""

from typing import Any

import pytest

from facade.caching.dates import format_date
from facade.caching.entry import Stored
from facade.caching.freshness import Times
from facade.caching.request import request_of
from facade.caching.storing import to_store
from facade.model.call import Reply
from facade.model.policy import CacheMode, Caching
from tests.fakes import a_plan

NOW = 1_790_000_000.0
LONG_AGO = format_date(NOW - 1000)
TAG = '"a"'


def stored(
    caching: Caching,
    status: int = 200,
    *,
    method: str = "GET",
    asked: str = "",
    authorized: bool = False,
    **fields: str,
) -> Stored | None:
    headers = tuple((name.replace("_", "-"), value) for name, value in fields.items())
    plan = a_plan("http://a", method=method, headers=(("cache-control", asked),) if asked else ())
    reply = Reply(status=status, headers=headers, body=b"body")
    times = Times(NOW, NOW)
    return to_store(request_of(plan), reply, times, caching, authorized=authorized)


DEFAULT = Caching()
GIVEN = Caching(ttl=30.0, negative_ttl=5.0)
GUESSING = Caching(heuristic=True)
OVER = Caching(mode=CacheMode.OVERRIDE, ttl=30.0, negative_ttl=5.0)


@pytest.mark.parametrize(
    ("caching", "given", "lifetime"),
    [
        (DEFAULT, {"cache_control": "max-age=60"}, 60.0),
        (DEFAULT, {}, None),
        (DEFAULT, {"etag": TAG}, 0.0),
        (DEFAULT, {"etag": TAG, "status": 201}, None),
        (DEFAULT, {"cache_control": "max-age=60", "status": 201}, 60.0),
        (DEFAULT, {"cache_control": "max-age=60", "status": 503}, 60.0),
        (DEFAULT, {"cache_control": "max-age=60", "method": "HEAD"}, None),
        (DEFAULT, {"cache_control": "max-age=60", "asked": "no-store"}, None),
        (DEFAULT, {"cache_control": "max-age=60, no-cache", "etag": TAG}, 0.0),
        (DEFAULT, {"cache_control": 'max-age=60, no-cache="x"'}, 60.0),
        (DEFAULT, {"cache_control": 'max-age=60, private="x"'}, 60.0),
        (DEFAULT, {"cache_control": "max-age=60, private"}, None),
        (DEFAULT, {"cache_control": "max-age=60, immutable"}, 60.0),
        (DEFAULT, {"cache_control": "max-age=60, no-store, must-understand"}, 60.0),
        (DEFAULT, {"cache_control": "max-age=60, must-understand", "status": 299}, None),
        (DEFAULT, {"cache_control": "no-store", "cdn_cache_control": "max-age=9"}, 9.0),
        (DEFAULT, {"cache_control": "max-age=9", "cdn_cache_control": "no-store"}, None),
        (DEFAULT, {"last_modified": LONG_AGO}, 0.0),
        (DEFAULT, {"cache_control": "max-age=60", "authorized": True}, None),
        (DEFAULT, {"cache_control": "max-age=60, public", "authorized": True}, 60.0),
        (GIVEN, {}, 30.0),
        (GIVEN, {"authorized": True}, 30.0),
        (GIVEN, {"cache_control": "max-age=60"}, 60.0),
        (GIVEN, {"cache_control": "no-cache", "etag": TAG}, 0.0),
        (GIVEN, {"cache_control": "no-store"}, None),
        (GIVEN, {"status": 404}, 5.0),
        (GIVEN, {"status": 501}, 5.0),
        (GIVEN, {"status": 500}, None),
        (GIVEN, {"status": 302}, None),
        (GUESSING, {"last_modified": LONG_AGO}, 100.0),
        (GUESSING, {"last_modified": LONG_AGO, "status": 404}, 100.0),
        (GUESSING, {"last_modified": LONG_AGO, "status": 403}, None),
        (GUESSING, {"last_modified": LONG_AGO, "status": 403, "cache_control": "public"}, 100.0),
        (GUESSING, {"last_modified": LONG_AGO, "expires": "0"}, 0.0),
        (OVER, {"cache_control": "no-store, private", "age": "900"}, 30.0),
        (OVER, {"status": 410}, 5.0),
        (OVER, {"status": 201, "cache_control": "max-age=60"}, None),
        (OVER, {"set_cookie": "a=b"}, None),
        (OVER, {"vary": "*"}, None),
        (OVER, {"authorized": True}, 30.0),
        (Caching(mode=CacheMode.OVERRIDE), {"cache_control": "max-age=60"}, None),
        (Caching(max_bytes=100), {"cache_control": "max-age=60"}, None),
    ],
    ids=str,
)
def test_an_answer_is_kept_for_as_long_as_backend_or_policy_say(
    caching: Caching, given: dict[str, Any], lifetime: float | None
) -> None:
    found = stored(caching, **given)
    assert (None if found is None else found.lifetime) == lifetime


STALE = Caching(stale_while_revalidate=5.0, stale_if_error=7.0)


@pytest.mark.parametrize(
    ("says", "terms"),
    [
        ("max-age=60", (False, 5.0, 7.0)),
        ("max-age=60, stale-while-revalidate=9, stale-if-error=8", (False, 9.0, 8.0)),
        ("max-age=60, stale-if-error=x", (False, 5.0, 7.0)),
        ("max-age=60, must-revalidate, stale-if-error=8", (True, 0.0, 0.0)),
        ("max-age=60, proxy-revalidate", (True, 0.0, 0.0)),
        ("s-maxage=60", (True, 0.0, 0.0)),
        ("s-maxage=60, stale-while-revalidate=9", (True, 9.0, 0.0)),
    ],
)
def test_an_answer_may_be_given_stale_where_nothing_forbids_it(
    says: str, terms: tuple[bool, float, float]
) -> None:
    found = stored(STALE, cache_control=says)
    assert found is not None
    assert (found.revalidate, found.stale_while_revalidate, found.stale_if_error) == terms


def test_what_is_of_one_connection_or_of_one_caller_is_not_kept() -> None:
    found = stored(
        DEFAULT,
        cache_control='max-age=60, no-cache="X-A", private="x-b"',
        connection="x-c, close",
        keep_alive="1",
        transfer_encoding="chunked",
        proxy_authenticate="Basic",
        age="3",
        x_a="1",
        x_b="2",
        x_c="3",
        x_d="4",
    )
    assert found is not None
    assert [name for name, _ in found.headers] == ["cache-control", "x-d", "date"]
    assert found.header("date") == format_date(NOW)
    assert found.age(NOW) == 3.0
