"""Nothing is opened here: the sockets are a record of what would have been."""

import random
import socket
import time
from collections.abc import Callable, Sequence

import pytest

from facade.egress import Egress
from facade.errors.backend import BackendUnreachable
from facade.errors.caller import EgressDenied, InvalidParameters, InvalidSpec
from facade.errors.fault import Fault
from facade.network.dialer import open_socket
from facade.network.resolver import LAST_GOOD, AddressInfo, Resolver
from facade.network.tls import system_trust
from facade.transport import Transport
from facade.wire import Wire
from tests.fakes import HttpBackend, NoSockets, a_plan, answer
from tests.spellings import FORBIDDEN, FORBIDDEN_6, forbidden_origins

pytestmark = pytest.mark.asyncio(loop_factories=["asyncio", "uvloop"])

REFUSED = (EgressDenied, InvalidParameters, InvalidSpec)
PUBLIC = "93.184.216.34"
TRUST = system_trust()

Lookup = Callable[[str], Sequence[AddressInfo]]


def infos(*addresses: str) -> list[AddressInfo]:
    return [
        (socket.AF_INET6 if ":" in each else socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 0))
        for each in addresses
    ]


def told(*addresses: str) -> Lookup:
    return lambda _: infos(*addresses)


class World:
    """A transport without sockets, names that lead where a test wants, and a clock."""

    def __init__(self, *allow: str, lookup: Lookup) -> None:
        self.now = 0.0
        self.sockets = NoSockets()
        wire = Wire(
            Egress(allow, loopback=False),
            TRUST,
            resolver=Resolver(lookup, self.clock),
            sockets=self.sockets,
        )
        self.transport = Transport(wire)

    def clock(self) -> float:
        return self.now

    async def fault(self, origin: str) -> Fault:
        with pytest.raises(Fault) as failure:
            await self.transport.send(a_plan(origin))
        return failure.value


async def test_e01_e02_e03_e04_e05_e06_e07_e08_e09_no_spelling_opens_a_socket() -> None:
    world = World(lookup=told(PUBLIC))
    origins = forbidden_origins()
    assert len(set(origins)) >= 200
    for origin in origins:
        assert isinstance(await world.fault(origin), REFUSED), origin
        with pytest.raises(REFUSED):
            await world.transport.fetch(f"{origin}/openapi.yaml", 100)
    assert world.sockets.addresses == []


@pytest.mark.parametrize("others", [(), (PUBLIC,)])
async def test_e10_e12_a_name_must_lead_to_allowed_addresses_alone(others: tuple[str, ...]) -> None:
    for address in (*FORBIDDEN, *FORBIDDEN_6, "::ffff:10.0.0.1", "64:ff9b::7f00:1"):
        for found in ((address, *others), (*others, address)):
            world = World(lookup=told(*found))
            assert type(await world.fault("https://shop.example")) is EgressDenied
            assert world.sockets.addresses == []


async def test_e11_a_thousand_names_that_are_rebound_lead_nowhere() -> None:
    dice = random.Random(4)  # noqa: S311 - no secret
    answers = [[PUBLIC], ["127.0.0.1"], [PUBLIC, "10.0.0.1"], ["169.254.169.254", PUBLIC], ["::1"]]
    said: list[list[str]] = []

    def lookup(_: str) -> list[AddressInfo]:
        said.append(answers[0] if len(said) % 2 == 0 else dice.choice(answers[1:]))
        return infos(*said[-1])

    world = World(lookup=lookup)
    denied = 0
    for _ in range(1000):
        world.now += 10
        fault = await world.fault("https://rebound.example")
        denied += isinstance(fault, EgressDenied)
        assert isinstance(fault, (EgressDenied, BackendUnreachable))
    assert len(said) == 1000
    assert denied == 500
    assert set(world.sockets.addresses) == {PUBLIC}
    assert len(world.sockets.addresses) == 500


