"""The engine that `--redis embedded` runs."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import redis

from facade.config import Misconfigured, Settings
from facade.ground import open_embedded
from facade.stores import embedded as engine
from facade.stores.embedded import embedded
from facade.stores.opening import open_shared
from facade.stores.shared import Shared, SharedGone
from tests.processes import ROOT, until

pytestmark = pytest.mark.asyncio(loop_factories=["asyncio", "uvloop"])

HOLDER = """
import asyncio, pathlib, sys
from facade.stores.embedded import embedded
async def hold():
    async with embedded(pathlib.Path(sys.argv[1])) as url:
        print(url, flush=True)
        await asyncio.sleep(60)
asyncio.run(hold())
"""


@pytest.fixture
async def url(tmp_path: Path) -> AsyncIterator[str]:
    """Of an engine in a folder of its own."""
    async with embedded(tmp_path) as given:
        yield given


def path(url: str) -> Path:
    return Path(url.removeprefix("unix://"))


def settings(url: str) -> redis.Redis:
    return redis.Redis(unix_socket_path=str(path(url)))


def process(url: str) -> int:
    with settings(url) as client:
        return int(client.info("server")["process_id"])


def remains(folder: Path, engine: int) -> bool:
    """Whether an engine runs still, or its folder is there."""
    listed = subprocess.run(  # noqa: S603 - our own words alone
        ["ps", "-o", "stat=", "-p", str(engine)],  # noqa: S607 - wherever ps is
        check=False,
        capture_output=True,
        text=True,
    )
    runs = listed.stdout.strip() not in ("", "Z")
    return runs or any(folder.iterdir())


async def test_workers_of_one_machine_agree(url: str) -> None:
    async with open_shared(url) as one, open_shared(url) as other:
        one.put("a", b"value", 60.0)

        async def arrived() -> bool:
            return await other.get("a") == [b"value"]

        await until(arrived, 1.0, "what one puts the other gets")
        assert await one.lease("b", 5.0) is not None
        assert await other.lease("b", 5.0) is None


async def test_nobody_else_reaches_it_and_nothing_is_kept(url: str, tmp_path: Path) -> None:
    socket = path(url)
    assert socket.is_relative_to(tmp_path)
    assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(socket.stat().st_mode) == 0o600
    with settings(url) as client:
        wanted = {"port": "0", "save": "", "appendonly": "no", "maxmemory-policy": "allkeys-lru"}
        assert {name: client.config_get(name)[name] for name in wanted} == wanted
        assert client.config_get("maxmemory") == {"maxmemory": str(256 * 2**20)}


async def test_it_ends_with_its_block_and_leaves_nothing_behind(tmp_path: Path) -> None:
    async with embedded(tmp_path) as url:
        engine = process(url)
    assert not remains(tmp_path, engine)


async def test_it_ends_with_its_process_even_when_that_is_killed(tmp_path: Path) -> None:
    holder = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", HOLDER, str(tmp_path)),
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    assert holder.stdout is not None
    engine = process((await holder.stdout.readline()).decode().strip())
    holder.send_signal(signal.SIGKILL)
    await holder.wait()

    async def ended() -> bool:
        return not remains(tmp_path, engine)

    await until(ended, 2.0, "the engine ends")


async def test_an_engine_that_is_killed_is_started_again(url: str) -> None:
    async with open_shared(url) as shared:
        first = process(url)
        os.kill(first, signal.SIGKILL)
        await until(lambda: replaced(shared, url, first), 3.0, "another answers")


async def replaced(shared: Shared, url: str, first: int) -> bool:
    try:
        await shared.get("a")
    except SharedGone:
        return False
    return process(url) != first


async def test_a_folder_deep_down_is_no_obstacle(tmp_path: Path) -> None:
    deep = tmp_path / ("deep" * 40)
    deep.mkdir()
    async with embedded(deep) as url, open_shared(url) as shared:
        assert await shared.get("a") == [None]


async def test_an_engine_that_does_not_start_is_a_setting_that_cannot_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "program", lambda: Path("/bin/false"))
    monkeypatch.setattr(engine, "READY", 0.5)  # uvloop leaves a start that is cancelled unclosed
    with pytest.raises(Misconfigured, match="redis: `embedded`: the engine does not start"):
        async with open_embedded(Settings(data=tmp_path, redis="embedded")):
            pass


async def test_an_error_of_the_block_stays_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured):
        async with open_embedded(Settings(data=tmp_path, redis="embedded")):
            raise Misconfigured
