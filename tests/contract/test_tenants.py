"""Two tenants at one gateway: what one has is to the other as if it were nowhere (A19)."""

import json
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict

from facade.app.api.table import ROUTES
from tests.asked import (
    CONNECTOR,
    MADE,
    MISSING,
    SECRET,
    SETTINGS,
    TRACE,
    VERSION,
    furnish,
    unheld,
)
from tests.doors import Refusal, refusal
from tests.fakes import HttpBackend
from tests.tenants import HELD, METHODS, UNHELD, Tenant, two_tenants

TOLD: Mapping[str, Mapping[str, Any]] = {
    "ListConnectors": {},
    "ListConnections": {},
    "ListFlows": {},
    "ListEvents": {},
    "ListSubscriptions": {},
    "ListDeliveries": {},
    "PublishEvent": {"event": {"type": "order.paid"}},
    "ListSecrets": {},
    "ListTraces": {},
    "ListExecutions": {},
    "GetFigures": {},
    "ListAlerts": {},
    "ListErrorKinds": {},
    "ListAuditEntries": {},
    "ListKeys": {},
    "VerifyAudit": {},
    "RotateSecrets": {},
    "WhoAmI": {},
}
"""What tells of all that the caller's own tenant has."""

BESIDE = {"ImportConnector", "WatchEvents"}
"""What names nothing, or does not end by itself: see test_g_events.py."""

ON_HTTP = {route.rpc for route in ROUTES}


@pytest.fixture
async def tenants(tmp_path: Path) -> AsyncIterator[tuple[Tenant, Tenant]]:
    async with HttpBackend() as backend, two_tenants(tmp_path, **SETTINGS) as (shop, bank):
        await furnish(shop, bank, backend.origin)
        yield shop, bank


def untraced(text: str) -> str:
    """Without the id of its own trace."""
    return re.sub(r'"trace_?[iI]d":"[0-9a-f]{32}"', "", text)


def test_every_rpc_of_every_service_is_asked_here() -> None:
    assert {*MISSING, *MADE, *TOLD, *BESIDE} == METHODS.keys()
    assert METHODS.keys() - ON_HTTP == {"UploadAction"}


async def test_a19_the_other_tenant_has_every_one_of_those_names(
    tenants: tuple[Tenant, Tenant],
) -> None:
    _, bank = tenants
    asked = {rpc: tree for rpc, tree in MISSING.items() if rpc.startswith("Get")}
    asked.pop("GetEntity")  # the backend's to know
    asked.pop("GetRun")  # whose id nobody chooses: see test_flows.py
    for rpc, tree in asked.items():
        assert await bank.asks(rpc, tree), rpc


def said(told: Refusal) -> tuple[Any, ...]:
    """All that a refusal tells, but for which trace it was; and how large it is."""
    facts = {key: each for key, each in told.info.metadata.items() if key != "traceId"}
    details = [told.bad, told.resource, told.help]
    sizes = [each.ByteSize() for each in told.details]
    trees = json.dumps([MessageToDict(each) for each in details])
    return told.code, told.info.reason, told.message, facts, trees, sizes


async def test_a19_over_grpc_a_name_of_another_tenant_is_as_any_unknown_one(
    tenants: tuple[Tenant, Tenant],
) -> None:
    shop, _ = tenants
    for rpc, tree in MISSING.items():
        theirs = said(await refusal(shop.asks(rpc, tree)))
        nobodys = said(await refusal(shop.asks(rpc, unheld(tree))))
        assert theirs[0] == "NOT_FOUND", (rpc, theirs)
        assert tuple(unheld(theirs)) == tuple(unheld(nobodys)), rpc


