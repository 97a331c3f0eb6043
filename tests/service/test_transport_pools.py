import asyncio
import random
import re
import time
from typing import Any

import pytest
import trustme

from facade.egress import Egress
from facade.errors.backend import BackendTimeout
from facade.model.call import Caller, TlsIdentity
from facade.model.names import VersionName
from facade.model.version import Destination, Network
from facade.network.exits import Exits
from facade.network.tls import system_trust
from facade.pool import CONNECTIONS
from facade.transport import Transport
from facade.wire import Wire
from tests.fakes import OK, HttpBackend, RawBackend, a_plan, a_version, answer, hold, ok, server_tls

pytestmark = pytest.mark.asyncio(loop_factories=["asyncio", "uvloop"])


def version_of(connector: str, version: str, **fields: Any) -> Any:
    return a_version(name=VersionName(connector=connector, version=version), **fields)


FIRST: dict[str, Any] = {
    "caller": Caller(tenant="a", connection="b", subject="c"),
    "version": version_of("shop", "v1"),
}


@pytest.mark.parametrize(
    ("change", "connections"),
    [
        ({}, 1),
        ({"caller": Caller(tenant="a", connection="b", subject="another")}, 1),
        ({"target": "/other", "method": "PUT"}, 1),
        ({"caller": Caller(tenant="another", connection="b")}, 2),
        ({"caller": Caller(tenant="a", connection="another")}, 2),
        ({"caller": Caller(tenant="ab")}, 2),
        ({"version": version_of("another", "v1")}, 2),
        ({"version": version_of("shop", "v2")}, 2),
        ({"identity": TlsIdentity(ca="own")}, 2),
        (
            {
                "version": version_of(
                    "shop", "v1", destination=Destination(network=Network(source_address="::1"))
                )
            },
            2,
        ),
    ],
)
async def test_d28_calls_share_connections_only_where_nothing_keeps_them_apart(
    authority: trustme.CA, change: dict[str, Any], connections: int
) -> None:
    if "identity" in change:
        change = {"identity": TlsIdentity(ca=authority.cert_pem.bytes().decode())}
    trust = system_trust()
    authority.configure_trust(trust)
    exits = Exits.parse((), ("127.0.0.1", "::1"))
    transport = Transport(Wire(Egress((), loopback=True), trust, exits))
    async with HttpBackend(OK, tls=server_tls(authority)) as backend:
        await ok(transport, backend, **FIRST)
        await asyncio.gather(ok(transport, backend, **FIRST | change), return_exceptions=True)
        wire = transport._wire
        assert len(wire.pools) == connections
    await transport.close()


async def test_d28_a_poisoned_answer_reaches_no_other_tenant(transport: Transport) -> None:
    dice = random.Random(28)  # noqa: S311 - no secret
    tenants = [f"tenant{each}" for each in range(8)]

    def respond(request: bytes) -> bytes:
        found = re.search(rb"x-tenant: (\w+)", request)
        assert found
        said = answer(found[1])
        return said + dice.choice([b"", b"", said, b"HTTP/1.1 200 OK\r\nContent-Le", b"\0"])

    async def call(backend: RawBackend, tenant: str) -> None:
        caller = Caller(tenant=tenant)
        plan = a_plan(backend.origin, caller=caller, headers=(("x-tenant", tenant),))
        assert (await transport.send(plan)).body == tenant.encode()

    async with HttpBackend(respond) as backend:
        for _ in range(50):
            await asyncio.gather(*(call(backend, dice.choice(tenants)) for _ in range(20)))


async def test_d40_d41_a_backend_that_becomes_slow_holds_up_no_other(transport: Transport) -> None:
    async with RawBackend(hold) as slow, HttpBackend(OK) as healthy:
        plan = a_plan(slow.origin, timeout=1.0)
        held = [asyncio.ensure_future(transport.send(plan)) for _ in range(CONNECTIONS * 2)]
        await asyncio.sleep(0.1)
        seconds = []
        for _ in range(100):
            started = time.monotonic()
            await ok(transport, healthy)
            seconds.append(time.monotonic() - started)
        assert sorted(seconds)[98] < 0.05
        assert slow.connections == CONNECTIONS
        failures = await asyncio.gather(*held, return_exceptions=True)
        assert {type(each) for each in failures} == {BackendTimeout}


async def test_a_place_that_is_given_to_a_cancelled_call_goes_to_the_next(
    transport: Transport,
) -> None:
    async with HttpBackend(OK) as backend:
        await ok(transport, backend)
    wire = transport._wire
    [pool] = wire.pools.values()
    for _ in range(CONNECTIONS):
        await pool.enter()
    first, second = (asyncio.ensure_future(pool.enter()) for _ in range(2))
    await asyncio.sleep(0)
    pool.pass_on()
    first.cancel()
    await asyncio.wait_for(second, 0.1)
    assert first.cancelled()
    assert pool.free == 0
