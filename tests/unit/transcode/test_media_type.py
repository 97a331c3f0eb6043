import time

import pytest

from facade.transcode.media_type import is_json, parse


@pytest.mark.parametrize(
    ("text", "essence", "charset"),
    [
        ("application/json", "application/json", ""),
        (" Application/JSON ; Charset=UTF-8 ", "application/json", "UTF-8"),
        ('text/plain;charset="utf-8"', "text/plain", "utf-8"),
        (r'text/plain;a="\"x;charset=no\"";charset=latin-1', "text/plain", "latin-1"),
        ("text/html; charset=a; charset=b", "text/html", "a"),
        ("text/html;; ;utf-8; charset=a", "text/html", "a"),
        ("image/*", "image/*", ""),
    ],
)
def test_a_media_type_is_read_with_its_parameters(text: str, essence: str, charset: str) -> None:
    parsed = parse(text)
    assert parsed is not None
    assert (parsed.essence, parsed.charset) == (essence, charset)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "json",
        "no coupon applied",
        "header:",
        "/json",
        "a/",
        "a/b c",
        "application/json, text/html",
        "a/b\r\nX: y",
        "a/b; x=\x00",
        "a/b; x=é",
    ],
)
def test_what_is_no_media_type_is_none(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("application/json", True),
        ("APPLICATION/JSON;charset=utf-8", True),
        ("application/vnd.api+json; version=1", True),
        ("application/problem+json", True),
        ("text/json", True),
        ("application/*+json", True),
        ("application/json-seq", False),
        ("application/x-ndjson", False),
        ("text/html", False),
        ("*/*", False),
        ("garbage", False),
    ],
)
def test_json_is_known_by_type_and_by_suffix(text: str, *, expected: bool) -> None:
    assert is_json(text) is expected


@pytest.mark.parametrize(
    ("media_range", "text", "expected"),
    [
        ("*/*", "image/png", True),
        ("image/*", "image/png", True),
        ("image/*", "text/png", False),
        ("image/png", "IMAGE/PNG; q=1", True),
        ("image/png;level=1", "image/png", True),
        ("image/png", "image/jpeg", False),
        ("application/*+json", "application/vnd.x+json", True),
        ("application/*+json", "application/json", False),
    ],
)
def test_a_range_covers_types_whatever_their_case_and_parameters(
    media_range: str, text: str, *, expected: bool
) -> None:
    wide, narrow = parse(media_range), parse(text)
    assert wide is not None
    assert narrow is not None
    assert wide.covers(narrow) is expected


@pytest.mark.parametrize(
    "text",
    [
        "a/b;" + "a" * 60_000,
        "a/b;" + 'a="\\"' * 15_000,
        "a/b;" + 'a="' * 20_000,
        "a/b;a" + " " * 60_000,
        "a/b" + " " * 60_000 + "x",
    ],
)
def test_a_hostile_content_type_is_read_in_linear_time(text: str) -> None:
    start = time.perf_counter()
    parse(text)
    assert time.perf_counter() - start < 0.5


def test_a_quote_that_never_ends_takes_the_rest() -> None:
    parsed = parse('text/plain; a="x; charset=latin-1')
    assert parsed is not None
    assert parsed.parameters == {"a": "x; charset=latin-1"}
