import asyncio
import errno
import socket
import time

import pytest

from facade.egress import Egress
from facade.errors.backend import BackendTimeout, BackendUnavailable, BackendUnreachable
from facade.errors.caller import ConnectionIncomplete
from facade.errors.fault import Effect
from facade.http1.answer import Answer
from facade.model.version import Destination, Network
from facade.network.dialer import open_socket
from facade.network.exits import Exits
from facade.network.resolver import AddressInfo, Resolver
from facade.network.tls import system_trust
from facade.pool import CONNECTIONS, IDLE, SPARE, SURPLUS
from facade.transport import Transport
from facade.wire import PoolKey, Wire
from tests.fakes import OK, HttpBackend, RawBackend, a_plan, a_version, fails, ok, read_request
from tests.faults.silence import black_hole

pytestmark = pytest.mark.asyncio(loop_factories=["asyncio", "uvloop"])

LOCAL = Egress((), loopback=True)


def resolved(*addresses: str) -> Resolver:
    infos = [
        (socket.AF_INET6 if ":" in each else socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 0))
        for each in addresses
    ]
    return Resolver(lambda _: infos)


@pytest.mark.asyncio(loop_factories=["asyncio"])
@pytest.mark.parametrize("addresses", [["127.0.0.2"], ["127.0.0.2", "127.0.0.2", "127.0.0.2"]])
async def test_d02_a_connection_that_nobody_answers_is_given_up_after_two_seconds(
    addresses: list[str],
) -> None:
    transport = Transport(Wire(LOCAL, system_trust(), resolver=resolved(*addresses)))
    with black_hole("127.0.0.2") as port:
        started = time.monotonic()
        with pytest.raises(BackendUnreachable) as failure:
            await transport.send(a_plan(f"http://a.localhost:{port}"))
        assert 1.9 < time.monotonic() - started < 2.4
    assert failure.value.effect is Effect.NOT_EXECUTED
    await transport.close()


@pytest.mark.parametrize("silent", ["127.0.0.2", "::1"])
async def test_d47_the_next_address_is_tried_after_250_ms(silent: str) -> None:
    transport = Transport(Wire(LOCAL, system_trust(), resolver=resolved(silent, "127.0.0.1")))
    async with HttpBackend(OK) as backend:
        with black_hole(silent, backend.port):
            started = time.monotonic()
            reply = await transport.send(a_plan(f"http://a.localhost:{backend.port}"))
            assert 0.2 < time.monotonic() - started < 0.5
            assert reply.status == 200
            started = time.monotonic()
            await transport.send(a_plan(f"http://a.localhost:{backend.port}"))
            assert time.monotonic() - started < 0.2
    await transport.close()


async def test_d47_an_address_that_refuses_costs_no_time() -> None:
    transport = Transport(Wire(LOCAL, system_trust(), resolver=resolved("::1", "127.0.0.1")))
    async with HttpBackend(OK) as backend:
        started = time.monotonic()
        await transport.send(a_plan(f"http://a.localhost:{backend.port}"))
        assert time.monotonic() - started < 0.2
    await transport.close()


def exits(*addresses: str) -> Exits:
    return Exits.parse((), addresses)


async def test_sockets_are_bound_to_the_source_address_that_a_connector_names() -> None:
    peers = []

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peers.append(writer.get_extra_info("peername")[0])
        await read_request(reader)
        writer.write(OK)

    transport = Transport(Wire(LOCAL, system_trust(), exits("127.0.0.7")))
    async with RawBackend(script) as backend:
        version = a_version(destination=Destination(network=Network(source_address="127.0.0.7")))
        await ok(transport, backend, version=version)
        await ok(transport, backend)
    assert peers == ["127.0.0.7", "127.0.0.1"]
    await transport.close()


@pytest.mark.parametrize("address", ["127.0.0.8", "nonsense", "0x7f.7"])
async def test_a_source_address_that_the_operator_does_not_offer_is_refused(address: str) -> None:
    transport = Transport(Wire(LOCAL, system_trust(), exits("127.0.0.7")))
    version = a_version(destination=Destination(network=Network(source_address=address)))
    with pytest.raises(ConnectionIncomplete, match=address) as refusal:
        await transport.send(a_plan("http://127.0.0.1:1", version=version))
    assert refusal.value.details.violations[0].field == "network.source_address"
    await transport.close()


