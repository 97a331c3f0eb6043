"""A credential that the backend takes no more: what is told of the second try, and what is kept."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from facade.errors.fault import Effect, Fault
from facade.model.call import Upload
from facade.model.credential import Credential
from facade.model.stream import StreamedBody, Wanted
from facade.parts import Parts
from tests.doors import document
from tests.engines import a_call, an_engine, publish
from tests.fakes import JSON, RawBackend, answer, read_request
from tests.token_servers import SECRETS, TokenServer, a_client

OAUTH = {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "/t", "scopes": {}}}}
SPEC = document(
    {
        "/thing": {"get": {"operationId": "get", "responses": {}}},
        "/file": {
            "put": {
                "operationId": "put",
                "requestBody": {"content": {"application/octet-stream": {}}},
                "responses": {},
            }
        },
    },
    components={"securitySchemes": {"oauth": OAUTH}},
    security=[{"oauth": []}],
)
REFUSED = answer(b"{}", status=401, headers=(("Content-Type", "application/json"),))


class Fussy(RawBackend):
    """Takes no call that bears the first token; then it may be gone."""

    def __init__(self, *, leaves: bool = False) -> None:
        super().__init__(self._talk)
        self._leaves = leaves
        self.tokens: list[str] = []

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await read_request(reader)
        token = head.lower().partition(b"authorization: bearer ")[2].partition(b"\r\n")[0].decode()
        self.tokens.append(token)
        if self._leaves:
            self._server.close()
        writer.write(REFUSED if token == "t1" else JSON)


async def _chunks() -> AsyncIterator[bytes]:
    yield b"data"


async def _published(parts: Parts, tokens: TokenServer, backend: Fussy) -> None:
    credential = Credential(scheme="oauth", kind=a_client(tokens.uri))
    await publish(parts, "shop", SPEC, backend.origin, credentials=(credential,))


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_backend_that_has_heard_of_a_call_is_never_told_not_to_have(
    tmp_path: Path, *, streamed: bool
) -> None:
    async with (
        TokenServer() as tokens,
        Fussy(leaves=True) as backend,
        an_engine(tmp_path, SECRETS) as parts,
    ):
        await _published(parts, tokens, backend)
        call = a_call("shop/get")
        with pytest.raises(Fault) as failure:
            await (
                anext(parts.engine.stream(call, Wanted()))
                if streamed
                else parts.engine.execute(call)
            )
    assert backend.tokens == ["t1"]
    assert failure.value.reason == "BACKEND_UNREACHABLE"
    assert failure.value.effect is Effect.UNKNOWN


async def test_a_streamed_upload_that_is_refused_gives_its_token_up(tmp_path: Path) -> None:
    async with (
        TokenServer() as tokens,
        Fussy() as backend,
        an_engine(tmp_path, SECRETS) as parts,
    ):
        await _published(parts, tokens, backend)
        call = a_call("shop/put", upload=Upload(content_type="application/octet-stream", data=b""))
        with pytest.raises(Fault) as failure:
            await parts.engine.execute(call, StreamedBody(chunks=_chunks(), size=4))
        assert failure.value.reason == "BACKEND_AUTH_FAILED"
        await parts.engine.execute(call, StreamedBody(chunks=_chunks(), size=4))
    assert backend.tokens == ["t1", "t2"]
