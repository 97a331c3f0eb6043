"""Tries, servers, breakers and places as one loop around real sockets: as the engine has it."""

import asyncio
import random
import socket
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec import structs

from facade.errors.backend import BackendRateLimited, BackendUnavailable, BackendUnreachable
from facade.errors.fault import Effect, Fault
from facade.errors.service import BreakerOpen
from facade.guards import Servers
from facade.model.action import Action
from facade.model.call import Plan, Reply
from facade.model.policy import Breaker, Policy, Retry
from facade.model.version import Balancing, Destination
from facade.transcode.check import check
from facade.transport import Transport
from tests.fakes import JSON, HttpBackend, RawBackend, a_plan, a_version, answer, cut, hold

UNGUARDED = Breaker(enabled=False)


class Loop:
    """The life of a call between the cache and the wire."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.servers = Servers()
        self.breakers, self.bulkheads = self.servers.breakers, self.servers.bulkheads

    async def send(self, plan: Plan) -> Reply:
        ends = time.monotonic() + plan.timeout
        tries = self.servers.tries(plan)
        async for here in tries:
            with tries:
                left = structs.replace(here, timeout=ends - time.monotonic())
                reply = await self.transport.send(left)
                check(here, reply)
                return reply
        raise AssertionError

    async def fails(self, plan: Plan) -> Fault:
        with pytest.raises(Fault) as failure:
            await self.send(plan)
        return failure.value


@pytest.fixture
async def loop(transport: Transport) -> AsyncIterator[Loop]:
    made = Loop(transport)
    yield made
    assert not made.bulkheads._bulkheads


def plan(origin: str, *others: str, method: str = "GET", **fields: Any) -> Plan:
    action = Action(id="act", method=method, path="/", pointer="")
    version = a_version(destination=Destination(balancing=Balancing.FAILOVER))
    given = {"action": action, "version": version, "method": method, "timeout": 2.0}
    elsewhere = tuple((other, "/") for other in others)
    return a_plan(origin, **given | {"elsewhere": elsewhere} | fields)


def closed() -> str:
    """An address on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def then(*answers: bytes) -> HttpBackend:
    """A backend that says one answer after the other, and the last one for ever."""
    left = list(answers)
    return HttpBackend(lambda _: left.pop(0) if len(left) > 1 else left[0])


UNAVAILABLE = answer(status=503)


async def test_d01_a_backend_that_refuses_is_tried_three_times_whatever_the_method(
    loop: Loop,
) -> None:
    began = time.monotonic()
    told = await loop.fails(plan(closed(), method="POST"))
    assert isinstance(told, BackendUnreachable)
    assert told.effect is Effect.NOT_EXECUTED
    assert time.monotonic() - began < 0.5
    (circuit,) = loop.breakers._circuits.values()
    assert circuit.in_a_row == 3


async def test_where_all_servers_refuse_each_is_tried_and_then_two_once_more(loop: Loop) -> None:
    told = await loop.fails(plan(closed(), closed(), closed(), method="POST"))
    assert told.effect is Effect.NOT_EXECUTED
    tries = [circuit.in_a_row for circuit in loop.breakers._circuits.values()]
    assert tries == [2, 2, 1]


async def test_c07_d03_a_get_is_tried_three_times_and_a_post_once(loop: Loop) -> None:
    async with then(UNAVAILABLE, UNAVAILABLE, JSON) as backend:
        assert (await loop.send(plan(backend.origin))).status == 200
        assert len(backend.requests) == 3
    async with then(UNAVAILABLE) as backend:
        told = await loop.fails(plan(backend.origin, method="POST"))
        assert (told.reason, len(backend.requests)) == ("BACKEND_UNAVAILABLE", 1)


async def test_d04_a_post_that_is_cut_off_is_sent_once_unless_the_backend_knows_it_again(
    loop: Loop,
) -> None:
    policy = Policy(retry=Retry(idempotency_header="Idempotency-Key"))
    for given, tries in (({}, 1), ({"policy": policy, "request_id": "r"}, 3)):
        async with RawBackend(cut(b"", reset=True)) as backend:
            told = await loop.fails(plan(backend.origin, method="POST", **given))
            assert isinstance(told, BackendUnavailable)
            assert (told.effect, backend.connections) == (Effect.UNKNOWN, tries)


async def test_d36_a_pause_that_the_backend_asks_for_is_kept_or_the_call_ends_at_once(
    loop: Loop,
) -> None:
    for asked, least, most in (("0.2", 0.2, 1.0), ("9", 0.0, 0.15)):
        limited = answer(status=429, headers=(("Retry-After", asked),))
        async with then(limited, JSON) as backend:
            began = time.monotonic()
            try:
                await loop.send(plan(backend.origin))
            except BackendRateLimited as told:
                assert told.details.retry_after == 9.0  # noqa: PT017 - one of two ends
            assert least <= time.monotonic() - began <= most


async def test_d37_a_storm_of_503_is_over_for_the_backend_after_a_few_calls(loop: Loop) -> None:
    async with then(UNAVAILABLE) as backend:
        told = [await loop.fails(plan(backend.origin)) for _ in range(200)]
        assert len(backend.requests) <= 20
    assert isinstance(told[-1], BreakerOpen)
    assert (told[-1].details.retry_after or 0) > 0


async def test_a_server_that_fails_is_repeated_elsewhere_and_then_passed_over(loop: Loop) -> None:
    async with then(UNAVAILABLE) as broken, then(JSON) as sound:
        given = plan(broken.origin, sound.origin)
        ends = await asyncio.gather(*(loop.send(given) for _ in range(3)))
        assert [each.status for each in ends] == [200] * 3
        for _ in range(2):
            await loop.fails(given)
        for _ in range(50):
            assert (await loop.send(given)).status == 200
        assert (len(broken.requests), len(sound.requests)) == (5, 53)


async def test_d29_no_try_goes_on_past_the_deadline(loop: Loop) -> None:
    async with RawBackend(hold) as backend:
        began = time.monotonic()
        told = await loop.fails(plan(backend.origin, timeout=0.2))
        assert (told.reason, told.effect) == ("BACKEND_TIMEOUT", Effect.UNKNOWN)
        assert time.monotonic() - began < 0.4


async def test_d41_d46_calls_cancelled_at_any_time_leave_every_place_free(loop: Loop) -> None:
    dice = random.Random(46)  # noqa: S311 - the same in every run
    policy = Policy(server_concurrency=4, breaker=UNGUARDED)
    async with then(JSON) as backend:
        given = plan(backend.origin, policy=policy)
        for _ in range(60):
            tasks = [asyncio.ensure_future(loop.send(given)) for _ in range(8)]
            await asyncio.sleep(dice.random() / 200)
            for task in dice.sample(tasks, 5):
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        async with asyncio.TaskGroup() as group:
            for _ in range(8):
                group.create_task(loop.send(given))
