"""portico secret: what goes in, what is told of it, and what is never told."""

import asyncio
import base64
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.processes import Running, on_a_terminal, portico, portico_up, together

CANARY = "c4n4ry-hunter2"

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with portico_up(tmp_path_factory.mktemp("secrets")) as running:
        yield running


async def test_a_secret_is_set_listed_replaced_and_deleted(
    gateway: Running, tmp_path: Path
) -> None:
    (tmp_path / "key.pem").write_text(f"-----BEGIN\n{CANARY}\n-----END\n")
    first = await gateway.portico("secret", "set", "shop-key", given=CANARY.encode() + b"\n")
    again = await gateway.portico(
        "secret", "set", "secret:shop-key", "--from-file", tmp_path / "key.pem", "--notes", "Ann's"
    )
    listed, machine, none = await together(
        gateway.portico("secret", "list"),
        gateway.portico("secret", "list", "-o", "json"),
        gateway.portico("secret", "list", "--filter", "notes:Bob"),
    )
    gone = await gateway.portico("secret", "delete", "shop-key")

    assert first.text == "shop-key is kept, revision 1: secret:shop-key\n"
    assert again.text == "shop-key is kept, revision 2: secret:shop-key\n"
    head, row = listed.text.splitlines()
    assert head.split() == ["NAME", "REVISION", "UPDATED", "FINGERPRINT", "KEY", "NOTES"]
    assert (row.split()[:2], row.split()[-1]) == (["shop-key", "2"], "Ann's")
    (secret,) = machine.data
    assert (secret["name"], secret["revision"], secret["notes"]) == ("secrets/shop-key", 2, "Ann's")
    assert "value" not in secret
    assert (none.status, none.text, none.err) == (0, "", "no secrets found\n")
    assert gone.text == "shop-key deleted\n"
    for each in (first, again, listed, machine):
        assert CANARY not in each.text + each.err


@pytest.mark.parametrize(
    ("arguments", "given", "status", "said"),
    [
        (("set", "Shop"), b"x", 1, "INVALID_ARGUMENT secret.name"),
        (("set", "empty"), b"\n", 1, "secret.value: a value is required"),
        (("set", "binary"), b"\xff\xfe", 2, "standard input: not UTF-8 text"),
        (("set", "absent", "-f", "/nowhere"), b"", 2, "/nowhere: No such file"),
        (("set",), b"", 2, "Missing argument"),
        (("delete", "nobody"), b"", 1, "SECRET_NOT_FOUND"),
        (("gte",), b"", 2, "No such command 'gte'"),
    ],
)
async def test_what_cannot_be_done_is_told_with_what_helps(
    gateway: Running, arguments: tuple[str, ...], given: bytes, status: int, said: str
) -> None:
    failed = await gateway.portico("secret", *arguments, given=given)

    assert (failed.status, failed.out) == (status, b"")
    assert said in failed.err
    assert "Traceback" not in failed.err


async def test_what_is_typed_on_a_terminal_is_not_shown(gateway: Running) -> None:
    env = {"PORTICO_SERVER": gateway.address, "TERM": "dumb"}

    typed, status = await asyncio.to_thread(
        on_a_terminal, "secret", "set", "typed", env=env, keys=f"{CANARY}\n{CANARY}\n".encode()
    )
    listed = await gateway.portico("secret", "list", "-o", "json", "-l", "id = typed")

    assert status == 0
    assert "Value of typed" in typed
    assert CANARY not in typed
    assert [each["revision"] for each in listed.data] == [1]


async def test_l07_a_new_key_seals_everything_and_the_progress_is_told(tmp_path: Path) -> None:
    ring = tmp_path / "ring"
    old, new = (base64.b64encode(bytes([number] * 32)).decode() for number in (1, 2))
    ring.write_text(f"{old}\n")
    async with portico_up(tmp_path, None, "--key-ring", str(ring)) as gateway:
        await gateway.portico("secret", "set", "shop-key", given=CANARY.encode())
        before = await gateway.portico("secret", "list", "-o", "json")
        ring.write_text(f"{new}\n{old}\n")
        done = await gateway.portico("secret", "rotate")
        after = await gateway.portico("secret", "list", "-o", "json")
        ring.write_text(f"{old}\n")
        lost = await gateway.portico("secret", "rotate", "-o", "json")

    (was,), (now,) = before.data, after.data
    assert done.text == f"1 sealed anew by the key {now['key_label']}; no other key is needed\n"
    assert now["key_label"] != was["key_label"]
    assert {**now, "key_label": ""} == {**was, "key_label": ""}
    assert (lost.status, lost.data["unreadable_count"]) == (1, 1)
    assert "1 secret is sealed by a key that is not in the ring" in lost.err


async def test_the_shell_completes_what_can_be_done_with_secrets() -> None:
    env = {
        "_PORTICO_COMPLETE": "complete_bash",
        "COMP_WORDS": "portico secret ",
        "COMP_CWORD": "2",
    }

    completed = await portico(env=env)

    assert completed.text.split() == ["set", "list", "delete", "rotate"]
