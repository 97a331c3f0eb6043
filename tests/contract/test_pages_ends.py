"""How walks over pages end before their end: circles, foreign addresses, faults, deadlines."""

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any

import grpc
import pytest
import pytest_asyncio

from gateway.v1.credential_pb2 import Credential
from gateway.v1.gateway_pb2 import (
    CreateVersion,
    ManageVersionsRequest,
    PromoteVersion,
    VersionChange,
)
from gateway.v1.version_pb2 import BackendVariable, ConnectorVersion, Direct
from tests.doors import Door, a_door
from tests.fakes import HttpBackend, RawBackend, answer, read_request
from tests.paged import ITEMS, SPEC, Backend, page, pages, said, walks

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECRET = "s3cr3t-key/+"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Door]:
    folder = tmp_path_factory.mktemp("pages")
    async with a_door(folder, {"KEY": SECRET}) as opened:
        yield opened


@pytest.fixture(scope="module")
def names() -> Iterator[str]:
    """A connector of its own for each backend."""
    return (f"it{number}" for number in itertools.count())


def cursor(token: str, start: int = 0) -> bytes:
    return said(f'{{"items": {page(start)}, "next_cursor": {token}}}')


@pytest.mark.parametrize(
    ("action", "answer_to", "calls"),
    [
        ("cursor", cursor('"same"'), 2),
        ("url", said(f'{{"items": {page(0)}, "next_url": "?at=2"}}'), 2),
        ("url", said(f'{{"items": {page(0)}, "next_url": "/v1/url"}}'), 1),
        ("link", said(page(0), Link='<?x>; rel="next"'), 2),
        ("page", said(page(0)), 2),
        ("last", said(f'{{"items": {page(0)}, "has_more": true}}'), 2),
    ],
)
async def test_a_circle_is_found_out_behind_the_items_of_its_first_round(
    door: Door, names: Iterator[str], action: str, answer_to: bytes, calls: int
) -> None:
    async with Backend(lambda _path, _query: answer_to) as backend:
        told = await (await walks(door, names, backend)).until(action)
    assert told.refusal is not None
    assert told.refusal.said == ("UNKNOWN", "BACKEND_BAD_RESPONSE", "backend", "EXECUTED")
    assert told.refusal.message.startswith(f"page {calls} ")
    assert told.refusal.info.metadata["page"] == str(calls)
    assert len(backend.requests) == calls
    assert told.items == ITEMS[:2] * (calls - 1)


def leads_to(action: str, place: str, _path: str, _query: dict[str, str]) -> bytes:
    """A page whose next one is at another place."""
    if action == "link":
        return said(page(0), Link=f"<{place}>; rel=next")
    return said(f'{{"items": {page(0)}, "next_url": "{place}"}}')


@pytest.mark.parametrize("action", ["url", "link"])
async def test_an_address_elsewhere_is_never_connected_to(
    door: Door, names: Iterator[str], action: str
) -> None:
    async with HttpBackend() as foreign:
        places = (
            f"{foreign.origin}/v1/x",
            f"//127.0.0.1:{foreign.port}/v1/x",
            f"http://localhost:{foreign.port}/v1/x",
        )
        for place in places:
            async with Backend(partial(leads_to, action, place)) as backend:
                told = await (await walks(door, names, backend)).until(action)
            assert told.refusal is not None
            assert told.refusal.said[1:] == ("BACKEND_BAD_RESPONSE", "backend", "EXECUTED")
            assert "it is not followed" in told.refusal.message
            assert len(backend.requests) == 1
        assert foreign.connections == 0


@pytest.mark.parametrize("place", ["/v2/url", "/admin", "../admin", "/v1/%2e%2e/admin"])
async def test_an_address_outside_the_versions_path_is_not_followed(
    door: Door, names: Iterator[str], place: str
) -> None:
    to = said(f'{{"items": {page(0)}, "next_url": "{place}"}}')
    async with Backend(lambda _path, _query: to) as backend:
        told = await (await walks(door, names, backend)).until("url")
    assert told.refusal is not None
    assert told.refusal.info.reason == "BACKEND_BAD_RESPONSE"
    assert len(backend.requests) == 1


async def test_every_page_is_signed_once_also_where_the_backend_repeats_the_key(
    door: Door, names: Iterator[str]
) -> None:
    def respond(_path: str, query: dict[str, str]) -> bytes:
        following = "" if "at" in query else f'"?at=2&key={query["key"].replace("+", "%2B")}"'
        return said(f'{{"items": {page(0)}, "next_url": {following or "null"}}}')

    credential = Credential(
        scheme="any",
        api_key=Credential.ApiKey(key_secret="env:KEY"),
        location="query",
        parameter="key",
    )
    query = BackendVariable.LOCATION_QUERY
    variable = BackendVariable(key="tenant", location=query, value="a b")
    async with Backend(respond) as backend:
        made = await walks(
            door, names, backend, credentials=[credential], backend_variables=[variable]
        )
        told = await made.all("url", view=2)
    assert [each[1]["key"] for each in backend.asked] == [SECRET, SECRET]
    assert [each[1]["tenant"] for each in backend.asked] == ["a b", "a b"]
    assert all(each.count("key=") == 1 for each in backend.targets)
    assert SECRET not in str(told.head)


