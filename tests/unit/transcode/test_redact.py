from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote, quote_plus

import orjson
import pytest

from facade.transcode.redact import MASK, blank, excerpt, forms_of, one_line, traced_url

SECRET = 'p@ss/w0rd "é"+x'


@pytest.mark.parametrize(
    "appearance",
    [
        SECRET,
        quote(SECRET, safe=""),
        quote(SECRET, safe="").lower(),
        quote_plus(SECRET),
        orjson.dumps(SECRET).decode()[1:-1],
        b64encode(SECRET.encode()).decode(),
        urlsafe_b64encode(SECRET.encode()).decode().rstrip("="),
    ],
)
def test_a_secret_is_blanked_in_each_of_its_forms(appearance: str) -> None:
    shown = blank(f"a {appearance} b", forms_of([SECRET]))
    assert shown == f"a {MASK} b"


@pytest.mark.parametrize("before", ["", "u", "us", "use", "user:"])
@pytest.mark.parametrize("after", ["", "x", "xy", "xyz"])
def test_a_secret_amid_other_bytes_in_base64_is_blanked(before: str, after: str) -> None:
    secret = "correct-horse-battery"
    encoded = b64encode(f"{before}{secret}{after}".encode()).decode()
    assert MASK in blank(encoded, forms_of([secret]))
    core = b64encode(secret.encode()).decode()[2:-6]
    assert core not in blank(encoded, forms_of([secret]))


def test_the_longer_of_two_secrets_is_blanked_whole() -> None:
    assert blank("key-and-more", forms_of(["key", "key-and-more"])) == MASK


def test_no_secret_and_the_empty_secret_blank_nothing() -> None:
    assert blank("text", forms_of([])) == "text"
    assert blank("text", forms_of([""])) == "text"


@pytest.mark.parametrize("length", [12, 300, 4000])
def test_a_secret_that_the_end_of_an_excerpt_cuts_in_two_does_not_show(length: int) -> None:
    secret = "".join(chr(97 + index * 7 % 26) for index in range(length))
    body = (secret * (200_000 // length + 1)).encode()
    for shift in range(0, length, max(1, length // 10)):
        shown = excerpt(body[: 200_000 - shift], [secret])
        assert shown.replace(MASK, "").strip("…*") == ""


def test_an_excerpt_is_one_line_of_at_most_1_kib_without_control_characters() -> None:
    shown = excerpt("é\r\n\x1b[31m\x00\u202e".encode() * 2000 + b"\xff", [])
    assert len(shown.encode()) <= 1024
    assert shown.isprintable()


@pytest.mark.parametrize("text", ["short", "é" * 300, "a" * 512, "a" * 513, "\ud800"])
def test_a_line_is_cut_at_a_character(text: str) -> None:
    shown = one_line(text, 512)
    assert len(shown.encode()) <= 512
    assert shown == text or shown.endswith("…") or text == "\ud800"


@pytest.mark.parametrize("charset", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_l02_a_secret_does_not_show_in_wide_letters(charset: str) -> None:
    said = excerpt("the token s3cr3t-token is wrong".encode(charset), ("s3cr3t-token",))
    assert said.endswith("the token *** is wrong")


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("https://a/b", "https://a/b"),
        ("https://a/b?api_key=hunter2", "https://a/b?api_key=***"),
        ("https://a/b?x=1&api_key=hunter2&y", "https://a/b?x=***&api_key=***&y"),
        ("https://a/hunter2/b?hunter2", "https://a/***/b?***"),
        ("https://a/b?q=a%3Db%26c", "https://a/b?q=***"),
        ("https://a/b?", "https://a/b?"),
    ],
)
def test_l03_a_trace_shows_of_a_query_no_more_than_its_names(uri: str, shown: str) -> None:
    assert traced_url(uri, ["hunter2"]) == shown
