"""Hostile values and names of parameters: encoded, or refused with nothing sent."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio

from tests.doors import Door, a_door, document
from tests.fakes import HttpBackend

pytestmark = pytest.mark.asyncio(loop_scope="module")

REFUSED = ("INVALID_ARGUMENT", "INVALID_PARAMETERS", "gateway", "NOT_EXECUTED")
RESERVED = [
    "Host",
    "Content-Length",
    "Transfer-Encoding",
    "Connection",
    ":authority",
    "Proxy-Authorization",
    "Cookie",
    "Authorization",
    "TE",
    "grpc-timeout",
]


def parameter(name: str, location: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "in": location, "required": location == "path", **more}


def operation(name: str, *parameters: dict[str, Any]) -> dict[str, Any]:
    return {"get": {"operationId": name, "parameters": list(parameters), "responses": {}}}


PATHS = {
    "/base/{id}/end": operation(
        "one",
        parameter("id", "path", schema={"type": "string"}),
        parameter("q", "query"),
        parameter("Name", "query"),
        parameter("X-H", "header"),
        parameter("c", "cookie"),
        parameter("raw", "cookie", style="cookie", explode=False),
        parameter("text", "cookie", content={"text/plain": {}}),
    ),
    "/many/{ref}": operation("many", parameter("ref", "path", **{"x-multi-segment": True})),
    "/{a}{b}/x": operation("joined", parameter("a", "path"), parameter("b", "path")),
    "/label/{l}": operation("label", parameter("l", "path", style="label")),
    "/fields": operation("fields", *(parameter(each, "header") for each in RESERVED)),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(
    tmp_path_factory: pytest.TempPathFactory, backend: HttpBackend
) -> AsyncIterator[Door]:
    async with a_door(tmp_path_factory.mktemp("faults")) as opened:
        await opened.publish("shop", document(PATHS, openapi="3.2.0"), backend.origin)
        yield opened


@pytest.fixture
def untouched(backend: HttpBackend) -> Iterator[None]:
    """Nothing may reach the backend while a test runs."""
    before = (backend.connections, len(backend.requests))
    yield
    assert (backend.connections, len(backend.requests)) == before


async def line_of(door: Door, backend: HttpBackend, action: str, arguments: Any) -> str:
    await door.execute(f"shop/{action}", arguments)
    return backend.requests[-1].split(b"\r\n")[0].decode("ascii")


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    ("action", "arguments", "field"),
    [
        ("one", {"id": "../admin"}, "/id"),
        ("one", {"id": ".."}, "/id"),
        ("one", {"id": "."}, "/id"),
        ("one", {"id": ""}, "/id"),
        ("label", {"l": ""}, "/l"),
        ("label", {"l": "."}, "/l"),
        ("many", {"ref": "a/../b"}, "/ref"),
        ("many", {"ref": "a/./b"}, "/ref"),
        ("many", {"ref": "/etc"}, "/ref"),
        ("many", {"ref": "a//b"}, "/ref"),
    ],
)
async def test_b01_a_path_value_cannot_climb(
    door: Door, action: str, arguments: dict[str, Any], field: str
) -> None:
    told = await door.refused(f"shop/{action}", arguments)
    assert (told.said, told.fields) == (REFUSED, [field])


@pytest.mark.usefixtures("untouched")
async def test_b01_nor_can_two_values_together(door: Door) -> None:
    told = await door.refused("shop/joined", {"a": ".", "b": "."})
    assert (told.said, told.fields) == (REFUSED, ["/a", "/b"])


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("value", ["%2e%2e%2f", "..%5c", "..;/", "%252e%252e%252f", "..\\", ".%2e"])
@pytest.mark.parametrize(("action", "key"), [("one", "id"), ("many", "ref")])
async def test_b02_nor_can_it_once_it_is_decoded(
    door: Door, value: str, action: str, key: str
) -> None:
    told = await door.refused(f"shop/{action}", {key: value})
    assert (told.said, told.fields) == (REFUSED, [f"/{key}"])


@pytest.mark.parametrize(
    ("value", "segment"),
    [
        ("a/b", "a%2Fb"),
        ("%41", "%2541"),
        ("http://evil/", "http%3A%2F%2Fevil%2F"),
        ("//evil", "%2F%2Fevil"),
        ("@evil", "%40evil"),
        ("\\\\evil", "%5C%5Cevil"),
        ("?a=b#c&d=e;f", "%3Fa%3Db%23c%26d%3De%3Bf"),
    ],
)
async def test_b03_b04_a_path_value_is_one_segment_of_the_same_host(
    door: Door, backend: HttpBackend, value: str, segment: str
) -> None:
    line = await line_of(door, backend, "one", {"id": value})
    assert line == f"GET /base/{segment}/end HTTP/1.1"
    host = f"\r\nHost: {backend.origin.removeprefix('http://')}\r\n".lower()
    assert host in backend.requests[-1].decode("ascii").lower()


@pytest.mark.parametrize("value", ["?", "#", "&x=y", "=", ";", "a&b=c#d?e;f", "%26x=1"])
async def test_b04_a_query_has_as_many_pairs_as_were_given(
    door: Door, backend: HttpBackend, value: str
) -> None:
    line = await line_of(door, backend, "one", {"id": "7", "q": value, "Name": value})
    target = line.split(" ")[1]
    pairs = target.partition("?")[2].split("&")
    assert [each.partition("=")[0] for each in pairs] == ["q", "Name"]
    assert not set(target.partition("?")[2]) & set("?#;")


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("value", ["a\r\nX: y", "a\nb", "a\r", "a\0b", "\x7f", "a\r\n b"])
@pytest.mark.parametrize("place", ["X-H", "c", "raw", "text"])
async def test_b05_b08_no_header_or_cookie_takes_a_control_character(
    door: Door, value: str, place: str
) -> None:
    shapes: list[Any] = [value] if place == "text" else [value, [value], {"a": value}, {value: "a"}]
    for given in shapes:
        told = await door.refused("shop/one", {"id": "7", place: given})
        assert (told.said, told.fields) == (REFUSED, [f"/{place}"])


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("name", RESERVED)
async def test_b06_reserved_headers_are_no_arguments(door: Door, name: str) -> None:
    told = await door.refused("shop/fields", {name: "evil"})
    assert (told.said, told.fields) == (REFUSED, [f"/{name}"])


async def test_b06_a_call_without_them_has_the_wires_own(door: Door, backend: HttpBackend) -> None:
    await door.execute("shop/fields")
    head = backend.requests[-1].decode("ascii").lower()
    assert head.count("\r\nhost:") == 1
    for name in RESERVED[1:]:
        assert f"\r\n{name.lower()}:" not in head or name == "Connection"


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("value", ["é", "☃", "日本", ["a", "é"]])
async def test_b07_no_header_takes_what_is_not_ascii(door: Door, value: Any) -> None:
    told = await door.refused("shop/one", {"id": "7", "X-H": value})
    assert (told.said, told.fields) == (REFUSED, ["/X-H"])


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("value", ["a=1; admin=1", "a;b", ";", ["x", ";"]])
@pytest.mark.parametrize("place", ["c", "raw"])
async def test_b08_a_cookie_is_one_cookie(door: Door, value: Any, place: str) -> None:
    told = await door.refused("shop/one", {"id": "7", place: value})
    assert (told.said, told.fields) == (REFUSED, [f"/{place}"])


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("value", ['a"b', "a b", "a\\b", "é", ["a,b"]])
async def test_b08_what_is_not_encoded_keeps_to_the_cookies_grammar(door: Door, value: Any) -> None:
    told = await door.refused("shop/one", {"id": "7", "raw": value})
    assert (told.said, told.fields) == (REFUSED, ["/raw"])


async def test_b08_what_is_encoded_is_one_cookie(door: Door, backend: HttpBackend) -> None:
    await door.execute("shop/one", {"id": "7", "c": 'a b"\\,=é'})
    assert b": c=a%20b%22%5C%2C%3D%C3%A9\r\n" in backend.requests[-1]


@pytest.mark.usefixtures("untouched")
async def test_an_item_of_a_header_cannot_hold_what_stands_between_items(door: Door) -> None:
    told = await door.refused("shop/one", {"id": "7", "X-H": ["a,b", "c"]})
    assert (told.said, told.fields) == (REFUSED, ["/X-H"])


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("name", ["name", "NAME", "N\u0430me", "Name.", "query.Name", "x-h", "ID"])
async def test_b14_a_name_is_matched_exactly(door: Door, name: str) -> None:
    told = await door.refused("shop/one", {"id": "7", name: "x"})
    assert (told.said, told.fields) == (REFUSED, [f"/{name}"])


async def test_b21_a_template_in_a_value_is_data(door: Door, backend: HttpBackend) -> None:
    given = {"id": "{q}", "q": "{{secret}}${X-H}", "X-H": "{id}${q}", "c": "{id}"}
    line = await line_of(door, backend, "one", given)
    assert line == ("GET /base/%7Bq%7D/end?q=%7B%7Bsecret%7D%7D%24%7BX-H%7D HTTP/1.1")
    head = backend.requests[-1].decode("ascii")
    assert "\r\nX-H: {id}${q}\r\n" in head
    assert "c=%7Bid%7D\r\n" in head
