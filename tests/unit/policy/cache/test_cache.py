"""The cache in one process: what is answered from it, and what is not."""

from dataclasses import replace

import pytest
from msgspec import structs

from facade.errors.backend import BackendUnavailable
from facade.errors.caller import NotCached
from facade.model.action import Action, Requirement, SecurityScheme
from facade.model.call import CacheStatus, CacheUse, Caller
from facade.model.credential import ApiKey, Bearer, Credential
from facade.model.names import VersionName
from facade.model.policy import CacheMode, Caching
from tests.caches import FRESH, VERSION, a_client, said, settled

HIT, MISS, STALE = CacheStatus.HIT, CacheStatus.MISS, CacheStatus.STALE


async def test_a_fresh_answer_is_given_again_and_says_its_age() -> None:
    async with a_client() as client:
        first = await client.get()
        client.clock.now += 7.5
        again = await client.get()
    assert (first.status, first.age, first.reply) == (MISS, None, FRESH)
    assert (again.status, again.age) == (HIT, 7.5)
    assert again.reply.header("age") == "7"
    assert again.reply.body == FRESH.body
    assert len(client.backend.asked) == 1


async def test_a_stale_answer_is_validated_and_keeps_its_body() -> None:
    async with a_client() as client:
        client.backend.says = said(b"body", cache_control="max-age=60", etag='"1"', x="old")
        await client.get()
        client.clock.now += 61
        client.backend.says = said(b"", 304, cache_control="max-age=60", x="new")
        answered = await client.get()
        again = await client.get()
    assert client.backend.asked == [(), (("if-none-match", '"1"'),)]
    assert answered.status is CacheStatus.REVALIDATED
    assert (answered.reply.status, answered.reply.body) == (200, b"body")
    assert answered.reply.header("x") == "new"
    assert (again.status, again.reply.header("x")) == (HIT, "new")


async def test_a_304_that_forbids_to_keep_the_answer_ends_its_reuse() -> None:
    async with a_client() as client:
        client.backend.says = said(b"body", cache_control="max-age=60", etag='"1"')
        await client.get()
        client.clock.now += 61
        client.backend.says = said(b"", 304, cache_control="no-store")
        assert (await client.get()).reply.body == b"body"
        await client.get()
    assert client.backend.asked[2:] == [()]


@pytest.mark.parametrize(
    ("use", "statuses", "requests"),
    [
        (CacheUse.POLICY, [MISS, HIT, HIT], 1),
        (CacheUse.BYPASS, [MISS, CacheStatus.BYPASS, HIT], 2),
        (CacheUse.REFRESH, [MISS, MISS, HIT], 2),
        (CacheUse.ONLY, [MISS, HIT, HIT], 1),
    ],
)
async def test_a_call_says_how_it_uses_the_cache(
    use: CacheUse, statuses: list[CacheStatus], requests: int
) -> None:
    async with a_client() as client:
        found = [await client.get(), await client.get(use=use), await client.get()]
    assert [each.status for each in found] == statuses
    assert len(client.backend.asked) == requests


async def test_what_a_refresh_brings_is_what_is_given_from_then_on() -> None:
    async with a_client() as client:
        await client.get()
        client.backend.says = said(b"new", cache_control="max-age=60")
        await client.get(use=CacheUse.REFRESH)
        assert (await client.get()).reply.body == b"new"


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_cache_alone_says_so_where_it_has_nothing(method: str) -> None:
    async with a_client() as client:
        with pytest.raises(NotCached):
            await client.get(use=CacheUse.ONLY, method=method)
        with pytest.raises(NotCached):
            await client.get(headers=(("Cache-Control", "only-if-cached"),))
    assert client.backend.asked == []


async def test_mode_off_remembers_nothing() -> None:
    async with a_client(caching=Caching(mode=CacheMode.OFF)) as client:
        statuses = [(await client.get()).status for _ in range(2)]
    assert statuses == [CacheStatus.BYPASS] * 2


async def test_a_stale_answer_stands_in_for_a_failing_backend() -> None:
    async with a_client(caching=Caching(stale_if_error=30.0)) as client:
        await client.get()
        client.clock.now += 80
        client.backend.says = said(b"sorry", 503)
        answered = await client.get()
        assert (answered.status, answered.reply.body, answered.age) == (STALE, b"{}", 80.0)
        client.backend.says = BackendUnavailable("gone")
        assert (await client.get()).status is STALE
        client.clock.now += 11
        with pytest.raises(BackendUnavailable):
            await client.get()


