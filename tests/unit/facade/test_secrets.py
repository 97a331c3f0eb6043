import os
from pathlib import Path

import pytest

from facade.errors.caller import ConnectionIncomplete, InvalidRequest
from facade.secrets import LARGEST, Secrets

NAMES = ("PORTICO_SECRET_*",)


def refuses(secrets: Secrets, reference: str) -> ConnectionIncomplete:
    with pytest.raises(ConnectionIncomplete) as refusal:
        secrets.resolve(reference)
    return refusal.value


def test_a_variable_is_read_by_its_name() -> None:
    secrets = Secrets({"PORTICO_SECRET_KEY": "k"}, NAMES, None)
    assert secrets.resolve("env:PORTICO_SECRET_KEY") == "k"


def test_a_variable_that_the_patterns_do_not_name_is_as_good_as_absent() -> None:
    secrets = Secrets({"AWS_KEY": "hidden"}, NAMES, None)
    refusal = refuses(secrets, "env:AWS_KEY")
    absent = refuses(secrets, "env:AWS_KEX")
    assert "hidden" not in str(refusal.message) + str(refusal.details)
    assert refusal.message.replace("KEY", "KEX") == absent.message


def test_the_development_profile_reads_any_variable() -> None:
    assert Secrets({"ANY": "k"}, ("*",), None).resolve("env:ANY") == "k"


def test_an_empty_variable_is_a_value() -> None:
    assert Secrets({"PORTICO_SECRET_KEY": ""}, NAMES, None).resolve("env:PORTICO_SECRET_KEY") == ""


def test_a_missing_secret_names_the_reference_and_the_remedy() -> None:
    refusal = refuses(Secrets({}, NAMES, None), "env:PORTICO_SECRET_KEY")
    assert "env:PORTICO_SECRET_KEY" in refusal.message
    assert refusal.details.violations[0].field == "env:PORTICO_SECRET_KEY"
    assert "--env-secrets" in refusal.details.violations[0].description


@pytest.mark.parametrize(
    "given",
    ["hunter2", "", "sk:live:hunter2", "ENV:X", "env:", "env:A B", "env:1", "file:", "env:A\n"],
)
def test_a_text_that_is_no_reference_is_refused_and_not_repeated(given: str) -> None:
    secrets = Secrets({}, ("*",), None)
    refusal = refuses(secrets, given)
    with pytest.raises(InvalidRequest) as malformed:
        secrets.check(given, "credentials.key")
    for fault in (refusal, malformed.value):
        assert "named, never given" in fault.message
        assert "hunter2" not in fault.message + str(fault.details)
    assert malformed.value.details.violations[0].field == "credentials.key"


def test_a_reference_is_checked_without_its_value() -> None:
    Secrets({}, (), None).check("env:NOT_THERE")
    Secrets({}, (), None).check("file:not/there")


def test_a_file_is_read_without_the_newline_that_ends_it(tmp_path: Path) -> None:
    secrets = Secrets({}, (), tmp_path)
    for text in ("key", "key\n", "key\r\n"):
        (tmp_path / "token").write_bytes(text.encode())
        os.utime(tmp_path / "token", ns=(1, len(text)))
        assert secrets.resolve("file:token") == "key"
    assert secrets.resolve(f"file:{tmp_path}/token") == "key"


def test_n05_a_file_is_read_again_once_it_changes(tmp_path: Path) -> None:
    secrets = Secrets({}, (), tmp_path)
    (tmp_path / "token").write_text("old")
    assert secrets.resolve("file:token") == "old"
    (tmp_path / "fresh").write_text("new")
    (tmp_path / "fresh").replace(tmp_path / "token")
    assert secrets.resolve("file:token") == "new"


def test_n05_a_mount_of_kubernetes_is_followed_through_its_links(tmp_path: Path) -> None:
    for edition in ("..2026_01", "..2026_02"):
        (tmp_path / edition).mkdir()
        (tmp_path / edition / "token").write_text(edition)
    (tmp_path / "..data").symlink_to("..2026_01")
    (tmp_path / "token").symlink_to("..data/token")
    secrets = Secrets({}, (), tmp_path)
    assert secrets.resolve("file:token") == "..2026_01"
    (tmp_path / "..next").symlink_to("..2026_02")
    (tmp_path / "..next").replace(tmp_path / "..data")
    assert secrets.resolve("file:token") == "..2026_02"


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
    assert "hidden" not in refuses(Secrets({}, (), folder), f"file:{name}").message


def test_no_file_is_read_where_no_folder_is_given() -> None:
    refuses(Secrets({}, ("*",), None), "file:/etc/hostname")
