"""Multipart bodies taken apart: what a part is, and what is refused."""

import pytest

from facade.transcode.arguments import Defect
from facade.transcode.body.multipart import Part, write_multipart
from facade.transcode.media_type import MediaType, parse
from facade.transcode.reading.multipart import MAX_HEAD, MAX_PARTS, read_multipart


def kind(boundary: str = "b") -> MediaType:
    made = parse(f'multipart/form-data; boundary="{boundary}"')
    assert made is not None
    return made


def read(data: str | bytes) -> list[Part]:
    return read_multipart(data if isinstance(data, bytes) else data.encode(), kind())


def test_parts_are_read_as_they_were_written() -> None:
    parts = [
        Part(name='a"\r\nb', data=b"\r\n--\r\n\x00\xff"),
        Part(name="", data=b"", filename="r\u00e9x;name=x.png", content_type="image/png"),
        Part(data=b"x", content_type="text/plain", headers=(("X-A", "1; 2"),)),
        Part(data=b""),
    ]
    boundary, data = write_multipart(parts)
    assert read_multipart(data, kind(boundary)) == parts


def test_a_preamble_an_epilogue_and_padding_are_nothing() -> None:
    body = "hello\r\n--b \t\r\nContent-Disposition: form-data; name=x\r\n\r\n1\r\n--b--\r\nbye"
    assert read(body) == [Part(name="x", data=b"1")]


def test_a_body_without_parts_has_none() -> None:
    assert read("--b--\r\n") == []


def test_a_name_within_another_parameter_is_not_the_name() -> None:
    head = 'Content-Disposition: form-data; filename="; name=y"; name="x"; name*=utf-8\'\'z'
    (part,) = read(f"--b\r\n{head}\r\n\r\n1\r\n--b--")
    assert (part.name, part.filename) == ("x", "; name=y")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "does not hold the boundary"),
        ("--c\r\n\r\n1\r\n--c--", "does not hold the boundary"),
        ("--b\r\n\r\n1\r\n", "without its closing boundary"),
        ("--b\r\n\r\n1\r\n--b", "without its closing boundary"),
        ("--b\r\n\r\n1\r\n--bc--", "without its closing boundary"),
        ("--b\r\nX-A: 1\r\n--b--", "does not end within"),
        (f"--b\r\nX-A: {'1' * MAX_HEAD}\r\n\r\n1\r\n--b--", "does not end within"),
        ("--b\r\nX A: 1\r\n\r\n1\r\n--b--", "no header field"),
        ("--b\r\n folded\r\n\r\n1\r\n--b--", "no header field"),
        (b"--b\r\nX-A: \xff\r\n\r\n1\r\n--b--", "not UTF-8"),
        ("--b\r\n" + "X-A: 1\r\n" * 40 + "\r\n1\r\n--b--", "more than 32 header fields"),
        ("--b\r\n\r\n1\r\n" * (MAX_PARTS + 1) + "--b--", "more than 1,000 parts"),
    ],
)
def test_what_is_broken_or_beyond_the_bounds_is_refused(body: str | bytes, message: str) -> None:
    with pytest.raises(Defect, match=message):
        read(body)


@pytest.mark.parametrize("boundary", ["", "a" * 71, "a b ", "a{b"])
def test_a_boundary_that_is_none_is_refused(boundary: str) -> None:
    with pytest.raises(Defect, match="boundary"):
        read_multipart(b"--\r\n", kind(boundary))
