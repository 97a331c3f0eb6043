"""Seed 004 over HTTP: clients. Rules C-6 to C-9, C-11 to C-14, C-19, C-20."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
import pytest_asyncio

from facade.errors.service import RemovalFailed
from facade.model.connection import SubjectState
from facade.model.names import ConnectionName
from tests.connctd import CONSENT, LANGUAGE, SUBJECT, Face, a_face, a_face_of, a_home, error_of
from tests.processes import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

PARALLEL = 50
PUBLIC = "http://localhost/home"
REMOVES = {"connctd-remove-action": "removeLamp"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def face(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Face]:
    async with a_face(tmp_path_factory.mktemp("connctd"), public_url=PUBLIC) as opened:
        yield opened


async def test_c06_c12_a_client_is_made_and_its_id_is_called_client_id(face: Face) -> None:
    await face.publish("made", LANGUAGE)
    await face.instance("made")
    body = {"connector_type_id": "made", "configuration": {"lang": "de"}}
    made = await face.ask("POST", "/clients", body, "ann")
    assert made.status_code == 201
    assert list(made.json()) == ["client_id"]
    assert str(UUID(made.json()["client_id"])) == made.json()["client_id"]


async def test_c06_what_a_client_configures_goes_with_its_calls(face: Face) -> None:
    await face.publish("tuned", LANGUAGE)
    await face.instance("tuned")
    await face.map(await face.client("tuned", "ann", lang="de"), l1="thing-tuned")
    href = (await face.ask("GET", "/callbackurl")).json()["href"]
    body = {"id": "tuned-1", "thingId": "thing-tuned", "actionId": "lamp.setOn"}
    done = await face.ask("POST", href, {**body, "parameters": {"on": True}})
    assert done.status_code == 204, done.text
    assert face.home.seen[-1].query == {"on": "true", "lang": "de"}


async def test_c06_a_subject_has_one_client_of_each_type(face: Face) -> None:
    await face.publish("single")
    await face.instance("single")
    await face.client("single", "ann")
    again = await face.ask("POST", "/clients", {"connector_type_id": "single"}, "ann")
    assert error_of(again) == (409, "409", "SUBJECT_EXISTS")
    await face.client("single", "bob")


async def test_c06_c13_without_an_instance_there_is_no_client(face: Face) -> None:
    await face.publish("lonely")
    refused = await face.ask("POST", "/clients", {"connector_type_id": "lonely"}, "ann")
    assert error_of(refused) == (400, "400", "CONNECTOR_INSTANCE_MISSING")


@pytest.mark.parametrize("subject", ["", "x" * 256])
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/clients"), ("GET", "/clients"), ("GET", "/clients/x"), ("DELETE", "/clients/x")],
)
async def test_c06_c07_whom_a_client_is_for_must_be_said(
    face: Face, method: str, path: str, subject: str
) -> None:
    tree = {"connector_type_id": "single"} if method == "POST" else None
    refused = await face.ask(method, path, tree, headers={SUBJECT: subject} if subject else {})
    assert error_of(refused) == (400, "400", "INVALID_REQUEST")
    assert refused.json()["error"]["violations"][0]["field"] == SUBJECT.lower()


async def test_c06_c19_who_must_consent_is_redirected_and_the_client_is_there(face: Face) -> None:
    await face.publish("consented", credentials=(CONSENT,))
    await face.instance("consented")
    body = {"connector_type_id": "consented"}
    made = await face.ask("POST", "/clients", body, "ann")
    assert made.status_code == 303
    location = made.headers["location"]
    asked = parse_qs(urlsplit(location).query)
    assert location.startswith("https://login.example/authorize?")
    assert (asked["client_id"], asked["code_challenge_method"]) == (["abc"], ["S256"])
    client = made.json()["client_id"]
    assert made.json()["furtherStep"] == {"type": 3, "content": location}
    shown = (await face.ask("GET", f"/clients/{client}", subject="ann")).json()
    assert shown["status"] == "STARTING"
    again = await face.ask("POST", "/clients", body, "ann")
    assert error_of(again) == (409, "409", "SUBJECT_EXISTS")


async def test_c19_who_cannot_follow_redirects_is_told_of_a_further_step(face: Face) -> None:
    await face.publish("stepped", credentials=(CONSENT,))
    await face.instance("stepped")
    body = {"connector_type_id": "stepped"}
    made = await face.ask("POST", "/clients", body, "ann", {"prefer": "respond-async"})
    assert made.status_code == 202
    assert made.headers["preference-applied"] == "respond-async"
    assert list(made.json()) == ["client_id", "furtherStep"]
    assert made.json()["furtherStep"]["content"].startswith("https://login.example/authorize?")


async def test_c07_clients_are_those_of_the_subject_alone(face: Face) -> None:
    await face.publish("first")
    await face.publish("second")
    for each in ("first", "second"):
        await face.instance(each)
    own = {await face.client(each, "cleo") for each in ("first", "second")}
    await face.client("first", "dan")
    answered = await face.ask("GET", "/clients", subject="cleo")
    assert answered.status_code == 200
    assert {each["href"].rpartition("/")[2] for each in answered.json()} == own
    assert (await face.ask("GET", "/clients", subject="nobody")).json() == []


async def test_c08_c11_a_client_tells_its_links_things_and_status(face: Face) -> None:
    await face.publish("told")
    instance = await face.instance("told")
    client = await face.client("told", "ann")
    await face.map(client, abc="56ed33d9-bd1a-4650-9264-d996132098de")
    shown = (await face.ask("GET", f"/clients/{client}", subject="ann")).json()
    assert list(shown) == ["id", "instance", "connector", "mappings", "status"]
    assert shown["id"] == client
    assert shown["instance"]["href"].endswith(f"/instances/{instance}")
    assert shown["mappings"] == [
        {"connector_thing_id": "abc", "thing_id": "56ed33d9-bd1a-4650-9264-d996132098de"}
    ]
    assert shown["status"] == "STARTED"


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_c08_the_client_of_another_subject_is_not_there(face: Face, method: str) -> None:
    if "private" not in {each.name.connector for each in face.parts.catalog.connectors()}:
        await face.publish("private")
        await face.instance("private")
    client = await face.client("private", f"ann-{method}")
    unknown = await face.ask(method, "/clients/00000000-0000-0000-0000-000000000000", None, "bob")
    other = await face.ask(method, f"/clients/{client}", None, "bob")
    assert error_of(other) == error_of(unknown) == (404, "404", "SUBJECT_NOT_FOUND")
    assert (await face.ask("GET", f"/clients/{client}", None, f"ann-{method}")).status_code == 200


async def test_c09_a_client_goes_and_its_things_go_before_it(face: Face) -> None:
    await face.publish("removing", labels=REMOVES)
    await face.instance("removing")
    client = await face.client("removing")
    await face.map(client, r1="t-r1", r2="t-r2", gone="t-gone")
    gone = await face.ask("DELETE", f"/clients/{client}", subject="ann")
    assert (gone.status_code, gone.content) == (204, b"")
    removed = sorted(each for each in face.home.lines if each.startswith("DELETE"))
    assert removed == ["DELETE /lamps/gone", "DELETE /lamps/r1", "DELETE /lamps/r2"]
    assert (await face.ask("GET", f"/clients/{client}", subject="ann")).status_code == 404
    await face.client("removing")


async def test_c09_c20_what_cannot_be_removed_keeps_its_client_and_the_repeat_succeeds(
    face: Face,
) -> None:
    await face.publish("stubborn", labels=REMOVES)
    await face.instance("stubborn")
    client = await face.client("stubborn")
    name = await face.map(client, s1="t-s1")
    face.home.broken.add("s1")
    refused = await face.ask("DELETE", f"/clients/{client}", subject="ann")
    assert error_of(refused) == (500, "500", "REMOVAL_FAILED")
    shown = (await face.ask("GET", f"/clients/{client}", subject="ann")).json()
    assert shown["status"] == "STARTED"
    assert shown["mappings"] == [{"connector_thing_id": "s1", "thing_id": "t-s1"}]
    assert (await face.parts.subjects.get(name)).state is SubjectState.DELETING
    instances = await face.ask("GET", "/instances")
    attached = [
        each["href"]
        for each in instances.json()
        if client in (await face.ask("GET", each["href"])).text
    ]
    assert error_of(await face.ask("DELETE", attached[0]))[0] == 409
    face.home.broken.clear()
    assert (await face.ask("DELETE", f"/clients/{client}", subject="ann")).status_code == 204
    assert (await face.ask("GET", f"/clients/{client}", subject="ann")).status_code == 404


@pytest.mark.parametrize("action", ["nobodys", "lamp.setOn"])
async def test_c09_an_action_that_cannot_remove_removes_nothing(face: Face, action: str) -> None:
    type_id = f"wrong-{action[:4].lower()}"
    await face.publish(type_id, labels={"connctd-remove-action": action})
    await face.instance(type_id)
    client = await face.client(type_id)
    await face.map(client, w1="t-w1")
    refused = await face.ask("DELETE", f"/clients/{client}", subject="ann")
    assert error_of(refused) == (500, "500", "REMOVAL_FAILED")
    assert "connctd-remove-action" in refused.json()["error"]["description"]


async def test_c14_of_fifty_clients_at_once_exactly_one_is_made(face: Face) -> None:
    await face.publish("raced")
    await face.instance("raced")
    body = {"connector_type_id": "raced"}
    answers = await asyncio.gather(
        *(face.ask("POST", "/clients", body, "ann") for _ in range(PARALLEL))
    )
    assert Counter(each.status_code for each in answers) == {201: 1, 409: PARALLEL - 1}


async def test_c20_a_removal_that_was_cut_short_goes_on_after_a_restart(tmp_path: Path) -> None:
    async with a_home() as home:
        async with a_face_of(home, tmp_path) as face:
            await face.publish("resumed", labels=REMOVES)
            await face.instance("resumed")
            name = await face.map(await face.client("resumed"), u1="t-u1")
            home.broken.add("u1")
            with pytest.raises(RemovalFailed):
                await face.parts.subjects.delete(name)
            home.broken.clear()
        async with a_face_of(home, tmp_path) as again:

            async def gone() -> bool:
                return not await again.parts.subjects.find(ConnectionName("resumed"), "ann")

            await until(gone, 10, "the client is gone")
    assert len(home.lines) >= 2
    assert set(home.lines) == {"DELETE /lamps/u1"}