async def test_a_stale_answer_is_given_while_a_new_one_is_fetched() -> None:
    async with a_client(caching=Caching(stale_while_revalidate=30.0)) as client:
        await client.get()
        client.clock.now += 61
        client.backend.says = said(b"new", cache_control="max-age=60")
        assert [(await client.get()).status for _ in range(3)] == [STALE] * 3
        await settled(client, 2)
        answered = await client.get()
    assert (answered.status, answered.reply.body) == (HIT, b"new")
    assert len(client.backend.asked) == 2


async def test_a_failed_renewal_beside_the_calls_harms_nobody() -> None:
    async with a_client(caching=Caching(stale_while_revalidate=30.0)) as client:
        await client.get()
        client.clock.now += 61
        client.backend.says = BackendUnavailable("gone")
        assert (await client.get()).status is STALE
        await settled(client, 2)
        assert (await client.get()).status is STALE


async def test_i01_each_tenant_has_answers_of_its_own() -> None:
    async with a_client() as client:
        for caller in (Caller(tenant="a"), Caller(tenant="b"), Caller(tenant="a", connection="c")):
            client.caller = caller
            assert (await client.get()).status is MISS
            assert (await client.get()).status is HIT


async def test_i02_i11_each_credential_has_answers_of_its_own() -> None:
    async with a_client() as client:
        for who, subject in (("", ""), ("a", ""), ("b", ""), ("", "a"), ("a", "b")):
            client.who, client.caller = who, Caller(subject=subject)
            assert (await client.get()).status is MISS
            assert (await client.get()).status is HIT


async def test_i10_each_version_has_answers_of_its_own() -> None:
    async with a_client() as client:
        await client.get()
        client.version = replace(VERSION, name=VersionName(VERSION.name.connector, "v2"))
        assert (await client.get()).status is MISS


async def test_a_shared_cache_is_one_for_all_of_a_tenant() -> None:
    async with a_client(caching=Caching(shared=True)) as client:
        client.caller, client.who = Caller(tenant="a", connection="1"), "alice"
        await client.get()
        client.caller, client.who = Caller(tenant="a", connection="2"), "bob"
        assert (await client.get()).status is HIT
        client.caller = Caller(tenant="b", connection="2")
        assert (await client.get()).status is MISS


@pytest.mark.parametrize(
    "fields",
    [
        {"cache_control": "no-store"},
        {"cache_control": "private, max-age=60"},
        {"cache_control": "no-cache"},
        {"cache_control": "max-age=0"},
        {"cache_control": "max-age=60", "vary": "*"},
        {"cache_control": "max-age=60", "vary": ", ".join(f"x-{n}" for n in range(9))},
        {"cache_control": "max-age=60", "set_cookie": "a=b"},
    ],
    ids=str,
)
async def test_i03_i04_what_is_for_one_caller_is_never_given_to_another(
    fields: dict[str, str],
) -> None:
    async with a_client() as client:
        client.backend.says = said(b"", 200, **fields)
        assert [(await client.get()).status for _ in range(3)] == [MISS] * 3


BEARER = Credential(scheme="s", kind=Bearer(token="env:A"))
QUERY_KEY = Credential(scheme="k", kind=ApiKey(key="env:A"))
KEYED: tuple[Requirement, ...] = ((SecurityScheme(name="k", type="apiKey", parameter="key"),),)


@pytest.mark.parametrize(
    ("credential", "says", "second"),
    [
        (BEARER, "max-age=60", MISS),
        (BEARER, "public, max-age=60", HIT),
        (BEARER, "s-maxage=60", HIT),
        (BEARER, "must-revalidate, max-age=60", HIT),
        (QUERY_KEY, "max-age=60", HIT),
    ],
    ids=str,
)
async def test_i03_what_was_asked_with_authorization_needs_to_be_public(
    credential: Credential, says: str, second: CacheStatus
) -> None:
    version = replace(VERSION, credentials=(credential,))
    action = Action(id="get", method="GET", path="/", pointer="", security=KEYED)
    async with a_client(version=version, who="someone") as client:
        client.backend.says = said(cache_control=says)
        await client.get(action=action)
        assert (await client.get(action=action)).status is second


async def test_i04_each_variant_is_kept_beside_the_others() -> None:
    async with a_client() as client:
        for language in ("en", "de", "fr"):
            client.backend.says = said(language.encode(), cache_control="max-age=60", vary="X-Lang")
            await client.get(headers=(("X-Lang", language),))
        for language in ("en", "de", "fr"):
            answered = await client.get(headers=(("x-lang", language),))
            assert (answered.status, answered.reply.body) == (HIT, language.encode())
        assert (await client.get()).status is MISS


@pytest.mark.parametrize("status", [206, 429])
async def test_i05_parts_and_refusals_are_never_stored(status: int) -> None:
    async with a_client() as client:
        client.backend.says = said(b"", status, cache_control="max-age=60")
        assert [(await client.get()).status for _ in range(2)] == [MISS] * 2


