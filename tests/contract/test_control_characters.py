"""NUL and its like in what people write: refused by field, whichever database there is."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import grpc
import pytest
import pytest_asyncio

from tests.fakes import JSON, HttpBackend
from tests.tenants import Tenant, two_tenants

pytestmark = pytest.mark.asyncio(loop_scope="module")

BAD = "a\0b"
SPEC = '{"openapi":"3.1.0","info":{"title":"t","version":"1"},"paths":{}}'
SHOP = "connectors/shop"
LINK = "connections/link"

ASKED: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "connector.title": (
        "CreateConnector",
        {"connectorId": "new", "connector": {"title": BAD}},
    ),
    "connector.description": (
        "UpdateConnector",
        {"connector": {"name": SHOP, "description": BAD}},
    ),
    "connector.labels.a": (
        "UpdateConnector",
        {"connector": {"name": SHOP, "labels": {"a": BAD}}},
    ),
    "changes[0].create.version.notes": (
        "ManageVersions",
        {
            "parent": SHOP,
            "changes": [
                {"create": {"versionId": "v2", "version": {"specText": SPEC, "notes": BAD}}}
            ],
        },
    ),
    "changes[0].update.version.notes": (
        "ManageVersions",
        {
            "parent": SHOP,
            "changes": [{"update": {"version": {"name": f"{SHOP}/versions/v1", "notes": BAD}}}],
        },
    ),
    "changes[0].deprecate.notes": (
        "ManageVersions",
        {
            "parent": SHOP,
            "changes": [{"deprecate": {"name": f"{SHOP}/versions/v1", "notes": BAD}}],
        },
    ),
    "connection.title": (
        "UpdateConnection",
        {"connection": {"name": LINK, "title": BAD}, "updateMask": "title"},
    ),
    "connection.description": (
        "UpdateConnection",
        {"connection": {"name": LINK, "description": BAD}, "updateMask": "description"},
    ),
    "reason": ("LockConnection", {"name": LINK, "reason": BAD}),
    "subject.title": (
        "CreateSubject",
        {"parent": LINK, "subject": {"externalId": "x", "title": BAD}},
    ),
    "subject.external_id": ("CreateSubject", {"parent": LINK, "subject": {"externalId": BAD}}),
    "secret.notes": ("CreateSecret", {"secretId": "s", "secret": {"value": "YQ==", "notes": BAD}}),
    "key.notes": (
        "CreateKey",
        {"keyId": "k", "key": {"grants": [{"role": "ROLE_VIEWER"}], "notes": BAD}},
    ),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tenant(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Tenant]:
    folder: Path = tmp_path_factory.mktemp("controls")
    async with HttpBackend(JSON) as backend, two_tenants(folder) as (whole, _):
        await whole.publish("shop", backend.origin)
        await whole.asks(
            "CreateConnection", {"connectionId": "link", "connection": {"connector": "shop"}}
        )
        yield whole


@pytest.mark.parametrize("field", sorted(ASKED))
async def test_a_control_character_is_refused_by_its_field(tenant: Tenant, field: str) -> None:
    rpc, tree = ASKED[field]
    with pytest.raises(grpc.aio.AioRpcError) as found:
        await tenant.asks(rpc, tree)
    assert found.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert (found.value.details() or "").startswith(f"{field}: ")


async def test_line_breaks_and_tabs_are_what_people_write(tenant: Tenant) -> None:
    said = "one\n\ttwo\r\nthree"
    tree = {"connector": {"name": SHOP, "description": said}}
    assert (await tenant.asks("UpdateConnector", tree)).description == said
