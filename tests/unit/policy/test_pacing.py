import asyncio
import time
from email.utils import formatdate
from typing import Any

import pytest

from facade.errors.fault import Code
from facade.errors.service import BackendPaused
from facade.model.call import Caller, Headers, Plan, Reply
from facade.policy.pacing import pacing
from facade.policy.pacing.pacing import Pacing
from facade.policy.pacing.pause import pause_of
from tests.fakes import a_plan

NOW = 1_700_000_000.0

ORIGIN = "https://x.test"


def reply(status: int, *headers: tuple[str, str]) -> Reply:
    return Reply(status=status, headers=headers, body=b"")


def plan(origin: str = ORIGIN, **fields: Any) -> Plan:
    return a_plan(origin, **{"timeout": 1.0} | fields)


def asks(seconds: float) -> Reply:
    return reply(429, ("retry-after", str(seconds)))


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (429, (("retry-after", "7"),), 7.0),
        (503, (("retry-after", formatdate(NOW + 60, usegmt=True)),), 0.0),
        (429, (("retry-after", "99999"),), 300.0),
        (503, (("retry-after", "soon"),), 0.0),
        (200, (("retry-after", "7"),), 0.0),
        (301, (("retry-after", "7"),), 0.0),
        (429, (), 0.0),
        (429, (("retry-after", "7"), ("ratelimit", '"a";r=0;t=90')), 7.0),
        (429, (("retry-after", "?"), ("ratelimit", '"a";r=0;t=90')), 90.0),
    ],
)
def test_d36_retry_after_counts_of_429_alone_and_before_all_else(
    status: int, headers: Headers, seconds: float
) -> None:
    assert pause_of(reply(status, *headers), lambda: NOW) == seconds


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ('"default";r=0;t=30', 30.0),
        ('"default";r=1;t=30', 0.0),
        ('"default";r=0', 0.0),
        ('"a";r=5;t=9, "b";r=0;t=12, "c";r=0;t=4', 12.0),
        ("token;r=0;t=3", 3.0),
        ('"a, b;r=0;t=99";r=1;t=3', 0.0),
        ('"a\\"b";pk=:YWJj:;r=0;t=3', 3.0),
        ('"a"; r=0; t=3', 3.0),
        ("limit=100, remaining=0, reset=30", 30.0),
        ("limit=100, remaining=9, reset=30", 0.0),
        ('"a";r=0;t=3, ;;;', 0.0),
        ('"a";r=-1;t=3', 0.0),
        ('"a";r=0;t=99999999', 300.0),
        ('"a";r=0;t=1e9', 0.0),
        ('"', 0.0),
        ("", 0.0),
        (";" * 100_000, 0.0),
        ('"\\' * 100_000, 0.0),
    ],
)
def test_a_rate_limit_of_which_nothing_remains_asks_for_a_pause(said: str, seconds: float) -> None:
    begun = time.monotonic()
    assert pause_of(reply(200, ("ratelimit", said)), lambda: NOW) == seconds
    assert time.monotonic() - begun < 0.1


@pytest.mark.parametrize("prefix", ["", "x-"])
@pytest.mark.parametrize(
    ("left", "reset", "seconds"),
    [
        ("0", "30", 30.0),
        (" 0 ", "1.5", 1.5),
        ("0.0", "30", 30.0),
        ("1", "30", 0.0),
        ("", "30", 0.0),
        ("0", "", 0.0),
        ("0", "-5", 0.0),
        ("0", "NaN", 0.0),
        ("0", "9" * 50, 0.0),
        ("0", str(int(NOW + 20)), 20.0),
        ("0", str(int(NOW + 20) * 1000), 20.0),
        ("0", str(int(NOW - 20)), 0.0),
        ("0", str(int(NOW + 9999)), 300.0),
    ],
)
def test_fields_of_their_own_are_read_as_seconds_or_as_a_time(
    prefix: str, left: str, reset: str, seconds: float
) -> None:
    headers = ((f"{prefix}ratelimit-remaining", left), (f"{prefix}ratelimit-reset", reset))
    assert pause_of(reply(200, *headers), lambda: NOW) == seconds


async def test_a_call_waits_until_the_backend_may_be_asked() -> None:
    pacing = Pacing()
    pacing.learn(plan(), asks(0.05))
    begun = time.monotonic()
    await pacing.wait(plan())
    assert 0.05 <= time.monotonic() - begun < 0.3
    begun = time.monotonic()
    await pacing.wait(plan())
    assert time.monotonic() - begun < 0.02


async def test_a_call_whose_time_is_over_before_is_told_at_once() -> None:
    pacing = Pacing(lambda: 5.0)
    pacing.learn(plan(), asks(2))
    with pytest.raises(BackendPaused) as paused:
        await pacing.wait(plan())
    assert paused.value.status is Code.RESOURCE_EXHAUSTED
    assert paused.value.details.retry_after == 2.0


async def test_the_longer_of_two_pauses_counts_and_success_ends_none() -> None:
    pacing = Pacing(lambda: 5.0)
    for said in (asks(9), asks(2), reply(200)):
        pacing.learn(plan(), said)
    with pytest.raises(BackendPaused) as paused:
        await pacing.wait(plan())
    assert paused.value.details.retry_after == 9.0


@pytest.mark.parametrize(
    "other",
    [
        {"origin": "https://y.test"},
        {"caller": Caller(tenant="other")},
        {"caller": Caller(tenant="acme", connection="us")},
    ],
)
async def test_a_pause_holds_for_one_server_and_one_connection(other: dict[str, Any]) -> None:
    pacing = Pacing(lambda: 5.0)
    asked: dict[str, Any] = {"origin": ORIGIN, "caller": Caller(tenant="acme")}
    pacing.learn(plan(**asked), asks(9))
    await pacing.wait(plan(**asked | other))
    with pytest.raises(BackendPaused):
        await pacing.wait(plan(**asked))


async def test_a_wait_that_is_cancelled_leaves_the_pause_as_it_is() -> None:
    pacing = Pacing()
    pacing.learn(plan(), asks(0.5))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await pacing.wait(plan())
    with pytest.raises(BackendPaused):
        await pacing.wait(plan(timeout=0.1))


def test_pauses_are_forgotten_before_they_are_too_many() -> None:
    kept = Pacing(lambda: 5.0)
    for number in range(pacing.PAUSES + 50):
        kept.learn(plan(caller=Caller(subject="a", connection=str(number))), asks(9))
    assert len(kept.pauses) == pacing.PAUSES
