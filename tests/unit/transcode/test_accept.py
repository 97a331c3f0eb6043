"""What we say that we accept, and what a caller may say in its place."""

import time

import pytest

from facade.model.action import Action, Media, Response
from facade.transcode.accept import accept, accept_flaw, accepts, named
from facade.transcode.media_type import parse


def action(*responses: tuple[str, tuple[str, ...]]) -> Action:
    return Action(
        id="a",
        method="GET",
        path="/",
        pointer="",
        responses=tuple(
            Response(status=status, media=tuple(Media(type=each) for each in types))
            for status, types in responses
        ),
    )


@pytest.mark.parametrize(
    ("responses", "expected"),
    [
        ((), "*/*"),
        ((("204", ()),), "*/*"),
        ((("200", ("application/json",)),), "application/json, */*;q=0.1"),
        (
            (("200", ("application/xml", "application/json")),),
            "application/json, application/xml;q=0.5, */*;q=0.1",
        ),
        (
            (("2XX", ("application/vnd.x+json;v=1",)), ("404", ("text/html",))),
            "application/vnd.x+json;v=1, */*;q=0.1",
        ),
        ((("200", ("text/csv", "image/*")),), "text/csv, image/*, */*;q=0.1"),
        ((("default", ("application/json",)), ("404", ())), "application/json, */*;q=0.1"),
        ((("200", ("no coupon applied", "*/*")),), "*/*"),
        ((("200", ("a/b\r\nX: y",)),), "*/*"),
        (
            (("200", ("application/json",)), ("202", ("application/json",))),
            "application/json, */*;q=0.1",
        ),
    ],
)
def test_accept_names_the_declared_successes_json_first(
    responses: tuple[tuple[str, tuple[str, ...]], ...], expected: str
) -> None:
    assert accept(action(*responses)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "*/*",
        "text/*",
        "text/csv",
        "Text/CSV;Charset=utf-8;q=0",
        "text/csv, application/json;q=0.5",
        "text/csv\t,application/*;Q=1.000 ; v=1",
        'a/b;x="q,\\"r;";q=0.123,c/d',
        "a/b;;q=1.",
        "application/*+json",
    ],
)
def test_a_list_of_media_ranges_is_an_accept_field(text: str) -> None:
    assert accept_flaw(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        *("json", "*/json", "*", "a/", "/b", "a/b c/d", "a/b;q", "a/b;q=2", "a/b;q=0.1234"),
        *("a/b;q=-1", "a/b;q=x", "a/b,", ",a/b", "a/b,,c/d", 'a/b;x="y', "a/b;=1", "a/b, json"),
    ],
)
def test_anything_else_is_none(text: str) -> None:
    assert "media ranges" in accept_flaw(text)


@pytest.mark.parametrize("text", ["a/b\r\nX: y", "a/b\0", "\x7f/b", "é/b", " a/b"])
def test_b05_what_no_header_field_may_hold_is_no_accept_field(text: str) -> None:
    assert accept_flaw(text)


@pytest.mark.parametrize(
    "text",
    [
        "a/b" + " " * 60_000 + "x",
        "a/b;" + " " * 60_000 + "x",
        "a/b" + "; " * 30_000 + "=",
        'a/b;a="' + '\\"' * 30_000,
        "a" * 60_000,
        "a/b;" + "a" * 60_000,
    ],
)
def test_a_long_field_is_read_in_linear_time(text: str) -> None:
    start = time.perf_counter()
    assert accept_flaw(text)
    assert time.perf_counter() - start < 0.5


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("text/html", "text/html; charset=utf-8", True),
        ("text/html", "text/plain", False),
        ("text/*;q=0.1", "text/plain", True),
        ("*/*", "image/png", True),
        ("*/*, text/html;q=0", "text/html", False),
        ("text/html;q=0, */*", "text/plain", True),
        ("text/*;q=0, text/html", "text/html", True),
        ("application/*+xml", "application/atom+xml", True),
    ],
)
def test_a_type_is_accepted_by_the_nearest_range(text: str, kind: str, *, expected: bool) -> None:
    parsed = parse(kind)
    assert parsed is not None
    assert accepts(text, parsed) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("text/html", (1.0, 3)),
        ("text/plain, text/html;q=0.5", (0.5, 3)),
        ("text/*", (0.0, 0)),
        ("*/*, text/html;q=0", (0.0, 0)),
        ("", (0.0, 0)),
    ],
)
def test_a_type_that_a_field_names_is_wished_for(text: str, expected: tuple[float, int]) -> None:
    parsed = parse("text/html")
    assert parsed is not None
    assert named(text, parsed) == expected
