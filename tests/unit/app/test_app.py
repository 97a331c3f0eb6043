"""What of the facade's process needs no socket: dates, flags, settings."""

import json
from typing import Any

import pytest

from facade.__main__ import main, read
from facade.app.cycle import Date
from facade.app.drain import until_last_words
from facade.config import OF_GRPC, Misconfigured, Settings, load
from facade.run import HTTP, announcing, encode, facade_of


def test_the_date_is_made_once_a_second() -> None:
    now = [784111777.25]
    date = Date(lambda: now[0])
    assert date.text() == b"Sun, 06 Nov 1994 08:49:37 GMT"  # RFC 9110, section 5.6.7
    first = date.text()
    now[0] += 0.5
    assert date.text() is first
    now[0] += 0.5
    assert date.text() == b"Sun, 06 Nov 1994 08:49:38 GMT"


@pytest.mark.parametrize(("grace", "seconds"), [(25.0, 23.0), (4.0, 2.0), (1.0, 0.5), (0.0, 0.0)])
def test_what_runs_is_told_shortly_before_the_end(grace: float, seconds: float) -> None:
    assert until_last_words(grace) == seconds


@pytest.mark.parametrize(
    ("words", "flags"),
    [
        ("--http 127.0.0.1:1 --dev", {"http": "127.0.0.1:1", "dev": True}),
        ("--http=127.0.0.1:1 --no-dev", {"http": "127.0.0.1:1", "dev": False}),
        ("--dev=false", {"dev": "false"}),
        ("--spec-hosts a --spec-hosts b", {"spec_hosts": ["a", "b"]}),
        ("--config x.yaml", {"config": "x.yaml"}),
        ("", {}),
    ],
)
def test_flags_are_read_by_the_names_of_their_settings(words: str, flags: dict[str, Any]) -> None:
    assert read(words.split()) == flags


@pytest.mark.parametrize("words", ["http", "--http", "-h2", "--workers 2 3"])
def test_what_is_no_flag_is_refused(words: str) -> None:
    with pytest.raises(Misconfigured):
        read(words.split())


def test_an_unknown_flag_is_unknown_whether_it_has_a_value_or_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for words in (["--htp"], ["--htp", "127.0.0.1:1"]):
        assert main(words) == 2
        assert capsys.readouterr().err == ("error --htp: unknown setting; did you mean `--http`?\n")


def test_help_has_every_setting_of_a_facade_with_its_default(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    for name in Settings.__dataclass_fields__:
        assert (f"--{name.replace('_', '-')} " in shown) is (name not in OF_GRPC)
    assert "[PORTICO_DATA; default portico-data]" in shown


@pytest.mark.parametrize("name", sorted(OF_GRPC))
def test_a_flag_that_a_facade_has_no_use_for_is_refused(name: str) -> None:
    with pytest.raises(Misconfigured, match="no gRPC face"):
        read([f"--{name}", "127.0.0.1:1"])


def test_the_line_of_a_program_that_is_ready_names_the_profile(
    capsys: pytest.CaptureFixture[str],
) -> None:
    announcing("portico facade", Settings(dev=True))(["http://a", "b"])
    announcing("portico", Settings(callers="known"), "native")(["c"])
    assert capsys.readouterr().out.splitlines() == [
        (
            "portico facade is ready on http://a and b, development profile, "
            "callers: anyone on this machine"
        ),
        "portico is ready on c, native engine",
    ]


def test_a_facade_has_an_http_face_whether_a_setting_says_where_or_not() -> None:
    assert facade_of(Settings()).http == HTTP == "127.0.0.1:8080"
    assert facade_of(Settings(http="127.0.0.1:1")).http == "127.0.0.1:1"


def test_settings_reach_a_worker_as_they_are() -> None:
    flags = {"http": "127.0.0.1:1", "data": "memory", "workers": "3", "spec_hosts": ["a", "b"]}
    settings = load(flags, {})
    line = encode(settings)
    assert line.endswith(b"\n")
    assert load(json.loads(line), {}) == settings


def test_n09_no_key_and_no_token_has_a_default() -> None:
    settings = Settings()
    secrets = ("key_ring", "hop_key", "metrics_token", "vault_token", "tls_key")
    assert {getattr(settings, name) for name in secrets} == {None}