@pytest.mark.parametrize("status", [500, 502, 503, 504, 599])
async def test_i05_failures_are_stored_by_the_backends_own_word_alone(status: int) -> None:
    async with a_client(caching=Caching(ttl=60.0, negative_ttl=60.0, heuristic=True)) as client:
        client.backend.says = said(b"", status, last_modified="Wed, 01 Jan 2020 00:00:00 GMT")
        assert [(await client.get()).status for _ in range(2)] == [MISS] * 2
        client.backend.says = said(b"", status, cache_control="max-age=60")
        assert [(await client.get()).status for _ in range(2)] == [MISS, HIT]


async def test_i05_an_answer_whose_end_cannot_be_seen_is_never_stored() -> None:
    async with a_client() as client:
        client.backend.says = structs.replace(FRESH, complete=False)
        assert [(await client.get()).status for _ in range(2)] == [MISS] * 2


@pytest.mark.parametrize("what", ["body", "header"])
async def test_i15_what_is_too_large_is_not_stored(what: str) -> None:
    async with a_client() as client:
        large = "x" * 2**20
        body, more = (large.encode(), "") if what == "body" else (b"", large)
        client.backend.says = said(body, cache_control="max-age=60", more=more)
        assert [(await client.get()).status for _ in range(2)] == [MISS] * 2


TAGGED = said(b"body", cache_control="max-age=60", etag='"1"')


async def test_a_callers_own_condition_is_answered_from_what_is_fresh() -> None:
    async with a_client() as client:
        client.backend.says = TAGGED
        await client.get()
        answered = await client.get(headers=(("If-None-Match", '"1"'),))
    assert (answered.status, answered.reply.status, answered.reply.body) == (HIT, 304, b"")


async def test_a_callers_own_condition_is_left_to_the_backend_where_nothing_is_fresh() -> None:
    async with a_client() as client:
        client.backend.says = said(b"", 304, etag='"1"')
        answered = await client.get(headers=(("If-None-Match", '"1"'),))
        assert (answered.status, answered.reply.status) == (MISS, 304)
        client.backend.says = TAGGED
        assert (await client.get()).reply.body == b"body"


async def test_a_condition_of_the_cache_answers_that_of_the_caller() -> None:
    async with a_client() as client:
        client.backend.says = TAGGED
        await client.get()
        client.clock.now += 61
        client.backend.says = said(b"", 304, cache_control="max-age=60", etag='"1"')
        other = await client.get(headers=(("If-None-Match", '"0"'),))
        assert (other.status, other.reply.status) == (CacheStatus.REVALIDATED, 200)
        assert other.reply.body == b"body"
        same = await client.get(headers=(("If-None-Match", '"1"'),))
        assert (same.status, same.reply.status) == (HIT, 304)


async def test_a_condition_that_is_not_for_caches_goes_to_the_backend_as_it_is() -> None:
    async with a_client() as client:
        client.backend.says = said(b"body", cache_control="max-age=60", last_modified="x")
        await client.get()
        client.clock.now += 61
        await client.get(headers=(("If-None-Match", '"1"'), ("Range", "bytes=0-1")))
    assert client.backend.asked == [(), ()]


async def test_head_is_answered_by_what_get_has_brought() -> None:
    async with a_client() as client:
        client.backend.says = TAGGED
        await client.get()
        head = await client.get(method="HEAD")
        assert (head.status, head.reply.status, head.reply.body) == (HIT, 200, b"")
        client.clock.now += 61
        client.backend.says = said(b"", cache_control="max-age=60", etag='"1"', x="new")
        await client.get(method="HEAD")
        again = await client.get()
    assert (again.status, again.reply.body, again.reply.header("x")) == (HIT, b"body", "new")


async def test_what_head_brings_is_no_answer_to_get() -> None:
    async with a_client() as client:
        client.backend.says = said(b"", cache_control="max-age=60")
        await client.get(method="HEAD")
        assert (await client.get()).status is MISS


async def test_bodies_of_get_are_part_of_the_key() -> None:
    async with a_client() as client:
        for body in (b"a", b"b"):
            assert (await client.get(body=body)).status is MISS
            assert (await client.get(body=body)).status is HIT


async def test_parameters_that_make_no_difference_are_left_out_of_the_key() -> None:
    async with a_client(caching=Caching(key_without=("trace",))) as client:
        await client.get("/pets/7?trace=1&a=2")
        assert (await client.get("/pets/7?a=2&trace=9")).status is HIT
        assert (await client.get("/pets/7?a=3&trace=9")).status is MISS
