"""A catalog over a real ledger, and a gateway with a channel to it."""

from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest

from facade.catalog.catalog import Catalog
from facade.stores.ledger import SqlLedger, open_ledger
from tests.catalogs import no_fetch, read
from tests.gateways import Gateway, a_gateway


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path / 'portico.db'}"


@pytest.fixture
async def ledger(url: str) -> AsyncIterator[SqlLedger]:
    opened = await open_ledger(url)
    yield opened
    await opened.close()


@pytest.fixture
def catalog(ledger: SqlLedger) -> Catalog:
    return Catalog(ledger, read, no_fetch)


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    async with a_gateway(tmp_path) as served:
        yield served


@pytest.fixture
async def channel(gateway: Gateway) -> AsyncIterator[grpc.aio.Channel]:
    async with grpc.aio.insecure_channel(gateway.address) as opened:
        yield opened
