import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from facade.config import Misconfigured, Settings
from facade.errors.backend import BackendUnreachable
from facade.errors.caller import ConnectionIncomplete
from facade.errors.fault import Effect, Fault
from facade.errors.service import StoreUnavailable
from facade.model.call import Headers, Reply
from facade.secrets.environment import Environment
from facade.secrets.files import Files
from facade.secrets.opening import vault_server
from facade.secrets.references import Secrets
from facade.secrets.remembered import AGAIN, KEPT, RENEWED
from facade.secrets.vault import Vault, VaultServer, places_of, value_at

TOKEN = "s.hunter2"
MOUNTS = "sys/internal/ui/mounts/"


def said(tree: object, status: int = 200) -> Reply:
    return Reply(status=status, headers=(), body=json.dumps(tree).encode())


def mount(path: str, version: str = "", kind: str = "kv") -> Reply:
    options = {"version": version} if version else None
    return said({"data": {"path": path, "type": kind, "options": options}})


def second(**values: object) -> Reply:
    return said({"data": {"data": values, "metadata": {"version": 3}}})


def first(**values: object) -> Reply:
    return said({"data": values, "lease_duration": 2764800})


NOTHING = said({"errors": []}, 404)


class Scripted:
    """A Vault by its paths, which counts what it is asked."""

    def __init__(self) -> None:
        self.answers: dict[str, Reply | Fault] = {}
        self.asked: list[str] = []
        self.headers: dict[str, str] = {}
        self.now = 100.0
        self.gate = asyncio.Event()
        self.gate.set()

    async def fetch(self, uri: str, headers: Headers) -> Reply:
        path = uri.removeprefix("https://vault.example/v1/")
        self.asked.append(path)
        self.headers = dict(headers)
        await self.gate.wait()
        answer = self.answers.get(path, NOTHING)
        if isinstance(answer, Fault):
            raise answer
        return answer

    def served(self, **fields: Any) -> Secrets:
        given: dict[str, Any] = {"uri": "https://vault.example/", "token": TOKEN} | fields
        vault = Vault(VaultServer(**given), self.fetch, lambda: self.now)
        return Secrets(Environment({}, ()), Files(None, lambda: self.now), vault)


@pytest.fixture
def vault() -> Scripted:
    scripted = Scripted()
    scripted.answers = {
        MOUNTS + "secret/shop": mount("secret/", "2"),
        "secret/data/shop": second(key="hunter3"),
    }
    return scripted


@pytest.fixture
async def secrets(vault: Scripted) -> AsyncIterator[Secrets]:
    async with vault.served() as opened:
        yield opened


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("path", "mounts", "places"),
    [
        ("secret/a/b", mount("secret/", "2"), ("secret/data/a/b",)),
        ("team/kv/a", mount("team/kv/", "2"), ("team/kv/data/a",)),
        ("secret/data/a", mount("secret/", "2"), ("secret/data/a", "secret/data/data/a")),
        ("kv/a", mount("kv/", "1"), ("kv/a",)),
        ("kv/a", mount("kv/"), ("kv/a",)),
        ("kv/a", mount("kv/", kind="generic"), ("kv/a",)),
        ("aws/creds/a", mount("aws/", kind="aws"), ()),
        ("kv/a", mount("other/", "2"), ()),
        ("kv/a", said([]), ()),
        ("secret/a", NOTHING, ("secret/a", "secret/data/a")),
        ("secret/data/a", NOTHING, ("secret/data/a", "secret/data/data/a")),
    ],
)
def test_a_path_is_that_of_the_command_or_of_the_interface(
    path: str, mounts: Reply, places: tuple[str, ...]
) -> None:
    assert places_of(path, mounts) == places


@pytest.mark.parametrize(
    ("reply", "value"),
    [
        (second(k="v"), "v"),
        (first(k="v"), "v"),
        (first(k=""), ""),
        (first(k=17), "17"),
        (first(k={"a": [1]}), '{"a":[1]}'),
        (first(other="v"), None),
        (first(k=None), None),
        (first(data="v", k="w"), "w"),
        (said({"data": {"data": None, "metadata": {"version": 3}}}), None),
        (said("k"), None),
        (Reply(status=200, headers=(), body=b"<html>"), None),
    ],
)
def test_a_value_is_what_stands_under_its_key(reply: Reply, value: str | None) -> None:
    assert value_at("k", reply) == value


async def test_a_secret_is_read_with_the_token_and_named_by_no_fault(
    vault: Scripted, secrets: Secrets
) -> None:
    assert await secrets.resolve("vault:secret/shop#key") == "hunter3"
    assert vault.headers == {"x-vault-request": "true", "x-vault-token": TOKEN}
    with pytest.raises(ConnectionIncomplete) as refusal:
        await secrets.resolve("vault:secret/shop#other")
    assert "vault:secret/shop#other" in refusal.value.message
    assert "hunter" not in refusal.value.message + str(refusal.value.details)


