"""H-12 of seed 003: a token is renewed on listed statuses and values, and the call repeated."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from facade.errors.fault import Code, Fault
from facade.model.credential import Credential
from facade.model.policy import ErrorRule, Policy, Retry
from facade.parts import Parts
from tests.doors import document
from tests.engines import a_call, an_engine, publish
from tests.fakes import JSON, RawBackend, read_request, said
from tests.token_servers import SECRETS, TokenServer, a_client


class Fussy(RawBackend):
    """Answers what is in its way to every call but those that bear one of the tokens."""

    def __init__(self, refusal: bytes, *tokens: str) -> None:
        super().__init__(self._talk)
        self._refusal = refusal
        self._tokens = tokens
        self.asked: list[str] = []

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await read_request(reader)).lower()
        token = head.partition(b"authorization: bearer ")[2].partition(b"\r\n")[0].decode()
        self.asked.append(token)
        writer.write(JSON if token in self._tokens else self._refusal)


OAUTH = {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "/t", "scopes": {}}}}
SIGNED = document(
    {"/thing": {"post": {"operationId": "add", "responses": {}}}},
    components={"securitySchemes": {"oauth": OAUTH}},
    security=[{"oauth": []}],
)
RULES = (
    ErrorRule(status=440, code=Code.UNAUTHENTICATED),
    ErrorRule(pointer="/errcode", equals="40001", code=Code.UNAUTHENTICATED),
    ErrorRule(pointer="/errcode", equals="42001", code=Code.UNAUTHENTICATED),
)


async def called(
    folder: Path, backend: Fussy, call: Callable[[Parts], Any], tokens: TokenServer
) -> Any:
    """What a call of a shop comes to whose client is known to a server of tokens."""
    policy = Policy(error_rules=RULES, retry=Retry(max_attempts=1))
    credential = Credential(scheme="oauth", kind=a_client(tokens.uri))
    async with an_engine(folder, SECRETS) as parts:
        fields = {"policy": policy, "credentials": (credential,)}
        await publish(parts, "shop", SIGNED, backend.origin, **fields)
        return await call(parts)


@pytest.mark.parametrize(
    "refused",
    [said({}, 401), said({}, 440), said({"errcode": 40001}), said({"errcode": "42001"})],
    ids=["401", "a listed status", "a listed value", "another"],
)
async def test_h12_a_token_is_renewed_on_listed_statuses_and_values_and_the_call_repeated(
    tmp_path: Path, refused: bytes
) -> None:
    async with TokenServer() as tokens, Fussy(refused, "t2") as backend:
        outcome = await called(
            tmp_path, backend, lambda parts: parts.engine.execute(a_call("shop/add")), tokens
        )
    assert outcome.json == b"{}"
    assert backend.asked == ["t1", "t2"]


async def test_h12_the_call_is_repeated_once(tmp_path: Path) -> None:
    async with TokenServer() as tokens, Fussy(said({"errcode": 40001})) as backend:
        with pytest.raises(Fault) as failure:
            await called(
                tmp_path, backend, lambda parts: parts.engine.execute(a_call("shop/add")), tokens
            )
    assert failure.value.reason == "BACKEND_AUTH_FAILED"
    assert backend.asked == ["t1", "t2"]


async def test_h12_what_is_not_listed_has_no_token_renewed(tmp_path: Path) -> None:
    async with TokenServer() as tokens, Fussy(said({"errcode": 7})) as backend:
        await called(
            tmp_path, backend, lambda parts: parts.engine.execute(a_call("shop/add")), tokens
        )
    assert backend.asked == ["t1"]
