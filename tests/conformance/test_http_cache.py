"""http-cache-tests, the public suite of HTTP caches, against the facade's cache as a proxy."""

import asyncio
import json
import os
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from facade.policy.cache.cache import Cache
from facade.sealing import KEY, Seal
from facade.stores.alone import Alone
from facade.transport import Transport
from tests.conformance.cache_shim import CacheShim
from tests.conformance.exceptions import CACHE, CACHE_NOES
from tests.conformance.scoreboard import Scoreboard

PROGRAM = Path(__file__).with_name("cache_suite.mjs")

LOOPBACK = """data:text/javascript,
import net from 'node:net';
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (port) { return listen.call(this, port, '127.0.0.1') }
"""
"""The suite's server would listen everywhere."""

PASSED = ("✅", "Y")
"""As the suite itself shows a test that passed, and a question that was answered with yes."""

EXPECTED = {**CACHE, **CACHE_NOES}

BARS = {"required": 155, "optimal": 82}
"""How many must pass, whatever the reasons why others do not."""


class Row(NamedTuple):
    """What came of one test."""

    id: str
    kind: str
    """`required`, `optimal`, or `check`: what caches do, without judgement."""
    verdict: str
    detail: str


@pytest.fixture
def suite(pytestconfig: pytest.Config) -> Path:
    """Where the suite is."""
    folder: Path | None = pytestconfig.getoption("cache_tests")
    if folder is None:
        pytest.skip("give --cache-tests DIR: a folder where http-cache-tests was installed")
    return folder.resolve() / "node_modules" / "http-cache-tests"


@pytest.mark.timeout(300)
async def test_the_public_suite_of_http_caches(
    suite: Path, transport: Transport, tmp_path: Path, board: Scoreboard
) -> None:
    async with (
        an_origin(suite, tmp_path) as origin,
        Cache(Alone(), Seal([bytes(KEY)]), time.time) as cache,
        CacheShim(origin, cache, transport) as shim,
    ):
        results = await output(suite, "--no-warnings", "cli.mjs", npm_config_base=shim.origin)
    said = await output(suite, str(PROGRAM), str(suite), given=results)
    rows = [Row(*each) for each in json.loads(said)]
    (tmp_path / "rows.json").write_text(json.dumps(rows, indent=1))
    for row in rows:
        board.count(f"cache-{row.kind}", "" if row.verdict in PASSED else reason_of(row))
    failed = {row.id: f"{row.verdict} {row.detail}" for row in rows if row.verdict not in PASSED}
    assert {each: failed[each] for each in failed.keys() - EXPECTED.keys()} == {}
    assert EXPECTED.keys() - failed.keys() == set()
    assert [kind for kind in BARS if board.scores[f"cache-{kind}"].passed < BARS[kind]] == []


def reason_of(row: Row) -> str:
    """Why a test does not pass."""
    return EXPECTED.get(row.id, "unexplained")


@asynccontextmanager
async def an_origin(suite: Path, folder: Path) -> AsyncIterator[str]:
    """The suite's own server."""
    process = await asyncio.create_subprocess_exec(
        *("node", "--import", LOOPBACK, "server/server.mjs"),
        cwd=suite,
        env=environ(npm_config_port="0", npm_config_pidfile=str(folder / "server.pid")),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        line = (await process.stdout.readline()).decode()
        found = re.search(r"http://127\.0\.0\.1:[0-9]+", line)
        assert found is not None, line
        yield found[0]
    finally:
        await ended(process)


async def ended(process: asyncio.subprocess.Process) -> None:
    """Ends a program of the suite, if it has not ended."""
    if process.returncode is None:
        process.kill()
    await process.communicate()


async def output(suite: Path, *arguments: str, given: bytes = b"", **more: str) -> bytes:
    """What a program of the suite prints."""
    process = await asyncio.create_subprocess_exec(
        *("node", *arguments),
        cwd=suite,
        env=environ(**more),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        out, _ = await process.communicate(given)
    finally:
        await ended(process)
    assert process.returncode == 0
    return out


def environ(**more: str) -> dict[str, str]:
    """As npm sets it: the settings of the suite's package, all tests."""
    return {
        "PATH": os.environ["PATH"],
        "npm_config_protocol": "http",
        "npm_package_config_id": "",
        **more,
    }
