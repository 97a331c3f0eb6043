import pytest

from facade.errors.caller import InvalidParameters
from facade.http1.request import CHUNKED, LONGEST, Route, framing_of

ROUTE = Route(host="shop.example")
OURS = "accept-encoding: gzip, deflate, br, zstd\r\nuser-agent: portico\r\n"


def test_a_head_is_the_fields_in_their_order_and_those_that_the_wire_sets() -> None:
    head = ROUTE.head("PUT", "/a?b=%2F", (("X-B", "2"), ("x-a", "ü"), ("X-B", "1")), CHUNKED)
    assert (
        head
        == (
            "PUT /a?b=%2F HTTP/1.1\r\nHost: shop.example\r\nX-B: 2\r\nx-a: ü\r\nX-B: 1\r\n"
            f"{OURS}Transfer-Encoding: chunked\r\n\r\n"
        ).encode()
    )


def test_a_proxy_is_told_the_whole_address_and_who_asks() -> None:
    route = Route(host="h", prefix="http://h", proxied="Proxy-Authorization: Basic YQ==\r\n")
    assert (
        route.head("GET", "/a", (), "")
        == (
            f"GET http://h/a HTTP/1.1\r\nHost: h\r\n{OURS}Proxy-Authorization: Basic YQ==\r\n\r\n"
        ).encode()
    )


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ((("User-Agent", "mine"),), b"User-Agent: mine\r\naccept-encoding: gzip"),
        ((("ACCEPT-Encoding", "br"), ("x", "1")), b"x: 1\r\naccept-encoding: gzip"),
        ((("x", "user-agent: no"),), b"x: user-agent: no\r\naccept-encoding: gzip"),
    ],
)
def test_the_codings_are_ours_and_the_agent_is_the_callers(
    headers: tuple[tuple[str, str], ...], said: bytes
) -> None:
    head = ROUTE.head("GET", "/", headers, "")
    assert said in head
    assert head.lower().count(b"accept-encoding: ") == 1
    mine = any(name == "User-Agent" for name, _ in headers)
    assert (b"user-agent: portico" in head) is not mine


@pytest.mark.parametrize(
    ("target", "headers"),
    [
        ("/ HTTP/1.1\r\nX: y", ()),
        ("/a b", ()),
        ("/ü", ()),
        ("/\x00", ()),
        ("/\x7f", ()),
        ("/" + "a" * LONGEST, ()),
        ("/", (("x", "a\r\nEvil: b"),)),
        ("/", (("x", "a\nEvil: b"),)),
        ("/", (("x", "a\rb"), ("y", "\n"))),
        ("/", (("x\r\nEvil", "b"),)),
        ("/", (("x", "a\0b"),)),
    ],
)
def test_what_could_be_read_as_another_request_is_not_written(
    target: str, headers: tuple[tuple[str, str], ...]
) -> None:
    with pytest.raises(InvalidParameters):
        ROUTE.head("GET", target, headers, "")


@pytest.mark.parametrize(
    ("method", "body", "said"),
    [
        ("GET", None, ""),
        ("DELETE", None, ""),
        ("GET", b"", "Content-Length: 0\r\n"),
        ("POST", None, "Content-Length: 0\r\n"),
        ("PATCH", b"abc", "Content-Length: 3\r\n"),
    ],
)
def test_a_length_is_said_of_every_body_that_somebody_expects(
    method: str, body: bytes | None, said: str
) -> None:
    assert framing_of(method, body) == said
