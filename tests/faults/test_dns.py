"""The fake DNS stands in place of `loop.getaddrinfo`."""

import asyncio
import socket

import pytest
import pytest_asyncio

from facade.network.resolver import Resolver
from tests.faults.dns import NXDOMAIN, SERVFAIL, Answer, FakeDns, always, rolling, then


@pytest_asyncio.fixture
async def dns(monkeypatch: pytest.MonkeyPatch) -> FakeDns:
    """Names that answer each in its own way, for the loop of the test."""
    fake = FakeDns(
        {
            "both.test": always("93.184.216.34", "2001:db8::1"),
            "rebound.test": rolling("93.184.216.34", "127.0.0.1"),
            "moved.test": then("127.0.0.1", NXDOMAIN, SERVFAIL),
        }
    )
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", fake.getaddrinfo)
    return fake


async def found(name: str, **more: int) -> list[str]:
    loop = asyncio.get_running_loop()
    return [str(each[4][0]) for each in await loop.getaddrinfo(name, 80, **more)]


async def test_a_name_has_addresses_of_both_families(dns: FakeDns) -> None:
    assert await found("Both.Test.") == ["93.184.216.34", "2001:db8::1"]
    assert await found("both.test", family=socket.AF_INET6) == ["2001:db8::1"]
    assert dns.asked["both.test"] == 2


async def test_answers_alternate(dns: FakeDns) -> None:
    answers = [await found("rebound.test") for _ in range(4)]
    assert answers == [["93.184.216.34"], ["127.0.0.1"]] * 2
    assert dns.asked["rebound.test"] == 4


async def test_a_name_fails_as_it_is_told(dns: FakeDns) -> None:
    assert await found("moved.test") == ["127.0.0.1"]
    codes = []
    for name in ("moved.test", "moved.test", "moved.test", "unknown.test"):
        with pytest.raises(socket.gaierror) as failure:
            await found(name)
        codes.append(failure.value.errno)
    assert codes == [socket.EAI_NONAME, socket.EAI_AGAIN, socket.EAI_AGAIN, socket.EAI_NONAME]
    assert dns.asked["unknown.test"] == 1


async def test_an_address_is_its_own_answer(dns: FakeDns) -> None:
    assert await found("::1") == ["::1"]
    assert not dns.asked


async def test_the_resolver_asks_it_in_place_of_the_system() -> None:
    fake = FakeDns({"late.test": rolling(Answer(("127.0.0.1",), delay=0.05))})
    resolver = Resolver(fake.lookup)
    try:
        found = await resolver.addresses("late.test")
        assert [each[4][0] for each in found] == ["127.0.0.1"]
        with pytest.raises(socket.gaierror):
            await resolver.addresses("unknown.test")
    finally:
        resolver.close()
    assert fake.asked == {"late.test": 1, "unknown.test": 1}
