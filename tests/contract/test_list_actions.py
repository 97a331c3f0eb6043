"""ListActions at the gRPC door: pages, tokens, filters, views, and what cannot be called."""

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import jsonschema_rs
import pytest
import pytest_asyncio
from google.protobuf.json_format import MessageToDict

from gateway.engines.choice import Name
from gateway.v1.action_pb2 import ACTION_VIEW_BASIC, ACTION_VIEW_FULL, Action
from gateway.v1.gateway_pb2 import ListActionsRequest, ListActionsResponse
from tests.changes import REQUEST, change, created, manage
from tests.doors import Door, Refusal, a_door, document, refusal

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOWHERE = "http://127.0.0.1:9"
SHOP = "connectors/shop/versions/v1"
LIVE = "connectors/shop/versions/live"

THING = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "parent": {"$ref": "#/components/schemas/Thing"},
        "note": {"type": "string", "nullable": True},
    },
}
MADE = {"200": {"description": "", "content": {"application/json": {"schema": THING}}}}
PATHS: dict[str, Any] = {
    "/things": {
        "get": {"operationId": "listThings", "tags": ["things"], "responses": {}},
        "post": {
            "operationId": "addThing",
            "summary": "Adds a thing",
            "tags": ["things", "changes"],
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}},
            },
            "responses": MADE,
        },
    },
    "/things/{id}": {
        "parameters": [
            {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
        ],
        "delete": {"operationId": "dropThing", "tags": ["changes"], "responses": {}},
        "put": {"operationId": "putThing", "deprecated": True, "responses": {}},
    },
    "/things/{id}/search": {
        "get": {
            "operationId": "searchThings",
            "description": "Finds things in things.",
            "parameters": [
                {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}},
                {"name": "where", "in": "query", "schema": {"$ref": "#/components/schemas/Thing"}},
            ],
            "responses": {},
        }
    },
    "/broken": {
        "get": {
            "operationId": "brokenOne",
            "parameters": [
                {
                    "name": "q",
                    "in": "query",
                    "required": True,
                    "style": "matrix",
                    "schema": {"type": "array"},
                }
            ],
            "responses": {},
        }
    },
}
IDS = ["addThing", "brokenOne", "dropThing", "listThings", "putThing", "searchThings"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(tmp_path_factory: pytest.TempPathFactory, engine: Name) -> AsyncIterator[Door]:
    async with a_door(tmp_path_factory.mktemp("lists"), engine=engine) as opened:
        made = document(PATHS, components={"schemas": {"Thing": THING}}, openapi="3.0.3")
        await opened.publish("shop", made, NOWHERE)
        await opened.publish("another", document({"/a": {"get": {"responses": {}}}}), NOWHERE)
        yield opened


async def listed(door: Door, parent: str = LIVE, **fields: Any) -> ListActionsResponse:
    answer: ListActionsResponse = await door.gateway.ListActions(
        ListActionsRequest(parent=parent, **fields)
    )
    return answer


async def ids(door: Door, **fields: Any) -> list[str]:
    """The ids in all pages."""
    found: list[str] = []
    token = ""
    for _ in range(100):
        page = await listed(door, page_token=token, **fields)
        found += [each.name.rpartition("/")[2] for each in page.actions]
        token = page.next_page_token
        if not token:
            return found
    raise AssertionError(found)


async def refused(door: Door, parent: str = LIVE, **fields: Any) -> Refusal:
    return await refusal(door.gateway.ListActions(ListActionsRequest(parent=parent, **fields)))


@pytest.mark.parametrize("size", [0, 1, 2, 5, 6, 7, 1000, 5000, 2**31 - 1])
async def test_pages_of_any_size_hold_every_action_once_in_order(door: Door, size: int) -> None:
    assert await ids(door, page_size=size) == IDS
    page = await listed(door, page_size=size)
    assert len(page.actions) == min(size or 50, len(IDS))
    assert bool(page.next_page_token) == (0 < size < len(IDS))


async def test_names_are_canonical_whatever_was_asked_for(door: Door) -> None:
    for parent in (SHOP, LIVE):
        page = await listed(door, parent)
        assert [each.name for each in page.actions] == [f"{SHOP}/actions/{each}" for each in IDS]


@pytest.mark.parametrize("size", [-1, -(2**31)])
async def test_a_negative_page_size_is_refused(door: Door, size: int) -> None:
    told = await refused(door, page_size=size)
    assert (told.said, told.fields) == (REQUEST, ["page_size"])


async def test_g19_a_token_opens_nothing_but_its_own_request(door: Door) -> None:
    first = await listed(door, page_size=2, filter="callable = true")
    token = first.next_page_token
    again = {"filter": "callable = true", "page_token": token}
    assert len((await listed(door, page_size=3, **again)).actions) == 3
    raw = bytearray(base64.urlsafe_b64decode(token + "=="))
    raw[-1] ^= 1
    tampered = base64.urlsafe_b64encode(bytes(raw)).decode().rstrip("=")
    others: tuple[dict[str, Any], ...] = (
        {"filter": "callable=true"},
        {"filter": ""},
        {"view": ACTION_VIEW_FULL},
        {"parent": SHOP},
        {"parent": "connectors/-/versions/live"},
        {"page_token": tampered},
        {"page_token": token[:-4]},
        {"page_token": token + "AAAA"},
        *({"page_token": each} for each in ("x", "AAAA", "%%%", "é", "A" * 10_000, " ")),
        {"page_token": base64.urlsafe_b64encode(bytes(16) + b"connectors/shop").decode()},
    )
    for other in others:
        told = await refused(door, **{**again, **other})
        assert (told.said, told.fields) == (REQUEST, ["page_token"]), other


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", IDS),
        ("id = addThing", ["addThing"]),
        ('id = "addThing"', ["addThing"]),
        ("id != addThing", IDS[1:]),
        ("id = *Thing", ["addThing", "dropThing", "putThing"]),
        ("tags:things", ["addThing", "listThings"]),
        ("tags:things AND safe = true", ["listThings"]),
        ("tags:things tags:changes", ["addThing"]),
        ("tags:things OR tags:changes", ["addThing", "dropThing", "listThings"]),
        ("NOT tags:*", ["brokenOne", "putThing", "searchThings"]),
        ("-safe = true", ["addThing", "dropThing", "putThing"]),
        ("method = GET", ["brokenOne", "listThings", "searchThings"]),
        ("idempotent = true AND NOT safe = true", ["dropThing", "putThing"]),
        ("deprecated = true", ["putThing"]),
        ("callable = false", ["brokenOne"]),
        ('path = "/things/*"', ["dropThing", "putThing", "searchThings"]),
        ("alias = search", ["searchThings"]),
        ('title:"Adds a"', ["addThing"]),
        ("finds", ["searchThings"]),
        (
            "(method = GET OR method = PUT) AND NOT id:list",
            ["brokenOne", "putThing", "searchThings"],
        ),
        ("id = nothing", []),
    ],
)
async def test_filters_choose(door: Door, text: str, found: list[str]) -> None:
    assert await ids(door, filter=text, page_size=1) == found
    assert await ids(door, filter=text, parent=SHOP) == found


