"""Limits of streams and pages: what is charged, and how the caller stands."""

from pathlib import Path
from typing import Any

from tests.doors import a_door, document
from tests.fakes import HttpBackend, answer
from tests.paged import LIST, NUMBER, Walks, paged
from tests.streams import SPEC, Streams

ITEMS = answer(b'[{"id": "a"}]', headers=(("Content-Type", "application/json"),))
POLICY: dict[str, Any] = {"limits": [{"calls": 2, "period": {"seconds": 60}}]}


async def test_a_stream_tells_how_its_caller_stands_before_its_items(tmp_path: Path) -> None:
    async with HttpBackend(ITEMS) as backend, a_door(tmp_path) as door:
        await door.publish("it", SPEC, backend.origin, policy=POLICY)
        said = dict(await Streams(door, "it").call("getAny").initial_metadata())
    assert said["ratelimit-policy"] == '"connector";q=2;w=60'
    assert said["ratelimit"] == '"connector";r=1;t=30'


async def test_each_page_is_charged(tmp_path: Path) -> None:
    item = paged(LIST, page={"type": "integer", "default": 1}, per_page=NUMBER)
    item["get"]["operationId"] = "page"
    pages = document({"/page": item})
    async with HttpBackend(ITEMS) as backend, a_door(tmp_path) as door:
        await door.publish("it", pages, backend.origin, policy=POLICY)
        walks = Walks(door, "it")
        said = dict(await walks.call("page", {"max_pages": 1}).initial_metadata())
        told = await walks.until("page")
    assert said["ratelimit"] == '"connector";r=1;t=30'
    assert told.refusal is not None
    assert told.refusal.info.reason == "QUOTA_EXCEEDED"
    assert len(backend.requests) == 2
