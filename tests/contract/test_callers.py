"""Who is known by what, on both faces and both engines: rows A16, A17 and A21, and their like."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import pytest
import pytest_asyncio
from joserfc.jwk import RSAKey

from facade.access.identities import Identities
from facade.access.presented import Presented
from facade.errors.access import CallerUnknown
from facade.model.access import Grant, Identity, Role
from facade.model.key import KeyName
from gateway.v1.access_pb2 import WhoAmIRequest
from gateway.v1.access_pb2_grpc import AccessServiceStub
from tests.callers import AUDIENCE, Issuer, a_key, bearer, by_secret, ec, rsa
from tests.doors import Refusal, refusal
from tests.faces import Faces, both_faces

ACCESS = """\
access:
  - members: ["jwt:ISSUER#bound"]
    tenant: acme
    role: viewer
"""


@dataclass
class Asking:
    """A gateway that asks who calls, and an issuer that it trusts."""

    faces: Faces
    issuer: Issuer

    async def rpc(self, *metadata: tuple[str, str]) -> Any:
        """Who one is by gRPC."""
        stub: Any = AccessServiceStub(self.faces.door.channel)
        return await stub.WhoAmI(WhoAmIRequest(), metadata=metadata)

    async def http(self, *fields: tuple[str, str]) -> tuple[int, dict[str, Any], str]:
        """The same by HTTP: status, body and the challenge."""
        answer = await self.faces.http.get("/v1/whoami", headers=list(fields))
        return answer.status_code, answer.json(), answer.headers.get("www-authenticate", "")

    async def unknown(self, *fields: tuple[str, str]) -> str:
        """What both faces tell somebody who is not known; the message is the same."""
        told: Refusal = await refusal(self.rpc(*fields))
        assert told.said[:3] == ("UNAUTHENTICATED", "CALLER_UNKNOWN", "gateway")
        status, body, challenge = await self.http(*fields)
        assert (status, body["error"]["reason"]) == (401, "CALLER_UNKNOWN")
        assert challenge.startswith("Bearer")
        assert body["error"]["description"] == told.message
        return told.message

    async def known(self, *fields: tuple[str, str]) -> str:
        """As whom both faces know somebody."""
        found = await self.rpc(*fields)
        status, body, _ = await self.http(*fields)
        assert (status, body["data"]["caller"]) == (200, found.caller)
        assert body["data"].get("tenant", "") == found.tenant
        return f"{found.tenant}/{found.caller}" if found.tenant else str(found.caller)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asking(engine: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Asking]:
    folder: Path = tmp_path_factory.mktemp("callers")
    async with Issuer(rsa("one"), ec("two")) as issuer:
        access = folder / "access.yaml"
        access.write_text(ACCESS.replace("ISSUER", issuer.origin))
        known: dict[str, Any] = {"callers": "known", "access": access, "engine": engine}
        jwt: dict[str, Any] = {"jwt_issuer": issuer.origin, "jwt_audience": AUDIENCE}
        async with both_faces(folder / "data", **known, **jwt) as faces:
            yield Asking(faces, issuer)


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a16_who_shows_nothing_or_nothing_that_holds_is_told_the_same(asking: Asking) -> None:
    issuer, now = asking.issuer, time.time()
    public = rsa_key(issuer).as_pem(private=False)
    other = rsa("one")
    whole = issuer.token(issuer.keys[0])
    head, claims, signature = whole.split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none","kid":"one"}').rstrip(b"=").decode()
    key = await a_key(asking.faces.parts, "whole")
    first, changed = issuer.keys[0], "A" if key[-12] != "A" else "B"
    shown = {
        "nothing": None,
        "no scheme": whole,
        "another scheme": "Basic YTpi",
        "empty": "Bearer ",
        "no token": "Bearer abc",
        "no key": "Bearer portico_abc",
        "an unknown key": f"Bearer portico_whole_{'A' * 43}_00000000",
        "a key with a letter changed": f"Bearer {key[:-12]}{changed}{key[-11:]}",
        "a truncated key": f"Bearer {key[:-1]}",
        "expired": f"Bearer {issuer.token(first, exp=now - 61)}",
        "not yet": f"Bearer {issuer.token(first, nbf=now + 100)}",
        "issued later": f"Bearer {issuer.token(first, iat=now + 100)}",
        "for ever": f"Bearer {issuer.token(first, exp=None)}",
        "wrong audience": f"Bearer {issuer.token(first, aud='else')}",
        "no audience": f"Bearer {issuer.token(first, aud=None)}",
        "other issuer": f"Bearer {issuer.token(first, iss='https://else.example')}",
        "nobody": f"Bearer {issuer.token(first, sub=None)}",
        "other issuer's key": f"Bearer {issuer.token(other)}",
        "none": f"Bearer {none}.{claims}.",
        "none, signed": f"Bearer {none}.{claims}.{signature}",
        "the public key as a secret": f"Bearer {by_secret(public, claims)}",
        "kid is a path": f"Bearer {issuer.token(first, headers={'kid': '../../etc/passwd'})}",
        "kid is a URL": f"Bearer {issuer.token(first, headers={'kid': issuer.origin + '/evil'})}",
        "another type": f"Bearer {issuer.token(first, headers={'typ': 'dpop+jwt'})}",
        "truncated": f"Bearer {whole[:-4]}",
        "two parts": f"Bearer {head}.{claims}",
        "tenant is no id": f"Bearer {issuer.token(first, tenant='A B')}",
    }
    told = {
        name: await asking.unknown(*(() if each is None else (("authorization", each),)))
        for name, each in shown.items()
    }
    assert len(set(told.values())) == 1, told
    assert not any(b"evil" in each or b"passwd" in each for each in issuer.requests)


async def test_what_a_token_names_by_itself_is_never_asked_for(asking: Asking) -> None:
    before = asking.issuer.fetched
    url = f"{asking.issuer.origin}/evil"
    for header in ("jku", "x5u"):
        text = asking.issuer.token(rsa("evil"), headers={header: url})
        await asking.unknown(*bearer(text))
    assert not any(b"evil" in each for each in asking.issuer.requests)
    assert asking.issuer.fetched <= before + 1


async def test_a17_two_credentials_are_none(asking: Asking) -> None:
    text = f"Bearer {await a_key(asking.faces.parts, 'twice')}"
    assert await asking.known(("authorization", text)) == "key:twice"
    await asking.unknown(("authorization", text), ("authorization", text))
    own = "x-portico-authorization"
    await asking.unknown((own, text), (own, text))


async def test_a21_the_tenant_comes_from_the_credential_alone(asking: Asking) -> None:
    text = await a_key(asking.faces.parts, "of-acme", tenant="acme")
    shown = bearer(text)
    assert await asking.known(*shown) == "acme/key:of-acme"
    assert await asking.known(*shown, ("x-tenant-id", "acme")) == "acme/key:of-acme"
    before = asking.faces.parts.access.identities.foreign
    told = await refusal(asking.rpc(*shown, ("x-tenant-id", "other")))
    assert told.said[:2] == ("PERMISSION_DENIED", "CALLER_FORBIDDEN")
    status, body, _ = await asking.http(*shown, ("x-tenant-id", "other"))
    assert (status, body["error"]["reason"]) == (403, "CALLER_FORBIDDEN")
    assert asking.faces.parts.access.identities.foreign == before + 2


@pytest.mark.parametrize(("number", "alg"), [(0, "RS256"), (0, "PS384"), (1, "ES256")])
async def test_a_token_makes_its_subject_known(asking: Asking, number: int, alg: str) -> None:
    text = asking.issuer.token(asking.issuer.keys[number], alg)
    assert await asking.known(*bearer(text)) == f"jwt:{asking.issuer.origin}#alice"
    (grant,) = (await asking.rpc(*bearer(text))).grants
    assert grant.role == 2


async def test_a_token_says_whose_caller_that_is_unless_the_access_file_does(
    asking: Asking,
) -> None:
    name = f"jwt:{asking.issuer.origin}#"
    text = asking.issuer.token(tenant="other", sub="free")
    assert await asking.known(*bearer(text)) == f"other/{name}free"
    text = asking.issuer.token(tenant="other", sub="bound", roles=[])
    assert await asking.known(*bearer(text)) == f"acme/{name}bound"
    assert [each.role for each in (await asking.rpc(*bearer(text))).grants] == [1]


async def test_our_own_field_comes_before_the_one_that_a_backend_may_want(asking: Asking) -> None:
    text = f"Bearer {await a_key(asking.faces.parts, 'own')}"
    own = ("x-portico-authorization", text)
    assert await asking.known(own, ("authorization", "Basic YTpi")) == "key:own"
    await asking.unknown(("x-portico-authorization", "Basic YTpi"), ("authorization", text))


async def test_unknown_expired_revoked_and_deleted_keys_are_told_the_same(asking: Asking) -> None:
    parts = asking.faces.parts
    soon = datetime.fromtimestamp(time.time() + 0.3, UTC)
    ending = await a_key(parts, "ending", expire_time=soon)
    revoked, deleted = await a_key(parts, "revoked"), await a_key(parts, "deleted")
    for text, name in ((ending, "ending"), (revoked, "revoked"), (deleted, "deleted")):
        assert await asking.known(*bearer(text)) == f"key:{name}"
    await parts.access.keys.revoke(KeyName("revoked"))
    await parts.access.keys.delete(KeyName("deleted"))
    await asyncio.sleep(max(0.0, soon.timestamp() - time.time()))
    never = f"portico_never_{'A' * 43}_aaaaaaaa"
    told = {await asking.unknown(*bearer(text)) for text in (ending, revoked, deleted, never)}
    assert len(told) == 1


async def test_a28_health_is_told_to_everybody_and_reflection_to_who_may_see(
    asking: Asking,
) -> None:
    channel = asking.faces.door.channel
    check: Any = channel.unary_unary("/grpc.health.v1.Health/Check")
    assert await check(b"")
    assert (await asking.faces.http.get("/healthz")).status_code == 200
    listing = b"\x3a\x01*"
    for service in ("v1", "v1alpha"):
        method = f"/grpc.reflection.{service}.ServerReflection/ServerReflectionInfo"
        reflect: Any = channel.stream_stream(method)

        async def asked(shown: tuple[tuple[str, str], ...], reflect: Any = reflect) -> Any:
            call = reflect(metadata=shown)
            if not shown:
                return b"", await call.code()
            await call.write(listing)
            await call.done_writing()
            return await call.read(), await call.code()

        assert (await asked(()))[1] is grpc.StatusCode.UNAUTHENTICATED
        viewer = await a_key(asking.faces.parts, f"sees-{service}", Grant(role=Role.VIEWER))
        assert b"GatewayService" in (await asked(bearer(viewer)))[0]


async def test_pages_and_documents_are_for_those_who_may_see(asking: Asking) -> None:
    http = asking.faces.http
    viewer = await a_key(asking.faces.parts, "reader", Grant(role=Role.VIEWER))
    shown = dict(bearer(viewer))
    for path in ("/docs", "/v1/openapi.json"):
        assert (await http.get(path)).status_code == 401, path
        assert (await http.get(path, headers=shown)).status_code == 200, path
    forged = {"portico-signature": "forged", "portico-tenant": "acme"}
    assert (await http.get("/v1/openapi.json", headers=forged)).status_code == 403
    answer = await http.get("/v1/connectors", headers=forged)
    assert (answer.status_code, answer.json()["error"]["reason"]) == (401, "HOP_UNTRUSTED")


async def test_a_flood_of_bad_tokens_neither_fetches_nor_is_remembered(asking: Asking) -> None:
    identities, issuer = asking.faces.parts.access.identities, asking.issuer
    await asking.rpc(*bearer(issuer.token()))
    fetched, known = issuer.fetched, len(identities._known)
    now = time.time()
    claims = {"iss": issuer.origin, "aud": AUDIENCE, "sub": "a", "exp": now + 300}
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    for number in range(10_000):
        head = json.dumps({"alg": "RS256", "kid": f"k{number}"}).encode()
        text = f"{base64.urlsafe_b64encode(head).rstrip(b'=').decode()}.{body}.AAAA"
        assert not await is_known(identities, text)
    assert issuer.fetched <= fetched + 1
    assert len(identities._known) == known


def rsa_key(issuer: Issuer) -> RSAKey:
    """The first of its keys."""
    key = issuer.keys[0]
    assert isinstance(key, RSAKey)
    return key


async def is_known(identities: Identities, text: str) -> bool:
    """Whether somebody is known by a token."""
    try:
        found = identities.of(Presented(credentials=(f"Bearer {text}",)))
        return bool(found if isinstance(found, Identity) else await found)
    except CallerUnknown:
        return False
