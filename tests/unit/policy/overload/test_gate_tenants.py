"""J03: of several tenants whose calls wait, one that floods takes what the others leave."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from facade.errors.service import Overloaded
from facade.policy.overload import gate
from facade.policy.overload.gate import CROWD, LONG, Gate
from facade.policy.overload.priority import Priority

NORMAL = Priority.NORMAL
MOST = 20
ROOM = int(0.9 * MOST)
"""For calls that are not critical."""


LONG_ENOUGH = 60.0


class Turns:
    """A gate, and in which order calls were let in."""

    def __init__(self) -> None:
        self.gate = Gate(MOST, chance=lambda least, _most: 0.0 if least < 0.5 else least)
        self.order: list[str] = []
        """Their tenants …"""
        self.peers: list[str] = []
        """… and their connections."""
        self.waits: list[asyncio.Task[None]] = []

    def fill(self, peer: str) -> None:
        """Takes all the room."""
        while self.gate.take(peer, NORMAL):
            pass

    async def ask(self, tenant: str, peer: str, times: int = 1) -> None:
        """Has calls of a tenant wait."""
        for _ in range(times):
            self.waits.append(asyncio.create_task(self._one(tenant, peer)))
        await asyncio.sleep(0)

    async def leave(self, peer: str, times: int = 1) -> None:
        """Ends calls, one after the other."""
        for _ in range(times):
            self.gate.leave(peer)
            await asyncio.sleep(0)

    async def _one(self, tenant: str, peer: str) -> None:
        with suppress(Overloaded):
            if not self.gate.take(peer, NORMAL):
                await self.gate.wait(peer, NORMAL, None, tenant)
            self.order.append(tenant)
            self.peers.append(peer)


@pytest.fixture
async def turns(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Turns]:
    """Who waits does so until it is let in, however busy the machine is."""
    for kind in ("STANDING", "BURST"):
        monkeypatch.setattr(gate, kind, gate.Patience(LONG_ENOUGH, 1.0))
    made = Turns()
    yield made
    for each in made.waits:
        each.cancel()
    await asyncio.gather(*made.waits, return_exceptions=True)


async def test_j03_a_tenant_with_less_under_way_comes_before_one_that_came_first(
    turns: Turns,
) -> None:
    turns.fill("a1")
    await turns.ask("a", "a1", 10)
    await turns.ask("b", "b1", 3)
    await turns.leave("a1", 5)
    assert turns.order == ["b", "b", "b", "a", "a"]


async def test_j03_who_has_as_much_as_the_others_waits_with_them(turns: Turns) -> None:
    turns.fill("a1")
    await turns.ask("a", "a1", 30)
    await turns.ask("b", "b1", 30)
    await turns.leave("a1", ROOM // 2)
    assert turns.order == ["b"] * (ROOM // 2)
    await turns.leave("a1", 2)
    await turns.leave("b1", 2)
    assert sorted(turns.order[ROOM // 2 :]) == ["a", "a", "b", "b"]


async def test_j03_many_connections_of_one_tenant_are_no_more_than_one(turns: Turns) -> None:
    peers = [f"a{number}" for number in range(ROOM)]
    for peer in peers:
        assert turns.gate.take(peer, NORMAL)
    for peer in peers:
        await turns.ask("a", peer, 4)
    await turns.ask("b", "b1", 2)
    await turns.leave("a0", 1)
    await turns.leave("a1", 1)
    assert turns.order == ["b", "b"]


async def test_j03_the_crowd_of_one_tenant_is_not_that_of_another() -> None:
    loop = asyncio.get_running_loop()
    turns, now = Turns(), loop.time()
    turns.fill("a1")
    await turns.ask("a", "a1", CROWD * MOST + 1)
    await turns.ask("b", "b1")
    turns.gate._since = now - 2 * LONG  # it has stood for long
    assert turns.gate.turn_away("a1", NORMAL, None) is not None
    assert turns.gate.turn_away("b1", NORMAL, None) is None
    for each in turns.waits:
        each.cancel()
    await asyncio.gather(*turns.waits, return_exceptions=True)


class Load:
    """Calls that take some steps each, at a gate; each tenant has so many connections."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._ends: list[tuple[int, str]] = []
        self._seen = 0
        self.offered: Counter[str] = Counter()

    async def step(self, number: int, *tenants: tuple[str, int, int]) -> None:
        """Ends what has had its steps, and has each tenant offer so many calls over so many."""
        over = [each for each in self._ends if each[0] <= number]
        self._ends = [each for each in self._ends if each[0] > number]
        for _, peer in over:
            await self._turns.leave(peer)
        for tenant, calls, connections in tenants:
            for _ in range(calls):
                peer = f"{tenant}{self.offered[tenant] % connections}"
                self.offered[tenant] += 1
                await self._turns.ask(tenant, peer)
        entered = self._turns.peers[self._seen :]
        self._seen += len(entered)
        self._ends += [(number + 10, peer) for peer in entered]


async def test_j03_a_flood_of_twenty_times_leaves_another_tenant_all_of_its_calls(
    turns: Turns,
) -> None:
    load = Load(turns)
    for number in range(100):
        await load.step(number, ("a", 40, 500), ("b", number % 2, 1))
    for number in range(100, 120):
        await load.step(number)
    assert load.offered["a"] > 20 * ROOM * 10
    assert turns.order.count("b") == load.offered["b"] == 50
    assert turns.order.count("a") > ROOM * 5