@pytest.mark.parametrize(
    "text",
    [
        *(
            "colour = red",
            "id =",
            "= x",
            "(id = a",
            "id = a)",
            "AND",
            "id = a AND",
            "NOT",
            "a b OR",
        ),
        *("safe = maybe", "safe:true:false", '"open', "id < < a", "tags > a", "()", "x" * 10_000),
        *("(" * 1000 + "id=a" + ")" * 1000, "NOT " * 5000 + "a", "id=\r\n"),
    ],
    ids=lambda text: text[:12],
)
async def test_a_filter_that_is_none_is_refused(door: Door, text: str) -> None:
    told = await refused(door, filter=text)
    assert (told.said, told.fields) == (REQUEST, ["filter"])


@pytest.mark.parametrize(
    ("parent", "said"),
    [
        ("", REQUEST),
        ("connectors/shop", REQUEST),
        ("connectors/shop/versions/-", REQUEST),
        ("connectors/-/versions/v1", REQUEST),
        ("connectors/SHOP/versions/live", REQUEST),
        ("connectors/shop/versions/live/actions/x", REQUEST),
        (
            "connectors/sho/versions/live",
            ("NOT_FOUND", "CONNECTOR_NOT_FOUND", "gateway", "NOT_EXECUTED"),
        ),
        (
            "connectors/shop/versions/v2",
            ("NOT_FOUND", "VERSION_NOT_FOUND", "gateway", "NOT_EXECUTED"),
        ),
    ],
)
async def test_a_parent_that_is_none_or_not_there_is_refused(
    door: Door, parent: str, said: tuple[str, ...]
) -> None:
    told = await refused(door, parent)
    assert told.said == said
    assert told.fields == (["parent"] if said == REQUEST else [])


