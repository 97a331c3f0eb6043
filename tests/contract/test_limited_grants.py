"""Grants that are limited to a connector: what they reach, by any RPC of either face."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
import pytest_asyncio

from facade.model.access import Grant, Role
from gateway.v1.gateway_pb2 import ExecuteActionRequest
from gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from tests.callers import a_key
from tests.doors import document, refusal
from tests.fakes import JSON, HttpBackend
from tests.tenants import Tenant, two_tenants

pytestmark = pytest.mark.asyncio(loop_scope="module")

OTHER = "connectors/theirs"
LIVE = f"{OTHER}/versions/live"
V1 = f"{OTHER}/versions/v1"
LINK = "connections/their-link"
SUBJECT = f"{LINK}/subjects/ann"
CALL = {"name": f"{LIVE}/actions/listThings"}
TYPE = f"{LIVE}/entityTypes/things"
DOCUMENT = {"specText": '{"openapi":"3.1.0","info":{"title":"t","version":"1"},"paths":{}}'}

REFUSED: Mapping[str, Mapping[str, Any]] = {
    "ExecuteAction": CALL,
    "ListActions": {"parent": LIVE},
    "ManageVersions": {"parent": OTHER, "changes": [{"delete": {"name": V1}}]},
    "StreamAction": CALL,
    "GetConnector": {"name": OTHER},
    "UpdateConnector": {"connector": {"name": OTHER, "title": "x"}},
    "DeleteConnector": {"name": OTHER},
    "GetVersion": {"name": V1},
    "ListVersions": {"parent": OTHER},
    "ListVersionUses": {"parent": V1},
    "ExportVersion": {"name": V1},
    "GetAction": {"name": f"{LIVE}/actions/listThings"},
    "ValidateSpec": {**DOCUMENT, "against": V1},
    "GetConnection": {"name": LINK},
    "UpdateConnection": {"connection": {"name": LINK, "title": "x"}, "updateMask": "title"},
    "DeleteConnection": {"name": LINK},
    "SuspendConnection": {"name": LINK},
    "ResumeConnection": {"name": LINK},
    "LockConnection": {"name": LINK, "reason": "x"},
    "UnlockConnection": {"name": LINK},
    "CheckConnection": {"name": LINK},
    "ExecuteHttpRequest": {"name": LINK, "url": "http://127.0.0.1/"},
    "GetTool": {"name": f"{LIVE}/tools/list_things"},
    "ListTools": {"parent": LIVE},
    "GetEntityType": {"name": TYPE},
    "ListEntityTypes": {"parent": LIVE},
    "ListEntities": {"parent": TYPE},
    "GetEntity": {"name": f"{TYPE}/entities/1"},
    "DeleteEntity": {"name": f"{TYPE}/entities/1"},
    "CreateSubject": {"parent": LINK, "subject": {"externalId": "x"}},
    "GetSubject": {"name": SUBJECT},
    "ListSubjects": {"parent": LINK},
    "UpdateSubject": {"subject": {"name": SUBJECT, "title": "x"}, "updateMask": "title"},
    "DeleteSubject": {"name": SUBJECT},
    "AuthorizeSubject": {"name": SUBJECT},
    "AuthorizeConnection": {"name": LINK},
    "ListSecrets": {},
    "ListTraces": {},
    "ListAuditEntries": {},
    "RotateSecrets": {},
}


@dataclass(frozen=True, kw_only=True)
class Room:
    """A tenant's administrator, and whoever administers one of its two connectors."""

    whole: Tenant
    limited: Tenant


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def room(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Room]:
    folder: Path = tmp_path_factory.mktemp("limited")
    async with HttpBackend(JSON) as backend, two_tenants(folder) as (whole, _):
        for each in ("ours", "theirs"):
            await whole.publish(each, backend.origin)
        await whole.asks(
            "CreateConnection",
            {"connectionId": "their-link", "connection": {"connector": "theirs"}},
        )
        await whole.asks(
            "CreateSubject",
            {"parent": LINK, "subjectId": "ann", "subject": {"externalId": "ann"}},
        )
        grant = Grant(role=Role.ADMIN, connectors=("ours",))
        key = await a_key(whole.faces.parts, "limited", grant, tenant=whole.name)
        yield Room(whole=whole, limited=Tenant(name=whole.name, faces=whole.faces, key=key))


