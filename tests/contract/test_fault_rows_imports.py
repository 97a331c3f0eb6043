"""Rows of the fault catalogue on where a document comes from, and how much of it there is."""

import gzip
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from gateway.v1.gateway_pb2 import (
    CreateVersion,
    ListActionsRequest,
    ManageVersionsRequest,
    VersionChange,
)
from gateway.v1.version_pb2 import ConnectorVersion
from tests.doors import Door, a_door, document, operation, refusal
from tests.fakes import HttpBackend, answer

pytestmark = pytest.mark.asyncio(loop_scope="module")

GOOD = json.dumps(operation("get", "/p")).encode()
YAML = ("Content-Type", "application/yaml")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Door]:
    folder = tmp_path_factory.mktemp("imports")
    async with a_door(folder, max_spec_bytes=2**20) as opened:
        yield opened


async def fetched(door: Door, name: str, uri: str) -> ConnectorVersion:
    """Version v1 of a connector, of the document at an address."""
    create = CreateVersion(version_id="v1", version=ConnectorVersion(spec_uri=uri))
    request = ManageVersionsRequest(
        parent=f"connectors/{name}", changes=[VersionChange(create=create)]
    )
    made: ConnectorVersion = (await door.gateway.ManageVersions(request)).versions[0]
    return made


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("redirect", answer(GOOD, status=302, headers=(("Location", "/other"),))),
        ("not-found", answer(GOOD, status=404)),
        ("page", answer(b"<html>Log in</html>", headers=(("Content-Type", "text/html"),))),
        ("nothing", answer(b"", headers=(YAML,))),
        ("binary", answer(b"\x00\xff\xfe", headers=(YAML,))),
        ("too-large", answer(b" " * 2**20 + GOOD, headers=(YAML,))),
        (
            "bomb",
            answer(gzip.compress(b" " * 2**24), headers=(YAML, ("Content-Encoding", "gzip"))),
        ),
        ("long", b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n" + GOOD),
    ],
)
async def test_h04_an_address_that_gives_no_document_makes_no_connector(
    door: Door, name: str, said: bytes
) -> None:
    async with HttpBackend(said) as host:
        start = time.perf_counter()
        told = await refusal(fetched(door, name, f"{host.origin}/openapi.json"))
        assert time.perf_counter() - start < 2
        assert told.code in {"INVALID_ARGUMENT", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION"}
        assert told.info.reason != "INTERNAL_ERROR"
        assert len(host.requests) == 1
    assert (await door.refused(f"{name}/act")).said[1] == "CONNECTOR_NOT_FOUND"


async def test_h04_a_packed_document_is_unpacked(door: Door) -> None:
    packed = answer(gzip.compress(GOOD), headers=(YAML, ("Content-Encoding", "gzip")))
    async with HttpBackend(packed) as host:
        made = await fetched(door, "packed", f"{host.origin}/openapi.json")
        assert made.action_count == 1


async def test_h20_five_thousand_operations_and_fifty_thousand_schemas_are_read(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    schemas: dict[str, Any] = {f"S{n}": {"type": "integer"} for n in range(50_000)}
    paths = {
        f"/p{n}": {
            "get": {
                "operationId": f"o{n}",
                "parameters": [
                    {
                        "name": "q",
                        "in": "query",
                        "schema": {"$ref": f"#/components/schemas/S{9 * n}"},
                    }
                ],
                "responses": {},
            }
        }
        for n in range(5_000)
    }
    text = json.dumps(document(paths, components={"schemas": schemas}))
    async with HttpBackend() as backend, a_door(tmp_path_factory.mktemp("large")) as opened:
        published = await opened.publish("large", text, backend.origin)
        assert published.versions[1].action_count == 5_000
        request = ListActionsRequest(parent="connectors/large/versions/live", page_size=1000)
        assert len((await opened.gateway.ListActions(request)).actions) == 1_000
        told = await opened.refused("large/o4999", {"q": "x"})
        assert told.fields == ["/q"]
        await opened.execute("large/o4999", {"q": 1})
        assert backend.requests[-1].startswith(b"GET /p4999?q=1 ")
