"""Redis fails in the middle of load: no call fails with it, and none gets what is another's.

For 2 seconds each; `pytest tests/e2e/test_shared_faults.py --seconds 20 -s` tells longer figures,
and holds the p99 to the mark: for a machine that has nothing else to do.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import count

import pytest
import pytest_asyncio

from tests.faults.proxy import HOLE, NONE, FaultProxy, Faults
from tests.faults.resp import RespFault, RespProxy, RespRule
from tests.fleet import GOOD, Member, Told, fleet_up, offered, percentile
from tests.processes import until
from tests.servers import RedisServer, redis_up
from tests.stock import SECRET, SIGNERS, Stock, connectors
from tests.token_servers import TokenServer

RATE = 100
"""Calls a second, to either pair of gateways."""

HOT = 16
"""Keys that everybody asks for."""

TOKEN_LIFE = 3
"""Seconds: tokens are asked for again while Redis is gone."""

BACK = 2.5
"""Seconds from the end of a fault to the first hit; a busy machine has half a second more."""

ASKED = frozenset({"MGET", "EVALSHA", "EVAL"})
"""Commands whose replies somebody waits for."""

HELD = 0.002
"""Seconds that a reply is held back for another to be swapped with: no wait of the gateway's."""

ADDED, LONG = 0.005, 20.0
"""Seconds that a fault may add for all but 1 % of the calls, and of load that this takes.

The first 50 ms of a fault, in which calls wait for answers, are less than 1 % of that alone.
"""

NEAR = 25
"""Calls before and after one, whose times show what the machine was up to at its moment."""

STALL = 0.04
"""Seconds that half of the calls during a fault may not take longer: none waits for Redis."""

