"""A version as grpcurl and `buf curl` see it: listed, described and called, as it comes and goes.

`pytest tests/e2e/test_typed_grpcurl.py --publishes 1000 -s` publishes as often under load.
"""

import asyncio
import json
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
import pytest_asyncio

from gateway.v1.gateway_pb2 import (
    CreateVersion,
    DeleteVersion,
    ManageVersionsRequest,
    PromoteVersion,
    VersionChange,
)
from gateway.v1.version_pb2 import ConnectorVersion, Direct
from tests.fakes import HttpBackend
from tests.processes import Finished, Running, portico_up
from tests.typed_calls import TypedCaller
from tests.typed_shop import TEXT, backend, shop

WITHIN = 30.0
"""Seconds that a program has: far more than it takes."""

CALLERS = 8
"""Who call all the while that versions come and go."""

PET = {"id": "7", "name": "Rex", "statusOther": "gone"}

SERVICE = "pet_shop.{}.PetShopService"
PARENT = "connectors/pet-shop"

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(600)]


@dataclass
class Shop:
    """A gateway of several workers, its backend, and what changes the versions."""

    running: Running
    origin: str

    async def change(self, *changes: VersionChange) -> None:
        """Changes versions, all or none."""
        await self.running.gateway.ManageVersions(
            ManageVersionsRequest(parent=PARENT, changes=changes)
        )

    def create(self, key: str, document: Any) -> VersionChange:
        """Creates a version of a document."""
        version = ConnectorVersion(
            spec_text=json.dumps(document), direct=Direct(base_uri=self.origin)
        )
        return VersionChange(create=CreateVersion(version_id=key, version=version))


def promote(key: str) -> VersionChange:
    name = f"{PARENT}/versions/{key}"
    return VersionChange(promote=PromoteVersion(name=name, allow_breaking=True))


