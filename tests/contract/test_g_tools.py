"""Tools from outside: both faces, what a caller may see, and real documents (G-10, G-25)."""

import json
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from facade.app.mcp.message import Message, Refused
from facade.app.mcp.methods import Asking, Methods
from facade.demo import petstore
from facade.listing.pages import Tokens
from facade.model.access import Grant, Identity, Role
from facade.model.call import NOBODY
from facade.spec.load import load
from facade.tools.toolbox import Shelf, Toolbox
from facade.tools.tools import Tools
from gateway.v1 import tool_pb2 as pb
from gateway.v1.connection_pb2 import Connection, CreateConnectionRequest, ToolOverride
from gateway.v1.connection_pb2_grpc import ConnectionServiceStub
from gateway.v1.tool_pb2_grpc import ToolServiceStub
from tests.doors import refusal
from tests.faces import Faces, both_faces

pytestmark = pytest.mark.asyncio(loop_scope="module")

PETS = "connectors/pets/versions/live"
MCP_HEADERS = {
    "accept": "application/json, text/event-stream",
    "mcp-protocol-version": "2025-06-18",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def faces(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Faces]:
    runner, base = await petstore.start("the-key")
    async with both_faces(tmp_path_factory.mktemp("tools")) as opened:
        await opened.door.publish("pets", load(petstore.document().encode())[0].tree, base)
        yield opened
    await runner.cleanup()


def stub(faces: Faces) -> Any:
    return ToolServiceStub(faces.door.channel)


async def test_g25_each_action_is_a_tool_with_schema_and_hints(faces: Faces) -> None:
    page = await stub(faces).ListTools(pb.ListToolsRequest(parent=PETS))
    tools = {each.name.rpartition("/")[2]: each for each in page.tools}
    assert len(tools) == 13
    deletes = tools["deletePet"]
    assert (deletes.read_only, deletes.idempotent, deletes.destructive) == (False, True, True)
    assert deletes.action == "connectors/pets/versions/v1/actions/deletePet"
    told = json.loads(deletes.definition)
    assert told["inputSchema"]["required"] == ["petId"]
    over_http = (await faces.http.get(f"/v1/{deletes.name}")).json()["data"]
    assert (over_http["definition"], over_http["destructive"]) == (deletes.definition, True)


@pytest.mark.parametrize(
    ("form", "path"),
    [
        ("TOOL_FORMAT_OPENAI", ("function", "parameters")),
        ("TOOL_FORMAT_ANTHROPIC", ("input_schema",)),
        ("TOOL_FORMAT_MCP", ("inputSchema",)),
    ],
)
async def test_definitions_are_written_as_their_readers_have_them(
    faces: Faces, form: str, path: tuple[str, ...]
) -> None:
    name = f"{PETS}/tools/addPet"
    request = pb.GetToolRequest(name=name, format=pb.ToolFormat.Value(form))
    told = await stub(faces).GetTool(request)
    schema = json.loads(told.definition)
    for step in path:
        schema = schema[step]
    assert "name" in schema["properties"]
    answered = await faces.http.get(f"/v1/{name}", params={"format": form})
    assert answered.json()["data"]["definition"] == told.definition


async def test_pages_and_names_of_tools_that_there_are_not(faces: Faces) -> None:
    found: list[str] = []
    request = pb.ListToolsRequest(parent=PETS, page_size=5)
    while True:
        page = await stub(faces).ListTools(request)
        found.extend(each.name for each in page.tools)
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert found == sorted(set(found))
    refused = await refusal(stub(faces).GetTool(pb.GetToolRequest(name=f"{PETS}/tools/none")))
    assert refused.said[:2] == ("NOT_FOUND", "ACTION_NOT_FOUND")
    other: Any = 9
    refused = await refusal(
        stub(faces).GetTool(pb.GetToolRequest(name=f"{PETS}/tools/a", format=other))
    )
    assert refused.fields == ["format"]


async def test_g25_what_a_connection_says_of_a_tool_wins(faces: Faces) -> None:
    overrides = [
        ToolOverride(action="deletePet", hidden=True),
        ToolOverride(action="addPet", read_only=True),
        ToolOverride(action="getPetById", idempotent=False, open_world=False),
    ]
    connection = Connection(connector="pets", tool_overrides=overrides)
    request = CreateConnectionRequest(connection_id="berlin", connection=connection)
    made = await ConnectionServiceStub(faces.door.channel).CreateConnection(request)
    over_http = (await faces.http.get("/v1/connections/berlin")).json()["data"]
    listing = pb.ListToolsRequest(parent=PETS, connection="connections/berlin")
    page = await stub(faces).ListTools(listing)
    tools = {each.name.rpartition("/")[2]: each for each in page.tools}
    asked = pb.GetToolRequest(name=f"{PETS}/tools/deletePet", connection="connections/berlin")
    hidden = await refusal(stub(faces).GetTool(asked))
    http = await faces.http.get(f"/v1/{PETS}/tools", params={"connection": "connections/berlin"})

    assert list(made.tool_overrides) == overrides
    assert over_http["toolOverrides"] == [
        {"action": "deletePet", "hidden": True},
        {"action": "addPet", "readOnly": True},
        {"action": "getPetById", "idempotent": False, "openWorld": False},
    ]
    assert "deletePet" not in tools
    assert (tools["addPet"].read_only, tools["addPet"].idempotent) == (True, False)
    found = tools["getPetById"]
    assert (found.read_only, found.idempotent, found.open_world) == (True, False, False)
    assert json.loads(found.definition)["annotations"]["idempotentHint"] is False
    assert hidden.said[:2] == ("NOT_FOUND", "ACTION_NOT_FOUND")
    assert len(http.json()["data"]["tools"]) == len(tools)


async def test_g25_a_client_of_mcp_sees_the_tools_of_its_connection(faces: Faces) -> None:
    override = ToolOverride(action="deletePet", hidden=True)
    connection = Connection(connector="pets", tool_overrides=[override])
    request = CreateConnectionRequest(connection_id="paris", connection=connection)
    await ConnectionServiceStub(faces.door.channel).CreateConnection(request)
    seen = {}
    for path in ("/mcp/pets", "/mcp/pets?connection=paris", "/mcp?connection=paris"):
        asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
        found = await faces.http.post(path, json=asked, headers=MCP_HEADERS)
        seen[path] = {each["name"] for each in found.json()["result"]["tools"]}
    call = {"name": "deletePet", "arguments": {"petId": 1}}
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    path = "/mcp/pets?connection=paris"
    refused = (await faces.http.post(path, json=asked, headers=MCP_HEADERS)).json()

    whole, own, prefixed = seen.values()
    assert whole - own == {"deletePet"}
    assert prefixed == {f"pets__{each}" for each in own}
    assert refused["error"]["message"] == "Unknown tool: deletePet"


@pytest.mark.parametrize(
    ("actions", "field"),
    [(["a", "a"], "connection.tool_overrides[1].action"), ([""], "[0].action")],
)
async def test_g25_one_override_for_each_action(
    faces: Faces, actions: list[str], field: str
) -> None:
    overrides = [ToolOverride(action=each) for each in actions]
    connection = Connection(connector="pets", tool_overrides=overrides)
    request = CreateConnectionRequest(connection_id="wrong", connection=connection)
    asked = ConnectionServiceStub(faces.door.channel).CreateConnection(request)
    (named,) = (await refusal(asked)).fields
    assert named.endswith(field)


async def test_g25_a_caller_sees_the_tools_that_it_may_call_and_no_others(faces: Faces) -> None:
    toolbox = Toolbox(faces.parts.catalog, Tools(), Tokens(b"k" * 32))
    methods = Methods(faces.parts.engine, toolbox)
    grant = Grant(role=Role.INVOKER, connectors=("pets",), actions=("get*",))
    for shelf, prefix in ((Shelf(connector="pets"), ""), (Shelf(), "pets__")):
        asking = Asking(
            shelf=shelf, identity=Identity(name="key:ci", grants=(grant,)), caller=NOBODY
        )
        listing = Message(method="tools/list", id=b"1", params={})
        told = (await methods.answer(listing, asking, stateless=False))["tools"]
        seen = [json.loads(bytes(each))["name"] for each in told]
        assert seen == [f"{prefix}{each}" for each in ("getInventory", "getPetById", "getPicture")]
        call = Message(
            method="tools/call",
            id=b"1",
            params={"name": msgspec.Raw(b'"%sdeletePet"' % prefix.encode())},
        )
        with pytest.raises(Refused, match="Unknown tool"):
            await methods.answer(call, asking, stateless=False)
        nobody = Asking(shelf=shelf, identity=Identity(name="none", tenant="acme"), caller=NOBODY)
        if not shelf.connector:
            assert not (await methods.answer(listing, nobody, stateless=False))["tools"]
