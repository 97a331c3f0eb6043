"""A facade behind TLS, which knows its gateway by a certificate: both are replaced as they run."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
import pytest_asyncio
import trustme

from gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from gateway.v1.trace_pb2 import GetTraceRequest, ListTracesRequest
from gateway.v1.trace_pb2_grpc import TraceServiceStub
from tests.doors import Door
from tests.processes import until
from tests.rolling import Load, Replica, Shop, connector, replicas

GATEWAY = "gateway.example"

WITHIN = 20.0
"""Seconds for what takes five where nothing else runs."""

DOWN = ("UNAVAILABLE", "FACADE_UNAVAILABLE", "gateway", "NOT_EXECUTED")

REQUEST_ID = "11111111-1111-4111-8111-111111111111"

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(90)]


class Mount:
    """A folder of files that are replaced together, as those of a Secret in a pod."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = count()
        folder.mkdir()

    def write(self, files: Mapping[str, str]) -> None:
        """Replaces all of them at once."""
        there = self.folder / f"..{next(self._numbers)}"
        there.mkdir()
        for name, text in files.items():
            (there / name).write_text(text)
            if not (self.folder / name).is_symlink():
                (self.folder / name).symlink_to(f"..data/{name}")
        (self.folder / "..new").symlink_to(there.name)
        (self.folder / "..new").rename(self.folder / "..data")


def certificate(
    authority: trustme.CA, name: str, not_after: datetime | None = None
) -> dict[str, str]:
    """A certificate for a name, its key, and who has signed it."""
    issued = authority.issue_cert(name, not_after=not_after)
    return {
        "tls.crt": issued.cert_chain_pems[0].bytes().decode(),
        "tls.key": issued.private_key_pem.bytes().decode(),
        "ca.crt": authority.cert_pem.bytes().decode(),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """A gateway and a facade, each with a certificate and with keys of its own."""

    authority: trustme.CA
    shop: Shop
    facade: Replica
    of_facade: Mount
    of_gateway: Mount
    door: Door

    async def serves(self) -> bool:
        """Whether a call succeeds."""
        try:
            await self.door.execute("shop/getItem", {"id": "1"})
        except grpc.aio.AioRpcError:
            return False
        return True

    async def shown(self) -> bytes:
        """The certificate that the facade shows to a new connection, in DER."""
        context = ssl.create_default_context(cadata=self.authority.cert_pem.bytes().decode())
        self.authority.issue_cert("looker").configure_cert(context)
        host, port = self.facade.address.split(":")
        _, writer = await asyncio.open_connection(host, int(port), ssl=context)
        shown: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        writer.close()
        return shown


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Hop]:
    """The facade's certificate has expired."""
    folder, authority = tmp_path_factory.mktemp("hop"), trustme.CA()
    of_facade, of_gateway = Mount(folder / "of-facade"), Mount(folder / "of-gateway")
    past = datetime.now(UTC) - timedelta(days=1)
    of_facade.write(certificate(authority, "127.0.0.1", past))
    of_gateway.write(certificate(authority, GATEWAY))
    files = of_facade.folder
    tls = (
        *("--tls-cert", files / "tls.crt", "--tls-key", files / "tls.key"),
        *("--tls-client-ca", files / "ca.crt", "--hop-names", GATEWAY),
    )
    mine = {"certificate": "file:tls.crt", "key": "file:tls.key"}
    async with AsyncExitStack() as stack:
        shop = await stack.enter_async_context(Shop())
        (facade,) = await stack.enter_async_context(
            replicas("facade", folder / "facade", connector(server=shop.origin), 1, *map(str, tls))
        )
        version: dict[str, Any] = {
            "indirect": {"server": facade.served(), "credential": {"mutualTls": mine}},
            "network": {"ca": "file:ca.crt"},
        }
        flags = ("--file-secrets", str(of_gateway.folder))
        (gateway,) = await stack.enter_async_context(
            replicas("up", folder / "gateway", connector(**version), 1, *flags)
        )
        channel = await stack.enter_async_context(grpc.aio.insecure_channel(gateway.address))
        door = Door(gateway=GatewayServiceStub(channel), catalog=None, channel=channel)
        yield Hop(
            authority=authority,
            shop=shop,
            facade=facade,
            of_facade=of_facade,
            of_gateway=of_gateway,
            door=door,
        )


async def test_c10_an_expired_certificate_is_mended_by_a_new_one(hop: Hop) -> None:
    refused = await hop.door.refused("shop/getItem", {"id": "1"})
    assert refused.said == DOWN
    assert refused.message.startswith("no TLS connection to the facade")
    hop.of_facade.write(certificate(hop.authority, "127.0.0.1"))
    await until(hop.serves, WITHIN, "the new certificate is shown")
    assert [await hop.serves() for _ in range(3)] == [True] * 3


async def test_c10_a_gateway_is_believed_for_the_name_in_its_certificate(hop: Hop) -> None:
    for _ in range(2):
        await hop.door.execute("shop/order", {"id": "once"}, request_id=REQUEST_ID)
    assert hop.shop.made("once") == 1


async def test_the_facade_tells_its_part_of_a_trace_to_whom_it_believes(hop: Hop) -> None:
    await hop.door.execute("shop/getItem", {"id": "1"})
    traces = TraceServiceStub(hop.door.channel)
    latest = await traces.ListTraces(ListTracesRequest(filter="action:getItem", page_size=1))

    told = await traces.GetTrace(GetTraceRequest(name=latest.traces[0].name))

    assert list(told.missing) == []
    assert {each.service for each in told.spans} == {"portico-gateway", "portico-facade"}


async def test_c10_certificates_are_replaced_and_no_call_is_lost(
    hop: Hop, request: pytest.FixtureRequest
) -> None:
    load = Load(hop.door.gateway)
    rounds = max(1, int(request.config.getoption("--seconds") / 2))
    async with asyncio.TaskGroup() as group:
        for _ in range(2):
            group.create_task(load.run())
        for _ in range(rounds):
            before = await hop.shown()
            hop.of_facade.write(certificate(hop.authority, "127.0.0.1"))
            hop.of_gateway.write(certificate(hop.authority, GATEWAY))

            async def renewed(before: bytes = before) -> bool:
                return await hop.shown() != before

            await until(renewed, WITHIN, "the new certificate is shown")
            await asyncio.sleep(2.5)
        load.ending = True
    assert load.failed == []
    assert all(hop.shop.made(each) == 1 for each in load.done)