pytestmark = [
    pytest.mark.alone,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(90),
]


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two gateways that share a Redis."""

    redis: RedisServer
    members: list[Member]
    new: "count[int]" = field(default_factory=count)
    """Numbers for keys that nobody has asked for yet."""

    async def load(self, seconds: float) -> list[Told]:
        """The mix for some seconds; every call must succeed, with an answer of its own."""
        expected: dict[int, tuple[str, str]] = {}

        async def call(number: int) -> Told:
            action, key, path, signer = self._mixed(number)
            expected[number] = path, signer
            return await self.members[number % 2].call(action, key)

        told = await offered(call, RATE, seconds, together=2)
        assert [each.body for each in told if each.code is not GOOD] == []
        said = [(each.body["path"], each.body["signed"].partition("-")[0]) for each in told]
        assert said == [expected[number] for number in range(len(told))]
        return told

    def _mixed(self, number: int) -> tuple[str, str, str, str]:
        """Half hits, a quarter misses, the rest limited or signed.

        Action and key, and what the answer must say: the path, and who signed.
        """
        kind = number // 2 % 8
        if kind == 7:
            signer = SIGNERS[number // 16 % 2]
            return f"{signer}/getItem", "signed", "/items/signed", signer
        if kind == 6:
            return "shop/getCounted", "same", "/counted/same", ""
        key = f"hot-{number % HOT}" if kind < 4 else f"new-{next(self.new)}"
        return "shop/getItem", key, f"/items/{key}", ""

    async def shares(self) -> bool:
        """Whether one gateway has what the other has just fetched."""
        one, other = self.members
        key = f"new-{next(self.new)}"
        await one.call("shop/getItem", key)
        await asyncio.sleep(0.02)
        return (await other.call("shop/getItem", key)).cache == "hit"


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Two pairs of gateways before one shop: while one is tried, the other shows how it would be.

    Only so are times to be compared on a machine that has more to do.
    """

    beside: Pair
    behind: Pair
    """Before whose Redis stand proxies."""
    proxy: FaultProxy
    resp: RespProxy


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What befalls the Redis of a pair, and how it ends. What blocks runs in a thread."""

    pair: str
    begin: Callable[[Bench], object]
    end: Callable[[Bench], object] = lambda _: None
    gone: bool = True
    """Whether nothing is shared meanwhile."""


def beside(
    begin: Callable[[RedisServer], object],
    end: Callable[[RedisServer], object] = lambda _: None,
    *,
    gone: bool = True,
) -> Fault:
    """Something is done to the server itself."""
    return Fault(
        pair="beside",
        begin=lambda bench: begin(bench.beside.redis),
        end=lambda bench: end(bench.beside.redis),
        gone=gone,
    )


def behind(faults: Faults) -> Fault:
    """The network is at fault."""
    return Fault(
        pair="behind",
        begin=lambda bench: bench.proxy.set(faults),
        end=lambda bench: bench.proxy.set(NONE),
    )


def swapped() -> Fault:
    """Replies change places."""
    rule = RespRule(fault=RespFault.SWAP, commands=ASKED)

    def end(bench: Bench) -> None:
        bench.resp.rules = ()
        assert bench.resp.swap.swapped > 0

    return Fault(
        pair="behind",
        begin=lambda bench: setattr(bench.resp, "rules", (rule,)),
        end=end,
        gone=False,
    )


FAULTS = {
    "F01-killed": beside(RedisServer.kill, RedisServer.start),
    "F01-restarted": beside(RedisServer.restart, gone=False),
    "F02-stopped": beside(RedisServer.freeze, RedisServer.thaw),
    "F02-black-hole": behind(HOLE),
    "F03-slow-200-ms": behind(Faults(latency=0.2)),
    "F06-flushed": beside(RedisServer.flush, gone=False),
    "F09-swapped": swapped(),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bench(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bench]:
    folder, numbers = tmp_path_factory.mktemp("faults"), count()

    def token(form: dict[str, str]) -> bytes:
        return tokens.token(access_token=f"{form['client_id']}-{next(numbers)}")

    async with AsyncExitStack() as stack:
        one, other = stack.enter_context(redis_up()), stack.enter_context(redis_up())
        tokens = await stack.enter_async_context(TokenServer(token, expires_in=TOKEN_LIFE))
        stock = await stack.enter_async_context(Stock())
        resp = await stack.enter_async_context(RespProxy(other.port))
        resp.swap.patience = HELD
        proxy = await stack.enter_async_context(FaultProxy(resp.port))
        urls = [one.url] * 2 + [f"redis://127.0.0.1:{proxy.port}"] * 2
        envs = [{**SECRET, "REDIS_URL": url} for url in urls]
        files = connectors(stock.origin, tokens.uri)
        members = await stack.enter_async_context(fleet_up(folder, files, envs))
        made = Bench(
            beside=Pair(redis=one, members=members[:2]),
            behind=Pair(redis=other, members=members[2:]),
            proxy=proxy,
            resp=resp,
        )
        await asyncio.gather(made.beside.load(1.0), made.behind.load(1.0))  # the first take longer
        yield made
    assert "ERROR" not in (folder / "log").read_text()


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_no_call_fails_none_gets_what_is_anothers_and_hits_are_back_soon(
    bench: Bench, fault: Fault, request: pytest.FixtureRequest
) -> None:
    seconds = request.config.getoption("--seconds")
    pairs = {"beside": bench.beside, "behind": bench.behind}
    tried = pairs.pop(fault.pair)
    loads = asyncio.gather(*(pair.load(seconds) for pair in (tried, *pairs.values())))
    await asyncio.sleep(seconds / 4)
    during = [_now()]
    await asyncio.to_thread(fault.begin, bench)
    await asyncio.sleep(seconds / 2)
    shared = await tried.shares()
    during.append(_now())
    await asyncio.to_thread(fault.end, bench)
    back = await until(tried.shares, BACK, "hits are back")
    told, quiet = await loads

    added = beyond(told, quiet)
    slower = percentile(within(told, *during), 0.5) - percentile(within(quiet, *during), 0.5)
    p50, p99, most = (1000 * percentile(told, part) for part in (0.5, 0.99, 1.0))
    usual50, usual = (1000 * percentile(quiet, part) for part in (0.5, 0.99))
    sys.stdout.write(
        f"\n{request.node.callspec.id}: {len(told)} calls, p50 {p50:.1f} ms (usual"
        f" {usual50:.1f}), p99 {p99:.1f} ms (usual {usual:.1f}), the longest {most:.1f} ms;"
        f" all but 1 % within {1000 * added:.1f} ms of the usual at their moment;"
        f" hits back after {back:.2f} s"
    )
    assert not (fault.gone and shared)
    assert slower <= STALL
    assert seconds < LONG or added <= ADDED


def beyond(told: list[Told], quiet: list[Told]) -> float:
    """The seconds by which 99 % of calls exceed, at most, those made beside them meanwhile."""
    extra = (
        each.seconds - max(other.seconds for other in quiet[max(0, number - NEAR) : number + NEAR])
        for number, each in enumerate(told)
    )
    return sorted(extra)[int(0.99 * len(told))]


def within(told: list[Told], first: float, last: float) -> list[Told]:
    """The calls that began in a time."""
    return [each for each in told if first <= each.began <= last]


def _now() -> float:
    return asyncio.get_running_loop().time()
