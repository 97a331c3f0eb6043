"""On what terms answers may be remembered, whatever the clock says."""

from facade.caching.dates import format_date
from facade.caching.freshness import Times
from facade.caching.offer import OFFERS, offer_of
from facade.caching.request import request_of
from facade.caching.storing import to_store
from facade.model.call import Reply
from facade.model.policy import CacheMode, Caching
from tests.fakes import a_plan

NOW = 1_790_000_000.0
HEADERS = (("cache-control", "max-age=60"), ("date", format_date(NOW)))


def test_equal_heads_under_equal_policies_have_one_offer() -> None:
    first = offer_of(200, HEADERS, Caching(), authorized=False)
    assert first is not None
    assert offer_of(200, (*HEADERS,), Caching(ttl=0.0), authorized=False) is first
    others = (
        offer_of(203, HEADERS, Caching(), authorized=False),
        offer_of(200, HEADERS, Caching(stale_if_error=9.0), authorized=False),
        offer_of(200, HEADERS[:1], Caching(), authorized=False),
    )
    assert all(each is not None and each is not first for each in others)
    assert offer_of(200, HEADERS, Caching(), authorized=True) is None


def test_an_offer_is_dated_anew_for_each_answer() -> None:
    expires = (("expires", format_date(NOW + 60)),)
    request = request_of(a_plan("http://a"))
    reply = Reply(status=200, headers=expires, body=b"")
    kept = [
        to_store(request, reply, Times(at, at), Caching(), authorized=False)
        for at in (NOW, NOW + 20)
    ]
    assert [each and each.lifetime for each in kept] == [60.0, 40.0]
    dates = [each and each.header("date") for each in kept]
    assert dates == [format_date(NOW), format_date(NOW + 20)]


def test_the_policy_counts_from_when_the_answer_came_where_it_overrides() -> None:
    headers = (("age", "50"), ("date", format_date(NOW - 100)))
    reply = Reply(status=200, headers=headers, body=b"")
    caching = Caching(mode=CacheMode.OVERRIDE, ttl=30.0)
    request = request_of(a_plan("http://a"))
    found = to_store(request, reply, Times(NOW - 5, NOW), caching, authorized=False)
    assert found is not None
    assert (found.made, found.lifetime, found.until) == (NOW, 30.0, NOW + 90)


def test_a_head_that_is_new_each_time_makes_no_memory_grow() -> None:
    for number in range(3 * OFFERS):
        offer_of(200, (*HEADERS, ("x-request-id", str(number))), Caching(), authorized=False)
    assert offer_of.cache_info().currsize <= OFFERS
