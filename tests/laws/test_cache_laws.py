"""Laws of the cache, held to by chance."""

import asyncio
import random
from dataclasses import dataclass, field
from urllib.parse import unquote

from hypothesis import given, settings
from hypothesis import strategies as st

from facade.caching.answers import answer
from facade.caching.dates import format_date
from facade.caching.directives import parse_directives
from facade.caching.entry import EMPTY, decode_record, encode_record
from facade.caching.freshness import Times, made_at
from facade.caching.key import canonical_target
from facade.caching.renewal import Terms, renewed, revalidated
from facade.caching.request import request_of
from facade.model.call import CacheStatus, CacheUse, Caller, Headers, Reply
from facade.model.policy import Caching, Policy
from facade.policy.cache.ask import Ask
from facade.policy.cache.cache import Cache
from facade.policy.cache.habits import Habits
from facade.policy.cache.naming import Naming
from facade.stores.alone import Alone
from tests.caches import NOON, SEAL, Backend, Client, Clock
from tests.fakes import a_plan

CONTROLS = st.sampled_from(
    [
        "max-age=5",
        "max-age=1, stale-while-revalidate=3",
        "max-age=2, stale-if-error=5",
        "no-cache",
        "no-store",
        "private, max-age=5",
        "s-maxage=3",
        "max-age=0",
        "must-revalidate, max-age=2",
    ]
)


@dataclass
class Origin:
    """A backend whose every answer tells which request it is of."""

    control: str = "max-age=5"
    vary: str = ""
    status: int = 200
    asked: str = ""
    """The request that is under way."""
    edition: int = 0
    """Of what it has; each tag is of one edition of one request."""
    given: dict[str, list[bytes]] = field(default_factory=dict)
    """The bodies given out for each request."""

    def answer(self, request: str, conditions: Headers) -> Reply:
        tag = f'"{request}-{self.edition}"'
        fields = [("cache-control", self.control), ("etag", tag)]
        if self.vary:
            fields.append(("vary", self.vary))
        if ("if-none-match", tag) in conditions:
            return Reply(status=304, headers=tuple(fields), body=b"")
        body = f"{request}-{self.edition}".encode()
        return Reply(status=self.status, headers=tuple(fields), body=body)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["get", "get", "get", "get", "change", "wait", "delete"]),
        st.sampled_from(["/p/1", "/p/1?a=1", "/p/2", "/p"]),
        st.sampled_from(["", "a", "b"]),
        st.sampled_from(["", "alice", "bob"]),
        CONTROLS,
        st.sampled_from([200, 200, 200, 503, 404]),
        st.sampled_from(list(CacheUse)),
    ),
    max_size=25,
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(STEPS)
def test_a_cache_gives_no_answer_that_was_not_given_to_an_equivalent_request(
    steps: list[tuple[str, str, str, str, str, int, CacheUse]],
) -> None:
    asyncio.run(follow(steps))


async def follow(steps: list[tuple[str, str, str, str, str, int, CacheUse]]) -> None:
    clock, origin = Clock(), Origin(vary="x-kind")
    async with Cache(Alone(), SEAL, clock, lambda: 0.5) as cache:
        client = Client(cache, Backend(), clock)
        for what, target, kind, who, control, status, use in steps:
            origin.control, origin.status = control, status
            if what == "wait":
                clock.now += 2
            elif what == "change":
                origin.edition += 1
            else:
                request = f"{who} {target} {kind}"

                async def fetch(conditions: Headers, request: str = request) -> Reply:
                    return origin.answer(request, conditions)

                method = "DELETE" if what == "delete" else "GET"
                plan = client.plan(target, method=method, headers=(("X-Kind", kind),))
                ask = Ask(plan=plan, who=who, use=use)
                [found] = await asyncio.gather(
                    cache.reply(ask, fetch, fetch), return_exceptions=True
                )
                if not isinstance(found, BaseException):
                    assert found.reply.body.rpartition(b"-")[0].decode() == request
                    if found.status is CacheStatus.MISS:
                        assert found.reply.body.endswith(b"-%d" % origin.edition)
            await asyncio.sleep(0)


PIECES = st.sampled_from(
    ["a", "b", "=", "&", "%26", "%3D", "%61", "%7E", "~", "é", "e\u0301", "%2f", "%2F", "1"]
)


def encoded(text: str) -> str:
    return "".join(
        each if each.isascii() else "".join(f"%{byte:02x}" for byte in each.encode())
        for each in text
    )


@settings(max_examples=2000, deadline=None, derandomize=True)
@given(st.lists(PIECES, max_size=6), st.lists(PIECES, max_size=6))
def test_i06_two_queries_have_one_key_only_if_they_are_the_same(
    one: list[str], other: list[str]
) -> None:
    first, second = (encoded("".join(each)) for each in (one, other))
    same = canonical_target(f"/p?{first}") == canonical_target(f"/p?{second}")
    assert same == (meaning(first) == meaning(second))


