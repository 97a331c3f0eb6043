"""MCP on a real facade: an independent client lists and calls tools, and what is hostile fails."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from mcp import Client
from mcp.types import CallToolResult, TextContent

from facade.demo import petstore
from facade.model.policy import Policy, ResponseValidation
from facade.spec.load import load
from tests.doors import document
from tests.fakes import HttpBackend, answer
from tests.tooled import Tooled, a_tooled_facade

pytestmark = pytest.mark.asyncio(loop_scope="module")

REX = 9007199254740993
META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}
NOW = {"mcp_protocol_version": "2026-07-28"}
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def facade(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Tooled]:
    runner, base = await petstore.start("the-key")
    folder: Path = tmp_path_factory.mktemp("mcp")
    async with a_tooled_facade(folder) as opened:
        await opened.publish("pets", load(petstore.document().encode())[0].tree, base)
        many = {f"/things{n}": {"get": {"operationId": f"get{n:04}"}} for n in range(1000)}
        await opened.publish("many", document(many), base)
        yield opened
    await runner.cleanup()


def text_of(result: CallToolResult) -> str:
    """What a result says, for those who read no structure."""
    first = result.content[0]
    assert isinstance(first, TextContent)
    return first.text


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_g25_a_client_lists_and_calls_the_tools_of_the_petstore(
    facade: Tooled, mode: str
) -> None:
    async with Client(f"{facade.url}/mcp/pets", mode=mode) as client:
        tools = {each.name: each for each in (await client.list_tools()).tools}
        assert {"getPetById", "addPet", "uploadPicture"} <= tools.keys()
        hints = tools["deletePet"].annotations
        assert hints is not None
        assert (hints.read_only_hint, hints.destructive_hint, hints.idempotent_hint) == (
            False,
            True,
            True,
        )
        found = await client.call_tool("getPetById", {"petId": REX})
        assert found.structured_content["id"] == REX
        assert json.loads(text_of(found))["id"] == REX
        made = await client.call_tool("addPet", {"name": "Bella", "weight": 4.5})
        assert made.structured_content["name"] == "Bella"
        listed = await client.call_tool("findPetsByStatus", {"status": ["sold"]})
        assert [each["name"] for each in listed.structured_content["results"]] == ["Tweety"]
        gone = await client.call_tool("deletePet", {"petId": made.structured_content["id"]})
        assert (gone.is_error, gone.structured_content) == (False, {"results": []})


async def test_g25_what_a_backend_refuses_is_a_result_with_reason_and_remedy(
    facade: Tooled,
) -> None:
    async with Client(f"{facade.url}/mcp/pets") as client:
        failed = await client.call_tool("getPetById", {"petId": 404})
        wrong = await client.call_tool("getPetById", {"petId": "seven"})
    assert failed.is_error
    assert failed.structured_content["error"]["reason"] == "BACKEND_NOT_FOUND"
    assert "Check the ids" in text_of(failed)
    assert wrong.is_error
    assert "/petId: must be integer" in text_of(wrong)


async def test_bytes_go_in_as_base64_and_come_out_as_a_resource(facade: Tooled) -> None:
    async with Client(f"{facade.url}/mcp/pets") as client:
        kept = await client.call_tool("uploadPicture", {"petId": REX, "body": "AAEC/w=="})
        found = await client.call_tool("getPicture", {"petId": REX})
    assert kept.structured_content["bytes"] == 4
    resource: Any = found.content[0]
    assert resource.resource.blob == "AAEC/w=="
    assert resource.resource.mime_type == "application/octet-stream"


async def test_every_connector_stands_at_one_path_under_names_of_its_own(facade: Tooled) -> None:
    async with Client(f"{facade.url}/mcp") as client:
        found = await client.call_tool("pets__getPetById", {"petId": REX})
    assert found.structured_content["id"] == REX
    pinned = await facade.call("getPetById", {"petId": REX}, "/mcp/pets/v1")
    assert pinned["structuredContent"]["id"] == REX
    missing = await facade.post(PING, "/mcp/nothing/live")
    assert missing.status_code == 200  # to ping, which is about no tool
    assert (await facade.post({**PING, "method": "tools/list"}, "/mcp/nothing")).status_code == 404


async def test_a_document_of_a_thousand_operations_is_listed_in_pages(facade: Tooled) -> None:
    names: list[str] = []
    pages, cursor = 0, None
    async with Client(f"{facade.url}/mcp/many", mode="legacy") as client:
        while pages == 0 or cursor:
            page = await client.list_tools(cursor=cursor)
            names.extend(each.name for each in page.tools)
            pages, cursor = pages + 1, page.next_cursor
    assert (pages, len(names)) == (10, 1000)
    assert names == sorted(set(names))
    foreign = await facade.ask("tools/list", "/mcp/many", cursor="bm9uZQ")
    assert foreign["error"]["code"] == -32602


async def test_a_hundred_calls_at_a_time(facade: Tooled) -> None:
    calls = [facade.call("getPetById", {"petId": REX}, "/mcp/pets") for _ in range(100)]
    assert {each["structuredContent"]["name"] for each in await asyncio.gather(*calls)} == {"Rex"}


async def test_digits_go_in_and_out_as_they_are_written(facade: Tooled) -> None:
    body = b"""{"jsonrpc":"2.0","id":12345678901234567890,"method":"tools/call",
        "params":{"name":"echo","arguments":{"body":{"n":0.10,"m":1e400,"id":9007199254740993}}}}"""
    told = (await facade.post(body, "/mcp/pets")).text
    assert '"id":12345678901234567890' in told
    assert '"structuredContent":{"n":0.10,"m":1e400,"id":9007199254740993}' in told


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, -32700),
        (b"\xff\xfe", 400, -32700),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "\xff"}', 400, -32700),
        (
            (
                b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":'
                b'{"name":"echo","arguments":{"body":"\xff"}}}'
            ),
            400,
            -32700,
        ),
        (b"[" * 200_000, 400, -32600),
        (
            b'{"jsonrpc":"2.0","id":1,"method":"ping","params":' + b'{"a":' * 9000 + b"1",
            400,
            -32700,
        ),
        (b'[{"jsonrpc":"2.0","id":1,"method":"ping"}]', 400, -32600),
        (b"7", 400, -32600),
        ({"jsonrpc": "1.0", "id": 1, "method": "ping"}, 400, -32600),
        ({"id": 1, "method": "ping"}, 400, -32600),
        ({"jsonrpc": "2.0", "id": 1}, 400, -32600),
        ({"jsonrpc": "2.0", "id": None, "method": "ping"}, 400, -32600),
        ({"jsonrpc": "2.0", "id": 1.5, "method": "ping"}, 400, -32600),
        ({"jsonrpc": "2.0", "id": [1], "method": "ping"}, 400, -32600),
        ({"jsonrpc": "2.0", "id": 1, "method": 7}, 400, -32600),
        ({**PING, "params": [1]}, 400, -32600),
        ({**PING, "method": "resources/list"}, 200, -32601),
        ({**PING, "method": "tools/call"}, 200, -32602),
        ({**PING, "method": "tools/call", "params": {"name": 1}}, 200, -32602),
        ({**PING, "method": "tools/call", "params": {"name": "none"}}, 200, -32602),
        (
            {**PING, "method": "tools/call", "params": {"name": "echo", "arguments": [1]}},
            200,
            -32602,
        ),
        ({**PING, "method": "tools/list", "params": {"cursor": 1}}, 200, -32602),
    ],
)
async def test_what_is_no_request_is_refused_by_its_code(
    facade: Tooled, body: Any, status: int, code: int
) -> None:
    told = await facade.post(body, "/mcp/pets")
    assert (told.status_code, told.json()["error"]["code"]) == (status, code)


async def test_a_body_that_is_too_large_or_no_json_is_not_read(facade: Tooled) -> None:
    assert (await facade.post(b" " * (11 * 2**20))).status_code == 413
    assert (await facade.post(PING, content_type="text/plain")).status_code == 415


async def test_notifications_are_taken_and_nothing_else_than_post(facade: Tooled) -> None:
    said = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    assert (await facade.post(said)).status_code == 202
    for method in ("GET", "DELETE", "PUT"):
        refused = await facade.http.request(method, "/mcp")
        assert (refused.status_code, refused.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"sec_fetch_site": "cross-site"}, 403),
        ({"host": "evil.example"}, 421),
        ({}, 200),
    ],
)
async def test_a_page_of_another_origin_calls_nothing(
    facade: Tooled, headers: dict[str, str], status: int
) -> None:
    assert (await facade.post(PING, **headers)).status_code == status


async def test_a_page_of_the_facades_own_origin_may(facade: Tooled) -> None:
    assert (await facade.post(PING, origin=facade.url)).status_code == 200


@pytest.mark.parametrize(
    ("params", "headers", "code"),
    [
        ({"_meta": META}, NOW | {"mcp_method": "tools/list"}, None),
        ({}, NOW | {"mcp_method": "tools/list"}, -32602),
        ({"_meta": META}, NOW, -32020),
        ({"_meta": META}, NOW | {"mcp_method": "tools/call"}, -32020),
        ({"_meta": META}, {"mcp_protocol_version": "2031-01-01"}, -32022),
    ],
)
async def test_the_stateless_edition_holds_headers_to_the_request(
    facade: Tooled, params: Any, headers: dict[str, str], code: int | None
) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": params}
    told = await facade.post(body, "/mcp/pets", **headers)
    assert told.status_code == (200 if code is None else 400)
    assert told.json().get("error", {}).get("code") == code


async def test_the_stateless_edition_has_no_ping_and_its_names_may_be_in_base64(
    facade: Tooled,
) -> None:
    gone = await facade.post({**PING, "params": {"_meta": META}}, **NOW, mcp_method="ping")
    assert (gone.status_code, gone.json()["error"]["code"]) == (404, -32601)
    call = {"name": "getInventory", "_meta": META}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    said = NOW | {"mcp_method": "tools/call", "mcp_name": "=?base64?Z2V0SW52ZW50b3J5?="}
    assert (await facade.post(body, "/mcp/pets", **said)).json()["result"]["resultType"]


async def test_an_output_schema_is_told_only_where_answers_are_held_to_it(facade: Tooled) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    media = {"application/json": {"schema": schema}}
    told = {"200": {"description": "", "content": media}}
    tree = document({"/n": {"get": {"operationId": "n", "responses": told}}})
    wrong = answer(b'{"n": "x"}', headers=(("Content-Type", "application/json"),))
    enforce = Policy(response_validation=ResponseValidation.ENFORCE)
    async with HttpBackend(wrong) as backend:
        await facade.publish("held", tree, backend.origin, policy=enforce)
        await facade.publish("loose", tree, backend.origin)
        async with Client(f"{facade.url}/mcp/held") as client:
            assert (await client.list_tools()).tools[0].output_schema is not None
            assert (await client.call_tool("n", {})).is_error
        async with Client(f"{facade.url}/mcp/loose") as client:
            assert (await client.list_tools()).tools[0].output_schema is None
            assert (await client.call_tool("n", {})).structured_content == {"n": "x"}
