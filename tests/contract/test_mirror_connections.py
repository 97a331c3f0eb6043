"""The mirror below connections: their version, values and credentials, and for whom."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import openapi_spec_validator
import pytest
import pytest_asyncio

from facade.model.access import Grant, Role
from facade.model.action import Location
from facade.model.change import Create, Draft
from facade.model.connection import Connection, ConnectionState, EndUsers, Subject
from facade.model.credential import ApiKey, Credential
from facade.model.names import ConnectionName, ConnectorName, SubjectName
from facade.model.version import Destination, Variable
from gateway.v1.version_pb2 import BackendVariable, Indirect
from tests.callers import a_key, bearer
from tests.connections import DOCUMENT, KEY, SECRETS, cached
from tests.consents import homes
from tests.doors import PLAIN
from tests.engines import publish
from tests.faces import Faces, both_faces
from tests.fakes import HttpBackend
from tests.tenants import HELD, UNHELD, Tenant, two_tenants
from tests.twins import a_pair

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOW = datetime(2026, 11, 1, tzinfo=UTC)
REGION = BackendVariable(
    key="x-region", location=BackendVariable.LOCATION_HEADER, required=True, choices=["eu", "us"]
)


@dataclass(frozen=True, kw_only=True)
class Shop:
    """The shop's gateway and its backend."""

    faces: Faces
    backend: HttpBackend

    @property
    def last(self) -> str:
        """The last request's head, in lower case."""
        return self.backend.requests[-1].partition(b"\r\n\r\n")[0].decode().lower()

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """Asks for a path below `/connections`."""
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.faces.http.get(f"/connections/{path}", headers=fields)

    async def connect(self, id_: str, **fields: Any) -> Connection:
        """Makes a connection of the shop."""
        given: dict[str, Any] = {"connector": "shop", "variables": {"x-region": "eu"}} | fields
        return await self.faces.parts.connections.create(
            Connection(name=ConnectionName(id_), create_time=NOW, update_time=NOW, **given)
        )