async def test_a_view_that_is_none_is_refused(door: Door) -> None:
    told = await refused(door, view=9)
    assert (told.said, told.fields) == (REQUEST, ["view"])


async def test_the_live_actions_of_every_connector_are_listed_together(door: Door) -> None:
    parent = "connectors/-/versions/live"
    names = []
    token = ""
    for _ in range(20):
        page = await listed(door, parent, page_size=1, page_token=token)
        names += [each.name for each in page.actions]
        token = page.next_page_token
        if not token:
            break
    assert names == sorted(names)
    assert names[0] == "connectors/another/versions/v1/actions/get_a"
    assert names[1:] == [f"{SHOP}/actions/{each}" for each in IDS]


async def test_basic_has_everything_but_schemas(door: Door) -> None:
    page = await listed(door, view=ACTION_VIEW_BASIC)
    assert page == await listed(door)
    added = page.actions[0]
    assert (added.title, added.method, added.path) == ("Adds a thing", "POST", "/things")
    assert (list(added.tags), added.safe, added.idempotent) == (["things", "changes"], False, False)
    assert added.callable
    assert [each.name for each in added.parameters] == ["name", "parent", "note"]
    assert [each.required for each in added.parameters] == [True, False, False]
    for each in page.actions:
        assert not each.HasField("input_schema")
        assert not each.HasField("output_schema")
        assert not any(parameter.HasField("schema") for parameter in each.parameters)


def validator(schema: Any) -> Any:
    """The schema by itself, as a caller's own library compiles it."""
    return jsonschema_rs.Draft202012Validator(MessageToDict(schema))


async def test_schemas_of_the_view_full_stand_alone(door: Door) -> None:
    page = await listed(door, view=ACTION_VIEW_FULL)
    by_id: dict[str, Action] = {each.name.rpartition("/")[2]: each for each in page.actions}
    added = validator(by_id["addThing"].input_schema)
    assert added.is_valid({"name": "x", "note": None, "parent": {"name": "y"}})
    assert not added.is_valid({"name": ""})
    assert not added.is_valid({"name": "x", "parent": {"parent": {}}})
    assert not added.is_valid({"name": "x", "other": 1})
    found = validator(by_id["searchThings"].input_schema)
    assert found.is_valid({"id": 7, "where": {"name": "x"}})
    assert not found.is_valid({"id": "7"})
    assert not found.is_valid({"id": 7, "where": {"name": 1}})
    output = validator(by_id["addThing"].output_schema)
    assert output.is_valid({"name": "x", "note": None})
    assert not output.is_valid({"name": 7})
    parameter = next(each for each in by_id["searchThings"].parameters if each.name == "where")
    assert not validator(parameter.schema).is_valid({"name": 1})


async def test_what_cannot_be_called_is_listed_with_the_reason_and_its_place(door: Door) -> None:
    page = await listed(door, filter="callable = false")
    (broken,) = page.actions
    assert not broken.callable
    (problem,) = broken.problems
    assert problem.pointer == "/paths/~1broken/get/parameters/0/style"
    assert problem.code
    assert problem.message
    told = await door.refused("shop/brokenOne")
    assert told.said == ("UNIMPLEMENTED", "ACTION_UNSUPPORTED", "gateway", "NOT_EXECUTED")
    assert told.fields == [problem.pointer]
    version = await door.publish("again", document(PATHS), NOWHERE)
    placed = [each for each in version.versions[0].problems if each.pointer == problem.pointer]
    assert [(each.line > 0, each.column > 0, bool(each.source)) for each in placed] == [(True,) * 3]


async def test_a_listing_of_live_stays_on_the_version_that_it_began_with(door: Door) -> None:
    await door.publish("moving", document(PATHS), NOWHERE)
    parent = "connectors/moving/versions/live"
    first = await listed(door, parent, page_size=2)
    spec = json.dumps(document({"/z": {"get": {"responses": {}}}}))
    changes = created("v2", spec), change("promote", "connectors/moving", "v2", allow_breaking=True)
    await manage(door, "connectors/moving", *changes)
    rest = await listed(door, parent, page_token=first.next_page_token)
    assert [each.name for each in rest.actions] == [
        f"connectors/moving/versions/v1/actions/{each}" for each in IDS[2:]
    ]
    assert [each.name for each in (await listed(door, parent)).actions] == [
        "connectors/moving/versions/v2/actions/get_z"
    ]
