import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from facade.catalog.catalog import Catalog
from facade.errors.caller import ConnectorNotFound, InvalidRequest, VersionNotFound
from facade.listing import listing as lists
from facade.listing.pages import Tokens
from facade.model.access import ANYONE
from facade.model.change import Change, Create, Delete, Draft, Promote
from facade.model.names import ConnectorName, VersionName
from gateway.services.listing import Listing
from gateway.v1.action_pb2 import ACTION_VIEW_FULL, Action
from gateway.v1.catalog_pb2 import ListConnectorsRequest, ListVersionsRequest
from gateway.v1.gateway_pb2 import ListActionsRequest
from tests.gateways import a_catalog

LIVE = "connectors/pets/versions/live"


@pytest.fixture
async def catalog(tmp_path: Path) -> AsyncIterator[Catalog]:
    async with a_catalog(tmp_path) as opened:
        yield opened


@pytest.fixture
def listing(catalog: Catalog) -> Listing:
    return Listing(lists.Listing(catalog, Tokens(b"key")))


def document(*names: str, **extra: Any) -> str:
    operation = {"responses": {"200": {"description": "ok"}}, "tags": ["t"]}
    paths: dict[str, Any] = {
        f"/things/{name}": {"get": {"operationId": name, **operation}} for name in names
    }
    return json.dumps(
        {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths | extra}
    )


async def publish(catalog: Catalog, version: str, *names: str, **extra: Any) -> None:
    connector, _, id_ = version.partition("@")
    draft = Draft(spec_text=document(*names, **extra))
    changes: list[Change] = [
        Create(version_id=id_, draft=draft),
        Promote(name=VersionName(connector, id_), allow_breaking=True),
    ]
    await catalog.manage(ConnectorName(connector), changes)


async def pages(listing: Listing, **fields: Any) -> list[list[str]]:
    """Every page of a listing, by the ids on it."""
    request = ListActionsRequest(**{"parent": LIVE, **fields})
    found = []
    for _ in range(100):
        answer = await listing.actions(request, ANYONE)
        found.append([short(each) for each in answer.actions])
        if not answer.next_page_token:
            return found
        request.page_token = answer.next_page_token
    raise AssertionError


def short(action: Action) -> str:
    _, connector, _, version, _, name = action.name.split("/")
    return f"{connector}@{version}/{name}"


async def test_actions_come_in_the_order_of_their_names_page_by_page(
    catalog: Catalog, listing: Listing
) -> None:
    await publish(catalog, "pets@v1", "c", "a", "B", "d")
    assert await pages(listing, page_size=3) == [
        ["pets@v1/B", "pets@v1/a", "pets@v1/c"],
        ["pets@v1/d"],
    ]
    assert len((await pages(listing))[0]) == 4


async def test_an_empty_filter_result_is_one_empty_page(catalog: Catalog, listing: Listing) -> None:
    await publish(catalog, "pets@v1", "a", "b")
    assert await pages(listing, filter="id = x", page_size=1) == [[]]
    assert await pages(listing, filter="id = b", page_size=1) == [["pets@v1/b"]]
    assert await pages(listing, filter="tags:t AND safe = true", page_size=2) == [
        ["pets@v1/a", "pets@v1/b"]
    ]


async def test_all_connectors_are_listed_at_once_by_their_live_versions(
    catalog: Catalog, listing: Listing
) -> None:
    await publish(catalog, "pets@v2", "a", "b")
    await publish(catalog, "pets-more@v1", "c")
    await publish(catalog, "books@v1", "d", "e")
    draft = Draft(spec_text=document("never"))
    await catalog.manage(ConnectorName("idle"), [Create(version_id="v1", draft=draft)])
    everything = await pages(listing, parent="connectors/-/versions/live", page_size=2)
    assert everything == [
        ["books@v1/d", "books@v1/e"],
        ["pets@v2/a", "pets@v2/b"],
        ["pets-more@v1/c"],
    ]


async def test_g18_pages_are_stable_while_others_write(catalog: Catalog, listing: Listing) -> None:
    everywhere = "connectors/-/versions/live"
    await publish(catalog, "m@v1", "a", "b", "c", "d")
    request = ListActionsRequest(parent=everywhere, page_size=2)
    first = await listing.actions(request, ANYONE)
    request.page_token = first.next_page_token
    await publish(catalog, "a@v1", "before")
    await publish(catalog, "z@v1", "after")
    await publish(catalog, "m@v2", "a", "b", "other")
    second = await listing.actions(request, ANYONE)
    assert [short(each) for each in (*first.actions, *second.actions)] == [
        "m@v1/a",
        "m@v1/b",
        "m@v1/c",
        "m@v1/d",
    ]
    request.page_token = second.next_page_token
    third = await listing.actions(request, ANYONE)
    assert [short(each) for each in third.actions] == ["z@v1/after"]
    assert third.next_page_token == ""


