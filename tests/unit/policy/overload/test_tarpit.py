"""Refusals are held back, the longer the more there are."""

import asyncio
from collections.abc import Iterator

import pytest

from facade.model.access import ANYONE, Identity
from facade.policy.overload.holds import GRAIN
from facade.policy.overload.tarpit import LEAST, MOST, PART, Tarpit

PEER = "ipv4:127.0.0.1:1"
STREAMS = 100
"""Calls that a connection of gRPC has under way at most."""
ACME = Identity(tenant="acme", name="key:a")


def connections(number: int) -> Iterator[str]:
    return (f"ipv4:127.0.0.1:{each}" for each in range(number))


async def test_j15_refusals_of_one_connection_are_held_for_50_to_500_milliseconds() -> None:
    tarpit = Tarpit()
    held = [tarpit.hold(PEER, ANYONE, None) for _ in range(STREAMS)]
    assert held[0] == held[9] == LEAST == 0.05
    assert held[-1] == 0.5
    assert held == sorted(held)
    assert tarpit.hold("ipv4:127.0.0.1:2", ANYONE, None) == LEAST


async def test_j15_more_than_eight_connections_of_a_credential_get_no_more_than_eight() -> None:
    tarpit = Tarpit()
    for peer in connections(8):
        last = [tarpit.hold(peer, ACME, None) for _ in range(STREAMS)][-1]
    assert last == 0.5
    for peer in connections(16):
        last = tarpit.hold(peer, ACME, None)
    assert last == pytest.approx(0.51)
    other = Identity(tenant="acme", name="key:b")
    assert tarpit.hold("ipv4:127.0.0.2:1", other, None) == LEAST


async def test_none_is_held_beyond_half_of_the_time_that_its_caller_gives_or_for_long() -> None:
    tarpit = Tarpit()
    assert tarpit.hold(PEER, ACME, 0.06) == 0.06 * PART
    assert max(tarpit.hold(PEER, ACME, None) for _ in range(20 * STREAMS)) == MOST


async def test_what_was_told_is_forgotten() -> None:
    tarpit = Tarpit()
    for peer in (*connections(3), PEER):
        tarpit.hold(peer, ACME, None)
        tarpit.hold(peer, ANYONE, None)
    await asyncio.sleep(LEAST + 3 * GRAIN)
    assert tarpit._held == {}
