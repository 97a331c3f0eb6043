"""Consent, driven through a real authorization server to a call that it signs."""

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from facade.connections.consenting import End
from facade.model.connection import EndUsers, SubjectState
from facade.model.names import SubjectName
from tests.authorization_servers import parameters
from tests.consents import HOME, HOMES, Homes, homes

ALICE = SubjectName("homes", "alice")
AS_ALICE: dict[str, Any] = {
    "connection": "connections/homes",
    "subject": "connections/homes/subjects/alice",
}


async def state(home: Homes) -> SubjectState:
    return (await home.faces.parts.subjects.get(ALICE)).state


async def test_c19_a_subject_consents_and_its_calls_are_signed_by_its_own_token(
    tmp_path: Path,
) -> None:
    async with homes(tmp_path) as home:
        made = await home.subject("alice")
        assert made.state is SubjectState.STARTING
        refusal = await home.door.refused("homes/act", **AS_ALICE)
        assert refusal.info.reason == "AUTHORIZATION_REQUIRED"
        url = refusal.info.metadata["authorizationUrl"]
        asked = parameters(url)
        assert url.startswith(f"{home.authority.origin}/authorize?")
        assert asked["redirect_uri"] == f"{HOME}/oauth2/callback"
        assert (asked["scope"], asked["code_challenge_method"]) == ("read", "S256")
        assert len(asked["state"]) == len(asked["code_challenge"]) == 43
        assert not home.backend.requests

        assert await home.come_back(await home.authority.consent(url)) == (200, f"{End.NOTED}\n")
        assert await state(home) is SubjectState.STARTED
        await home.door.execute("homes/act", **AS_ALICE)
        assert home.user() == "alice"
        assert home.authority.grants() == ["authorization_code"]


async def test_g22_two_subjects_are_never_signed_by_each_others_tokens(tmp_path: Path) -> None:
    async with homes(tmp_path) as home:
        for name in ("alice", "bob"):
            home.authority.user = name
            await home.subject(name, name)
            assert (await home.consent(SubjectName("homes", name)))[0] == 200
        for name in ("alice", "bob", "alice"):
            subject = f"connections/homes/subjects/{name}"
            await home.door.execute("homes/act", connection="connections/homes", subject=subject)
            assert home.user() == name


async def test_an_owner_consents_for_a_connection_without_subjects(tmp_path: Path) -> None:
    async with homes(tmp_path, EndUsers.NEVER) as home:
        connections = home.faces.parts.connections
        assert connections.get(HOMES).state == "AUTHORIZATION_REQUIRED"
        refusal = await home.door.refused("homes/act", connection="connections/homes")
        assert refusal.info.reason == "AUTHORIZATION_REQUIRED"
        url = refusal.info.metadata["authorizationUrl"]
        assert (await home.come_back(await home.authority.consent(url)))[0] == 200
        assert connections.get(HOMES).state == "ACTIVE"
        await home.door.execute("homes/act", connection="connections/homes")
        assert home.user() == "alice"


async def test_an_answer_is_taken_once_and_only_with_a_state_of_ours(tmp_path: Path) -> None:
    async with homes(tmp_path) as home:
        await home.subject("alice")
        url = await home.faces.parts.consenting.authorize(ALICE)
        back = await home.authority.consent(url)
        given = parameters(back)
        forged = f"{HOME}/oauth2/callback?" + urlencode(given | {"state": "x" * 43})
        assert await home.come_back(forged) == (400, f"{End.UNKNOWN}\n")
        assert (await home.come_back(back))[0] == 200
        assert await home.come_back(back) == (400, f"{End.UNKNOWN}\n")
        assert await home.come_back(f"{HOME}/oauth2/callback") == (400, f"{End.UNKNOWN}\n")


async def test_a_code_of_another_consent_gets_no_token(tmp_path: Path) -> None:
    async with homes(tmp_path) as home:
        await home.subject("alice")
        await home.subject("bob", "bob")
        authorize = home.faces.parts.consenting.authorize
        first = parameters(await home.authority.consent(await authorize(ALICE)))
        second = parameters(
            await home.authority.consent(await authorize(SubjectName("homes", "bob")))
        )
        injected = f"{HOME}/oauth2/callback?" + urlencode(second | {"code": first["code"]})
        assert await home.come_back(injected) == (400, f"{End.NOT_TAKEN}\n")


