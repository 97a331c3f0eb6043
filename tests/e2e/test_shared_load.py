"""Four gateways on one Redis, under load: they remember, count and forget as one.

For 2 seconds each; `pytest tests/e2e/test_shared_load.py --seconds 20 -s` tells longer figures.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from redis import Redis

from gateway.v1.gateway_pb2 import (
    CreateVersion,
    ManageVersionsRequest,
    PromoteVersion,
    VersionChange,
)
from gateway.v1.version_pb2 import ConnectorVersion, Direct
from tests.fleet import (
    GOOD,
    Member,
    Told,
    admitted,
    fleet_up,
    ideal,
    member_up,
    most_in_a_second,
    offered,
)
from tests.processes import children, until
from tests.servers import RedisServer, redis_up
from tests.stock import BURST, CALLS, Stock, connectors, paths

PROCESSES = 4
CALLERS = 1000
OFFERED = 1000
"""Calls a second, of which a tenth is within the limit …"""
KEPT_UP = 0.9
"""… and the part of them that counts as so many; with fewer a round is repeated, …"""
ROUNDS = 3
"""… until the last, which counts in any case."""

DOCUMENT = json.dumps(paths())

pytestmark = [
    pytest.mark.alone,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(90),
]


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    """The module's own, which a test kills."""
    with redis_up() as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stock() -> AsyncIterator[Stock]:
    async with Stock() as opened:
        yield opened


@pytest.fixture(autouse=True)
def usual(stock: Stock) -> None:
    """What a test has told the shop counts for that test alone."""
    stock.fresh, stock.delay = 60, 0.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("load")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fleet(folder: Path, redis: RedisServer, stock: Stock) -> AsyncIterator[list[Member]]:
    files = {"shop.yaml": connectors(stock.origin, "")["shop.yaml"]}
    env = {"REDIS_URL": redis.url}
    async with fleet_up(folder, files, [env] * PROCESSES) as members:
        yield members
    assert "ERROR" not in (folder / "log").read_text()


async def expired(fleet: list[Member], stock: Stock, key: str) -> None:
    """All know the answer for a key, and that it holds no more."""
    stock.fresh = 1
    for member in fleet:
        assert (await member.call("shop/getItem", key)).code is GOOD
    assert stock.paths.total[f"/items/{key}"] == 1
    await asyncio.sleep(1.1)
    stock.fresh = 60


async def at_once(fleet: list[Member], key: str, callers: int = CALLERS) -> list[Told]:
    """So many calls at the same time, dealt out to all."""
    calls = (fleet[each % len(fleet)].call("shop/getItem", key) for each in range(callers))
    return await asyncio.gather(*calls)


async def test_i12_a_thousand_callers_of_four_processes_on_an_expired_key_are_one_call(
    fleet: list[Member], stock: Stock
) -> None:
    await expired(fleet, stock, "wanted")
    stock.delay = 0.5

    told = await at_once(fleet, "wanted")

    assert {each.code for each in told} == {GOOD}
    assert {each.body["path"] for each in told} == {"/items/wanted"}
    assert stock.paths.total["/items/wanted"] == 2


