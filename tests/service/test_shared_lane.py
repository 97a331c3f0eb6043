"""One connection for many callers: whoever leaves, no reply reaches another."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from facade.stores.dialing import Server, parse
from facade.stores.lane import QUEUE, Lane, Tally
from facade.stores.opening import open_shared
from facade.stores.redis import RedisShared
from facade.stores.shared import Script, Shared, SharedGone
from tests.processes import until
from tests.servers import RedisServer

pytestmark = pytest.mark.asyncio(loop_factories=["asyncio", "uvloop"])

CALLERS = 200
TURNS = 250
"""With both kinds of loops, 100,000 commands."""

ECHO = Script("echo", "return ARGV[1]")


@pytest.fixture
async def kinds() -> list[str]:
    """The kinds of failures that the lane has told."""
    return []


async def dialed(place: Server) -> Lane:
    """The lane; on a busy machine the first 50 ms may be over before it is there."""
    async with asyncio.timeout(10):
        while True:
            with suppress(SharedGone):
                return await place.dial(lambda: Lane(0.05, Tally()))


@pytest.fixture
async def lane(own_redis_server: RedisServer, kinds: list[str]) -> AsyncIterator[Lane]:
    """A lane to a server of its own, whose commands may take 50 ms."""
    place = parse(own_redis_server.unix_url)
    assert isinstance(place, Server)
    made = await dialed(place)
    made.failed = kinds.append
    yield made
    made.close()


async def test_f08_no_reply_reaches_another_however_many_leave(redis_server: RedisServer) -> None:
    chance = random.Random(8)  # noqa: S311 - to be repeated, not to be secret
    answers, left = Counter[bool](), 0

    async def ask(shared: Shared, number: int) -> None:
        word = b"%d" % number
        with suppress(SharedGone):
            answers[await shared.run(ECHO, ["a"], [word]) == word] += 1

    async with open_shared(redis_server.unix_url) as shared:
        assert isinstance(shared, RedisShared)
        for turn in range(TURNS):
            await until(lambda: answers_again(shared), 3.0, "a busy machine may be late thrice")
            async with asyncio.TaskGroup() as group:
                asked = [
                    group.create_task(ask(shared, turn * CALLERS + each)) for each in range(CALLERS)
                ]
                for _ in range(chance.randrange(4)):
                    await asyncio.sleep(chance.choice((0, 0, 0.001)))
                left += sum(task.cancel() for task in chance.sample(asked, CALLERS // 2))
    assert answers[False] == 0
    assert answers[True] > TURNS * CALLERS // 4
    assert left > TURNS * CALLERS // 4


async def answers_again(shared: RedisShared) -> bool:
    return shared.traffic.up


async def test_f08_a_late_reply_reaches_nobody(
    lane: Lane, own_redis_server: RedisServer, kinds: list[str]
) -> None:
    own_redis_server.freeze()
    with pytest.raises(SharedGone, match="timeout"):
        await lane.ask("ECHO", "late")
    own_redis_server.thaw()
    await until(lambda: answers(lane), 1.0, "it answers again")
    replies = await asyncio.gather(*(lane.ask("ECHO", str(each)) for each in range(100)))
    assert replies == [b"%d" % each for each in range(100)]
    assert kinds == ["timeout"]


async def answers(lane: Lane) -> bool:
    with suppress(SharedGone):
        return bool(await lane.ask("ECHO", "word") == b"word")
    return False


async def test_f02_while_an_answer_is_overdue_nobody_else_waits_and_the_lane_finds_out_by_itself(
    lane: Lane, own_redis_server: RedisServer, kinds: list[str]
) -> None:
    own_redis_server.freeze()
    with pytest.raises(SharedGone, match="timeout"):
        await lane.ask("ECHO", "late")
    with pytest.raises(SharedGone, match="timeout"):
        lane.ask("ECHO", "later")
    async with asyncio.timeout(1.0):
        await lane.lost
    assert kinds == ["timeout"] * 3


async def test_f03_a_lane_whose_replies_are_late_thrice_is_given_up(
    lane: Lane, own_redis_server: RedisServer
) -> None:
    own_redis_server.freeze()
    asked = await asyncio.gather(*(lane.ask("PING") for _ in range(3)), return_exceptions=True)
    assert [type(each) for each in asked] == [SharedGone] * 3
    assert lane.lost.done()
    with pytest.raises(SharedGone):
        lane.ask("PING")


async def test_everybody_hears_at_once_that_the_server_is_gone(
    lane: Lane, own_redis_server: RedisServer
) -> None:
    own_redis_server.freeze()
    asked = [lane.ask("PING") for _ in range(10)]
    own_redis_server.kill()
    async with asyncio.timeout(1.0):
        failed = await asyncio.gather(*asked, return_exceptions=True)
    assert [str(each) for each in failed] == ["connection lost"] * 10


async def test_commands_that_nobody_waits_for_are_dropped_beyond_a_thousand(
    own_redis_server: RedisServer,
) -> None:
    place, tally = parse(own_redis_server.unix_url), Tally()
    assert isinstance(place, Server)
    lane = await place.dial(lambda: Lane(0.05, tally))
    own_redis_server.freeze()
    for _ in range(QUEUE + 7):
        lane.tell("INCR", "told")
    assert tally.drops == 7
    own_redis_server.thaw()
    assert await lane.ask("GET", "told") == b"%d" % QUEUE
    lane.close()


async def test_a_reply_to_nothing_ends_the_connection(lane: Lane, kinds: list[str]) -> None:
    lane.data_received(b"+SURPLUS\r\n")
    assert lane.lost.done()
    assert kinds == ["protocol"]


async def test_who_gives_up_waiting_may_wait_again_and_nobody_misses_what_is_not_read(
    lane: Lane,
) -> None:
    answer, unread = lane.ask("ECHO", "word"), lane.ask("NO", "such", "command")
    waiting = asyncio.ensure_future(answer)
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert await answer == b"word"
    assert await answer == b"word"
    assert unread.done


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"$-5\r\n",
        b"%1\r\n*1\r\n+list\r\n+is no key\r\n",
    ],
)
async def test_what_is_no_reply_ends_the_connection(
    lane: Lane, kinds: list[str], said: bytes
) -> None:
    asked = lane.ask("PING")
    lane.data_received(said)
    with pytest.raises(SharedGone):
        await asked
    assert kinds == ["protocol"]


async def test_what_is_sent_in_one_turn_of_the_loop_is_one_write(lane: Lane) -> None:
    asked = [lane.ask("INFO", "commandstats") for _ in range(2)]
    first, second = await asyncio.gather(*asked)
    assert first != second
    stats = await lane.ask("INFO", "stats")
    asked = [lane.ask("PING") for _ in range(100)]
    await asyncio.gather(*asked)
    reads = [
        int(part.split(b":")[1])
        for text in (stats, await lane.ask("INFO", "stats"))
        for part in text.split(b"\r\n")
        if part.startswith(b"total_reads_processed")
    ]
    assert reads[1] - reads[0] <= 3