@pytest.mark.parametrize(
    "left", [{"code_challenge_method"}, {"code_challenge", "code_challenge_method"}]
)
async def test_a_request_from_which_pkce_was_taken_leads_to_no_token(
    tmp_path: Path, left: set[str]
) -> None:
    async with homes(tmp_path, authority={"wants_pkce": False}) as home:
        await home.subject("alice")
        url = await home.faces.parts.consenting.authorize(ALICE)
        given = {key: each for key, each in parameters(url).items() if key not in left}
        weakened = f"{home.authority.origin}/authorize?" + urlencode(given)
        back = await home.authority.consent(weakened)
        status, _ = await home.come_back(back)
        assert status == 400
        assert await state(home) is SubjectState.STARTING


@pytest.mark.parametrize("issuer", ["https://evil.example", ""])
async def test_an_answer_of_another_server_is_not_taken(tmp_path: Path, issuer: str) -> None:
    async with homes(tmp_path) as home:
        await home.subject("alice")
        back = await home.authority.consent(await home.faces.parts.consenting.authorize(ALICE))
        given = parameters(back) | {"iss": issuer}
        mixed = f"{HOME}/oauth2/callback?" + urlencode({k: v for k, v in given.items() if v})
        assert await home.come_back(mixed) == (400, f"{End.FOREIGN}\n")
        assert not home.authority.asked


async def test_an_answer_that_says_something_twice_is_not_taken(tmp_path: Path) -> None:
    async with homes(tmp_path) as home:
        assert await home.come_back(f"{HOME}/oauth2/callback?state=a&state=b") == (
            400,
            f"{End.FOREIGN}\n",
        )


async def test_who_does_not_consent_stays_starting_and_reads_nothing_of_the_answer(
    tmp_path: Path,
) -> None:
    async with homes(tmp_path) as home:
        home.authority.denies = True
        await home.subject("alice")
        assert await home.consent(ALICE) == (400, f"{End.DENIED}\n")
        subject = await home.faces.parts.subjects.get(ALICE)
        assert subject.state is SubjectState.STARTING
        assert subject.state_description == "Consent was not given."


async def test_a_server_that_is_down_is_told_as_such(tmp_path: Path) -> None:
    async with homes(tmp_path) as home:
        await home.subject("alice")
        url = await home.faces.parts.consenting.authorize(ALICE)
        home.authority.down = True
        assert await home.come_back(await home.authority.consent(url)) == (503, f"{End.LATER}\n")
        assert await state(home) is SubjectState.STARTING


async def test_l08_500_callers_after_a_consent_cause_no_further_token_request(
    tmp_path: Path,
) -> None:
    async with homes(tmp_path) as home:
        await home.subject("alice")
        assert (await home.consent(ALICE))[0] == 200
        for _ in range(10):
            calls = (home.door.execute("homes/act", **AS_ALICE) for _ in range(50))
            await asyncio.gather(*calls)
        assert home.authority.grants() == ["authorization_code"]
        assert set(map(len, home.signed())) == {len("Bearer ") + 42}


async def test_a_consent_that_is_taken_back_is_a_state_an_audit_row_and_a_fresh_url(
    tmp_path: Path,
) -> None:
    async with homes(tmp_path) as home:
        await home.subject("alice")
        assert (await home.consent(ALICE))[0] == 200
        await home.door.execute("homes/act", **AS_ALICE)
        home.authority.revoke()
        urls = set()
        for _ in range(3):
            refusal = await home.door.refused("homes/act", **AS_ALICE)
            assert refusal.info.reason == "AUTHORIZATION_REQUIRED"
            urls.add(refusal.info.metadata["authorizationUrl"])
        assert len(urls) == 1
        assert home.authority.grants() == ["authorization_code", "refresh_token"]
        subject = await home.faces.parts.subjects.get(ALICE)
        assert (subject.state, dict(subject.consents)) == (SubjectState.ERROR, {})
        audit = await home.faces.http.get("/v1/auditEntries", params={"pageSize": 100})
        assert "lapse_subject" in audit.text

        assert (await home.come_back(await home.authority.consent(urls.pop())))[0] == 200
        assert await state(home) is SubjectState.STARTED
        await home.door.execute("homes/act", **AS_ALICE)


