"""`portico facade` and `python -m facade`, as processes: alone, late, drained, replaced."""

import asyncio
import json
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from aiohttp import web

from facade.demo import petstore
from tests.processes import (
    READY,
    ROOT,
    SHOP_KEY,
    environ,
    facade_up,
    portico,
    portico_up,
    start,
    stop,
    together,
    until,
)
from tests.servers import free_port

DOCUMENT = 'openapi: 3.1.0\ninfo: {title: Late, version: "1"}\npaths: {}\n'
LIVE = "/connectors/petstore/versions/live"
KEYS = {"PORTICO_SECRET_SHOP_KEY": SHOP_KEY}

ALONE = """
import sys
import facade.__main__
print(sorted({"grpc", "gateway", "typer"} & set(sys.modules)))
"""


def client(**options: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(trust_env=False, **options)


@asynccontextmanager
async def pets(folder: Path) -> AsyncIterator[dict[str, str]]:
    """The demo's pet store behind the URL of a connector file, which is given."""
    runner, uri = await petstore.start(SHOP_KEY)
    (folder / "petstore.openapi.yaml").write_text(petstore.document(), encoding="utf-8")
    key = {"scheme": "shopKey", "apiKey": {"key": "env:PORTICO_SECRET_SHOP_KEY"}}
    version = {"id": "v1", "server": uri, "credentials": [key], "spec": "../petstore.openapi.yaml"}
    try:
        yield {"petstore.yaml": json.dumps({"connector": "petstore", "versions": [version]})}
    finally:
        await runner.cleanup()


async def python(*arguments: str) -> tuple[int, str, str]:
    """Runs the interpreter to its end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environ(),
        cwd=ROOT,
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_the_facade_runs_without_grpc_and_without_the_gateway() -> None:
    assert await python("-c", ALONE) == (0, "[]\n", "")


async def test_the_command_starts_the_facade_without_grpc() -> None:
    looked = "import sys, gateway.cli.facade; print('grpc' in sys.modules)"
    assert await python("-c", looked) == (0, "False\n", "")


async def test_python_m_facade_takes_flags_and_says_what_it_does_not_know() -> None:
    helped, unknown, bare, missing = await asyncio.gather(
        python("-m", "facade", "--help"),
        python("-m", "facade", "--htp", "127.0.0.1:1"),
        python("-m", "facade", "serve"),
        python("-m", "facade", "--http"),
    )
    assert helped[0] == 0
    assert "--http " in helped[1]
    assert "PORTICO_METRICS_TOKEN" in helped[1]
    assert unknown == (2, "", "error --htp: unknown setting; did you mean `--http`?\n")
    assert bare == (2, "", "error `serve` is no flag; --help lists them\n")
    assert missing == (2, "", "error --http: a value is missing\n")


async def test_what_cannot_be_listened_on_is_refused_with_its_remedy() -> None:
    beyond, several = await together(
        portico("facade", "--http", "0.0.0.0:0", "--data", "memory"),
        portico("facade", "--http", "127.0.0.1:0", "--data", "memory", "--workers", "2"),
    )
    assert (beyond.status, several.status) == (2, 2)
    assert beyond.err.startswith("error http: 0.0.0.0:0 is beyond this host")
    assert "data: workers cannot share `memory`" in several.err


async def test_a_facade_serves_connectors_documents_and_probes_and_keeps_no_file(
    tmp_path: Path,
) -> None:
    async with pets(tmp_path) as files:
        up = facade_up(tmp_path, files, "--data", "memory", env=KEYS)
        async with up as (process, url), client(base_url=url) as caller:
            assert (await caller.get(f"{LIVE}/pet/{petstore.FIRST_ID}")).json()["name"] == "Rex"
            document = (await caller.get(f"/v1{LIVE}/openapi.json")).json()
            assert document["openapi"].startswith("3.")
            page = (await caller.get("/", follow_redirects=True)).text
            assert f"v1{LIVE}/openapi.json" in page
            for path in ("/healthz", "/readyz", "/metrics", "/v1/openapi.json"):
                assert (await caller.get(path)).status_code == 200, path
            assert await stop(process) == 0
    assert not (tmp_path / "data").exists()


async def test_n03_a_document_that_is_not_there_yet_is_waited_for_without_an_end(
    tmp_path: Path,
) -> None:
    late, admin = free_port(), free_port()
    files = tmp_path / "connectors"
    files.mkdir()
    spec = f"http://127.0.0.1:{late}/openapi.yaml"
    (files / "late.yaml").write_text(f"connector: late\nversions: [{{id: v1, spec: '{spec}'}}]\n")
    starting = asyncio.ensure_future(
        start(
            *("facade", "--dev", "--http", "127.0.0.1:0", "--admin", f"127.0.0.1:{admin}"),
            *("--data", "memory", "--connectors", str(files), "--drain-delay", "0"),
            log=tmp_path / "log",
        )
    )
    async with client(base_url=f"http://127.0.0.1:{admin}") as caller:

        async def said(path: str) -> int:
            try:
                return (await caller.get(path)).status_code
            except httpx.TransportError:
                return 0

        async def lives() -> bool:
            return await said("/healthz") == 200

        async def told() -> bool:
            return "late.yaml: " in (tmp_path / "log").read_text()

        await until(lives, READY, "it lives")
        await until(told, READY, "it has asked for the document")
        assert await said("/readyz") == 503
        assert not starting.done()

        async def document(_: web.Request) -> web.Response:
            return web.Response(text=DOCUMENT)

        app = web.Application()
        app.router.add_get("/openapi.yaml", document)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", late).start()
        process, _ = await starting
        assert await said("/readyz") == 200
        assert await stop(process) == 0
        await runner.cleanup()
    assert (tmp_path / "log").read_text().count("late.yaml: ") == 2  # once broken, once applied


async def test_n03_a_signal_ends_one_that_waits(tmp_path: Path) -> None:
    admin = free_port()
    files = tmp_path / "connectors"
    files.mkdir()
    spec = f"http://127.0.0.1:{free_port()}/openapi.yaml"
    (files / "late.yaml").write_text(f"connector: late\nversions: [{{id: v1, spec: '{spec}'}}]\n")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "facade", "--dev", "--http", "127.0.0.1:0"),
        *("--admin", f"127.0.0.1:{admin}", "--data", "memory", "--connectors", str(files)),
        *("--drain-delay", "0"),
        env=environ(),
        cwd=ROOT,
    )

    async def lives() -> bool:
        async with client() as caller:
            try:
                return (await caller.get(f"http://127.0.0.1:{admin}/healthz")).is_success
            except httpx.TransportError:
                return False

    await until(lives, READY, "it lives")
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), READY) == 0


class Load:
    """Callers on connections that they keep, who try again elsewhere where one is refused."""

    def __init__(self, urls: list[str]) -> None:
        self.urls = urls
        self.answers: list[int] = []
        self.failures: list[str] = []
        self.ending = False

    async def call(self) -> None:
        async with client() as caller:
            while not self.ending:
                try:
                    self.answers.append(await self._once(caller))
                except httpx.TransportError as problem:
                    self.failures.append(repr(problem))

    async def _once(self, caller: httpx.AsyncClient) -> int:
        for url in self.urls[:-1]:
            try:
                return (await caller.get(f"{url}{LIVE}/pet/{petstore.FIRST_ID}")).status_code
            except httpx.ConnectError:
                continue
        return (await caller.get(f"{self.urls[-1]}{LIVE}/pet/{petstore.FIRST_ID}")).status_code


async def test_m14_a_rolling_restart_loses_no_call(tmp_path: Path) -> None:
    async with pets(tmp_path) as files:
        delay = ("--drain-delay", "0.5")
        async with facade_up(tmp_path, files, *delay, env=KEYS) as (first, url):
            load = Load([url])
            async with asyncio.TaskGroup() as group:
                for _ in range(4):
                    group.create_task(load.call())
                await asyncio.sleep(0.3)
                async with facade_up(tmp_path, files, *delay, env=KEYS) as (_, next_url):
                    load.urls = [url, next_url]
                    assert await stop(first) == 0
                    before = len(load.answers)
                    await asyncio.sleep(0.3)
                    load.ending = True
                    await asyncio.sleep(0.2)
                    assert len(load.answers) > before
    assert load.failures == []
    assert set(load.answers) == {200}


async def test_n04_the_end_is_told_by_readiness_at_once_and_not_by_liveness(tmp_path: Path) -> None:
    admin = free_port()
    flags = ("--drain-delay", "0.5", "--admin", f"127.0.0.1:{admin}")
    up = facade_up(tmp_path, None, *flags)
    async with up as (process, url), client() as caller:
        process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.1)
        began = time.monotonic()
        ready = await caller.get(f"http://127.0.0.1:{admin}/readyz")
        lives = await caller.get(f"http://127.0.0.1:{admin}/healthz")
        answer = await caller.get(f"{url}/v1/connectors")
        assert (ready.status_code, lives.status_code, answer.status_code) == (503, 200, 200)
        assert answer.headers["connection"] == "close"
        assert time.monotonic() - began < 0.4
        assert await stop(process) == 0


async def counted(caller: httpx.AsyncClient, admin: int) -> list[float]:
    """How many requests for the list of connectors the metrics tell of."""
    metrics = (await caller.get(f"http://127.0.0.1:{admin}/metrics")).text
    return [
        float(line.rpartition(" ")[2])
        for line in metrics.splitlines()
        if line.startswith("http_server_request_duration_seconds_count")
        and 'http_route="/v1/connectors"' in line
    ]


async def test_the_workers_of_a_facade_share_its_port_and_their_numbers(tmp_path: Path) -> None:
    admin = free_port()
    flags = ("--workers", "2", "--admin", f"127.0.0.1:{admin}")
    async with facade_up(tmp_path, None, *flags) as (process, url):
        for _ in range(20):
            async with client() as caller:  # a connection of its own, maybe to another worker
                assert (await caller.get(f"{url}/v1/connectors")).status_code == 200
        async with client() as caller:

            async def told() -> bool:
                return await counted(caller, admin) == [20]

            await until(told, READY, "the workers have told of them, as they do each second")
        assert await stop(process) == 0


async def test_portico_up_serves_the_same_over_http(tmp_path: Path) -> None:
    port = free_port()
    async with (
        pets(tmp_path) as files,
        portico_up(tmp_path, files, "--http", f"127.0.0.1:{port}", env=KEYS),
        client(base_url=f"http://127.0.0.1:{port}") as caller,
    ):
        assert (await caller.get(f"{LIVE}/pet/{petstore.FIRST_ID}")).json()["name"] == "Rex"
        assert (await caller.get("/readyz")).status_code == 200