async def test_i12_a_leader_that_is_killed_costs_one_more_call_and_all_others_are_answered(
    folder: Path, redis: RedisServer, fleet: list[Member], stock: Stock
) -> None:
    await expired(fleet, stock, "orphan")
    stock.delay = 0.5
    async with member_up(folder, {}, {"REDIS_URL": redis.url}) as leader:
        leading = asyncio.ensure_future(at_once([leader], "orphan", CALLERS // (PROCESSES + 1)))
        await until(lambda: asked(stock, "/items/orphan", 2), 3.0, "the leader asks")
        following = asyncio.ensure_future(at_once(fleet, "orphan"))
        await asyncio.sleep(0.2)

        leader.running.process.kill()
        told = await following
        cut = await leading

    assert {each.code for each in told} == {GOOD}
    assert {each.body["path"] for each in told} == {"/items/orphan"}
    assert GOOD not in {each.code for each in cut}
    assert stock.paths.total["/items/orphan"] == 3


async def asked(stock: Stock, path: str, times: int) -> bool:
    return stock.paths.total[path] == times


@pytest.mark.parametrize(("processes", "within"), [(1, 0.01), (PROCESSES, 0.05)])
async def test_j01_processes_together_admit_what_the_limit_says(
    fleet: list[Member], request: pytest.FixtureRequest, processes: int, within: float
) -> None:
    told = await steadily(fleet[:processes], request.config.getoption("--seconds"))

    tell(f"{processes} processes, {rate(told)}: {len(admitted(told))} admitted of {room(told):.0f}")
    assert fits(told, within)


def fits(told: list[Told], within: float) -> bool:
    """Whether as many were admitted as a limit should, give or take a part.

    An answer that comes late at the end counts for a call or two, in a short run too.
    """
    slack = max(within * room(told), 5)
    return ideal(told, CALLS, BURST) - slack <= len(admitted(told)) <= room(told) + slack


def room(told: list[Told]) -> float:
    """How many calls the limit has room for in the time that these took."""
    return CALLS * span(told) + BURST


async def test_j10_a_redis_that_is_gone_for_a_while_opens_no_limit(
    fleet: list[Member], redis: RedisServer, request: pytest.FixtureRequest
) -> None:
    seconds = request.config.getoption("--seconds")
    offering = asyncio.ensure_future(limited(fleet, seconds))
    await asyncio.sleep(0.3 + seconds / 4)
    await asyncio.to_thread(redis.kill)
    await asyncio.sleep(seconds / 4)
    await asyncio.to_thread(redis.start)
    told = await offering

    found, due = admitted(told), room(told)
    most, longest = most_in_a_second(found), max(each.seconds for each in told)
    tell(
        f"Redis killed, {rate(told)}: {len(found)} admitted of {due:.0f}, "
        f"at most {most} in a second; the longest took {longest:.3f} s"
    )
    assert most <= 1.1 * CALLS * 2
    assert 0.8 * ideal(told, CALLS, BURST) <= len(found) <= 1.1 * due + BURST


async def limited(fleet: list[Member], seconds: float) -> list[Told]:
    """Many more calls than the limit admits, after a rest."""
    await asyncio.sleep(0.3)

    async def call(number: int) -> Told:
        return await fleet[number % len(fleet)].call("shop/getLimited", "same")

    return await offered(call, OFFERED, seconds)


async def steadily(fleet: list[Member], seconds: float) -> list[Told]:
    """The same, anew where the machine was too busy to offer as many: refusals are held back,
    and their callers do not see by the clock when the limit has judged them."""
    for _ in range(ROUNDS):
        told = await limited(fleet, seconds)
        if len(told) >= KEPT_UP * OFFERED * span(told):
            break
    return told


def span(told: list[Told]) -> float:
    """Seconds from the first call to the last answer."""
    return max(each.ended for each in told) - min(each.began for each in told)


def rate(told: list[Told]) -> str:
    return f"{len(told) / span(told):.0f} calls/s for {span(told):.2f} s"


async def test_what_a_write_changes_is_new_in_every_process_within_a_second(
    fleet: list[Member],
) -> None:
    for revision in range(1, 4):
        assert set(await revisions(fleet)) == {revision - 1}
        await fleet[revision].call("shop/putItem", "written")
        written = asyncio.get_running_loop().time()

        async def all_new(revision: int = revision) -> bool:
            return set(await revisions(fleet)) == {revision}

        await until(all_new, 1.0, "the new answer everywhere")
        tell(f"new everywhere after {asyncio.get_running_loop().time() - written:.3f} s")


async def revisions(fleet: list[Member]) -> list[int]:
    told = await asyncio.gather(*(each.call("shop/getItem", "written") for each in fleet))
    return [each.body["revision"] for each in told]


async def test_i10_a_second_after_a_version_is_live_nothing_is_answered_by_the_one_before(
    fleet: list[Member], stock: Stock
) -> None:
    await publish(fleet[0], "v1", stock.origin)
    await until(lambda: known(fleet, "news"), 1.0, "the connector everywhere")

    async def call(number: int) -> Told:
        return await fleet[number % PROCESSES].call("news/getItem", str(number % 8))

    early = asyncio.ensure_future(offered(call, 200, 0.5))
    await asyncio.sleep(0.2)
    await publish(fleet[0], "v2", f"{stock.origin}/v2")
    live = asyncio.get_running_loop().time()
    told = await offered(call, 200, 1.5)

    assert {each.code for each in (*await early, *told)} == {GOOD}
    assert early.result()[0].body["path"].startswith("/items/")
    old = [each.began - live for each in told if each.body["path"].startswith("/items/")]
    tell(f"the last answer of the old version was asked for {max(old, default=0.0):.3f} s later")
    assert max(old, default=0.0) < 1.0


async def publish(member: Member, version: str, origin: str) -> None:
    """Adds a version of `news`, and has it serve the traffic."""
    made = ConnectorVersion(spec_text=DOCUMENT, direct=Direct(base_uri=origin))
    changes = [
        VersionChange(create=CreateVersion(version_id=version, version=made)),
        VersionChange(promote=PromoteVersion(name=f"connectors/news/versions/{version}")),
    ]
    request = ManageVersionsRequest(parent="connectors/news", changes=changes)
    await member.running.gateway.ManageVersions(request)


async def known(fleet: list[Member], connector: str) -> bool:
    told = await asyncio.gather(*(each.call(f"{connector}/getItem", "0") for each in fleet))
    return {each.code for each in told} == {GOOD}


async def test_workers_agree_by_the_embedded_redis_which_ends_with_them(
    tmp_path: Path, stock: Stock
) -> None:
    files = {"shop.yaml": connectors(stock.origin, "")["shop.yaml"]}
    async with member_up(tmp_path, files, {}, "--redis", "embedded", "--workers", "2") as member:
        parent = member.running.process
        await until(lambda: share(tmp_path, 2), 5.0, "both workers share it")
        started = [each for child in children(parent.pid) for each in (child, *children(child))]
        told = await limited([member], 1.0)

        parent.kill()
        await parent.wait()
        await until(lambda: ended(started), 5.0, "the workers and the server end")

    assert fits(told, 0.05)
    assert not list((tmp_path / "data").glob("redis-*"))


async def share(folder: Path, processes: int) -> bool:
    """Whether so many processes say that they live, in the server of a folder."""
    found = list((folder / "data").glob("redis-*/socket"))
    if not found:
        return False
    with Redis(unix_socket_path=str(found[0])) as client:
        return bool(client.zcard("portico:peers") == processes)


async def ended(processes: list[int]) -> bool:
    def alive(process: int) -> bool:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return False
        return True

    return not any(map(alive, processes))


def tell(figures: str) -> None:
    sys.stdout.write(f"\n{figures}")