def own(name: str) -> Credential:
    return Credential(scheme="key", kind=ApiKey(key=f"env:PORTICO_SECRET_{name}"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    folder: Path = tmp_path_factory.mktemp("mirrored")
    async with HttpBackend(cached) as backend, both_faces(folder, SECRETS) as faces:
        given: dict[str, Any] = {"backend_variables": [REGION], "credentials": [KEY]}
        await faces.door.publish("shop", DOCUMENT, backend.origin, **given)
        second = Draft(
            spec_text=json.dumps(DOCUMENT),
            destination=Destination(uri=backend.origin + "/second"),
            variables=(Variable(name="x-region", location=Location.HEADER, required=True),),
        )
        shop = ConnectorName("shop")
        await faces.parts.catalog.manage(shop, [Create(version_id="v2", draft=second)])
        made = Shop(faces=faces, backend=backend)
        await made.connect("berlin", credentials=(own("BERLIN"),))
        await made.connect("paris", credentials=(own("PARIS"),), variables={"x-region": "us"})
        await made.connect("pinned", version="v2", credentials=(own("BERLIN"),))
        yield made


async def test_a_path_below_a_connection_has_its_values_and_its_credential(shop: Shop) -> None:
    for id_, region in (("berlin", "eu"), ("paris", "us")):
        answer = await shop.get(f"{id_}/items/7")
        assert (answer.status_code, answer.json()) == (200, {"ok": True})
        assert answer.headers["portico-origin"] == "backend"
        assert shop.last.startswith("get /items/7 ")
        assert f"x-region: {region}" in shop.last
        assert f"x-key: {id_}-key" in shop.last


async def test_what_is_remembered_for_one_connection_is_no_answer_for_another(shop: Shop) -> None:
    for id_, cache in (("berlin", "miss"), ("berlin", "hit"), ("paris", "miss")):
        answer = await shop.get(f"{id_}/items/kept")
        assert answer.headers["portico-cache"] == cache, id_


async def test_a_pinned_connection_has_its_own_version_whatever_is_live(shop: Shop) -> None:
    assert (await shop.get("pinned/items")).status_code == 200
    assert shop.last.startswith("get /second/items ")
    told = (await shop.get("pinned/items", x_connector_version="v1")).json()["error"]
    assert told["reason"] == "INVALID_REQUEST"
    assert (await shop.get("berlin/items/1", x_connector_version="v2")).status_code == 200
    assert shop.last.startswith("get /second/items/1 ")


async def test_a_suspended_connection_answers_nothing(shop: Shop) -> None:
    await shop.connect("asleep")
    await shop.faces.parts.connections.suspend(ConnectionName("asleep"))
    before = len(shop.backend.requests)
    answer = await shop.get("asleep/items")
    assert answer.json()["error"]["reason"] == "CONNECTION_SUSPENDED"
    assert answer.headers["portico-origin"] == "facade"
    assert len(shop.backend.requests) == before
    found = shop.faces.parts.connections.get(ConnectionName("asleep"))
    assert found.state is ConnectionState.SUSPENDED


async def test_the_subject_signs_that_the_external_id_names(shop: Shop) -> None:
    await shop.connect("many", end_users=EndUsers.REQUIRED)
    for id_, external_id, name in (("a", "ann", "BERLIN"), ("b", "bob", "PARIS")):
        subject = Subject(
            name=SubjectName("many", id_),
            external_id=external_id,
            credentials=(own(name),),
            create_time=NOW,
            update_time=NOW,
        )
        await shop.faces.parts.subjects.create(subject)
    for external_id, signed in (("ann", "berlin-key"), ("bob", "paris-key")):
        answer = await shop.get("many/items", x_external_subject_id=external_id)
        assert answer.status_code == 200
        assert f"x-key: {signed}" in shop.last
        assert "external" not in shop.last
    told = (await shop.get("many/items", x_external_subject_id="eve")).json()["error"]
    assert (told["reason"], told["code"]) == ("SUBJECT_NOT_FOUND", "404")
    nobody = (await shop.get("many/items")).json()["error"]
    assert nobody["reason"] == "CONNECTION_INCOMPLETE"


async def test_paths_and_methods_that_are_not_there_are_told_as_of_a_version(shop: Shop) -> None:
    answer = await shop.faces.http.request("DELETE", "/connections/berlin/items")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, OPTIONS, POST")
    assert (await shop.get("berlin/nothing")).status_code == 404
    told = (await shop.get("berlim/items")).json()["error"]
    assert told["reason"] == "CONNECTION_NOT_FOUND"


async def test_its_document_has_its_address_and_asks_for_nothing_that_it_gives(shop: Shop) -> None:
    got = await shop.faces.http.get("/v1/connections/berlin/openapi.json")
    tree = got.json()
    openapi_spec_validator.validate(tree)
    assert [each["url"] for each in tree["servers"]] == ["/connections/berlin"]
    assert "securitySchemes" not in tree.get("components", {})
    assert shop.backend.origin not in got.text
    again = await shop.faces.http.get(
        "/v1/connections/berlin/openapi.json", headers={"if-none-match": got.headers["etag"]}
    )
    assert again.status_code == 304
    assert "v1/connections/berlin/openapi.json" in (await shop.faces.http.get("/docs")).text


async def test_a_gateway_calls_through_a_connection_of_its_facade(tmp_path: Path) -> None:
    async with HttpBackend(cached) as backend, a_pair(tmp_path) as twins:
        parts = twins.mirror.parts
        variables = (Variable(name="x-region", location=Location.HEADER, required=True),)
        await publish(parts, "shop", DOCUMENT, backend.origin, variables=variables)
        made = Connection(
            name=ConnectionName("berlin"),
            connector="shop",
            variables={"x-region": "eu"},
            create_time=NOW,
            update_time=NOW,
        )
        await parts.connections.create(made)
        there = f"http://127.0.0.1:{twins.mirror.port}/connections/berlin"
        await twins.door.publish(
            "around", DOCUMENT, "", indirect=Indirect(facade_uri=there), policy=PLAIN
        )
        answer = await twins.door.execute("around/listItems")
        assert json.loads(answer.json) == {"ok": True}
        assert b"x-region: eu" in backend.requests[-1].lower()
        unknown = Indirect(facade_uri=there.replace("berlin", "rome"))
        await twins.door.publish("lost", DOCUMENT, "", indirect=unknown, policy=PLAIN)
        assert (await twins.door.refused("lost/listItems")).info.domain == "facade"


async def test_a_connection_that_leads_to_itself_is_told_so_at_once(tmp_path: Path) -> None:
    async with a_pair(tmp_path) as twins:
        parts = twins.mirror.parts
        there = f"http://127.0.0.1:{twins.mirror.port}/connections/round"
        round_ = Destination(uri=there, indirect=True)
        await publish(parts, "round", DOCUMENT, "", destination=round_)
        made = Connection(
            name=ConnectionName("round"), connector="round", create_time=NOW, update_time=NOW
        )
        await parts.connections.create(made)
        given = Indirect(facade_uri=there)
        await twins.door.publish("round", DOCUMENT, "", indirect=given, policy=PLAIN)
        refusal = await twins.door.refused("round/listItems")
    assert refusal.said == ("FAILED_PRECONDITION", "HOP_LOOP", "facade", "NOT_EXECUTED")


async def test_it_signs_by_what_an_end_user_consented_to(tmp_path: Path) -> None:
    async with homes(tmp_path) as held:
        for external_id in ("u1", "u2"):
            made = await held.subject(external_id, external_id)
            await held.consent(made.name)
        users = set()
        for external_id in ("u1", "u2"):
            answer = await held.faces.http.get(
                "/connections/homes/things", headers={"x-external-subject-id": external_id}
            )
            assert answer.status_code == 200, answer.text
            users.add(held.signed()[-1])
        assert len(users) == 2


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tenants(
    tmp_path_factory: pytest.TempPathFactory, backend: HttpBackend
) -> AsyncIterator[tuple[Tenant, Tenant]]:
    async with two_tenants(tmp_path_factory.mktemp("two")) as (ours, theirs):
        for tenant, links in ((ours, ("here", "there")), (theirs, (HELD,))):
            await tenant.publish("things", backend.origin)
            await tenant.publish("others", backend.origin)
            for each in links:
                connector = "others" if each == "there" else "things"
                given = {"connectionId": each, "connection": {"connector": connector}}
                await tenant.asks("CreateConnection", given)
        yield ours, theirs


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def backend() -> AsyncIterator[HttpBackend]:
    async with HttpBackend() as opened:
        yield opened


async def test_a19_another_tenants_connection_is_as_any_unknown_one(
    tenants: tuple[Tenant, Tenant],
) -> None:
    ours, theirs = tenants
    for path in (f"/connections/{HELD}/things", f"/v1/connections/{HELD}/openapi.json"):
        foreign, unknown = [
            await ours.faces.http.get(each, headers=dict(ours.shown))
            for each in (path, path.replace(HELD, UNHELD))
        ]
        assert (foreign.status_code, unknown.status_code) == (404, 404)
        told = [each.json()["error"] for each in (foreign, unknown)]
        assert told[0]["reason"] == told[1]["reason"] == "CONNECTION_NOT_FOUND"
        assert told[0]["description"].replace(HELD, UNHELD) == told[1]["description"]
        assert (await theirs.faces.http.get(path, headers=dict(theirs.shown))).status_code == 200


@pytest.mark.parametrize(
    ("id_", "grant", "statuses"),
    [
        ("connection", Grant(role=Role.INVOKER, connections=("here",)), (200, 403, 403)),
        ("connector", Grant(role=Role.INVOKER, connectors=("others",)), (403, 200, 403)),
        ("action", Grant(role=Role.INVOKER, actions=("getThing",)), (403, 403, 404)),
        ("viewer", Grant(role=Role.VIEWER), (403, 403, 404)),
    ],
)
async def test_a17_a_grant_says_below_which_connections_paths_may_be_called(
    tenants: tuple[Tenant, Tenant], id_: str, grant: Grant, statuses: tuple[int, ...]
) -> None:
    ours, _ = tenants
    key = await a_key(ours.faces.parts, id_, grant, tenant=ours.name)
    for each, status in zip(("here", "there", UNHELD), statuses, strict=True):
        path = f"/connections/{each}/things"
        answer = await ours.faces.http.get(path, headers=dict(bearer(key)))
        assert answer.status_code == status, (each, answer.text)
