import asyncio
import ssl
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from facade.egress import Egress
from facade.errors.backend import BackendTls
from facade.errors.fault import Effect
from facade.network.tls import system_trust
from facade.transport import Transport
from facade.wire import Wire
from tests.fakes import (
    OK,
    HttpBackend,
    RawBackend,
    a_plan,
    fails,
    hold,
    ok,
    server_tls,
    trusting,
)

pytestmark = pytest.mark.asyncio(loop_factories=["asyncio", "uvloop"])


async def test_a_call_goes_through_tls_and_back(authority: trustme.CA) -> None:
    transport = trusting(authority)
    async with HttpBackend(OK, tls=server_tls(authority)) as backend:
        for _ in range(3):
            await ok(transport, backend)
        assert backend.connections == 1
    await transport.close()


async def test_a04_cancelling_closes_a_tls_connection_too(authority: trustme.CA) -> None:
    transport = trusting(authority)
    async with RawBackend(hold, tls=server_tls(authority)) as backend:
        call = asyncio.create_task(transport.send(a_plan(backend.origin)))
        await asyncio.sleep(0.2)
        call.cancel()
        await asyncio.wait([call])
        await asyncio.wait_for(backend.closed.wait(), 0.05)
    await transport.close()


def old_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = server_tls(authority)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context


PAST = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("wrong", ["authority", "name", "expired", "old"])
async def test_d44_a_certificate_that_is_not_good_is_never_accepted(
    authority: trustme.CA, wrong: str
) -> None:
    tls = {
        "authority": lambda: server_tls(trustme.CA()),
        "name": lambda: server_tls(authority, "other.example"),
        "expired": lambda: server_tls(authority, not_before=PAST, not_after=PAST + timedelta(1)),
        "old": lambda: old_tls(authority),
    }[wrong]()
    transport = trusting(authority)
    async with HttpBackend(OK, tls=tls) as backend:
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        fault = await fails(transport, backend)
        assert type(fault) is BackendTls
        assert fault.effect is Effect.NOT_EXECUTED
        assert backend.requests == []
    await transport.close()


@pytest.mark.parametrize("reset", [True, False])
async def test_d44_a_handshake_that_breaks_off_is_a_failure_of_tls(*, reset: bool) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        if reset:
            writer.transport.abort()

    transport = Transport(Wire(Egress((), loopback=True), system_trust()))
    async with RawBackend(script) as backend:
        with pytest.raises(BackendTls) as failure:
            await transport.send(a_plan(backend.origin.replace("http", "https")))
        assert failure.value.effect is Effect.NOT_EXECUTED
    await transport.close()


async def test_plain_http_where_tls_is_expected_is_a_failure_of_tls(transport: Transport) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()

    async with RawBackend(script) as backend:
        with pytest.raises(BackendTls):
            await transport.send(a_plan(backend.origin.replace("http", "https")))
