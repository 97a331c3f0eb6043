import subprocess

import pytest

from facade.model.call import Attempt, Headers, Plan, Reply
from facade.transcode.preview import curl, dry_run_of, exchange_of
from tests.fakes import a_plan


def plan_of(
    method: str = "POST",
    target: str = "/pets?q=a%20b",
    headers: Headers = (),
    body: bytes | None = None,
) -> Plan:
    return a_plan("https://api.test", method=method, target=target, headers=headers, body=body)


def argv(command: str) -> list[str]:
    """What a shell makes of the command."""
    printed = subprocess.run(  # noqa: S603 the text under test, with printf in place of curl
        ["/bin/sh", "-c", command.replace("curl", "printf '%s\\0'", 1)],
        capture_output=True,
        check=True,
        timeout=5,
    ).stdout
    return printed.decode().split("\0")[:-1]


def test_a_curl_command_survives_a_shell() -> None:
    body = '{"a":"it\'s $HOME `x` \\"é\\" \n!"}'.encode()
    headers = (("content-type", "application/json"), ("x-note", "a 'b' $c"), ("x-empty", ""))
    assert argv(curl(plan_of(headers=headers, body=body))) == [
        *("-X", "POST", "https://api.test/pets?q=a%20b"),
        *("-H", "content-type: application/json"),
        *("-H", "x-note: a 'b' $c"),
        *("-H", "x-empty;"),
        *("--data-raw", body.decode()),
    ]


@pytest.mark.parametrize(
    ("method", "body", "expected"),
    [
        ("GET", None, []),
        ("HEAD", None, ["--head"]),
        ("DELETE", None, ["-X", "DELETE"]),
        ("GET", b"{}", ["-X", "GET"]),
    ],
)
def test_the_method_is_said_as_curl_wants_it(
    method: str, body: bytes | None, expected: list[str]
) -> None:
    words = argv(curl(plan_of(method, body=body)))
    assert words[: len(expected) + 1] == [*expected, "https://api.test/pets?q=a%20b"]


def test_brackets_in_the_url_are_no_patterns() -> None:
    assert "--globoff" in argv(curl(plan_of(target="/a?b[c]=1")))


@pytest.mark.parametrize("body", [b"\x89PNG\xff", b"a\x00b", b"\x1b[31mred"])
def test_a_body_that_is_not_text_is_a_file_with_its_size(body: bytes) -> None:
    command = curl(plan_of(body=body))
    assert argv(command)[-2:] == ["--data-binary", "@BODY"]
    assert f"{len(body)} bytes" in command.splitlines()[-1].partition("#")[2]
    assert command.isascii()


SECRET = "s3cr3t/key+"
SIGNED = plan_of(
    target="/pets?api_key=s3cr3t%2Fkey%2B",
    headers=(
        ("Authorization", "Bearer other"),
        ("Cookie", "session=1"),
        ("X-Api-Key", f"Token {SECRET}"),
        ("X-Plain", "plain"),
    ),
    body=b'{"key":"s3cr3t/key+"}',
)


def test_l03_no_secret_stands_in_a_curl_command() -> None:
    command = curl(SIGNED, [SECRET])
    assert "s3cr3t" not in command
    assert "other" not in command
    assert "session" not in command
    assert "https://api.test/pets?api_key=***" in argv(command)
    assert "X-Plain: plain" in argv(command)


def test_l03_no_secret_stands_in_an_exchange_but_in_the_answers_body() -> None:
    reply = Reply(
        status=200,
        headers=(("set-cookie", "a=b"), ("x-echo", SECRET), ("etag", "1")),
        body=SECRET.encode(),
    )
    attempts = (Attempt(status=200, seconds=0.5),)
    exchange = exchange_of(SIGNED, [SECRET], reply=reply, attempts=attempts, trace_id="t")
    assert exchange.method == "POST"
    assert exchange.uri == "https://api.test/pets?api_key=***"
    assert exchange.request_headers == (
        ("Authorization", "***"),
        ("Cookie", "***"),
        ("X-Api-Key", "Token ***"),
        ("X-Plain", "plain"),
    )
    assert exchange.reply is not None
    assert exchange.reply.headers == (("set-cookie", "***"), ("x-echo", "***"), ("etag", "1"))
    assert exchange.reply.body == SECRET.encode()
    assert exchange.attempts == attempts
    assert exchange.version == "connectors/shop/versions/v1"
    assert exchange.trace_id == "t"
    assert (exchange.curl, exchange.request_body) == ("", None)


def test_a_dry_run_shows_the_body_and_the_command() -> None:
    exchange = dry_run_of(SIGNED, [SECRET])
    assert exchange.request_body == b'{"key":"***"}'
    assert exchange.curl == curl(SIGNED, [SECRET])
    assert exchange.reply is None
