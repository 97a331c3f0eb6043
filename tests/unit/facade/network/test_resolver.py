import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Sequence

import pytest

from facade.network.resolver import FRESH, LAST_GOOD, NAMES, NEGATIVE, AddressInfo, Resolver


class Dns:
    """Answers by a script, counts the questions, and knows a clock of its own."""

    def __init__(self) -> None:
        self.now = 0.0
        self.asked: list[str] = []
        self.address = "192.0.2.1"
        """Empty: the name has none."""
        self.fails = False
        self.gate = threading.Event()
        """Answers wait for it."""
        self.gate.set()
        self.resolver = Resolver(self.lookup, lambda: self.now)

    def lookup(self, host: str) -> Sequence[AddressInfo]:
        self.asked.append(host)
        self.gate.wait(5)
        if self.fails:
            raise socket.gaierror(socket.EAI_AGAIN, "broken")
        if not self.address:
            return []
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (self.address, 0))]

    async def address_of(self, host: str = "shop.example") -> str:
        """The first address of a name; empty where it has none."""
        try:
            found = await self.resolver.addresses(host)
        except OSError:
            return ""
        return str(found[0][4][0])


@pytest.fixture
async def dns() -> AsyncIterator[Dns]:
    made = Dns()
    yield made
    made.gate.set()
    made.resolver.close()


@pytest.mark.parametrize("address", ["192.0.2.9", "2001:db8::9"])
async def test_an_address_is_its_own_answer(dns: Dns, address: str) -> None:
    assert await dns.address_of(address) == address
    assert dns.asked == []


async def test_d43_a_name_is_asked_for_at_most_once_in_five_seconds(dns: Dns) -> None:
    for dns.now in (0.0, 0.5, FRESH - 0.1):
        assert await dns.address_of() == "192.0.2.1"
    assert len(dns.asked) == 1


async def test_d43_a_changed_answer_is_used_within_five_seconds(dns: Dns) -> None:
    assert await dns.address_of() == "192.0.2.1"
    dns.address = "192.0.2.2"
    dns.now = FRESH
    assert await dns.address_of() == "192.0.2.2"


async def test_d43_a_thousand_callers_at_once_are_one_question(dns: Dns) -> None:
    dns.gate.clear()
    calls = [asyncio.ensure_future(dns.address_of()) for _ in range(1000)]
    await asyncio.sleep(0.05)
    calls[0].cancel()
    dns.gate.set()
    answers = await asyncio.gather(*calls[1:])
    assert set(answers) == {"192.0.2.1"}
    assert len(dns.asked) == 1


@pytest.mark.parametrize("empty", [False, True])
async def test_d42_a_name_that_fails_is_asked_for_again_after_a_second(
    dns: Dns, *, empty: bool
) -> None:
    dns.fails, dns.address = not empty, ""
    for dns.now in (0.0, NEGATIVE / 2, NEGATIVE - 0.1):
        assert await dns.address_of() == ""
    assert len(dns.asked) == 1
    dns.fails, dns.address = False, "192.0.2.1"
    dns.now = NEGATIVE
    assert await dns.address_of() == "192.0.2.1"


async def test_d42_the_last_good_answer_serves_for_half_a_minute(dns: Dns) -> None:
    assert await dns.address_of() == "192.0.2.1"
    dns.fails = True
    for dns.now in (10.0, 20.0, LAST_GOOD):
        assert await dns.address_of() == "192.0.2.1"
    for dns.now in (LAST_GOOD + 0.1, LAST_GOOD + 10):
        assert await dns.address_of() == ""
    dns.fails = False
    dns.now += NEGATIVE
    assert await dns.address_of() == "192.0.2.1"


async def test_d42_an_answer_is_waited_for_a_second(dns: Dns) -> None:
    dns.gate.clear()
    started = asyncio.get_running_loop().time()
    assert await dns.address_of() == ""
    assert 0.9 < asyncio.get_running_loop().time() - started < 1.3
    dns.now = 1.0
    assert await dns.address_of() == ""
    assert asyncio.get_running_loop().time() - started < 1.4
    assert len(dns.asked) == 1
    dns.gate.set()
    await asyncio.sleep(0.05)
    assert await dns.address_of() == "192.0.2.1"


async def test_a_name_that_hangs_holds_up_no_other(dns: Dns) -> None:
    dns.gate.clear()
    hung = asyncio.ensure_future(dns.address_of("hung.example"))
    await asyncio.sleep(0.01)
    dns.gate.set()
    assert await dns.address_of("other.example") == "192.0.2.1"
    await hung


async def test_only_so_many_names_are_remembered(dns: Dns) -> None:
    for each in range(NAMES + 10):
        await dns.address_of(f"n{each}.example")
    assert len(dns.resolver._names) == NAMES
    asked = len(dns.asked)
    await dns.address_of(f"n{NAMES}.example")
    assert len(dns.asked) == asked


async def test_closing_waits_for_no_answer(dns: Dns) -> None:
    dns.gate.clear()
    call = asyncio.ensure_future(dns.address_of())
    await asyncio.sleep(0.01)
    dns.resolver.close()
    assert await asyncio.wait_for(call, 0.1) == ""