@pytest.mark.parametrize("rpc", sorted(REFUSED))
async def test_a17_what_is_of_another_connector_is_refused_on_both_faces(
    room: Room, rpc: str
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as found:
        await room.limited.asks(rpc, REFUSED[rpc])
    assert found.value.code() is grpc.StatusCode.PERMISSION_DENIED, found.value.details()
    answer = await room.limited.fetches(rpc, REFUSED[rpc])
    assert (answer.status_code, answer.json()["error"]["reason"]) == (403, "CALLER_FORBIDDEN")


@pytest.mark.parametrize("rpc", ["ListConnectors", "ListConnections"])
async def test_lists_tell_nothing_of_another_connector(room: Room, rpc: str) -> None:
    assert "their" in (await room.whole.fetches(rpc, {})).text
    assert "their" not in (await room.limited.fetches(rpc, {})).text
    assert "their" not in str(await room.limited.asks(rpc, {}))


async def test_no_list_of_all_that_is_live_tells_of_another_connector(room: Room) -> None:
    every = {"parent": "connectors/-/versions/live", "filter": 'id = "listThings"'}
    assert "theirs" in str(await room.whole.asks("ListActions", every))
    told = str(await room.limited.asks("ListActions", every))
    assert "ours" in told
    assert "theirs" not in told


async def test_a_token_of_a_page_shows_nobody_what_its_maker_saw(room: Room) -> None:
    every = {"parent": "connectors/-/versions/live", "pageSize": 3}
    token = (await room.whole.asks("ListActions", every)).next_page_token
    assert token
    told = str(await room.limited.asks("ListActions", {**every, "pageToken": token}))
    assert "theirs" not in told


async def test_mcp_has_no_tool_of_another_connector(room: Room) -> None:
    http, shown = room.limited.faces.http, dict(room.limited.shown)
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    everything = (await http.post("/mcp", json=asked, headers=shown)).text
    assert "ours__" in everything
    assert "theirs" not in everything
    assert '"name"' not in (await http.post("/mcp/theirs", json=asked, headers=shown)).text
    params = {"name": "theirs__listThings", "arguments": {}}
    called = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    answer = await http.post("/mcp", json=called, headers=shown)
    assert "Unknown tool" in answer.text


async def test_pages_and_documents_tell_nothing_of_another_connector(room: Room) -> None:
    http, shown = room.limited.faces.http, dict(room.limited.shown)
    page = await http.get("/docs", headers=shown)
    assert "ours" in page.text
    assert "theirs" not in page.text
    told = await http.get("/api/v1/connectors/descriptions", headers=shown)
    assert [each["type_id"] for each in told.json()] == ["ours"]
    document = await http.get(f"/v1/{V1}/openapi.json", headers=shown)
    assert document.status_code == 403


def only(method: str, action: str) -> dict[str, Any]:
    """A document whose one operation has the alias `boxes`."""
    responses = {"200": {"description": ""}}
    return document({"/boxes": {method: {"operationId": action, "responses": responses}}})


async def test_a17_an_alias_is_no_way_to_another_action_in_a_version_that_is_named_beside_it(
    room: Room,
) -> None:
    whole, parts = room.whole, room.whole.faces.parts
    await whole.publish("boxes", "http://127.0.0.1:9", only("get", "listBoxes"))
    version = {"specText": json.dumps(only("delete", "burnBoxes"))}
    change = {"create": {"versionId": "v2", "version": version}}
    await whole.asks("ManageVersions", {"parent": "connectors/boxes", "changes": [change]})
    grant = Grant(role=Role.INVOKER, actions=("listBoxes",))
    key = await a_key(parts, "lister", grant, tenant=whole.name)
    stub: Any = GatewayServiceStub(whole.faces.door.channel)
    request = ExecuteActionRequest(name="connectors/boxes/versions/live/actions/boxes")
    shown = (("authorization", f"Bearer {key}"), ("x-connector-version", "v2"))
    told = await refusal(stub.ExecuteAction(request, metadata=shown))
    assert told.info.reason == "CALLER_FORBIDDEN"
    by_id = ExecuteActionRequest(name="connectors/boxes/versions/live/actions/listBoxes")
    told = await refusal(stub.ExecuteAction(by_id, metadata=shown[:1]))
    assert told.info.reason == "BACKEND_UNREACHABLE"


async def test_a17_who_is_limited_to_a_connection_does_not_call_around_it_by_tools_or_entities(
    room: Room,
) -> None:
    whole = room.whole
    await whole.asks(
        "CreateConnection", {"connectionId": "our-link", "connection": {"connector": "ours"}}
    )
    grant = Grant(role=Role.INVOKER, connections=("our-link",))
    key = await a_key(whole.faces.parts, "linked", grant, tenant=whole.name)
    linked, http = Tenant(name=whole.name, faces=whole.faces, key=key), whole.faces.http
    listed = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    params = {"name": "listThings", "arguments": {}}
    called = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    shown = dict(linked.shown)
    around = (await http.post("/mcp/ours", json=listed, headers=shown)).json()
    assert around["result"]["tools"] == []
    assert "Unknown tool" in (await http.post("/mcp/ours", json=called, headers=shown)).text
    own = await http.post("/mcp/ours?connection=our-link", json=listed, headers=shown)
    assert own.json()["result"]["tools"]
    foreign = await http.post("/mcp/theirs?connection=their-link", json=called, headers=shown)
    assert "Unknown tool" in foreign.text
    entities = {"parent": "connectors/ours/versions/live/entityTypes/things"}
    with pytest.raises(grpc.aio.AioRpcError) as found:
        await linked.asks("ListEntities", entities)
    assert found.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_a17_an_entity_type_is_told_of_by_the_actions_that_its_reader_may_view(
    room: Room,
) -> None:
    whole = room.whole
    parent, name = (
        "connectors/ours/versions/live",
        "connectors/ours/versions/live/entityTypes/things",
    )
    seen = {"*": {"LIST": "listThings", "GET": "getThing"}, "listThings": {"LIST": "listThings"}}
    for action, operations in seen.items():
        reader = await reader_of(whole, action)
        listed = await reader.asks("ListEntityTypes", {"parent": parent})
        assert [dict(each.operations) for each in listed.entity_types] == [operations]
        assert dict((await reader.asks("GetEntityType", {"name": name})).operations) == operations
        told = (await reader.fetches("GetEntityType", {"name": name})).json()["data"]
        assert told["operations"] == operations


async def test_a17_an_entity_type_is_as_if_it_were_not_where_none_of_its_actions_may_be_viewed(
    room: Room,
) -> None:
    parent = "connectors/ours/versions/live"
    reader = await reader_of(room.whole, "otherThings")
    listed = await reader.asks("ListEntityTypes", {"parent": parent})
    assert not listed.entity_types
    for id_ in ("things", "thing", "thinks"):
        name = f"{parent}/entityTypes/{id_}"
        told = await refusal(reader.asks("GetEntityType", {"name": name}))
        assert (told.info.reason, told.message) == ("ENTITY_NOT_FOUND", f"no entity type `{name}`")


async def an_editor(room: Room, id_: str, **limits: Any) -> Tenant:
    """An editor with limits."""
    grant = Grant(role=Role.EDITOR, **limits)
    key = await a_key(room.whole.faces.parts, id_, grant, tenant=room.whole.name)
    return Tenant(name=room.whole.name, faces=room.whole.faces, key=key)


CREATIONS: Mapping[str, tuple[Mapping[str, Any], str, str, bool]] = {
    "of its connector": ({"connectors": ("our*",)}, "any", "ours", True),
    "of another": ({"connectors": ("our*",)}, "any", "theirs", False),
    "of one that is not there": ({"connectors": ("our*",)}, "any", "hours", False),
    "by a name of its own": ({"connections": ("my-*",)}, "my-one", "theirs", True),
    "by another name": ({"connections": ("my-*",)}, "any", "theirs", False),
    "by both": ({"connectors": ("ours",), "connections": ("my-*",)}, "my-two", "ours", True),
    "by one of both": ({"connectors": ("ours",), "connections": ("my-*",)}, "x", "ours", False),
    "of none": ({"connectors": ("our*",)}, "any", "", False),
    "of whatever stands there": ({"connectors": ("our*",)}, "any", "ours/connections", False),
}


@pytest.mark.parametrize("case", CREATIONS)
async def test_an_editor_makes_connections_of_the_connectors_and_by_the_names_of_its_grant(
    room: Room, case: str
) -> None:
    limits, id_, connector, may = CREATIONS[case]
    editor = await an_editor(room, f"e{list(CREATIONS).index(case)}", **limits)
    tree = {"connectionId": id_, "connection": {"connector": connector}}
    if not may:
        with pytest.raises(grpc.aio.AioRpcError) as found:
            await editor.asks("CreateConnection", tree)
        assert found.value.code() is grpc.StatusCode.PERMISSION_DENIED, found.value.details()
        assert (await editor.fetches("CreateConnection", tree)).status_code == 403
        return
    made = await editor.asks("CreateConnection", tree)
    assert made.name == f"connections/{id_}"
    await editor.asks("DeleteConnection", {"name": made.name})
    assert (await editor.fetches("CreateConnection", tree)).status_code == 200
    await editor.asks("DeleteConnection", {"name": made.name})


async def test_what_says_no_connector_at_all_is_no_way_around(room: Room) -> None:
    editor = await an_editor(room, "strange", connectors=("our*",))
    strange: list[Any] = [{}, {"connector": 7}, {"connector": None}, {"connector": []}, [], "ours"]
    for given in strange:
        answer = await room.whole.faces.http.post(
            "/v1/connections?connectionId=x", json=given, headers=dict(editor.shown)
        )
        assert answer.status_code in (400, 403), answer.text


async def reader_of(whole: Tenant, action: str) -> Tenant:
    """A viewer of one action, or all."""
    id_ = f"reader-{action.lower().replace('*', 'all')}"
    grant = Grant(role=Role.VIEWER, actions=(action,))
    key = await a_key(whole.faces.parts, id_, grant, tenant=whole.name)
    return Tenant(name=whole.name, faces=whole.faces, key=key)
