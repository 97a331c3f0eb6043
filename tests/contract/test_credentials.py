"""Credentials, as callers and backends see them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from google.rpc.code_pb2 import Code

from gateway.v1.credential_pb2 import Credential, Passthrough
from gateway.v1.gateway_pb2 import ExecuteActionRequest
from gateway.v1.policy_pb2 import ErrorRule, Policy
from tests.doors import Door, a_door, document, named, refusal
from tests.fakes import JSON, HttpBackend
from tests.token_servers import TokenServer, said

SECRETS = {"SECRET": "s3cret-word", "PASSWORD": "s3cret-pass"}
OAUTH2 = Credential.OAuth2

Judge = Callable[[str], bytes]
"""What a backend answers to an Authorization header."""


def operation(token_uri: str) -> dict[str, Any]:
    """A document whose one operation asks for a token, a digest or a password."""
    flow = {"clientCredentials": {"tokenUrl": token_uri, "scopes": {"read": "r"}}}
    schemes = {
        "oauth": {"type": "oauth2", "flows": flow},
        "digest": {"type": "http", "scheme": "digest"},
        "basic": {"type": "http", "scheme": "basic"},
    }
    security = [{"oauth": ["read"]}, {"digest": []}, {"basic": []}]
    act = {"operationId": "act", "security": security, "responses": {}}
    return document({"/things": {"get": act}}, components={"securitySchemes": schemes})


def authorization(request: bytes) -> str:
    fields = (line.partition(b": ") for line in request.split(b"\r\n"))
    return next(
        (value.decode() for name, _, value in fields if name.lower() == b"authorization"), ""
    )


def client(**fields: Any) -> Credential:
    given: dict[str, Any] = {
        "grant": OAUTH2.GRANT_CLIENT_CREDENTIALS,
        "client_id": "me",
        "client_secret": "env:SECRET",
    }
    return Credential(scheme="oauth", oauth2=OAUTH2(**given | fields))


@asynccontextmanager
async def a_shop(
    folder: Path, server: TokenServer, judge: Judge = lambda _: JSON, **fields: Any
) -> AsyncIterator[tuple[Door, HttpBackend]]:
    """A gateway before a backend that judges what signs its calls."""
    async with (
        HttpBackend(lambda request: judge(authorization(request))) as backend,
        a_door(folder, SECRETS) as door,
    ):
        given: dict[str, Any] = {"credentials": [client()]} | fields
        await door.publish("shop", operation(server.uri), backend.origin, **given)
        yield door, backend


async def test_l08_the_documents_own_server_gives_one_token_for_all_calls(tmp_path: Path) -> None:
    async with TokenServer() as server, a_shop(tmp_path, server) as (door, backend):
        await asyncio.gather(*(door.execute("shop/act") for _ in range(50)))
        assert server.forms == [{"grant_type": "client_credentials", "scope": "read"}]
        assert {authorization(each) for each in backend.requests} == {"Bearer t1"}


async def test_a_token_that_is_refused_is_renewed_and_the_call_repeated_once(
    tmp_path: Path,
) -> None:
    def judge(given: str) -> bytes:
        return JSON if given == "Bearer t2" else said({}, 401)

    async with TokenServer() as server, a_shop(tmp_path, server, judge) as (door, backend):
        await door.execute("shop/act")
        assert [authorization(each) for each in backend.requests] == ["Bearer t1", "Bearer t2"]


async def test_a_backend_that_refuses_every_token_is_told_of_after_one_repeat(
    tmp_path: Path,
) -> None:
    async with (
        TokenServer() as server,
        a_shop(tmp_path, server, lambda _: said({}, 401)) as (door, backend),
    ):
        refused = await door.refused("shop/act")
        assert refused.said == ("UNAUTHENTICATED", "BACKEND_AUTH_FAILED", "backend", "EXECUTED")
        assert len(backend.requests) == len(server.forms) == 2


async def test_an_error_code_inside_the_body_renews_the_token_too(tmp_path: Path) -> None:
    def judge(given: str) -> bytes:
        return JSON if given == "Bearer t2" else said({"errcode": 42001})

    rule = ErrorRule(pointer="/errcode", equals="42001", code=Code.UNAUTHENTICATED)
    policy = Policy(error_rules=[rule])
    async with (
        TokenServer() as server,
        a_shop(tmp_path, server, judge, policy=policy) as (door, backend),
    ):
        await door.execute("shop/act")
        assert [authorization(each) for each in backend.requests] == ["Bearer t1", "Bearer t2"]


@pytest.mark.parametrize("status", [400, 401, 500])
async def test_l08_a_server_that_gives_no_token_is_told_of_and_nothing_was_executed(
    tmp_path: Path, status: int
) -> None:
    told = {"error": "invalid_client", "error_description": "s3cret-word is wrong"}
    async with (
        TokenServer(lambda _: said(told, status)) as server,
        a_shop(tmp_path, server) as (door, backend),
    ):
        refused = await door.refused("shop/act")
        assert refused.said == ("FAILED_PRECONDITION", "TOKEN_REFUSED", "gateway", "NOT_EXECUTED")
        assert "invalid_client" in refused.message
        assert "s3cret" not in str(refused)
        assert backend.requests == []


async def test_l08_a_server_that_is_down_is_unavailable_and_nothing_was_executed(
    tmp_path: Path,
) -> None:
    async with (
        TokenServer(lambda _: said({}, 503)) as server,
        a_shop(tmp_path, server) as (door, backend),
    ):
        refused = await door.refused("shop/act")
        assert refused.code == "UNAVAILABLE"
        assert refused.info.metadata["outcome"] == "NOT_EXECUTED"
        assert backend.requests == []


async def test_a_dry_run_asks_for_no_token(tmp_path: Path) -> None:
    async with TokenServer() as server, a_shop(tmp_path, server) as (door, _):
        answer = await door.execute("shop/act", validate_only=True)
        assert "Authorization: ***" in answer.exchange.curl
        assert server.forms == []


async def test_a_digest_is_proved_after_the_challenge(tmp_path: Path) -> None:
    challenge = 'Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256'

    def judge(given: str) -> bytes:
        if given.startswith('Digest username="u", realm="r", nonce="n", uri="/things"'):
            return JSON
        head = f"HTTP/1.1 401 No\r\nWWW-Authenticate: {challenge}\r\nContent-Length: 0\r\n\r\n"
        return head.encode()

    digest = Credential.Digest(username="u", password_secret="env:PASSWORD")
    held = [Credential(scheme="digest", digest=digest)]
    async with (
        TokenServer() as server,
        a_shop(tmp_path, server, judge, credentials=held) as (door, backend),
    ):
        await door.execute("shop/act")
        await door.execute("shop/act")
        assert len(backend.requests) == 3


RULE = Passthrough(metadata="x-user-token", header="Authorization", prefix="Bearer ")


async def test_the_callers_own_credential_goes_by_rule_and_its_absence_is_named(
    tmp_path: Path,
) -> None:
    own: dict[str, Any] = {"credentials": [], "passthrough": [RULE]}
    async with TokenServer() as server, a_shop(tmp_path, server, **own) as (door, backend):
        request = ExecuteActionRequest(name=named("shop/act"), parameters_json="{}")
        await door.gateway.ExecuteAction(request, metadata=(("x-user-token", "mine"),))
        assert [authorization(each) for each in backend.requests] == ["Bearer mine"]
        refused = await refusal(door.gateway.ExecuteAction(request))
        assert refused.said[:2] == ("FAILED_PRECONDITION", "CONNECTION_INCOMPLETE")
        assert refused.fields == ["metadata.x-user-token"]
        assert len(backend.requests) == 1


async def test_without_the_callers_own_the_version_signs(tmp_path: Path) -> None:
    async with (
        TokenServer() as server,
        a_shop(tmp_path, server, passthrough=[RULE]) as (door, backend),
    ):
        await door.execute("shop/act")
        request = ExecuteActionRequest(name=named("shop/act"), parameters_json="{}")
        await door.gateway.ExecuteAction(request, metadata=(("x-user-token", "mine"),))
        assert [authorization(each) for each in backend.requests] == ["Bearer t1", "Bearer mine"]


async def test_a_callers_own_token_is_exchanged(tmp_path: Path) -> None:
    exchange = client(grant=OAUTH2.GRANT_TOKEN_EXCHANGE, subject_metadata="x-user-token")
    async with (
        TokenServer() as server,
        a_shop(tmp_path, server, credentials=[exchange]) as (door, backend),
    ):
        request = ExecuteActionRequest(name=named("shop/act"), parameters_json="{}")
        for user in ("ann", "bob", "ann"):
            await door.gateway.ExecuteAction(request, metadata=(("x-user-token", user),))
        assert [form["subject_token"] for form in server.forms] == ["ann", "bob"]
        signed = [authorization(each) for each in backend.requests]
        assert signed == ["Bearer t1", "Bearer t2", "Bearer t1"]


async def test_h18_a_document_does_not_lead_a_secret_away_from_where_the_version_calls(
    tmp_path: Path,
) -> None:
    async with (
        TokenServer() as server,
        HttpBackend() as backend,
        a_door(tmp_path, SECRETS) as door,
    ):
        away = server.uri.replace("127.0.0.1", "localhost")
        named = client(token_uri=away)
        await door.publish("led", operation(away), backend.origin, credentials=[client()])
        await door.publish("told", operation(away), backend.origin, credentials=[named])
        refused = await door.refused("led/act")
        code, reason, _, outcome = refused.said
        assert (code, reason, outcome) == (
            "FAILED_PRECONDITION",
            "CONNECTION_INCOMPLETE",
            "NOT_EXECUTED",
        )
        assert refused.fields == ["credentials.oauth2.token_uri"]
        assert not server.forms
        assert not backend.requests
        await door.execute("told/act")
        assert len(server.forms) == len(backend.requests) == 1
