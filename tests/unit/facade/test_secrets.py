import os
from collections.abc import Coroutine
from pathlib import Path

import pytest

from facade.errors.caller import ConnectionIncomplete, InvalidRequest
from facade.model.secret import LARGEST
from facade.secrets.environment import Environment
from facade.secrets.files import AGE, Files
from facade.secrets.references import Secrets

NAMES = ("PORTICO_SECRET_*",)


class Clock:
    """A time that a test turns on."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def secrets(
    environ: dict[str, str] | None = None,
    names: tuple[str, ...] = ("*",),
    folder: Path | None = None,
    clock: Clock | None = None,
) -> Secrets:
    return Secrets(Environment(environ or {}, names), Files(folder, clock or Clock()))


def at_once(work: Coroutine[None, None, str]) -> str:
    """What a coroutine gives that never waits."""
    try:
        work.send(None)
    except StopIteration as end:
        return str(end.value)
    work.close()
    raise AssertionError("it waits for something")


def refuses(some: Secrets, reference: str) -> ConnectionIncomplete:
    with pytest.raises(ConnectionIncomplete) as refusal:
        at_once(some.resolve(reference))
    return refusal.value


def test_a_variable_is_read_by_its_name_without_a_pause() -> None:
    some = secrets({"PORTICO_SECRET_KEY": "k"}, NAMES)
    assert at_once(some.resolve("env:PORTICO_SECRET_KEY")) == "k"


def test_a_variable_that_the_patterns_do_not_name_is_as_good_as_absent() -> None:
    some = secrets({"AWS_KEY": "hidden"}, NAMES)
    refusal = refuses(some, "env:AWS_KEY")
    absent = refuses(some, "env:AWS_KEX")
    assert "hidden" not in str(refusal.message) + str(refusal.details)
    assert refusal.message.replace("KEY", "KEX") == absent.message


def test_the_development_profile_reads_any_variable() -> None:
    assert at_once(secrets({"ANY": "k"}).resolve("env:ANY")) == "k"


def test_an_empty_variable_is_a_value() -> None:
    assert at_once(secrets({"ANY": ""}).resolve("env:ANY")) == ""


@pytest.mark.parametrize(
    ("reference", "remedy"),
    [
        ("env:PORTICO_SECRET_KEY", "--env-secrets"),
        ("file:key", "--file-secrets"),
        ("vault:secret/shop#key", "--vault-token"),
        ("secret:shop-key", "portico secret set"),
    ],
)
def test_a_missing_secret_names_the_reference_and_the_remedy(reference: str, remedy: str) -> None:
    refusal = refuses(secrets(), reference)
    assert reference in refusal.message
    assert refusal.details.violations[0].field == reference
    assert remedy in refusal.details.violations[0].description


@pytest.mark.parametrize(
    "given",
    [
        *(
            "hunter2",
            "",
            "sk:live:hunter2",
            "ENV:X",
            "env:",
            "env:A B",
            "env:1",
            "file:",
            "env:A\n",
        ),
        *("secret:", "secret:Hunter2", "secret:hunter2-", "secret:a/b", "secret:a\n"),
        *("vault:", "vault:hunter2", "vault:secret/hunter2", "vault:secret#hunter2", "vault:a/b#"),
        *("vault:/a/hunter2#k", "vault:a//hunter2#k", "vault:a/../hunter2#k", "vault:a/..#hunter2"),
        *("vault:./hunter2#k", "vault:sys/hunter2#k", "vault:auth/token/lookup-self#hunter2"),
        *("vault:identity/hunter2#k", "vault:cubbyhole/hunter2#k", "vault:a/hunter2\n#k"),
    ],
)
def test_a_text_that_is_no_reference_is_refused_and_not_repeated(given: str) -> None:
    some = secrets()
    refusal = refuses(some, given)
    with pytest.raises(InvalidRequest) as malformed:
        some.check(given, "credentials.key")
    for fault in (refusal, malformed.value):
        assert "named, never given" in fault.message
        assert "hunter2" not in fault.message + str(fault.details)
    assert malformed.value.details.violations[0].field == "credentials.key"


@pytest.mark.parametrize(
    "reference",
    [
        *("env:NOT_THERE", "file:not/there", "secret:a", "secret:shop-key-2"),
        *("vault:secret/shop#key", "vault:secret/data/a/b#a key", "vault:kv/..shop#k#2"),
    ],
)
def test_a_reference_is_checked_without_its_value(reference: str) -> None:
    secrets().check(reference)


def test_a_file_is_read_without_the_newline_that_ends_it(tmp_path: Path) -> None:
    clock = Clock()
    some = secrets(folder=tmp_path, clock=clock)
    for text in ("key", "key\n", "key\r\n"):
        (tmp_path / "token").write_bytes(text.encode())
        os.utime(tmp_path / "token", ns=(1, len(text)))
        clock.now += AGE
        assert at_once(some.resolve("file:token")) == "key"
    assert at_once(some.resolve(f"file:{tmp_path}/token")) == "key"


def test_n05_a_file_that_is_rotated_or_removed_is_noticed_within_5_s(tmp_path: Path) -> None:
    clock = Clock()
    some = secrets(folder=tmp_path, clock=clock)
    (tmp_path / "token").write_text("old")
    assert at_once(some.resolve("file:token")) == "old"
    (tmp_path / "fresh").write_text("new")
    (tmp_path / "fresh").replace(tmp_path / "token")
    clock.now += 4.9
    assert at_once(some.resolve("file:token")) == "new"
    (tmp_path / "token").unlink()
    clock.now += 4.9
    refuses(some, "file:token")
    (tmp_path / "token").write_text("again")
    assert at_once(some.resolve("file:token")) == "again"


def test_a_file_in_use_is_not_looked_at_with_every_call(tmp_path: Path) -> None:
    clock = Clock()
    some = secrets(folder=tmp_path, clock=clock)
    (tmp_path / "token").write_text("old")
    at_once(some.resolve("file:token"))
    (tmp_path / "token").unlink()
    clock.now += AGE - 0.1
    assert at_once(some.resolve("file:token")) == "old"


def test_n05_a_mount_of_kubernetes_is_followed_through_its_links(tmp_path: Path) -> None:
    for edition in ("..2026_01", "..2026_02"):
        (tmp_path / edition).mkdir()
        (tmp_path / edition / "token").write_text(edition)
    (tmp_path / "..data").symlink_to("..2026_01")
    (tmp_path / "token").symlink_to("..data/token")
    clock = Clock()
    some = secrets(folder=tmp_path, clock=clock)
    assert at_once(some.resolve("file:token")) == "..2026_01"
    (tmp_path / "..next").symlink_to("..2026_02")
    (tmp_path / "..next").replace(tmp_path / "..data")
    clock.now += AGE
    assert at_once(some.resolve("file:token")) == "..2026_02"


@pytest.mark.parametrize(
    "name",
    [
        "../outside",
        "sub/../../outside",
        "/etc/hostname",
        "link",
        ".",
        "sub",
        "a\0b",
        "big",
        "bytes",
    ],
)
def test_a_file_outside_of_the_folder_or_no_text_is_as_good_as_absent(
    tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "secrets"
    (folder / "sub").mkdir(parents=True)
    (tmp_path / "outside").write_text("hidden")
    (folder / "link").symlink_to(tmp_path / "outside")
    (folder / "big").write_bytes(b"x" * (LARGEST + 1))
    (folder / "bytes").write_bytes(b"\xff\xfe")
    assert "hidden" not in refuses(secrets(folder=folder), f"file:{name}").message


def test_no_file_is_read_where_no_folder_is_given() -> None:
    refuses(secrets(), "file:/etc/hostname")
