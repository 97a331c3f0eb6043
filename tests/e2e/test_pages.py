"""Pages end to end: a real gateway, real clients, a backend that pages."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from gateway.client import Client
from tests.paged import ITEMS, SPEC, Backend
from tests.processes import Running, portico_up

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with Backend() as backend:
        folder = tmp_path_factory.mktemp("pages")
        spec = folder / "openapi.json"
        spec.write_text(json.dumps(SPEC), encoding="utf-8")
        version = {"id": "v1", "server": f"{backend.origin}/v1", "spec": str(spec)}
        file = {"connector": "it", "versions": [version], "live": "v1"}
        async with portico_up(folder, {"it.yaml": json.dumps(file)}) as started:
            yield started


async def test_the_command_prints_a_line_for_each_item_of_all_pages(running: Running) -> None:
    done = await running.portico("call", "it/cursor", "--all")
    assert (done.status, done.text.splitlines(), done.err) == (0, ITEMS, "")


async def test_the_command_says_that_there_is_more(running: Running) -> None:
    done = await running.portico("call", "it/link", "--all", "--max-pages", "1")
    assert done.text.splitlines() == ITEMS[:2]
    assert done.err == "note 2 items of 1 page; there may be more\n"
    done = await running.portico("call", "it/link", "--all", "--max-items", "3")
    assert done.text.splitlines() == ITEMS[:3]
    assert "note 3 items of 2 pages" in done.err


async def test_the_command_names_what_is_missing_where_there_is_no_rule(running: Running) -> None:
    done = await running.portico("call", "it/plain", "--all")
    assert done.status == 1
    assert "paging" in done.err
    assert "`kind`" in done.err


async def test_an_action_is_described_with_its_rule(running: Running) -> None:
    done = await running.portico("describe", "action", "it/cursor")
    assert "by cursor /next_cursor -> cursor (convention)" in " ".join(done.text.split())


async def test_the_client_gives_the_items_of_all_pages(running: Running) -> None:
    def use() -> tuple[list[object], list[object]]:
        with Client(running.address) as client:
            return [*client.pages("it/offset", limit=2)], [*client.pages("it/page", 1)]

    items, first = await asyncio.to_thread(use)
    assert items == [json.loads(each) for each in ITEMS]
    assert first == items[:2]