async def test_d42_the_last_good_address_serves_for_half_a_minute_while_the_dns_fails() -> None:
    broken = False

    def lookup(_: str) -> list[AddressInfo]:
        if broken:
            raise socket.gaierror(socket.EAI_AGAIN, "broken")
        return infos(PUBLIC)

    world = World(lookup=lookup)
    await world.fault("https://shop.example")
    broken = True
    for world.now in (LAST_GOOD / 2, LAST_GOOD - 1, LAST_GOOD + 1, LAST_GOOD + 10):
        await world.fault("https://shop.example")
    assert world.sockets.addresses == [PUBLIC] * 3


async def test_e22_an_entry_for_one_connector_opens_nothing_for_another() -> None:
    world = World("shop=10.20.0.0/16", "other=10.30.0.0/16", lookup=told("10.20.0.1"))
    for origin in ("http://10.20.0.1:8000", "http://orders.internal:8000"):
        assert type(await world.fault(origin)) is BackendUnreachable
    for origin in ("http://10.30.0.1:8000", "https://10.30.0.1"):
        assert type(await world.fault(origin)) is EgressDenied
    with pytest.raises(EgressDenied):
        await world.transport.fetch("https://10.20.0.1/openapi.yaml", 100)
    assert world.sockets.addresses == ["10.20.0.1", "10.20.0.1"]


async def test_e21_what_listens_at_a_forbidden_address_changes_neither_words_nor_time() -> None:
    transport = Transport(Wire(Egress((), loopback=False), TRUST))
    async with HttpBackend() as backend:
        open_port = backend.port
        times: dict[str, list[float]] = {"open": [], "closed": [], "no network": []}
        origins = {
            "open": f"https://127.0.0.1:{open_port}",
            "closed": "https://127.0.0.1:1",
            "no network": "https://10.255.255.1",
        }
        words = set()
        for _ in range(50):
            for kind, origin in origins.items():
                started = time.perf_counter()
                with pytest.raises(EgressDenied) as refusal:
                    await transport.send(a_plan(origin))
                times[kind].append(time.perf_counter() - started)
                words.add((refusal.value.message, refusal.value.effect))
        assert backend.connections == 0
    assert len(words) == 1
    assert all(sorted(each)[25] < 0.005 for each in times.values())
    await transport.close()


async def test_e11_the_address_that_a_socket_has_come_to_is_judged_again() -> None:
    class Led(socket.socket):
        def getpeername(self) -> tuple[str, int]:
            return "10.0.0.1", 443

    opened = []

    def astray(info: AddressInfo) -> socket.socket:
        opened.append(Led(info[0], info[1], info[2]))
        return opened[-1]

    transport = Transport(Wire(Egress((), loopback=True), TRUST, sockets=astray))
    async with HttpBackend() as backend:
        with pytest.raises(EgressDenied):
            await transport.send(a_plan(backend.origin))
        assert backend.requests == []
    assert [each.fileno() for each in opened] == [-1]
    await transport.close()


async def test_d35_a_redirect_to_itself_or_to_metadata_is_an_answer_and_no_more() -> None:
    opened = []

    def counted(info: AddressInfo) -> socket.socket:
        opened.append(info[4][0])
        return open_socket(info)

    transport = Transport(Wire(Egress((), loopback=True), TRUST, sockets=counted))
    locations = iter(["/", "http://169.254.169.254/latest", "//10.0.0.1/"])

    def respond(_: bytes) -> bytes:
        return answer(status=302, headers=(("Location", next(locations)),))

    async with HttpBackend(respond) as backend:
        for _ in range(3):
            reply = await transport.send(a_plan(backend.origin))
            assert reply.status == 302
        assert len(backend.requests) == 3
    assert opened == ["127.0.0.1"]
    await transport.close()


@pytest.mark.parametrize(
    ("origin", "address"),
    [
        ("http://127.0.0.1:50051", ""),
        ("http://localhost:6379", "127.0.0.1"),
        ("https://portico.portico.svc:8443", "10.96.12.1"),
        ("https://redis.portico.svc.cluster.local", "10.96.12.2"),
        ("https://kubernetes.default", "10.96.0.1"),
        ("https://kubernetes.default.svc", "fd00:10:96::1"),
    ],
)
async def test_e19_the_addresses_of_the_gateway_and_of_its_cluster_are_refused(
    origin: str, address: str
) -> None:
    world = World(lookup=told(address))
    assert type(await world.fault(origin)) is EgressDenied
    assert world.sockets.addresses == []
