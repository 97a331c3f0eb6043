"""What may have been meant: told of what the caller may view, and of nothing else."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import grpc
import pytest
import pytest_asyncio

from facade.model.access import Grant, Role
from tests.asked import MISSING, SETTINGS
from tests.callers import a_key
from tests.doors import document
from tests.fakes import HttpBackend
from tests.tenants import HELD, Tenant, two_tenants

pytestmark = pytest.mark.asyncio(loop_scope="module")

ANSWER = {"responses": {"200": {"description": "", "content": {"application/json": {}}}}}
DOCUMENT = document(
    {f"/{each}": {"get": {"operationId": each, **ANSWER}} for each in ("openThing", "apenThing")}
)
GRANTS: Mapping[str, Mapping[str, Any]] = {
    "connector": {"connectors": ("open*",)},
    "connection": {"connections": ("open*",)},
    "action": {"actions": ("open*",)},
}
HIDDEN = {"connector": "apen-shop", "connection": "apen-link", "action": "apenThing"}
SHOWN = {"connector": "open-shop", "connection": "open-link", "action": "openThing"}
MEANT = {"connector": "open-shap", "connection": "open-lank", "action": "openThang"}


@dataclass(frozen=True, kw_only=True)
class Room:
    """A tenant's administrator, and those who may see a part, by which."""

    whole: Tenant
    limited: Mapping[str, Tenant]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def room(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Room]:
    folder = tmp_path_factory.mktemp("hints")
    async with HttpBackend() as backend, two_tenants(folder, **SETTINGS) as (whole, _):
        for connector in ("open-shop", "apen-shop"):
            await whole.publish(connector, backend.origin, DOCUMENT)
        for id_ in ("open-link", "apen-link"):
            given = {"connectionId": id_, "connection": {"connector": "open-shop"}}
            await whole.asks("CreateConnection", given)
        limited = {}
        for kind, limits in GRANTS.items():
            grant = Grant(role=Role.ADMIN, **limits)
            key = await a_key(whole.faces.parts, kind, grant, tenant=whole.name)
            limited[kind] = Tenant(name=whole.name, faces=whole.faces, key=key)
        yield Room(whole=whole, limited=limited)


def misspelt(rpc: str, kind: str) -> Mapping[str, Any] | None:
    """What the RPC may be asked with a name of one kind misspelt; None: it names none of them."""
    text = json.dumps(MISSING[rpc])
    if kind == "connector":
        return read(text.replace(HELD, MEANT[kind]))
    named = f"connections/{HELD}" if kind == "connection" else "actions/listThings"
    new = text.replace(named, f"{kind}s/{MEANT[kind]}")
    return read(new.replace(HELD, SHOWN["connector"])) if new != text else None


def read(text: str) -> Mapping[str, Any]:
    """A request, from its JSON."""
    tree: Mapping[str, Any] = json.loads(text)
    return tree


async def told(tenant: Tenant, rpc: str, tree: Mapping[str, Any]) -> list[str]:
    """All that both faces say to it."""
    said = []
    try:
        said.append(str(await tenant.asks(rpc, tree)))
    except grpc.aio.AioRpcError as error:
        said.append(f"{error.details()} {error.trailing_metadata()}")
    if rpc != "UploadAction":
        over_http = {key: each for key, each in tree.items() if key != "parametersJson"}
        over_http |= {"json": {}} if "json" in tree else {}
        said.append((await tenant.fetches(rpc, over_http)).text)
    return said


@pytest.mark.parametrize("kind", GRANTS)
async def test_a17_no_rpc_names_what_its_caller_may_not_view(room: Room, kind: str) -> None:
    hinting = set()
    for rpc in MISSING:
        tree = misspelt(rpc, kind)
        if tree is None:
            continue
        for each in await told(room.whole, rpc, tree):
            if HIDDEN[kind] in each and SHOWN[kind] in each:
                hinting.add(rpc)
        for each in await told(room.limited[kind], rpc, tree):
            assert HIDDEN[kind] not in each, (rpc, each)
    assert len(hinting) > {"connector": 15, "connection": 10, "action": 2}[kind], hinting


@pytest.mark.parametrize("kind", ["connector", "action"])
async def test_a17_what_may_be_viewed_is_still_told(room: Room, kind: str) -> None:
    tree = misspelt("GetAction", kind)
    assert tree is not None
    for each in await told(room.limited[kind], "GetAction", tree):
        assert f"did you mean `connectors/{SHOWN['connector']}" in each


async def test_a17_a_fault_within_an_answer_names_nothing_either(room: Room) -> None:
    name = f"connectors/open-shop/versions/v1/actions/{MEANT['action']}"
    asked = {"name": name, "parametersJson": "{}", "failureMode": "FAILURE_MODE_CONTINUE"}
    whole, limited = room.whole, room.limited["action"]
    for tenant, hidden in ((whole, True), (limited, False)):
        said = await told(tenant, "ExecuteAction", asked)
        assert [HIDDEN["action"] in each for each in said] == [hidden, hidden], said
        assert all(SHOWN["action"] in each for each in said)


async def test_a17_mirrors_and_tools_name_nothing_either(room: Room) -> None:
    http, shown = room.whole.faces.http, dict(room.limited["connection"].shown)
    for path in ("/connections/open-lank/openThing", "/v1/connections/open-lank/openapi.json"):
        assert HIDDEN["connection"] in (await http.get(path, headers=dict(room.whole.shown))).text
        assert HIDDEN["connection"] not in (await http.get(path, headers=shown)).text
    params = {"name": "openThing", "arguments": {}}
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    answer = await http.post("/mcp/open-shop?connection=open-lank", json=call, headers=shown)
    assert HIDDEN["connection"] not in answer.text
