"""The same request on both faces is answered the same, good or bad."""

import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict, ParseDict

from facade.app.api.table import ROUTES
from facade.errors.fault import Code
from facade.errors.http import STATUSES
from gateway.v1 import catalog_pb2, gateway_pb2, secret_pb2
from gateway.v1.secret_pb2_grpc import SecretServiceStub
from tests.doors import PLAIN, document, refusal
from tests.faces import Faces, as_http, both_faces
from tests.fakes import HttpBackend

SHOP = "connectors/shop"
V1 = f"{SHOP}/versions/v1"
LIVE = f"{SHOP}/versions/live"
ACT = f"{LIVE}/actions/getThing"

SPEC = document(
    {
        "/things/{id}": {
            "get": {
                "operationId": "getThing",
                "tags": ["t"],
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}},
                    {"name": "deep", "in": "query", "schema": {"type": "array"}},
                ],
                "responses": {"200": {"description": "ok", "content": {"application/json": {}}}},
            }
        },
        "/gone": {"get": {"operationId": "getGone", "responses": {}}},
        "/broken": {"post": {"operationId": "broken", "requestBody": {"$ref": "#/none"}}},
    }
)

ROUTE = {route.rpc: route for route in ROUTES}
MODULES = {
    "GatewayService": gateway_pb2,
    "CatalogService": catalog_pb2,
    "SecretService": secret_pb2,
}

SAME: Mapping[str, tuple[str, dict[str, Any]]] = {
    "a connector": ("GetConnector", {"name": SHOP}),
    "connectors": ("ListConnectors", {"filter": "labels.team = a", "pageSize": 5}),
    "a version": ("GetVersion", {"name": V1}),
    "the live version": ("GetVersion", {"name": LIVE}),
    "versions": ("ListVersions", {"parent": SHOP}),
    "an action": ("GetAction", {"name": ACT}),
    "an action by its alias": ("GetAction", {"name": f"{LIVE}/actions/gone"}),
    "actions": ("ListActions", {"parent": LIVE}),
    "actions in full": ("ListActions", {"parent": V1, "view": "ACTION_VIEW_FULL"}),
    "actions of all": (
        "ListActions",
        {"parent": "connectors/-/versions/live", "filter": "tags:t"},
    ),
    "a document": ("ValidateSpec", {"specText": json.dumps(SPEC)}),
    "secrets": ("ListSecrets", {}),
    "a dry run of changes": (
        "UpdateConnector",
        {"connector": {"name": SHOP, "labels": {"a": "b"}}, "validateOnly": True},
    ),
}
VOLATILE = {"UpdateConnector": ("etag", "updateTime")}
"""What differs from one dry run to the next."""


@pytest.fixture
async def faces(tmp_path: Path) -> AsyncIterator[Faces]:
    async with both_faces(tmp_path) as opened:
        yield opened


@pytest.fixture
async def backend() -> AsyncIterator[HttpBackend]:
    async with HttpBackend(_answer) as opened:
        yield opened


@pytest.fixture(autouse=True)
async def _published(faces: Faces, backend: HttpBackend) -> None:
    await faces.door.publish("shop", SPEC, backend.origin, policy=PLAIN)


def _answer(request: bytes) -> bytes:
    if request.startswith(b"GET /gone"):
        body = b'{"why":"gone"}'
        status = b"404 Not Found"
    else:
        body = b'{"big": 9007199254740993, "exact": 0.10}'
        status = b"200 OK"
    kind = b"content-type: application/json\r\ncontent-length: %d" % len(body)
    return b"HTTP/1.1 %b\r\n%b\r\n\r\n%b" % (status, kind, body)


def by_grpc(faces: Faces, rpc: str, tree: dict[str, Any]) -> Any:
    service = ROUTE[rpc].service
    stub: Any = {
        "GatewayService": faces.door.gateway,
        "CatalogService": faces.door.catalog,
        "SecretService": SecretServiceStub(faces.door.channel),
    }[service]
    request = ParseDict(tree, getattr(MODULES[service], f"{rpc}Request")())
    return getattr(stub, rpc)(request)


@pytest.mark.parametrize(("rpc", "tree"), SAME.values(), ids=SAME)
async def test_what_one_face_tells_the_other_tells(
    faces: Faces, rpc: str, tree: dict[str, Any]
) -> None:
    answer = MessageToDict(await by_grpc(faces, rpc, tree))
    response = await faces.http.request(**as_http(rpc, tree))
    assert response.status_code == 200, response.text
    told = response.json()["data"]
    for each in (answer, told):
        for name in VOLATILE.get(rpc, ()):
            each.pop(name)
    empty = {name: each for name, each in told.items() if each in ([], "")}
    assert empty.keys() <= {"nextPageToken", "connectors", "secrets"}
    assert told == empty | answer


