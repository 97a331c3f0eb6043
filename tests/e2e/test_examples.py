"""examples/: each of them as a reader runs it, against real gateways."""

import asyncio
import json
import os
import re
import shutil
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.fakes import HttpBackend, answer
from tests.processes import READY, ROOT, environ, pet_store, portico_up, until
from tests.servers import free_port

EXAMPLES = ROOT / "examples"

STATUS = {
    "openapi": "3.1.0",
    "info": {"title": "Status", "version": "1"},
    "paths": {"/status.json": {"get": {"operationId": "getStatus", "responses": {}}}},
}


@asynccontextmanager
async def program(path: str, env: Mapping[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """An example that goes on until it is told to end."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(EXAMPLES / path)),
        env=environ(env),
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def fetched(url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.text()


async def answers(url: str) -> bool:
    try:
        await fetched(url)
    except aiohttp.ClientError:
        return False
    return True


def said(body: object, status: int = 200) -> bytes:
    kind = (("Content-Type", "application/json"),)
    return answer(json.dumps(body).encode(), status=status, headers=kind)


def connector(name: str, **version: object) -> dict[str, str]:
    file = {"connector": name, "versions": [{"id": "v1", **version}]}
    return {f"{name}.yaml": json.dumps(file)}


@asynccontextmanager
async def application(folder: Path) -> AsyncIterator[str]:
    """The URL of python_app, whose Portico is on a socket in the folder."""
    listen = f"127.0.0.1:{free_port()}"
    env = {"GATEWAY_ADDRESS": f"unix:{folder}/gw.sock", "LISTEN": listen}
    async with program("python_app/app.py", env):
        url = f"http://{listen}"
        await until(lambda: answers(f"{url}/healthz"), READY, "the application listens")
        yield f"{url}/status"


async def test_the_application_has_its_answer_through_a_unix_socket(tmp_path: Path) -> None:
    async with HttpBackend(said({"status": "fine"})) as backend:
        files = connector("status", spec=STATUS, server=backend.origin)
        async with (
            portico_up(tmp_path, files, "--grpc", f"unix:{tmp_path}/gw.sock"),
            application(tmp_path) as url,
        ):
            assert await fetched(url) == (200, '{"status": "fine"}\n')


async def test_the_application_tells_what_became_of_a_failed_call(tmp_path: Path) -> None:
    async with HttpBackend(said({"error": "no page"}, 404)) as backend:
        files = connector("status", spec=STATUS, server=backend.origin)
        async with (
            portico_up(tmp_path, files, "--grpc", f"unix:{tmp_path}/gw.sock"),
            application(tmp_path) as url,
        ):
            status, text = await fetched(url)
    assert status == 502
    assert re.fullmatch(r"BACKEND_NOT_FOUND: .* \(EXECUTED\)\n", text)


async def test_n03_the_application_may_start_before_its_portico(tmp_path: Path) -> None:
    async with (
        HttpBackend(said({})) as backend,
        application(tmp_path) as url,
    ):
        assert (await fetched(url))[0] == 502
        files = connector("status", spec=STATUS, server=backend.origin)
        async with portico_up(tmp_path, files, "--grpc", f"unix:{tmp_path}/gw.sock"):

            async def served() -> bool:
                return (await fetched(url))[0] == 200

            await until(served, READY, "the application reaches its Portico")


async def test_a_facade_of_30_lines_is_called_and_known_by_its_mark(tmp_path: Path) -> None:
    assert len((EXAMPLES / "facade_in_30_lines/facade.py").read_text().splitlines()) <= 30
    async with HttpBackend(said({"name": "Rex"})) as backend:
        url = f"http://127.0.0.1:{free_port()}"
        env = {"BACKEND": backend.origin, "PORT": url.rpartition(":")[2]}
        async with program("facade_in_30_lines/facade.py", env):
            await until(lambda: answers(url), READY, "the facade listens")
            indirect = {"server": url, "mark": "x-facade"}
            files = connector("pets", spec=f"{url}/openapi.json", indirect=indirect)
            async with portico_up(tmp_path, files) as running:
                done = await running.portico("call", "pets/getPet", "id=7")
                assert done.status == 0, done.err
                assert done.data == {"name": "Rex"}
        assert [each.split(b" ")[1] for each in backend.requests] == [b"/animals/7"]


@pytest.fixture
def node_client(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """client.js beside its packages; skips the test where Node or they are missing."""
    own = EXAMPLES / "node_client"
    packages = request.config.getoption("node_modules") or own / "node_modules"
    if shutil.which("node") is None or not (packages / "@grpc" / "grpc-js").is_dir():
        pytest.skip("no Node, or no packages: npm install in examples/node_client")
    place = tmp_path / "examples" / "node_client"
    place.mkdir(parents=True)
    for name in ("client.js", "typed.js", "package.json"):
        shutil.copy(own / name, place)
    (place / "node_modules").symlink_to(packages.resolve())
    (tmp_path / "protos").symlink_to(ROOT / "protos")
    return place / "client.js"


async def node(client: Path, address: str, *arguments: str) -> tuple[int | None, str, str]:
    process = await asyncio.create_subprocess_exec(
        *("node", str(client), *arguments),
        env={"PATH": os.environ["PATH"], "GATEWAY_ADDRESS": address},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def test_the_client_in_node_prints_every_digit(node_client: Path, tmp_path: Path) -> None:
    async with pet_store(tmp_path) as running:
        argument = '{"petId": 9007199254740993}'
        status, out, err = await node(node_client, running.address, "petstore/getPetById", argument)
        assert (status, err) == (0, "")
        assert '"id": 9007199254740993' in out
        told = await node(node_client, running.address, "petstore/getPetById", '{"petId": "seven"}')
        assert told == (1, "", "INVALID_ARGUMENT: /petId: must be integer, not string\n")


TYPED = "9007199254740993 Rex"
NAMES = "\nRex\nTom\nTweety\n"


async def test_stubs_that_node_makes_of_an_exported_proto_call_typed_methods(
    node_client: Path, tmp_path: Path
) -> None:
    client, file = node_client.with_name("typed.js"), tmp_path / "petstore.proto"
    async with pet_store(tmp_path) as running:
        await running.portico("export", "proto", "petstore", "-o", file)
        done = await node(client, running.address, str(file), "9007199254740993")
        assert done == (0, f"{TYPED} STATUS_AVAILABLE{NAMES}", "")
        told = await node(client, running.address, str(file), "404")
        assert told == (1, "", "NOT_FOUND: there is no pet 404\n")


async def test_the_typed_client_calls_by_an_exported_wheel(tmp_path: Path) -> None:
    async with pet_store(tmp_path) as running:
        made = await running.portico("export", "stubs", "petstore", "-o", tmp_path)
        assert made.status == 0, made.err
        wheel = tmp_path / "petstore_grpc-0+live-py3-none-any.whl"
        env = {"GATEWAY_ADDRESS": running.address, "PYTHONPATH": str(wheel)}

        async def client(pet: str) -> tuple[int | None, bytes, bytes]:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, str(EXAMPLES / "typed_python/client.py"), pet),
                env=environ(env),
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            out, err = await process.communicate()
            return process.returncode, out, err

        shown = f"{TYPED}, STATUS_AVAILABLE, not weighed{NAMES}"
        assert await client("9007199254740993") == (0, shown.encode(), b"")
        assert await client("404") == (1, b"", b"BACKEND_NOT_FOUND: there is no pet 404\n")