async def test_a_source_address_of_the_other_family_is_no_connection() -> None:
    transport = Transport(Wire(LOCAL, system_trust(), exits("::1")))
    version = a_version(destination=Destination(network=Network(source_address="::1")))
    async with HttpBackend(OK) as backend:
        with pytest.raises(BackendUnreachable):
            await transport.send(a_plan(backend.origin, version=version))
    await transport.close()


@pytest.mark.parametrize("error", [errno.EMFILE, errno.ENFILE, errno.EADDRNOTAVAIL])
async def test_d50_without_descriptors_or_ports_a_call_fails_and_the_next_one_does_not(
    error: int,
) -> None:
    exhausted = True

    def scarce(info: AddressInfo) -> socket.socket:
        if exhausted:
            raise OSError(error, "scarce")
        return open_socket(info)

    transport = Transport(Wire(LOCAL, system_trust(), sockets=scarce))
    async with HttpBackend(OK) as backend:
        for _ in range(100):
            with pytest.raises(BackendUnreachable) as failure:
                await transport.send(a_plan(backend.origin))
            assert failure.value.effect is Effect.NOT_EXECUTED
        exhausted = False
        for _ in range(100):
            await ok(transport, backend)
        assert backend.connections == 1
    await transport.close()


def idle_in(transport: Transport) -> int:
    wire = transport._wire
    return sum(len(pool.idle) for pool in wire.pools.values())


async def test_16_unused_connections_are_kept_and_those_beyond_for_a_second(
    transport: Transport,
) -> None:
    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await read_request(reader)
            await asyncio.sleep(0.02)
            writer.write(OK)

    async with RawBackend(slow) as backend:
        await asyncio.gather(*(ok(transport, backend) for _ in range(40)))
        assert backend.connections == idle_in(transport) == 40
        await asyncio.gather(*(ok(transport, backend) for _ in range(40)))
        assert backend.connections == 40
        await asyncio.sleep(SURPLUS * 1.5)
        assert idle_in(transport) == SPARE
        await asyncio.gather(*(ok(transport, backend) for _ in range(SPARE)))
        assert backend.connections == 40


@pytest.mark.parametrize(("age", "connections"), [(299.0, 1), (301.0, 2)])
async def test_a_connection_takes_requests_for_five_minutes(
    transport: Transport, monkeypatch: pytest.MonkeyPatch, age: float, connections: int
) -> None:
    async with HttpBackend(OK) as backend:
        await ok(transport, backend)
        loop = asyncio.get_running_loop()
        wire = transport._wire
        [pool] = wire.pools.values()
        [channel] = pool.idle
        monkeypatch.setattr(channel, "_dies", loop.time() + 300 - age)
        await ok(transport, backend)
        assert backend.connections == connections


async def test_an_unused_connection_is_closed_after_five_seconds(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facade.pool.IDLE", IDLE / 100)
    async with HttpBackend(OK) as backend:
        await ok(transport, backend)
        await asyncio.wait_for(backend.closed.wait(), 1)
        await ok(transport, backend)
        assert backend.connections == 2


async def test_a_short_deadline_counts_on_a_connection_that_was_used_before(
    transport: Transport,
) -> None:
    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(OK)
        await read_request(reader)
        await reader.readexactly(1)

    async with RawBackend(once) as backend:
        await ok(transport, backend)
        started = time.monotonic()
        fault = await fails(transport, backend, timeout=0.1)
        assert type(fault) is BackendTimeout
        assert 0.05 < time.monotonic() - started < 0.3
        assert backend.connections == 1


async def test_a_long_deadline_outlasts_the_time_that_a_connection_may_be_unused(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facade.pool.IDLE", IDLE / 100)

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            request = await read_request(reader)
            await asyncio.sleep(IDLE / 50 if b"/slow" in request else 0)
            writer.write(OK)

    async with RawBackend(slow) as backend:
        for target in ("/", "/slow", "/"):
            await ok(transport, backend, target=target)
        assert backend.connections == 1


async def test_d12_a_backend_that_speaks_first_gives_no_answer(transport: Transport) -> None:
    async def banner(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        await writer.drain()
        await reader.read()

    async with RawBackend(banner) as backend:
        loop = asyncio.get_running_loop()
        pool = await transport._wire.open(PoolKey(backend.origin))
        channel = await pool.join(loop.time() + 1)
        await asyncio.sleep(0.02)
        answer = Answer()
        await channel.ask(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", None, answer, loop.time() + 1)
        assert type(channel.failure) is BackendUnavailable
        assert answer.head is None
        pool.leave(channel)
        assert (pool.unneeded, pool.free, pool.idle) == (True, CONNECTIONS, [])