def test_i06_of_a_million_pairs_of_calls_none_have_one_key_but_those_that_are_the_same() -> None:
    """Among 1,500 calls there are 1,124,250 pairs, and all of them are right if the sets are."""
    dice, naming = random.Random(6), Naming(SEAL)  # noqa: S311 - no secret
    words, pieces = (
        ("", "a", "b", "ab"),
        ("a", "b", "=", "&", "%26", "%61", "~", "%7E", "%2f", "%2F"),
    )
    keys, calls, both = set(), set(), set()
    for _ in range(1500):
        who = [dice.choice(words) for _ in range(4)]
        query = "".join(dice.choices(pieces, k=dice.randrange(4)))
        path, accept = dice.choice(("/p", "/%70", "/p/a")), dice.choice(("a/b", "a/c"))
        caller = Caller(tenant=who[0], connection=who[1], subject=who[2])
        target, fields = f"{path}?{query}", (("Accept", accept),)
        plan = a_plan("https://shop.example", target=target, headers=fields, caller=caller)
        names = naming.of(plan, who[3], f"accept: {accept}")
        key = names.key(plan.target, plan.body).entry
        call = (*who, unquote(path), meaning(query), accept)
        keys.add(key)
        calls.add(call)
        both.add((key, call))
    assert len(keys) == len(calls) == len(both) > 1000


NAMES = st.sampled_from(["", "a", "b", "\ud800", "é"])
CALLS = st.lists(
    st.tuples(NAMES, NAMES, NAMES, st.booleans(), st.sampled_from(["/p?a=1", "/p?b=1", "/%70"])),
    min_size=1,
    max_size=30,
)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(CALLS)
def test_i06_a_key_by_what_is_kept_is_the_one_that_would_be_made(
    calls: list[tuple[str, str, str, bool, str]],
) -> None:
    keeping = Habits(Naming(SEAL))
    for tenant, subject, who, shared, target in calls:
        caller = Caller(tenant=tenant, subject=subject)
        caching = Caching(shared=shared, key_without=("a",) if shared else ())
        fields = {"target": target, "caller": caller, "policy": Policy(cache=caching)}
        plan = a_plan("https://shop.example", **fields)
        kept, made = (each.kind(plan, who).names for each in (keeping, Habits(Naming(SEAL))))
        assert kept.key(target, None) == made.key(target, None)


def meaning(query: str) -> tuple[object, ...]:
    """The pairs as a server reads them, and which delimiters were encoded."""
    return tuple(
        tuple(unquote(part, errors="surrogateescape") for part in pair.split("="))
        for pair in query.split("&")
    )


@given(
    st.text(alphabet="0123456789-, .ax", max_size=6),
    st.floats(-1e9, 1e9),
    st.floats(0, 1e6),
    st.floats(-1e9, 1e9),
)
def test_no_answer_is_younger_than_nothing(
    age: str, date: float, delay: float, passed: float
) -> None:
    fields = {"age": age, "date": format_date(NOON + date), "cache-control": "max-age=9"}
    times = Times(NOON - delay, NOON)
    assert made_at(fields, times) <= NOON
    request = request_of(a_plan("http://a"))
    terms = Terms(request=request, caching=Caching(stale_if_error=1e12), authorized=False)
    stored = terms.keep(Reply(status=200, headers=tuple(fields.items()), body=b""), times)
    assert stored is not None
    assert int(answer(stored, request, NOON + passed).header("age") or "-1") >= 0


HEADERS = st.lists(
    st.tuples(
        st.sampled_from(["etag", "x-a", "x-b", "content-length", "content-type", "cache-control"]),
        st.sampled_from(['"a"', '"b"', "max-age=60", "5", "text/plain"]),
    ),
    max_size=6,
).map(tuple)


@given(HEADERS, HEADERS)
def test_a_304_never_changes_a_body(first: Headers, second: Headers) -> None:
    request = request_of(a_plan("http://a"))
    terms = Terms(request=request, caching=Caching(ttl=9.0), authorized=False)
    times = Times(NOON, NOON)
    kept = renewed(EMPTY, terms, Reply(status=200, headers=first, body=b"body"), times)
    if kept.stored is not None:
        said = Reply(status=304, headers=second, body=b"")
        outcome = revalidated(kept.record, terms, kept.stored, said, times)
        assert (outcome.reply.status, outcome.reply.body) == (200, b"body")
        assert all(each.body == b"body" for each in outcome.record.variants)


@given(st.binary(max_size=60), st.binary(max_size=12))
def test_any_bytes_are_a_record_or_none(data: bytes, marker: bytes) -> None:
    decode_record(data)
    assert decode_record(encode_record(EMPTY, marker)) == (marker, EMPTY)


@given(st.text(alphabet='max-age=0123456789,"\\ ;\tno', max_size=40))
def test_any_text_is_some_directives(text: str) -> None:
    for name in parse_directives(text).values:
        assert (parse_directives(text).seconds(name) or 0.0) >= 0.0