async def test_an_owners_consent_that_is_taken_back_is_asked_for_again(tmp_path: Path) -> None:
    async with homes(tmp_path, EndUsers.FALLBACK) as home:
        await home.subject("alice")
        assert (await home.consent(HOMES))[0] == 200
        await home.door.execute("homes/act", **AS_ALICE)
        home.authority.revoke()
        refusal = await home.door.refused("homes/act", **AS_ALICE)
        assert refusal.info.reason == "AUTHORIZATION_REQUIRED"
        assert not home.faces.parts.connections.get(HOMES).consents


async def test_the_http_face_tells_the_url_too(tmp_path: Path) -> None:
    async with homes(tmp_path) as home:
        await home.subject("alice")
        path = "/v1/connectors/homes/versions/live/actions/act:execute"
        failed = await home.faces.http.post(path, json=AS_ALICE)
        error = failed.json()["error"]
        assert (failed.status_code, error["reason"]) == (400, "AUTHORIZATION_REQUIRED")
        assert error["facts"]["authorizationUrl"].startswith(home.authority.origin)
        given = await home.faces.http.post(f"/v1/{ALICE}:authorize", json={})
        uri = given.json()["data"]["authorizationUri"]
        assert uri != error["facts"]["authorizationUrl"]
        assert (await home.come_back(await home.authority.consent(uri)))[0] == 200


async def test_the_life_of_a_subject_over_http(tmp_path: Path) -> None:
    async with homes(tmp_path) as home:
        http, parent = home.faces.http, "/v1/connections/homes/subjects"
        made = await http.post(parent, params={"subjectId": "u"}, json={"externalId": "7f2c"})
        subject = made.json()["data"]
        assert (subject["state"], subject["externalId"]) == ("STATE_STARTING", "7f2c")
        twice = await http.post(parent, params={"subjectId": "w"}, json={"externalId": "7f2c"})
        assert twice.status_code == 409
        listed = await http.get(parent, params={"filter": "state = STARTING"})
        assert [each["name"] for each in listed.json()["data"]["subjects"]] == [subject["name"]]
        body = {"title": "U", "etag": subject["etag"]}
        changed = await http.patch(f"{parent}/u", params={"updateMask": "title"}, json=body)
        assert changed.json()["data"]["title"] == "U"
        assert (await http.delete(f"{parent}/u")).status_code == 204
        assert (await http.get(f"{parent}/u")).status_code == 404


async def test_c13_g10_a_connection_comes_before_its_subjects_and_goes_after_them(
    tmp_path: Path,
) -> None:
    async with homes(tmp_path) as home:
        http = home.faces.http
        lost = await http.post("/v1/connections/none/subjects", json={"externalId": "a"})
        assert lost.json()["error"]["reason"] == "CONNECTION_NOT_FOUND"
        await home.subject("alice")
        kept = await http.delete("/v1/connections/homes")
        assert kept.json()["error"]["reason"] == "HAS_CHILDREN"
        await home.faces.parts.subjects.delete(ALICE)
        assert (await http.delete("/v1/connections/homes")).status_code == 204


async def test_a_connection_without_such_a_credential_asks_nobody(tmp_path: Path) -> None:
    version: dict[str, Any] = {"credentials": []}
    async with homes(tmp_path, EndUsers.NEVER, version=version) as home:
        refused = await home.faces.http.post(f"/v1/{HOMES}:authorize", json={})
        assert refused.json()["error"]["reason"] == "CONNECTION_INCOMPLETE"


async def test_the_documents_own_flow_says_where_and_for_what_people_consent(
    tmp_path: Path,
) -> None:
    given = {"issuer": "", "scopes": []}
    async with homes(tmp_path, EndUsers.NEVER, given) as home:
        uri = await home.faces.parts.consenting.authorize(HOMES)
        assert uri.startswith(f"{home.backend.origin}/authorize?")
        assert parameters(uri)["scope"] == "read write"
