"""References from outside: each kind signs a call, and what is missing is named, never told."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.doors import Door, a_door, document
from tests.fakes import HttpBackend, answer

CANARY = "c4n4ry-hunter2"
TOKEN = "s.t0k3n"
DOCUMENT = document(
    {"/a": {"get": {"operationId": "act", "responses": {}, "security": [{"t": []}]}}},
    components={"securitySchemes": {"t": {"type": "http", "scheme": "bearer"}}},
)


def vault(request: bytes) -> bytes:
    """A Vault with one secret in a KV engine of version 2."""
    target = request.split()[1].decode()
    if f"x-vault-token: {TOKEN}".encode() not in request.lower():
        return answer(b'{"errors":["permission denied"]}', status=403)
    mount = {"path": "team/kv/", "type": "kv", "options": {"version": "2"}}
    found = {
        "/v1/sys/internal/ui/mounts/team/kv/shop": mount,
        "/v1/team/kv/data/shop": {"data": {"key": CANARY}, "metadata": {"version": 7}},
    }.get(target)
    if found is None:
        return answer(b'{"errors":[]}', status=404)
    return answer(json.dumps({"data": found}).encode())


@pytest.fixture
async def backend() -> AsyncIterator[HttpBackend]:
    async with HttpBackend() as opened:
        yield opened


@pytest.fixture
async def keeper() -> AsyncIterator[HttpBackend]:
    async with HttpBackend(vault) as opened:
        yield opened


@pytest.fixture
async def door(tmp_path: Path, keeper: HttpBackend) -> AsyncIterator[Door]:
    (tmp_path / "canary").write_text(f"{CANARY}\n")
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    environ = {"PORTICO_SECRET_CANARY": CANARY, "VAULT_ADDR": keeper.origin}
    chosen = {"file_secrets": tmp_path, "vault_token": tmp_path / "token"}
    async with a_door(tmp_path, environ, **chosen) as opened:
        yield opened


async def published(door: Door, backend: HttpBackend, reference: str) -> None:
    credential = {"scheme": "t", "bearer": {"token_secret": reference}}
    await door.publish("shop", DOCUMENT, backend.origin, credentials=[credential])


@pytest.mark.parametrize(
    "reference",
    ["env:PORTICO_SECRET_CANARY", "file:canary", "vault:team/kv/shop#key"],
)
async def test_a_call_is_signed_with_what_a_reference_names(
    door: Door, backend: HttpBackend, keeper: HttpBackend, reference: str
) -> None:
    await published(door, backend, reference)
    for _ in range(3):
        await door.execute("shop/act")
        assert f"Bearer {CANARY}".encode() in backend.requests[-1]
    assert len(keeper.requests) == (2 if reference.startswith("vault:") else 0)


@pytest.mark.parametrize(
    "reference",
    [
        *("env:PORTICO_SECRET_OTHER", "file:other", "secret:other"),
        *("vault:team/kv/shop#other", "vault:team/kv/other#key", "vault:other/shop#key"),
    ],
)
async def test_a_reference_that_leads_nowhere_is_named(
    door: Door, backend: HttpBackend, reference: str
) -> None:
    await published(door, backend, reference)
    sent = len(backend.requests)
    refused = await door.refused("shop/act")
    assert refused.said == (
        "FAILED_PRECONDITION",
        "CONNECTION_INCOMPLETE",
        "gateway",
        "NOT_EXECUTED",
    )
    assert refused.fields == [reference]
    assert CANARY not in refused.words
    assert len(backend.requests) == sent


async def test_l05_a_vault_that_is_gone_fails_the_calls_that_need_it_and_no_others(
    tmp_path: Path, backend: HttpBackend
) -> None:
    environ = {"VAULT_ADDR": "http://127.0.0.1:1", "VAULT_TOKEN": TOKEN, "A": CANARY}
    async with a_door(tmp_path, environ) as door:
        await published(door, backend, "vault:team/kv/shop#key")
        gone = await door.refused("shop/act")
        credential = {"scheme": "t", "bearer": {"token_secret": "env:A"}}
        await door.publish("other", DOCUMENT, backend.origin, credentials=[credential])
        await door.execute("other/act")
    assert gone.said == ("UNAVAILABLE", "STORE_UNAVAILABLE", "gateway", "NOT_EXECUTED")
    assert "vault:team/kv/shop#key" in gone.words
    assert TOKEN not in gone.words


async def test_without_a_vault_its_references_are_absent(
    tmp_path: Path, backend: HttpBackend
) -> None:
    async with a_door(tmp_path) as door:
        await published(door, backend, "vault:team/kv/shop#key")
        refused = await door.refused("shop/act")
    assert refused.info.reason == "CONNECTION_INCOMPLETE"
    assert "--vault" in refused.words