def delete(key: str) -> VersionChange:
    return VersionChange(delete=DeleteVersion(name=f"{PARENT}/versions/{key}"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[HttpBackend]:
    async with backend() as opened:
        yield opened


@asynccontextmanager
async def a_shop(folder: Path, server: HttpBackend, workers: int = 2) -> AsyncIterator[Shop]:
    some = ("--workers", str(workers))
    async with portico_up(folder, None, *some, log=folder / "log") as running:
        yield Shop(running, f"http://127.0.0.1:{server.port}")


def found(name: str) -> str:
    """Where a program is; the test is skipped where it is not."""
    here = Path(sys.executable).with_name(name)
    path = str(here) if here.exists() else shutil.which(name)
    if path is None:
        pytest.skip(f"there is no {name}")
    return path


async def run(*words: str) -> Finished:
    """Runs a program to its end."""
    process = await asyncio.create_subprocess_exec(
        *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(WITHIN):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return Finished(process.returncode, out, err.decode())


@dataclass
class Grpcurl:
    """grpcurl at a gateway."""

    program: str
    address: str

    async def __call__(self, *words: str, given: str = "") -> Finished:
        data = ("-d", given) if given else ()
        return await run(self.program, "-plaintext", *data, self.address, *words)

    async def listed(self) -> set[str]:
        """The services of the shop."""
        names = (await self("list")).text.split()
        return {each for each in names if each.startswith("pet_shop.")}

    async def pet(self, service: str) -> Finished:
        """Calls for a pet."""
        return await self(f"{service}/GetPet", given='{"pet_id": "7"}')

    async def shape(self, package: str) -> str:
        """What a pet is made of."""
        return (await self("describe", f"{package}.Pet")).text


async def test_grpcurl_lists_describes_and_calls_what_is_published(
    tmp_path: Path, server: HttpBackend
) -> None:
    program = found("grpcurl")
    v1, v2, live = (SERVICE.format(each) for each in ("v1", "v2", "live"))
    async with a_shop(tmp_path, server) as shop_:
        grpcurl = Grpcurl(program, shop_.running.address)
        assert await grpcurl.listed() == set()
        assert (await grpcurl.pet(live)).status != 0
        await shop_.change(shop_.create("v1", shop()), promote("v1"))
        assert await grpcurl.listed() == {v1, live}
        assert f"{v1}.GetPet" in (await grpcurl("list", v1)).text
        shape = await grpcurl.shape("pet_shop.v1")
        assert "// A pet.\nmessage Pet {" in shape
        assert "optional string name = 2;" in shape
        for service in (v1, live):
            assert (await grpcurl.pet(service)).data == PET
        items = await grpcurl(f"{v1}/StreamListPets", given='{"per_page": 2}')
        assert items.text.count('"id"') == 3

        await shop_.change(shop_.create("v2", shop(size=TEXT)), promote("v2"))
        assert await grpcurl.listed() == {v1, v2, live}
        shapes = [await grpcurl.shape(f"pet_shop.{each}") for each in ("v1", "v2", "live")]
        assert ["optional string size" in each for each in shapes] == [False, True, True]

        await shop_.change(delete("v1"))
        assert await grpcurl.listed() == {v2, live}
        assert (await grpcurl.pet(v1)).status != 0
        await shop_.change(shop_.create("v1", shop(colour=TEXT)))
        shape = await grpcurl.shape("pet_shop.v1")
        assert "optional string colour" in shape
        assert "optional string name = 2;" in shape
    assert "ERROR" not in (tmp_path / "log").read_text()


async def test_buf_curl_calls_what_is_published(tmp_path: Path, server: HttpBackend) -> None:
    program = found("buf")
    async with a_shop(tmp_path, server) as shop_:
        url = f"http://{shop_.running.address}"

        async def curl(*words: str) -> Finished:
            flags = ("--protocol", "grpc", "--http2-prior-knowledge")
            return await run(program, "curl", *flags, *words)

        await shop_.change(shop_.create("v1", shop()), promote("v1"))
        methods = await curl("--list-methods", url)
        assert f"{SERVICE.format('v1')}/GetPet" in methods.text
        called = await curl("-d", '{"petId": "7"}', f"{url}/{SERVICE.format('live')}/GetPet")
        assert called.data == PET


async def test_no_call_fails_while_versions_are_published(
    tmp_path: Path, server: HttpBackend, pytestconfig: pytest.Config
) -> None:
    """Each publish has another document, and each third deletes the version before the last."""
    publishes = pytestconfig.getoption("--publishes")
    service, calls, stopped = SERVICE.format("live"), [0], asyncio.Event()
    async with a_shop(tmp_path, server) as shop_, asyncio.TaskGroup() as group:
        await shop_.change(shop_.create("v0", shop()), promote("v0"))

        async def caller() -> None:
            async with grpc.aio.insecure_channel(
                shop_.running.address, [("grpc.use_local_subchannel_pool", 1)]
            ) as channel:
                typed = TypedCaller(channel=channel)
                while not stopped.is_set():
                    told = await typed.call(f"{service}/GetPet", {"pet_id": 7})
                    assert told.data["name"] == "Rex"
                    calls[0] += 1

        for _ in range(CALLERS):
            group.create_task(caller())
        for number in range(1, publishes + 1):
            document = shop(**{f"p{number % 7}": TEXT, f"n{number}": TEXT})
            await shop_.change(shop_.create(f"v{number}", document), promote(f"v{number}"))
            if number > 2:
                await shop_.change(delete(f"v{number - 2}"))
            await fresh(shop_, f"v{number}", f"n{number}")
        stopped.set()
    sys.stdout.write(f"{calls[0]} calls by {CALLERS} callers during {publishes} publishes\n")
    assert calls[0] > publishes


async def fresh(shop_: Shop, key: str, name: str) -> None:
    """A caller who comes now finds the version, whichever worker has him, and can call it."""
    async with grpc.aio.insecure_channel(
        shop_.running.address, [("grpc.use_local_subchannel_pool", 1)]
    ) as channel:
        typed = TypedCaller(channel=channel)
        service = SERVICE.format(key)
        pool = await typed.pool(service)
        pet = pool.FindMessageTypeByName(f"{service.rpartition('.')[0]}.Pet")
        assert name in pet.fields_by_name
        assert (await typed.call(f"{service}/GetPet", {"pet_id": 7})).data["id"] == "7"
