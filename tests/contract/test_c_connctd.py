"""Seed 004 over HTTP: descriptions and instances. Rules C-1 to C-5, C-12, C-14, C-15."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from facade.model.names import ConnectorName
from facade.model.version import Connector, VariableType
from tests.connctd import EPOCH, KEY, LANGUAGE, ROOT, SUBJECT, Face, a_face, error_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

PARALLEL = 50


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def face(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Face]:
    async with a_face(tmp_path_factory.mktemp("connctd")) as opened:
        yield opened


async def test_c01_descriptions_are_for_everybody_and_their_samples_work(face: Face) -> None:
    await face.publish("weather", KEY, LANGUAGE, title="Weather")
    answered = await face.ask("GET", "/descriptions")
    assert answered.status_code == 200
    found = next(each for each in answered.json() if each["type_id"] == "weather")
    assert list(found) == [
        "id",
        "type_id",
        "name",
        "description",
        "logo",
        "sample_instance_configuration",
        "sample_client_configuration",
    ]
    assert type(found["id"]) is int
    assert found["name"] == "Weather"
    made = await face.ask("POST", "/instances", found["sample_instance_configuration"])
    assert made.status_code == 201
    client = await face.ask("POST", "/clients", found["sample_client_configuration"], "ann")
    assert client.status_code == 201


async def test_c01_a_label_says_the_type_and_a_connector_that_serves_nothing_is_not_told(
    face: Face,
) -> None:
    await face.publish("typed", labels={"connctd-type-id": "some-type"})
    bare = Connector(name=ConnectorName("bare"), create_time=EPOCH, update_time=EPOCH)
    await face.parts.catalog.create_connector(bare)
    types = {each["type_id"] for each in (await face.ask("GET", "/descriptions")).json()}
    assert "some-type" in types
    assert not types & {"typed", "bare"}


async def test_c02_an_instance_is_made_and_its_secret_goes_to_the_backend(face: Face) -> None:
    await face.publish("keyed", KEY)
    instance = await face.instance("keyed", appKey="s3cret")
    assert str(UUID(instance)) == instance
    connection = face.parts.connections.by_uid("", instance)
    assert connection is not None
    assert "s3cret" not in repr(connection)
    client = await face.client("keyed")
    await face.map(client, l1="thing-keyed")
    href = (await face.ask("GET", "/callbackurl")).json()["href"]
    body = {"id": "keyed-1", "thingId": "thing-keyed", "componentId": "lamp", "actionId": "setOn"}
    done = await face.ask("POST", href, {**body, "parameters": {"on": "true"}})
    assert done.status_code == 204, done.text
    assert face.home.seen[-1].headers["appkey"] == "s3cret"


async def test_c02_a_developer_has_one_instance_of_each_type(face: Face) -> None:
    await face.publish("single")
    await face.instance("single")
    again = await face.ask("POST", "/instances", {"connector_type_id": "single"})
    assert error_of(again) == (409, "409", "CONNECTION_EXISTS")


@pytest.mark.parametrize(
    ("configuration", "fields"),
    [
        ({}, ["configuration.days"]),
        ({"days": "many"}, ["configuration.days"]),
        ({"days": 3, "hours": 7}, ["configuration.hours"]),
        ({"days": [3]}, ["configuration.days"]),
        ({"days": None}, ["configuration.days"]),
        ([], ["configuration"]),
    ],
)
async def test_c02_a_configuration_that_does_not_fit_is_refused_by_its_keys(
    face: Face, configuration: Any, fields: list[str]
) -> None:
    if "strict" not in {each.name.connector for each in face.parts.catalog.connectors()}:
        days = replace(KEY, name="days", type=VariableType.INTEGER)
        await face.publish("strict", days)
    body = {"connector_type_id": "strict", "configuration": configuration}
    refused = await face.ask("POST", "/instances", body)
    assert error_of(refused) == (400, "400", "INVALID_REQUEST")
    assert [each["field"] for each in refused.json()["error"]["violations"]] == fields
    assert "strict" not in {each.connector for each in face.parts.connections.all("")}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"connector_type_id": "nobodys"}, "connector_type_id"),
        ({"connector_type_id": ""}, "connector_type_id"),
        ({"connector_type_id": 7}, "connector_type_id"),
        ({}, "connector_type_id"),
        ({"connector_type_id": "weather", "more": 1}, "more"),
    ],
)
async def test_c02_a_body_that_is_none_is_refused(face: Face, body: Any, field: str) -> None:
    refused = await face.ask("POST", "/instances", body)
    assert error_of(refused) == (400, "400", "INVALID_REQUEST")
    assert refused.json()["error"]["violations"][0]["field"] == field


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"connector_type_id=weather", "application/x-www-form-urlencoded", 415),
        (b'{"connector_type_id": "weather"}', "text/plain", 415),
    ],
)
async def test_c02_what_is_not_json_is_refused(
    face: Face, content: bytes, kind: str, status: int
) -> None:
    refused = await face.http.post(
        f"{ROOT}/instances", content=content, headers={"content-type": kind}
    )
    assert error_of(refused)[:2] == (status, str(status))


async def test_c03_instances_are_told_by_links(face: Face) -> None:
    await face.publish("listed")
    instance = await face.instance("listed")
    answered = await face.ask("GET", "/instances")
    assert answered.status_code == 200
    assert {"href": f"{face.url}{ROOT}/instances/{instance}"} in answered.json()
    assert all(list(each) == ["href"] for each in answered.json())


async def test_c04_an_instance_tells_its_clients_and_its_connector(face: Face) -> None:
    await face.publish("shown")
    instance = await face.instance("shown")
    alone = (await face.ask("GET", f"/instances/{instance}")).json()
    assert list(alone) == ["id", "clients", "connector"]
    assert (alone["id"], alone["clients"]) == (instance, [])
    clients = {await face.client("shown", each) for each in ("ann", "bob")}
    links = (await face.ask("GET", f"/instances/{instance}")).json()["clients"]
    assert {each["href"].rpartition("/")[2] for each in links} == clients
    described = (await face.ask("GET", alone["connector"]["href"])).json()
    assert described["type_id"] == "shown"


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("id_", ["00000000-0000-0000-0000-000000000000", "x", "%2e%2e"])
async def test_c04_an_instance_that_is_not_there_is_404(face: Face, method: str, id_: str) -> None:
    refused = await face.ask(method, f"/instances/{id_}")
    assert error_of(refused)[:2] == (404, "404")


async def test_c05_an_instance_goes_when_its_clients_have_and_its_secrets_go_with_it(
    face: Face,
) -> None:
    await face.publish("short-lived", KEY)
    instance = await face.instance("short-lived", appKey="k")
    client = await face.client("short-lived")
    refused = await face.ask("DELETE", f"/instances/{instance}")
    assert error_of(refused) == (409, "409", "HAS_CHILDREN")
    assert (await face.ask("GET", f"/instances/{instance}")).status_code == 200
    assert (await face.ask("DELETE", f"/clients/{client}", subject="ann")).status_code == 204
    connection = face.parts.connections.by_uid("", instance)
    assert connection is not None
    kept = connection.secrets["appKey"].removeprefix("secret:")
    assert kept in await secrets(face)
    gone = await face.ask("DELETE", f"/instances/{instance}")
    assert (gone.status_code, gone.content) == (204, b"")
    assert error_of(await face.ask("GET", f"/instances/{instance}"))[0] == 404
    assert kept not in await secrets(face)
    await face.instance("short-lived", appKey="k")


async def test_c14_of_fifty_instances_at_once_exactly_one_is_made(face: Face) -> None:
    await face.publish("raced", KEY)
    before = await secrets(face)
    body = {"connector_type_id": "raced", "configuration": {"appKey": "k"}}
    answers = await asyncio.gather(*(face.ask("POST", "/instances", body) for _ in range(PARALLEL)))
    assert Counter(each.status_code for each in answers) == {201: 1, 409: PARALLEL - 1}
    made = next(each.json()["id"] for each in answers if each.status_code == 201)
    assert (await face.ask("GET", f"/instances/{made}")).status_code == 200
    assert len(await secrets(face)) == len(before) + 1


async def test_c15_every_link_is_absolute_and_leads_somewhere(face: Face) -> None:
    await face.publish("linked")
    instance, client = await face.instance("linked"), await face.client("linked")
    pages = [
        await face.ask("GET", "/instances"),
        await face.ask("GET", f"/instances/{instance}"),
        await face.ask("GET", "/clients", subject="ann"),
        await face.ask("GET", f"/clients/{client}", subject="ann"),
    ]
    links = {each for page in pages for each in re.findall(r'"href":"([^"]+)"', page.text)}
    assert len(links) >= 3
    for each in links:
        assert each.startswith("http://127.0.0.1:")
        followed = await face.http.get(each, headers={SUBJECT: "ann"})
        if followed.status_code == 404:  # another end user's
            assert "/clients/" in each
            followed = await face.http.get(each, headers={SUBJECT: "bob"})
        assert followed.status_code == 200, each


async def test_the_face_tells_what_it_is(face: Face) -> None:
    document = (await face.ask("GET", "/openapi.json")).json()
    assert document["openapi"] == "3.1.0"
    assert f"{ROOT}/instances/{{id}}" in document["paths"]


async def secrets(face: Face) -> set[str]:
    """The ids of the secrets that are kept."""
    return {each.name.secret for each in await face.parts.safe.page("", "", 1000)}