async def test_a19_over_http_a_name_of_another_tenant_is_as_any_unknown_one(
    tenants: tuple[Tenant, Tenant],
) -> None:
    shop, _ = tenants
    for rpc, tree in MISSING.items():
        if rpc not in ON_HTTP:
            continue
        given = {key: each for key, each in tree.items() if key != "parametersJson"}
        given |= {"json": {}} if "json" in tree else {}  # on HTTP it is a member, and no text
        theirs = await shop.fetches(rpc, given)
        nobodys = await shop.fetches(rpc, unheld(given))
        assert theirs.status_code == 404, (rpc, theirs.text)
        assert untraced(unheld(theirs.text)) == untraced(nobodys.text), rpc
        sizes = [each.headers["content-length"] for each in (theirs, nobodys)]
        assert sizes[0] == sizes[1], rpc


async def test_a19_the_mirror_and_its_documents_know_nothing_of_another_tenants(
    tenants: tuple[Tenant, Tenant],
) -> None:
    shop, bank = tenants
    for path in (f"/{VERSION}/things", f"/v1/{VERSION}/openapi.json"):
        answers = [
            await shop.faces.http.get(each, headers=dict(shop.shown))
            for each in (path, path.replace(HELD, UNHELD))
        ]
        assert [each.status_code for each in answers] == [404, 404]
        assert untraced(unheld(answers[0].text)) == untraced(answers[1].text)
        assert (await bank.faces.http.get(path, headers=dict(bank.shown))).status_code == 200
    page = (await shop.faces.http.get("/docs", headers=dict(shop.shown))).text
    assert HELD not in page
    assert "connectors/things/" in page


async def test_a19_an_id_that_another_tenant_has_is_free(tenants: tuple[Tenant, Tenant]) -> None:
    shop, bank = tenants
    for rpc, tree in MADE.items():
        made = await shop.asks(rpc, tree)
        assert (await shop.asks(rpc, unheld(tree))).ByteSize() == pytest.approx(
            made.ByteSize(), abs=8
        ), rpc
    await shop.asks("DeleteConnector", {"name": CONNECTOR})
    await shop.asks("DeleteSecret", {"name": SECRET})
    assert (await bank.asks("GetConnector", {"name": CONNECTOR})).name == CONNECTOR
    assert (await bank.asks("GetSecret", {"name": SECRET})).name == SECRET


async def test_a19_what_is_imported_may_have_an_id_that_another_tenant_has(
    tenants: tuple[Tenant, Tenant],
) -> None:
    shop, bank = tenants
    document = (await bank.asks("ExportVersion", {"name": VERSION})).document
    for each in (HELD, UNHELD):
        made = await shop.asks("ImportConnector", {"document": document, "connectorId": each})
        assert made.name == f"connectors/{each}"
    assert len((await bank.asks("ListVersions", {"parent": CONNECTOR})).versions) == 1


async def test_a19_what_is_told_of_all_is_of_the_callers_own_tenant(
    tenants: tuple[Tenant, Tenant],
) -> None:
    shop, bank = tenants
    for rpc, tree in TOLD.items():
        over_grpc = json.dumps(MessageToDict(await shop.asks(rpc, tree)))
        over_http = (await shop.fetches(rpc, tree)).text
        for text in (over_grpc, over_http):
            assert HELD not in text, rpc
            assert TRACE not in text, rpc
    assert (await shop.asks("RotateSecrets", {})).rotated_count == 0
    assert [each.name for each in (await bank.asks("ListConnectors", {})).connectors] == [CONNECTOR]


async def test_g19_a_page_token_of_another_tenant_is_none(
    tenants: tuple[Tenant, Tenant],
) -> None:
    shop, bank = tenants
    for each in tenants:
        for id_ in ("a", "b"):
            await each.asks("CreateConnector", {"connectorId": id_, "connector": {}})
    page = await bank.asks("ListConnectors", {"pageSize": 1})
    asked = {"pageSize": 1, "pageToken": page.next_page_token}
    assert (await bank.asks("ListConnectors", asked)).connectors
    told = await refusal(shop.asks("ListConnectors", asked))
    assert (told.code, told.info.reason) == ("INVALID_ARGUMENT", "INVALID_REQUEST")
    assert (await shop.fetches("ListConnectors", asked)).status_code == 400
