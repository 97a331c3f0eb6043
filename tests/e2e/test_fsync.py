"""G02: the disk does not keep what was written to the ledger, and says so once."""

import asyncio
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest

from gateway.v1.gateway_pb2 import (
    CreateVersion,
    ExecuteActionRequest,
    ManageVersionsRequest,
    VersionChange,
)
from gateway.v1.version_pb2 import ConnectorVersion
from tests.catalogs import spec
from tests.failing_disks import failed, fsync_fails
from tests.gateways import told
from tests.processes import Running, pet_store
from tests.servers import free_port

CALL = ExecuteActionRequest(name="connectors/petstore/versions/live/actions/getInventory")


async def publish(running: Running, version: str) -> Any:
    """Publishes a version of another connector."""
    created = CreateVersion(version_id=version, version=ConnectorVersion(spec_text=spec("getPet")))
    request = ManageVersionsRequest(
        parent="connectors/other", changes=[VersionChange(create=created)]
    )
    return await running.gateway.ManageVersions(request)


async def refused(running: Running, version: str) -> Any:
    """Why it is not published."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await publish(running, version)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert "see to the disk, then start Portico again" in (caught.value.details() or "")
    return told(caught.value)[0]


async def test_g02_after_a_failed_fsync_nothing_is_acknowledged_or_tried_again_and_calls_go_on(
    tmp_path: Path,
) -> None:
    admin, log, syncs = f"127.0.0.1:{free_port()}", tmp_path / "log", tmp_path / "syncs"
    async with (
        pet_store(tmp_path, "--admin", admin, log=log) as running,
        httpx.AsyncClient(base_url=f"http://{admin}") as probe,
    ):
        await publish(running, "v1")
        assert (await probe.get("/readyz")).json() == {"status": "ready"}
        async with fsync_fails(running.process.pid, syncs):
            at_once = await asyncio.gather(*(refused(running, f"v{n}") for n in range(2, 10)))
            assert {each.reason for each in at_once} == {"STORE_UNAVAILABLE"}
            outcomes = Counter(each.metadata["outcome"] for each in at_once)
            assert outcomes == {"UNKNOWN": 1, "NOT_EXECUTED": 7}
            assert (await refused(running, "v10")).metadata["outcome"] == "NOT_EXECUTED"
            assert (await running.gateway.ExecuteAction(CALL)).value.struct_value
            assert (await probe.get("/readyz")).json() == {"status": "ready", "ledger": "read only"}
            assert "portico_ledger_read_only 1" in (await probe.get("/metrics")).text
            running.process.terminate()
            await running.process.wait()
    assert failed(syncs, "portico.db") == 1
    errors = [line for line in log.read_text().splitlines() if " ERROR " in line]
    assert sum("see to the disk, then start Portico again" in each for each in errors) == 1

    with closing(sqlite3.connect(tmp_path / "data" / "portico.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    async with pet_store(tmp_path) as running:
        await asyncio.wait_for(publish(running, "v19"), 10)
        assert (await running.gateway.ExecuteAction(CALL)).value.struct_value
