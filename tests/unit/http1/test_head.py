from typing import Any

import pytest

from facade.errors.backend import BackendBadResponse, ResponseTooLarge
from facade.http1.head import END_OF_HEAD, FIELDS, read_head

OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("data", "end"),
    [
        (b"a\r\n\r\nb\n\n", 5),
        (b"a\n\nb\r\n\r\n", 3),
        (b"a\n\r\nb", 4),
        (b"a\r\n\n", 4),
        (b"a\r\nb\r\n\r", -1),
        (b"", -1),
    ],
)
def test_a_head_ends_with_the_first_empty_line(data: bytes, end: int) -> None:
    found = END_OF_HEAD.search(data)
    assert (-1 if found is None else found.end()) == end


@pytest.mark.parametrize(
    ("fields", "known"),
    [
        (b"", {"length": None, "chunked": False, "lasting": True, "coding": ""}),
        (b"Content-Length: 007\r\n", {"length": 7}),
        (b"transfer-ENCODING:CHUNKED\r\n", {"chunked": True, "length": None}),
        (b"Connection: keep-alive, Close\r\n", {"lasting": False}),
        (b"Connection: x\r\nConnection: close\r\n", {"lasting": False}),
        (b"Content-Encoding: gzip\r\nContent-Encoding: br\r\n", {"coding": "gzip, br"}),
        (
            b"Set-Cookie: a\r\nSet-Cookie: b\r\n",
            {"headers": (("set-cookie", "a"), ("set-cookie", "b"))},
        ),
        (b"x:  a\tb \t\r\n", {"headers": (("x", "a\tb"),)}),
        (b"x: a\x01\xff\r\n", {"headers": (("x", "a\x01\xff"),)}),
        (b"x:\r\n", {"headers": (("x", ""),)}),
        (b"x: a\r\n b\r\n\t c\r\ny: d\r\n", {"headers": (("x", "a b c"), ("y", "d"))}),
        (b"x: a\ny: b\n", {"headers": (("x", "a"), ("y", "b"))}),
    ],
)
def test_d19_a_head_says_what_its_fields_say(fields: bytes, known: dict[str, Any]) -> None:
    head = read_head(OK + fields + b"\r\n")
    assert {name: getattr(head, name) for name in known} == known


@pytest.mark.parametrize(
    ("fields", "lasting"), [(b"", False), (b"Connection: Keep-Alive\r\n", True)]
)
def test_an_old_version_lasts_only_where_it_says_so(fields: bytes, *, lasting: bool) -> None:
    assert read_head(b"HTTP/1.0 200 OK\r\n" + fields + b"\r\n").lasting is lasting


@pytest.mark.parametrize(
    "data",
    [
        *(
            b"HTTP/1.1 20 OK\r\n",
            b"HTTP/1.1 2000\r\n",
            b"HTTP/2.0 200 OK\r\n",
            b"HTTP/1.1  200\r\n",
        ),
        *(OK + b"a b: c\r\n", OK + b": c\r\n", OK + b"abc\r\n", OK + b" folded: b\r\n"),
        *(OK + b"x\t: b\r\n", OK + b"x\xc0: b\r\n", OK + b"Content-Length\r\n"),
        *(OK + b"x: a\0b\r\n", OK + b"x: a\rb\r\n"),
        *(OK + b"Content-Length: \r\n", OK + b"Content-Length: \xb2\r\n"),
        *(OK + b"Content-Length: 1\r\nContent-Length: 1\r\n", OK + b"Content-Length: 1_0\r\n"),
        OK + b"Content-Length: 99999999999999999999\r\n",
        OK + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    ],
)
def test_d10_d11_d13_d19_a_head_that_breaks_http_is_refused(data: bytes) -> None:
    with pytest.raises(BackendBadResponse):
        read_head(data + b"\r\n")


def test_d17_a_head_has_at_most_200_fields() -> None:
    assert len(read_head(OK + b"x: a\r\n" * FIELDS + b"\r\n").headers) == FIELDS
    with pytest.raises(ResponseTooLarge):
        read_head(OK + b"x: a\r\n" * (FIELDS + 1) + b"\r\n")