REFUSED: Mapping[str, tuple[str, dict[str, Any]]] = {
    "no such connector": ("GetConnector", {"name": "connectors/shopp"}),
    "no name": ("GetConnector", {"name": "connectors/SHOP"}),
    "no such version": ("GetVersion", {"name": f"{SHOP}/versions/v9"}),
    "no such action": ("GetAction", {"name": f"{LIVE}/actions/getThin"}),
    "no parent": ("ListActions", {"parent": f"{SHOP}/versions/-"}),
    "a negative page": ("ListConnectors", {"pageSize": -1}),
    "a foreign token": ("ListConnectors", {"pageToken": "x"}),
    "no filter": ("ListVersions", {"parent": SHOP, "filter": "a ="}),
    "no changes": ("ManageVersions", {"parent": SHOP}),
    "changes that are none": (
        "ManageVersions",
        {
            "parent": SHOP,
            "changes": [{}, {"promote": {"name": "x", "trafficPercent": 200}}, {"delete": {}}],
        },
    ),
    "a change of another's": (
        "ManageVersions",
        {"parent": SHOP, "changes": [{"promote": {"name": "connectors/a/versions/b"}}]},
    ),
    "a version in use": (
        "ManageVersions",
        {"parent": SHOP, "changes": [{"delete": {"name": V1}}]},
    ),
    "an old etag": ("DeleteConnector", {"name": SHOP, "etag": "old", "force": True}),
    "children": ("DeleteConnector", {"name": SHOP}),
    "a connector that is there": ("CreateConnector", {"connectorId": "shop", "connector": {}}),
    "no id": ("CreateConnector", {"connectorId": "Shop", "connector": {}}),
    "a first version without a document": (
        "CreateConnector",
        {"connectorId": "b", "connector": {}, "initialVersion": {"versionId": "live"}},
    ),
    "a mask of nothing": (
        "UpdateConnector",
        {"connector": {"name": SHOP, "title": "t"}, "updateMask": "etag"},
    ),
    "no document": ("ValidateSpec", {}),
    "a document that is none": ("ValidateSpec", {"specText": "{}"}),
    "no secret": ("GetSecret", {"name": "secrets/none"}),
    "no name of a secret": ("CreateSecret", {"secretId": "A", "secret": {"value": "x"}}),
    "labels that are none": (
        "CreateSecret",
        {"secretId": "a", "secret": {"value": "x", "labels": {"a" * 64: ""}}},
    ),
    "an argument of the wrong type": (
        "ExecuteAction",
        {"name": ACT, "parameters": {"id": "x", "deap": 1}},
    ),
    "no such argument": ("ExecuteAction", {"name": ACT}),
    "what the backend refuses": ("ExecuteAction", {"name": f"{LIVE}/actions/getGone"}),
    "what cannot be called": ("ExecuteAction", {"name": f"{LIVE}/actions/broken"}),
    "a request_id that is none": ("ExecuteAction", {"name": ACT, "requestId": "a b"}),
    "nothing in the cache": (
        "ExecuteAction",
        {"name": ACT, "parameters": {"id": 1}, "cacheUse": "CACHE_USE_ONLY"},
    ),
}


@pytest.mark.parametrize(("rpc", "tree"), REFUSED.values(), ids=REFUSED)
async def test_what_one_face_refuses_the_other_refuses_in_the_same_words(
    faces: Faces, rpc: str, tree: dict[str, Any]
) -> None:
    refused = await refusal(by_grpc(faces, rpc, tree))
    response = await faces.http.request(**as_http(rpc, tree))
    error = response.json()["error"]
    assert (error["status"], error["reason"], error["outcome"]) == (
        refused.code,
        refused.info.reason,
        refused.info.metadata["outcome"],
    )
    assert error["description"] == refused.message
    assert [each["field"] for each in error.get("violations", ())] == refused.fields
    assert error.get("resource", {}).get("name", "") == refused.resource.resource_name
    kept = {"outcome", "traceId", "excerpt"}
    facts = {key: each for key, each in refused.info.metadata.items() if key not in kept}
    assert facts.items() <= error.get("facts", {}).items()
    assert str(response.status_code) == error["code"]
    if refused.info.reason != "HAS_CHILDREN":
        assert response.status_code == STATUSES[Code[refused.code]]
