"""G16, as processes: what starts while the ledger is away serves calls, and says that it is stale.

`-s` tells how long the start took.
"""

import json
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from facade.demo import petstore
from gateway.v1.gateway_pb2 import ExecuteActionRequest
from tests.away import File
from tests.databases import SqliteDatabase
from tests.processes import SHOP_KEY, Running, portico, portico_up, until
from tests.servers import free_port

CALL = ExecuteActionRequest(name="connectors/petstore/versions/live/actions/getInventory")

LONG = 30.0


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[str]:
    """The connector file of a pet store that stands throughout."""
    runner, uri = await petstore.start(SHOP_KEY)
    (tmp_path / "petstore.openapi.yaml").write_text(petstore.document(), encoding="utf-8")
    key = {"scheme": "shopKey", "apiKey": {"key": "env:PORTICO_SECRET_SHOP_KEY"}}
    version = {"id": "v1", "server": uri, "credentials": [key], "spec": "../petstore.openapi.yaml"}
    yield json.dumps({"connector": "petstore", "versions": [version]})
    await runner.cleanup()


@asynccontextmanager
async def timed_up(
    folder: Path, files: Mapping[str, str], env: Mapping[str, str]
) -> AsyncIterator[Running]:
    """A gateway, and a word of how long its start took."""
    began = time.monotonic()
    async with portico_up(folder, files, env=env) as running:
        took = time.monotonic() - began
        sys.stdout.write(f"\n{env['PORTICO_WORKERS']} workers: ready after {took:.2f} s\n")
        yield running


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_g16_a_start_without_the_ledger_serves_calls_and_tells_that_it_is_stale(
    tmp_path: Path, shop: str, workers: str
) -> None:
    admin, files = f"127.0.0.1:{free_port()}", {"petstore.yaml": shop}
    env = {"PORTICO_SECRET_SHOP_KEY": SHOP_KEY, "PORTICO_ADMIN": admin, "PORTICO_WORKERS": workers}

    async with portico_up(tmp_path, files, env=env) as running:
        served = (await running.gateway.ExecuteAction(CALL)).value

        database = SqliteDatabase(tmp_path / "data" / "portico.db")
        sequence = database.query("select sequence from meta")[0][0]

        async def kept() -> bool:
            path = tmp_path / "data" / "snapshot" / "ledger"
            return path.exists() and f'"sequence":{sequence}}}'.encode() in path.read_bytes()

        await until(kept, LONG, "a snapshot")
    away = File(tmp_path / "data")
    await away.leave()
    async with timed_up(tmp_path, files, env) as running, httpx.AsyncClient() as probe:
        assert (await running.gateway.ExecuteAction(CALL)).value == served
        answer = await probe.get(f"http://{admin}/readyz")
        assert (answer.status_code, answer.json()["ledger"]) == (200, "stale")
        assert "portico_catalog_stale 1" in (await probe.get(f"http://{admin}/metrics")).text
        found = await portico("doctor", "-s", running.address, env=env, cwd=tmp_path)
        assert "ledger: stale" in found.text
        refused = await running.portico("delete", "connector", "petstore", "--force")
        assert refused.status != 0
        assert "STORE_UNAVAILABLE" in refused.err
        await away.back()

        async def fresh() -> bool:
            return "ledger" not in (await probe.get(f"http://{admin}/readyz")).json()

        await until(fresh, LONG, "the ledger is taken up")
        assert (await running.gateway.ExecuteAction(CALL)).value == served
        found = await portico("doctor", "-s", running.address, env=env, cwd=tmp_path)
        assert "ledger: answers" in found.text