async def test_a_fault_in_the_middle_comes_behind_the_items_before_it(
    door: Door, names: Iterator[str]
) -> None:
    def respond(path: str, query: dict[str, str]) -> bytes:
        return answer(status=503) if query.get("cursor", "").endswith("2") else pages(path, query)

    async with Backend(respond) as backend:
        told = await (await walks(door, names, backend)).until("cursor")
    assert told.items == ITEMS[:2]
    assert told.refusal is not None
    assert told.refusal.said == ("UNAVAILABLE", "BACKEND_UNAVAILABLE", "backend", "EXECUTED")
    assert told.refusal.info.metadata["page"] == "2"


async def test_404_behind_the_last_page_is_the_end_and_for_the_first_a_fault(
    door: Door, names: Iterator[str]
) -> None:
    def respond(path: str, query: dict[str, str]) -> bytes:
        return answer(status=404) if query.get("page") == "4" else pages(path, query)

    async with Backend(respond) as backend:
        made = await walks(door, names, backend)
        told = await made.all("page")
        first = await made.until("page", parameters_json='{"page": 4}')
    assert told.items == ITEMS
    assert told.end == {"pages": 3, "items": "5"}
    assert first.refusal is not None
    assert first.refusal.info.reason == "BACKEND_NOT_FOUND"


@pytest.mark.parametrize(
    "body", ['{"items": {}}', '{"items": "x"}', '{"items": [], "next_cursor": {"a": 1}}']
)
async def test_a_page_that_is_not_what_the_rule_says_is_the_backends_fault(
    door: Door, names: Iterator[str], body: str
) -> None:
    async with Backend(lambda _path, _query: said(body)) as backend:
        told = await (await walks(door, names, backend)).until("cursor")
    assert told.refusal is not None
    assert told.refusal.info.reason == "BACKEND_BAD_RESPONSE"
    assert told.messages == []


async def test_the_deadline_is_for_all_pages(door: Door, names: Iterator[str]) -> None:
    numbers = itertools.count()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await read_request(reader)
            await asyncio.sleep(0.2)
            writer.write(cursor(f'"{next(numbers)}"'))

    async with RawBackend(slow) as backend:
        made = await walks(door, names, backend)
        started = time.monotonic()
        told = await made.until("cursor", within=0.7)
    assert 0.5 < time.monotonic() - started < 1.0
    assert told.refusal is not None
    assert told.refusal.code == "DEADLINE_EXCEEDED"
    assert 4 <= len(told.items) <= 6


def large(numbers: Iterator[int]) -> bytes:
    item = f'"{"x" * 100_000}"'
    return said(f'{{"items": [{",".join([item] * 20)}], "next_cursor": "{next(numbers)}"}}')


async def test_pages_are_called_no_faster_than_they_are_read(
    door: Door, names: Iterator[str]
) -> None:
    numbers = itertools.count()
    async with Backend(lambda _path, _query: large(numbers)) as backend:
        made = await walks(door, names, backend)
        call = made.call("cursor", within=8)
        await call.read()
        called = -1
        while called != len(backend.requests):
            called = len(backend.requests)
            await asyncio.sleep(0.2)
        assert called < 20
        for _ in range(called * 20 + 1):
            await call.read()
        assert len(backend.requests) > called
        call.cancel()


async def test_whoever_leaves_ends_the_walk(door: Door, names: Iterator[str]) -> None:
    begun = asyncio.Event()

    async def stuck(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(cursor('"a"'))
        await read_request(reader)
        begun.set()
        await reader.readexactly(1)

    async with RawBackend(stuck) as backend:
        made = await walks(door, names, backend)
        call: Any = made.call("cursor")
        for _ in range(3):
            await call.read()
        await asyncio.wait_for(begun.wait(), 3)
        call.cancel()
        await asyncio.wait_for(backend.closed.wait(), 3)
        with pytest.raises(asyncio.CancelledError):
            await call.read()
    assert await call.code() is grpc.StatusCode.CANCELLED


async def test_the_version_of_the_first_page_serves_them_all(
    door: Door, names: Iterator[str]
) -> None:
    gate = asyncio.Event()

    async def waits(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for token in ('"a"', "null"):
            await read_request(reader)
            writer.write(cursor(token))
            await gate.wait()

    async with RawBackend(waits) as backend, Backend() as other:
        made = await walks(door, names, backend)
        call = made.call("cursor")
        await call.read()
        await promote(door, made.parent, other.origin)
        gate.set()
        rest = [await call.read() for _ in range(5)]
        assert other.requests == []
        assert rest[-1].end.pages == 2
        await made.all("cursor")
        assert len(other.requests) == 3


async def promote(door: Door, parent: str, origin: str) -> None:
    """Makes another version live, at another backend."""
    version = ConnectorVersion(spec_text=json.dumps(SPEC), direct=Direct(base_uri=f"{origin}/v1"))
    create = CreateVersion(version_id="v2", version=version)
    change = PromoteVersion(name=f"{parent}/versions/v2")
    changes = [VersionChange(create=create), VersionChange(promote=change)]
    await door.gateway.ManageVersions(ManageVersionsRequest(parent=parent, changes=changes))
