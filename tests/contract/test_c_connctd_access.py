"""Seed 004 over HTTP: who may do what, and where links lead. Rules C-1, C-4, C-15, C-16."""

import itertools
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from facade.model.access import Grant, Role
from tests.callers import a_key
from tests.connctd import ROOT, Face, a_face, error_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

NUMBERS = itertools.count()
NOBODYS = "00000000-0000-0000-0000-000000000000"
CREATES = {"connector_type_id": "home"}

SCOPED = (
    ("POST", "/instances", CREATES),
    ("GET", "/instances", None),
    ("GET", f"/instances/{NOBODYS}", None),
    ("DELETE", f"/instances/{NOBODYS}", None),
    ("POST", "/clients", CREATES),
    ("GET", "/clients", None),
    ("GET", f"/clients/{NOBODYS}", None),
    ("DELETE", f"/clients/{NOBODYS}", None),
    ("GET", "/callbackurl", None),
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def face(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Face]:
    async with a_face(tmp_path_factory.mktemp("connctd"), callers="known") as opened:
        await opened.publish("home")
        await opened.publish("other")
        await opened.publish("theirs", tenant="acme")
        yield opened


async def holder(face: Face, role: Role, tenant: str = "", **limits: Any) -> Mapping[str, str]:
    """The header of somebody with one grant."""
    id_ = f"k{next(NUMBERS)}"
    text = await a_key(face.parts, id_, Grant(role=role, **limits), tenant=tenant)
    return {"authorization": f"Bearer {text}"}


@pytest.mark.parametrize(("method", "path", "tree"), SCOPED)
@pytest.mark.parametrize("said", [{}, {"authorization": "Bearer nonsense"}])
async def test_c16_without_a_credential_that_holds_it_is_401(
    face: Face, method: str, path: str, tree: Any, said: dict[str, str]
) -> None:
    refused = await face.ask(method, path, tree, "ann", said)
    assert error_of(refused) == (401, "401", "CALLER_UNKNOWN")


@pytest.mark.parametrize(("method", "path", "tree"), SCOPED)
async def test_c16_without_the_scope_it_is_403(
    face: Face, method: str, path: str, tree: Any
) -> None:
    refused = await face.ask(method, path, tree, "ann", await holder(face, Role.VIEWER))
    assert error_of(refused) == (403, "403", "CALLER_FORBIDDEN")


@pytest.mark.parametrize(("method", "path", "tree"), SCOPED)
async def test_c16_who_may_read_does_not_create_or_delete(
    face: Face, method: str, path: str, tree: Any
) -> None:
    answered = await face.ask(method, path, tree, "ann", await holder(face, Role.INVOKER))
    assert answered.status_code in ({200, 404} if method == "GET" else {403})


async def test_c16_a_role_on_one_connector_is_none_on_another(face: Face) -> None:
    said = await holder(face, Role.EDITOR, connectors=("other",))
    refused = await face.ask("POST", "/instances", CREATES, "", said)
    assert error_of(refused) == (403, "403", "CALLER_FORBIDDEN")
    made = await face.ask("POST", "/instances", {"connector_type_id": "other"}, "", said)
    assert made.status_code == 201
    whole = await holder(face, Role.EDITOR)
    own = await face.ask("POST", "/instances", CREATES, "", whole)
    links = (await face.ask("GET", "/instances", headers=said)).json()
    assert [each["href"].rpartition("/")[2] for each in links] == [made.json()["id"]]
    foreign = await face.ask("GET", f"/instances/{own.json()['id']}", headers=said)
    assert error_of(foreign) == (403, "403", "CALLER_FORBIDDEN")


async def test_c01_descriptions_need_no_credential_and_show_a_tenants_own_to_it(
    face: Face,
) -> None:
    anybody = await face.ask("GET", "/descriptions")
    assert {each["type_id"] for each in anybody.json()} == {"home", "other"}
    theirs = await face.ask("GET", "/descriptions", headers=await holder(face, Role.VIEWER, "acme"))
    assert [each["type_id"] for each in theirs.json()] == ["theirs"]
    assert (await face.ask("GET", "/jwks.json")).status_code == 200
    assert (await face.ask("GET", "/openapi.json")).status_code == 200


async def test_c01_descriptions_show_a_limited_caller_what_it_may_see(face: Face) -> None:
    said = await holder(face, Role.VIEWER, connectors=("other",))
    told = (await face.ask("GET", "/descriptions", headers=said)).json()
    assert [each["type_id"] for each in told] == ["other"]
    every = (await face.ask("GET", "/descriptions")).json()
    home = next(each["id"] for each in every if each["type_id"] == "home")
    assert (await face.ask("GET", f"/descriptions/{home}", headers=said)).status_code == 404


async def test_c16_the_callback_url_of_all_instances_is_for_who_may_call_them_all(
    face: Face,
) -> None:
    said = await holder(face, Role.INVOKER, connectors=("other",))
    refused = await face.ask("GET", "/callbackurl", headers=said)
    assert error_of(refused) == (403, "403", "CALLER_FORBIDDEN")


async def test_c04_what_another_developer_has_is_not_there(face: Face) -> None:
    acme, ours = await holder(face, Role.EDITOR, "acme"), await holder(face, Role.EDITOR)
    body = {"connector_type_id": "theirs"}
    made = (await face.ask("POST", "/instances", body, "", acme)).json()["id"]
    client = (await face.ask("POST", "/clients", body, "ann", acme)).json()["client_id"]
    for method in ("GET", "DELETE"):
        for path, subject in ((f"/instances/{made}", ""), (f"/clients/{client}", "ann")):
            foreign = await face.ask(method, path, None, subject, ours)
            unknown = await face.ask(method, path[:-36] + NOBODYS, None, subject, ours)
            assert foreign.status_code == unknown.status_code == 404
            assert len(foreign.content) == len(unknown.content)
    assert error_of(await face.ask("POST", "/instances", body, "", ours))[0] == 400
    assert (await face.ask("GET", "/clients", None, "ann", ours)).json() == []
    hrefs = [
        (await face.ask("GET", "/callbackurl", headers=each)).json()["href"]
        for each in (acme, ours)
    ]
    assert hrefs[0] != hrefs[1]


async def test_c15_links_are_by_the_public_url_where_there_is_one(tmp_path: Path) -> None:
    async with a_face(tmp_path, public_url="https://portico.example/home/") as face:
        await face.publish("home")
        instance = await face.instance("home")
        links = (await face.ask("GET", "/instances")).json()
        assert links == [{"href": f"https://portico.example/home{ROOT}/instances/{instance}"}]


async def test_c15_without_one_they_are_by_the_host_that_was_asked_for(face: Face) -> None:
    said = {**await holder(face, Role.INVOKER), "host": "localhost:8080"}
    href = (await face.ask("GET", "/callbackurl", headers=said)).json()["href"]
    assert href.startswith(f"http://localhost:8080{ROOT}/actions/")
