"""Seed 004 over HTTP: action requests. Rules C-10, C-17, C-18."""

import base64
import itertools
import json
import time
from collections.abc import AsyncIterator
from email.utils import formatdate
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from facade.connections.things.signature import public_key, signed_text, verify
from tests.connctd import SUBJECT, Face, a_face, error_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

PLATFORM = Ed25519PrivateKey.from_private_bytes(b"p" * 32)
NUMBERS = itertools.count()
NOW = {"prefer": "wait=0"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def face(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Face]:
    async with a_face(tmp_path_factory.mktemp("connctd")) as opened:
        await opened.publish("home")
        instance = await opened.instance("home")
        await opened.allow(instance, opened.home.origin.removeprefix("http://"))
        await opened.map(await opened.client("home", "ann"), l1="t1", gone="t-gone")
        await opened.map(await opened.client("home", "bob"), l2="t2", broken="t-broken")
        await opened.publish("guarded")
        guarded = await opened.instance("guarded")
        key = base64.b64encode(PLATFORM.public_key().public_bytes_raw()).decode()
        await opened.allow(guarded, **{"connctd-public-key": key})
        await opened.map(await opened.client("guarded", "ann"), g1="tg")
        yield opened


async def callback(face: Face) -> str:
    answered = await face.ask("GET", "/callbackurl")
    assert answered.status_code == 200
    return str(answered.json()["href"])


def request(id_: str, thing: str = "t1", **fields: Any) -> dict[str, Any]:
    named = {"id": id_, "thingId": thing, "componentId": "lamp", "actionId": "setOn"}
    return {**named, "parameters": {"on": "true"}, **fields}


async def test_c10_the_callback_url_is_absolute_and_always_the_same(face: Face) -> None:
    href = await callback(face)
    assert urlsplit(href).path.startswith("/api/v1/connectors/actions/")
    assert href == await callback(face)
    assert list((await face.ask("GET", "/callbackurl")).json()) == ["href"]


async def test_c10_a_url_that_was_not_given_out_takes_nothing(face: Face) -> None:
    forged = (await callback(face))[:-4] + "0000"
    assert error_of(await face.ask("POST", forged, request("forged")))[0] == 404


async def test_c17_an_action_is_called_for_its_thing_and_204_says_that_it_is_done(
    face: Face,
) -> None:
    done = await face.ask("POST", await callback(face), request("r1"))
    assert (done.status_code, done.content) == (204, b"")
    assert face.home.lines[-1] == "PUT /lamps/l1/on"
    assert face.home.seen[-1].query == {"on": "true"}


async def test_c17_the_subject_may_be_named_and_then_the_thing_must_be_its_own(face: Face) -> None:
    href = await callback(face)
    named = await face.ask("POST", href, request("r2", "t2"), headers={SUBJECT: "bob"})
    assert named.status_code == 204
    assert face.home.lines[-1] == "PUT /lamps/l2/on"
    foreign = await face.ask("POST", href, request("r3", "t2"), headers={SUBJECT: "ann"})
    assert error_of(foreign) == (404, "404", "SUBJECT_NOT_FOUND")


@pytest.mark.parametrize(
    ("fields", "status", "reason"),
    [
        ({"thingId": "nobodys"}, 404, "SUBJECT_NOT_FOUND"),
        ({"actionId": "dance"}, 404, "ACTION_NOT_FOUND"),
        ({"parameters": {}}, 400, "INVALID_PARAMETERS"),
        ({"parameters": {"on": "perhaps"}}, 400, "INVALID_PARAMETERS"),
        ({"parameters": {"on": "true", "more": "1"}}, 400, "INVALID_PARAMETERS"),
        ({"thingId": "t-gone"}, 404, "BACKEND_NOT_FOUND"),
        ({"id": ""}, 400, "INVALID_REQUEST"),
    ],
)
async def test_c17_what_cannot_be_done_is_an_error(
    face: Face, fields: dict[str, Any], status: int, reason: str
) -> None:
    asked = request(f"bad-{next(NUMBERS)}", **fields)
    refused = await face.ask("POST", await callback(face), asked)
    assert error_of(refused) == (status, str(status), reason)


async def test_c17_a_backend_that_fails_fails_the_action(face: Face) -> None:
    face.home.broken.add("broken")
    refused = await face.ask("POST", await callback(face), request("r5", "t-broken"))
    assert error_of(refused) == (502, "502", "BACKEND_ERROR")


async def test_c17_c18_a_long_action_is_pending_and_completed_by_a_signed_callback(
    face: Face,
) -> None:
    url = f"{face.home.origin}/completions"
    face.home.held.clear()
    href = await callback(face)
    pending = await face.ask("POST", href, request("r6", callbackUrl=url), headers=NOW)
    assert (pending.status_code, pending.json()) == (202, {"status": "PENDING"})
    assert face.home.completed.empty()
    face.home.refused = 1  # so that it has to be told again
    face.home.held.set()
    seen, again = await face.home.completed.get(), await face.home.completed.get()
    assert json.loads(seen.body) == {"id": "r6", "status": "COMPLETED"}
    assert again.body == seen.body
    key = (await face.ask("GET", "/jwks.json")).json()["keys"][0]
    raw = base64.urlsafe_b64decode(key["x"] + "=")
    said = signed_text("POST", url, seen.headers["date"], seen.body)
    verify(public_key(base64.b64encode(raw).decode()), said, seen.headers["signature"])


async def test_c17_a_pending_action_that_fails_is_told_so(face: Face) -> None:
    url = f"{face.home.origin}/completions"
    face.home.broken.add("broken")
    pending = await face.ask(
        "POST", await callback(face), request("r7", "t-broken", callbackUrl=url), headers=NOW
    )
    assert pending.status_code == 202
    told = json.loads((await face.home.completed.get()).body)
    assert (told["id"], told["status"]) == ("r7", "FAILED")
    assert told["error"]


async def test_c17_an_action_that_ends_in_time_is_not_pending(face: Face) -> None:
    url = f"{face.home.origin}/completions"
    done = await face.ask("POST", await callback(face), request("r8", callbackUrl=url))
    assert done.status_code == 204


@pytest.mark.parametrize(
    "url", ["https://evil.example/c", "http://127.0.0.1:1/c", "ftp://x/", "no url", "//x/"]
)
async def test_c17_completions_go_nowhere_but_to_hosts_that_the_instance_allows(
    face: Face, url: str
) -> None:
    before = len(face.home.seen)
    refused = await face.ask("POST", await callback(face), request("r9", callbackUrl=url))
    assert error_of(refused) == (400, "400", "INVALID_REQUEST")
    assert refused.json()["error"]["violations"][0]["field"] == "callbackUrl"
    assert len(face.home.seen) == before


async def test_c18_a_request_that_comes_again_does_nothing_more(face: Face) -> None:
    href, before = await callback(face), len(face.home.seen)
    answers = [await face.ask("POST", href, request("r10")) for _ in range(3)]
    assert [each.status_code for each in answers] == [204, 204, 204]
    assert len(face.home.seen) == before + 1


def signed(url: str, body: bytes, date: str | None = None, text: bytes | None = None) -> Any:
    said = date or formatdate(usegmt=True)
    signature = PLATFORM.sign(text or signed_text("POST", url, said, body))
    return {
        "content-type": "application/json",
        "date": said,
        "signature": base64.b64encode(signature).decode(),
    }


async def test_c18_where_the_platforms_key_is_known_its_signature_is_asked_for(face: Face) -> None:
    href = await callback(face)
    body = json.dumps(request("s1", "tg")).encode()
    unsigned = await face.ask("POST", href, request("s0", "tg"))
    assert error_of(unsigned) == (401, "401", "CALLER_UNKNOWN")
    done = await face.http.post(href, content=body, headers=signed(href, body))
    assert done.status_code == 204, done.text
    assert face.home.lines[-1] == "PUT /lamps/g1/on"


@pytest.mark.parametrize("away", [-400, 400])
async def test_c18_an_old_signature_is_not_believed(face: Face, away: int) -> None:
    href = await callback(face)
    body = json.dumps(request("s2", "tg")).encode()
    old = formatdate(time.time() + away, usegmt=True)
    refused = await face.http.post(href, content=body, headers=signed(href, body, old))
    assert error_of(refused) == (401, "401", "CALLER_UNKNOWN")


async def test_c18_a_signature_over_another_body_is_not_believed(face: Face) -> None:
    href = await callback(face)
    body = json.dumps(request("s3", "tg")).encode()
    refused = await face.http.post(href, content=body, headers=signed(href, b"{}"))
    assert error_of(refused) == (401, "401", "CALLER_UNKNOWN")
