"""Connections over HTTP: the same methods, fields and faults as over gRPC."""

import json
from base64 import b64encode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from google.protobuf.json_format import MessageToDict

from gateway.v1.connection_pb2 import GetConnectionRequest
from gateway.v1.connection_pb2_grpc import ConnectionServiceStub
from tests.connections import DOCUMENT, KEY, SECRETS, VARIABLES, cached
from tests.faces import Faces, both_faces
from tests.fakes import HttpBackend

BERLIN = "/v1/connections/berlin"
MADE: dict[str, Any] = {
    "connector": "shop",
    "title": "Berlin",
    "variables": {"x-region": "eu"},
    "credentials": [{"scheme": "key", "apiKey": {"keySecret": "env:PORTICO_SECRET_BERLIN"}}],
    "limits": [{"calls": 9, "period": "60s"}],
    "endUsers": "END_USERS_FALLBACK",
}


@pytest.fixture
async def backend() -> AsyncIterator[HttpBackend]:
    async with HttpBackend(cached) as opened:
        yield opened


@pytest.fixture
async def faces(tmp_path: Path, backend: HttpBackend) -> AsyncIterator[Faces]:
    async with both_faces(tmp_path, SECRETS) as opened:
        await opened.door.publish(
            "shop",
            json.dumps(DOCUMENT),
            backend.origin,
            backend_variables=VARIABLES,
            credentials=[KEY],
        )
        yield opened


async def create(faces: Faces, **fields: Any) -> httpx.Response:
    return await faces.http.post("/v1/connections?connectionId=berlin", json=MADE | fields)


async def test_what_is_made_over_http_is_told_alike_by_both_faces(faces: Faces) -> None:
    made = await create(faces, allowedHosts=["a.test"])
    assert made.status_code == 200, made.text
    said = (await faces.http.get(BERLIN)).json()["data"]
    stub = ConnectionServiceStub(faces.door.channel)
    told = await stub.GetConnection(GetConnectionRequest(name="connections/berlin"))
    assert said == made.json()["data"]
    assert said == MessageToDict(told)
    listed = (await faces.http.get("/v1/connections")).json()["data"]["connections"]
    assert listed == [said]
    assert "berlin-key" not in made.text


async def test_a_second_one_of_the_name_is_409_and_what_does_not_fit_400(faces: Faces) -> None:
    await create(faces)
    again = await create(faces)
    assert (again.status_code, again.json()["error"]["reason"]) == (409, "CONNECTION_EXISTS")
    wrong = await create(faces, variables={"x-region": "mars"})
    assert wrong.status_code == 409  # the name is taken, whatever else is wrong
    await faces.http.delete(BERLIN)
    wrong = await create(faces, variables={"x-region": "mars"}, secrets={"no": "env:A"})
    assert wrong.status_code == 400
    fields = {each["field"] for each in wrong.json()["error"]["violations"]}
    assert fields == {
        "connection.variables[x-region]",
        "connection.secrets[no]",
    }


async def test_g17_the_life_of_a_connection_over_http(faces: Faces) -> None:
    await create(faces)
    empty = await faces.http.patch(BERLIN, json={"title": "x"})
    assert empty.status_code == 400
    changed = await faces.http.patch(f"{BERLIN}?updateMask=title", json={"title": "x"})
    assert (changed.json()["data"]["title"], changed.json()["data"]["revision"]) == ("x", 2)
    locked = await faces.http.post(f"{BERLIN}:lock", json={"reason": "moves"})
    assert locked.json()["data"]["lock"]["reason"] == "moves"
    held = await faces.http.post(f"{BERLIN}:suspend", json={})
    assert held.json()["error"]["reason"] == "CONNECTION_LOCKED"
    await faces.http.post(f"{BERLIN}:unlock", json={})
    suspended = await faces.http.post(f"{BERLIN}:suspend", json={})
    assert suspended.json()["data"]["state"] == "STATE_SUSPENDED"
    checked = await faces.http.post(f"{BERLIN}:check", json={})
    assert checked.json()["data"]["state"] == "STATE_SUSPENDED"
    await faces.http.post(f"{BERLIN}:resume", json={})
    assert (await faces.http.post(f"{BERLIN}:check", json={})).json()["data"] == {
        "state": "STATE_ACTIVE"
    }
    assert (await faces.http.delete(BERLIN)).status_code == 204
    assert (await faces.http.get(BERLIN)).status_code == 404


async def test_a_call_over_http_goes_through_the_connection_that_it_names(
    faces: Faces, backend: HttpBackend
) -> None:
    await create(faces)
    path = "/v1/connectors/shop/versions/live/actions/listItems:execute"
    answer = await faces.http.post(path, json={"connection": "connections/berlin"})
    assert answer.json()["data"]["json"] == {"ok": True}
    assert b"x-key: berlin-key" in backend.requests[-1]
    unknown = await faces.http.post(path, json={"connection": "connections/paris"})
    assert (unknown.status_code, unknown.json()["error"]["reason"]) == (
        404,
        "CONNECTION_NOT_FOUND",
    )
    wrong = await faces.http.post(
        path,
        json={"connection": "connections/berlin", "subject": "connections/paris/subjects/a"},
    )
    assert [each["field"] for each in wrong.json()["error"]["violations"]] == ["subject"]


async def test_g24_a_request_of_one_s_own_over_http(faces: Faces, backend: HttpBackend) -> None:
    await create(faces, allowedHosts=[urlsplit(backend.origin).netloc])
    told = await faces.http.post(
        f"{BERLIN}:executeHttpRequest",
        json={
            "method": "POST",
            "url": f"{backend.origin}/raw",
            "headers": [{"name": "x-a", "value": "1"}, {"name": "x-a", "value": "2"}],
            "body": b64encode(b"\x00\xff").decode(),
        },
    )
    assert told.status_code == 200, told.text
    data = told.json()["data"]
    assert data["statusCode"] == 200
    assert {"name": "content-type", "value": "application/json"} in data["headers"]
    assert backend.requests[-1].endswith(b"\r\n\r\n\x00\xff")
    assert backend.requests[-1].count(b"x-a: ") == 2
