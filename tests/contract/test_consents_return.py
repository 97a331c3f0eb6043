"""Where a consent leads: people go on where the operator allows it, told what came of it."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import grpc
import httpx
import pytest
import pytest_asyncio

from facade.connections.consenting import End
from facade.model.connection import SubjectState
from facade.model.names import SubjectName
from gateway.v1.subject_pb2 import AuthorizeConnectionRequest, AuthorizeSubjectRequest
from gateway.v1.subject_pb2_grpc import SubjectServiceStub
from tests.consents import HOMES, Homes, homes
from tests.doors import refusal

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALLOWED = "https://app.example.com/after"
RETURN = f"{ALLOWED}/consent?user=7"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Homes]:
    async with homes(tmp_path_factory.mktemp("return"), return_uris=(ALLOWED,)) as opened:
        for each in ("ann", "bob", "eve", "tom", "sue"):
            await opened.subject(each, each)
        yield opened


async def url_of(home: Homes, subject: str, return_uri: str = RETURN) -> str:
    """The URL at which a subject consents, by the RPC."""
    stub: Any = SubjectServiceStub(home.door.channel)
    name = f"connections/homes/subjects/{subject}"
    asked = AuthorizeSubjectRequest(name=name, return_uri=return_uri)
    answer = await stub.AuthorizeSubject(asked)
    return str(answer.authorization_uri)


async def back(home: Homes, url: str) -> httpx.Response:
    return await home.faces.http.get(await home.authority.consent(url))


def told(answer: httpx.Response) -> list[tuple[str, str]]:
    """What an allowed address is told; of a redirect that leads nowhere else."""
    assert answer.status_code == 303, answer.text
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert not answer.content
    location = answer.headers["location"]
    assert location.startswith(f"{ALLOWED}/consent?user=7&")
    return parse_qsl(urlsplit(location).query)[1:]


async def test_whoever_has_consented_is_sent_back_and_the_address_told_so(home: Homes) -> None:
    url = await url_of(home, "ann")
    assert "app.example.com" not in url
    assert told(await back(home, url)) == [("consent", "given")]
    state = (await home.faces.parts.subjects.get(SubjectName("homes", "ann"))).state
    assert state is SubjectState.STARTED
    again = await home.faces.http.get(f"/oauth2/callback?state={dict(parse_qsl(url))['state']}")
    assert (again.status_code, again.text) == (400, f"{End.UNKNOWN}\n")


async def test_whoever_has_not_is_sent_back_with_the_reason(home: Homes) -> None:
    home.authority.denies = True
    try:
        denied = told(await back(home, await url_of(home, "bob")))
    finally:
        home.authority.denies = False
    assert denied == [("consent", "failed"), ("consent_error", "denied")]
    url = await home.authority.consent(await url_of(home, "bob"))
    foreign = await home.faces.http.get(url.replace("iss=http", "iss=https"))
    assert told(foreign) == [("consent", "failed"), ("consent_error", "foreign")]


async def test_a_server_that_does_not_answer_is_told_as_such(home: Homes) -> None:
    url = await home.authority.consent(await url_of(home, "eve"))
    home.authority.down = True
    try:
        answer = await home.faces.http.get(url)
    finally:
        home.authority.down = False
    assert told(answer) == [("consent", "failed"), ("consent_error", "later")]


async def test_a_subject_that_is_gone_is_told_as_such(home: Homes) -> None:
    url = await home.authority.consent(await url_of(home, "tom"))
    await home.faces.parts.subjects.delete(SubjectName("homes", "tom"))
    assert told(await home.faces.http.get(url)) == [
        ("consent", "failed"),
        ("consent_error", "gone"),
    ]


async def test_the_owners_consent_leads_back_too_and_over_http_it_is_the_same(home: Homes) -> None:
    for name in (str(HOMES), "connections/homes/subjects/sue"):
        asked = await home.faces.http.post(f"/v1/{name}:authorize", json={"returnUri": RETURN})
        assert asked.status_code == 200, asked.text
        url = asked.json()["data"]["authorizationUri"]
        assert told(await back(home, url)) == [("consent", "given")]


@pytest.mark.parametrize(
    "uri",
    ["https://evil.example/after", f"{ALLOWED}/../admin", "//app.example.com/after", "javascript:"],
)
async def test_no_other_address_is_kept_for_anybody(home: Homes, uri: str) -> None:
    refused = await refusal(url_of(home, "sue", uri))
    assert (refused.code, refused.fields) == ("INVALID_ARGUMENT", ["return_uri"])
    stub: Any = SubjectServiceStub(home.door.channel)
    asked = AuthorizeConnectionRequest(name=str(HOMES), return_uri=uri)
    with pytest.raises(grpc.aio.AioRpcError, match="return_uri"):
        await stub.AuthorizeConnection(asked)
    answer = await home.faces.http.get(f"/oauth2/callback?state=x&return_uri={uri}")
    assert (answer.status_code, "location" in answer.headers) == (400, False)