async def test_the_token_is_read_from_its_file_each_time_and_the_namespace_is_said(
    vault: Scripted, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text("s.first\n")
    async with vault.served(token_file=tmp_path / "token", namespace="team") as secrets:
        await secrets.resolve("vault:secret/shop#key")
        assert (vault.headers["x-vault-token"], vault.headers["x-vault-namespace"]) == (
            "s.first",
            "team",
        )
        (tmp_path / "token").write_text("s.second")
        vault.now += RENEWED
        await secrets.resolve("vault:secret/shop#key")
        await settle()
        assert vault.headers["x-vault-token"] == "s.second"


async def test_a_path_is_sent_as_one_and_nothing_else(vault: Scripted) -> None:
    async with vault.served() as secrets:
        with pytest.raises(ConnectionIncomplete):
            await secrets.resolve("vault:kv/%2e%2e/a?list=true b#key")
    assert vault.asked[0] == MOUNTS + "kv/%252e%252e/a%3Flist%3Dtrue%20b"


async def test_one_request_is_under_way_however_many_ask(vault: Scripted, secrets: Secrets) -> None:
    vault.gate.clear()
    async with asyncio.TaskGroup() as group:
        asking = [group.create_task(secrets.resolve("vault:secret/shop#key")) for _ in range(500)]
        await settle()
        asking[0].cancel()
        await settle()
        vault.gate.set()
    assert {task.result() for task in asking[1:]} == {"hunter3"}
    assert vault.asked == [MOUNTS + "secret/shop", "secret/data/shop"]


async def test_a_value_in_use_is_renewed_beside_the_calls_before_it_ends(
    vault: Scripted, secrets: Secrets
) -> None:
    await secrets.resolve("vault:secret/shop#key")
    vault.answers["secret/data/shop"] = second(key="hunter4")
    vault.now += RENEWED - 1
    assert await secrets.resolve("vault:secret/shop#key") == "hunter3"
    assert len(vault.asked) == 2
    vault.now += 1
    assert await secrets.resolve("vault:secret/shop#key") == "hunter3"
    await settle()
    assert await secrets.resolve("vault:secret/shop#key") == "hunter4"
    assert len(vault.asked) == 4


@pytest.mark.parametrize(
    "failure",
    [BackendUnreachable("gone"), said({"errors": ["sealed"]}, 503), said({}, 500), said({}, 429)],
)
async def test_l05_a_vault_that_is_gone_is_done_without_for_5_minutes_then_unavailable(
    vault: Scripted, secrets: Secrets, failure: Reply | Fault
) -> None:
    await secrets.resolve("vault:secret/shop#key")
    vault.answers[MOUNTS + "secret/shop"] = failure
    began = vault.now
    for seconds in range(0, int(KEPT), 10):
        vault.now = began + seconds
        assert await secrets.resolve("vault:secret/shop#key") == "hunter3"
        await settle()
    vault.now = began + KEPT
    with pytest.raises(StoreUnavailable) as refusal:
        await secrets.resolve("vault:secret/shop#key")
    assert refusal.value.effect is Effect.NOT_EXECUTED
    assert "vault:secret/shop#key" in refusal.value.message
    assert "hunter" not in refusal.value.message + str(refusal.value.details)
    del vault.answers[MOUNTS + "secret/shop"]
    vault.now += AGAIN
    assert await secrets.resolve("vault:secret/shop#key") == "hunter3"


async def test_a_vault_that_is_gone_is_asked_once_in_two_seconds(
    vault: Scripted, secrets: Secrets
) -> None:
    vault.answers[MOUNTS + "secret/shop"] = said({}, 503)
    faults = []
    for _ in range(50):
        with pytest.raises(StoreUnavailable) as refusal:
            await secrets.resolve("vault:secret/shop#key")
        faults.append(refusal.value)
    assert len(vault.asked) == 1
    assert len(set(map(id, faults))) == 50  # what one call adds to its fault is not told another


@pytest.mark.parametrize("status", [400, 401, 403])
async def test_what_the_token_may_not_read_is_as_good_as_absent(
    vault: Scripted, secrets: Secrets, status: int
) -> None:
    vault.answers["secret/data/shop"] = said({"errors": ["permission denied"]}, status)
    with pytest.raises(ConnectionIncomplete, match="is not there, or may not be read"):
        await secrets.resolve("vault:secret/shop#key")


@pytest.mark.parametrize("text", [None, "", "\n", "s.hunter2\r\nx-other: 1", "s.hünter2"])
async def test_without_a_token_that_can_be_sent_nothing_is_asked(
    vault: Scripted, tmp_path: Path, text: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    if text is not None:
        (tmp_path / "token").write_text(text)
    async with vault.served(token_file=tmp_path / "token") as secrets:
        with pytest.raises(ConnectionIncomplete):
            await secrets.resolve("vault:secret/shop#key")
    assert vault.asked == []
    assert "hunter2" not in caplog.text


def test_a_vault_is_named_by_the_settings_or_by_the_variables_of_its_own_tools() -> None:
    environ = {
        "VAULT_ADDR": "http://127.0.0.1:8200",
        "VAULT_TOKEN": "s.1",
        "VAULT_NAMESPACE": "team",
    }
    assert vault_server(Settings(), {}) is None
    assert vault_server(Settings(), environ) == VaultServer(
        uri="http://127.0.0.1:8200", token="s.1", namespace="team"
    )
    chosen = Settings(vault="https://vault.example", vault_token=Path("token"))
    found = vault_server(chosen, environ)
    assert found is not None
    assert (found.uri, found.token_file) == ("https://vault.example", Path("token"))
    for name, value in (
        ("VAULT_ADDR", "vault.example:8200"),
        ("VAULT_ADDR", "https://user:hunter2@vault.example"),
        ("VAULT_ADDR", "https://vault.example/?a=b"),
        ("VAULT_NAMESPACE", "a\nb"),
    ):
        with pytest.raises(Misconfigured, match=name):
            vault_server(Settings(), environ | {name: value})