async def test_g18_each_version_that_stays_is_listed_once(
    catalog: Catalog, listing: Listing
) -> None:
    name, draft = ConnectorName("many"), Draft(spec_text=document("a"))
    ids = [f"v{number:02}" for number in range(30)]
    await catalog.manage(name, [Create(version_id=each, draft=draft) for each in ids])
    request = ListVersionsRequest(parent="connectors/many", page_size=7)
    found: list[str] = []
    for number in range(9):
        page = await listing.versions(request, ANYONE)
        found += [each.name.rpartition("/")[2] for each in page.versions]
        request.page_token = page.next_page_token
        if not request.page_token:
            break
        gone = Delete(name=VersionName("many", found[number]))
        await catalog.manage(name, [Create(version_id=f"x{number}", draft=draft), gone])
    assert [each for each in found if each in ids] == sorted(set(found) & set(ids))
    assert set(ids) <= set(found)


async def test_a_listing_goes_on_with_what_is_live_where_its_version_is_gone(
    catalog: Catalog, listing: Listing
) -> None:
    await publish(catalog, "pets@v1", "a", "b", "c")
    request = ListActionsRequest(parent=LIVE, page_size=1)
    request.page_token = (await listing.actions(request, ANYONE)).next_page_token
    await publish(catalog, "pets@v2", "a", "b2")
    await catalog.manage(ConnectorName("pets"), [Delete(name=VersionName("pets", "v1"))])
    second = await listing.actions(request, ANYONE)
    assert [short(each) for each in second.actions] == ["pets@v2/b2"]


async def test_what_cannot_be_called_is_listed_with_its_reason(
    catalog: Catalog, listing: Listing
) -> None:
    body = {"requestBody": {"$ref": "#/components/requestBodies/none"}}
    broken = {"/broken": {"post": {"operationId": "broken", **body}}}
    await publish(catalog, "pets@v1", "fine", **broken)
    answer = await listing.actions(ListActionsRequest(parent=LIVE), ANYONE)
    by_id = {short(each): each for each in answer.actions}
    assert by_id["pets@v1/fine"].callable
    assert not by_id["pets@v1/broken"].callable
    assert by_id["pets@v1/broken"].problems[0].pointer.startswith("/paths/~1broken")
    assert await pages(listing, filter="callable = false") == [["pets@v1/broken"]]


async def test_schemas_come_with_the_view_full_alone(catalog: Catalog, listing: Listing) -> None:
    await publish(catalog, "pets@v1", "a")
    (basic,) = (await listing.actions(ListActionsRequest(parent=LIVE), ANYONE)).actions
    request = ListActionsRequest(parent=LIVE, view=ACTION_VIEW_FULL)
    (full,) = (await listing.actions(request, ANYONE)).actions
    assert not basic.HasField("input_schema")
    assert full.input_schema["type"] == "object"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"parent": ""}, "parent"),
        ({"parent": "connectors/pets"}, "parent"),
        ({"parent": "connectors/-/versions/v1"}, "parent"),
        ({"parent": "connectors/pets/versions/-"}, "parent"),
        ({"page_size": -1}, "page_size"),
        ({"page_token": "x"}, "page_token"),
        ({"filter": "a ="}, "filter"),
        ({"view": 9}, "view"),
    ],
)
async def test_g19_what_is_wrong_with_a_list_request_is_told(
    catalog: Catalog, listing: Listing, fields: dict[str, Any], field: str
) -> None:
    await publish(catalog, "pets@v1", "a")
    with pytest.raises(InvalidRequest) as raised:
        await pages(listing, **fields)
    assert raised.value.details.violations[0].field == field


async def test_a_parent_that_is_not_there_is_told(catalog: Catalog, listing: Listing) -> None:
    with pytest.raises(ConnectorNotFound):
        await pages(listing)
    draft = Draft(spec_text=document("a"))
    await catalog.manage(ConnectorName("pets"), [Create(version_id="v1", draft=draft)])
    with pytest.raises(VersionNotFound):
        await pages(listing)
    with pytest.raises(VersionNotFound):
        await pages(listing, parent="connectors/pets/versions/v9")
    assert await pages(listing, parent="connectors/pets/versions/v1") == [["pets@v1/a"]]


async def test_versions_come_newest_first(catalog: Catalog, listing: Listing) -> None:
    for number in (1, 2, 3):
        await publish(catalog, f"pets@v{number}", "a")
    request = ListVersionsRequest(parent="connectors/pets", page_size=2)
    first = await listing.versions(request, ANYONE)
    request.page_token = first.next_page_token
    await publish(catalog, "pets@v4", "a")
    second = await listing.versions(request, ANYONE)
    ids = [each.name.rpartition("/")[2] for each in (*first.versions, *second.versions)]
    assert (ids, second.next_page_token) == (["v3", "v2", "v1"], "")
    active = ListVersionsRequest(parent="connectors/pets", filter="state = ACTIVE")
    (live,) = (await listing.versions(active, ANYONE)).versions
    assert live.name == "connectors/pets/versions/v4"


async def test_connectors_come_by_name_and_filter(catalog: Catalog, listing: Listing) -> None:
    for name in ("b", "a", "c"):
        await publish(catalog, f"{name}@v1", "x")
    request = ListConnectorsRequest(page_size=2)
    first = await listing.connectors(request, ANYONE)
    request.page_token = first.next_page_token
    second = await listing.connectors(request, ANYONE)
    ids = [each.name for each in (*first.connectors, *second.connectors)]
    assert (ids, second.next_page_token) == (["connectors/a", "connectors/b", "connectors/c"], "")
    (found,) = (await listing.connectors(ListConnectorsRequest(filter="id = b"), ANYONE)).connectors
    assert list(found.live_versions) == ["connectors/b/versions/v1"]
