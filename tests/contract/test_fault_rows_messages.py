"""Rows of the fault catalogue on building and reading messages that had no test from outside."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio
from google.api.httpbody_pb2 import HttpBody
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.struct_pb2 import ListValue, Struct, Value

from gateway.engines.choice import Name
from gateway.v1.gateway_pb2 import ExecuteActionRequest
from tests.doors import a_door, document, refusal
from tests.fakes import HttpBackend, answer
from tests.wires import Wire

pytestmark = pytest.mark.asyncio(loop_scope="module")

REFUSED = ("INVALID_ARGUMENT", "INVALID_PARAMETERS", "gateway", "NOT_EXECUTED")
FORM, XML, MULTIPART = "application/x-www-form-urlencoded", "application/xml", "multipart/form-data"
FIELD: dict[str, Any] = {"type": "object", "xml": {"name": "r"}, "properties": {"n": {}}}
FILE = {"type": "object", "properties": {"f": {"type": "string", "format": "binary"}}}
PATHS: dict[str, Any] = {
    "/everywhere/{p}": {
        "post": {
            "operationId": "everywhere",
            "parameters": [
                {"name": "p", "in": "path", "required": True},
                {"name": "q", "in": "query"},
                {"name": "deep", "in": "query", "style": "deepObject", "explode": True},
                {"name": "as-json", "in": "query", "content": {"application/json": {}}},
                {"name": "X-H", "in": "header"},
                {"name": "c", "in": "cookie"},
            ],
            "requestBody": {
                "content": {
                    "application/json": {"schema": FIELD},
                    FORM: {"schema": FIELD},
                    MULTIPART: {"schema": FIELD},
                    XML: {"schema": FIELD},
                    "application/jsonl": {},
                }
            },
            "responses": {},
        }
    },
    "/file": {
        "post": {
            "operationId": "file",
            "requestBody": {"content": {MULTIPART: {"schema": FILE}}},
            "responses": {},
        }
    },
    "/octets": {
        "post": {
            "operationId": "octets",
            "requestBody": {"content": {"application/octet-stream": {}}},
            "responses": {},
        }
    },
    "/head": {"get": {"operationId": "head", "responses": {}}},
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def wire(tmp_path_factory: pytest.TempPathFactory, engine: Name) -> AsyncIterator[Wire]:
    folder = tmp_path_factory.mktemp("rows")
    async with HttpBackend() as backend, a_door(folder, engine=engine) as door:
        await door.publish("rows", document(PATHS), backend.origin)
        yield Wire(door, backend)


@pytest.fixture
def untouched(wire: Wire) -> Iterator[None]:
    """Nothing may reach the backend while a test runs."""
    before = (wire.backend.connections, len(wire.backend.requests))
    yield
    assert (wire.backend.connections, len(wire.backend.requests)) == before


NUMBERS = [
    "9007199254740993",
    "9223372036854775807",
    "-9223372036854775809",
    "123456789012345678901234567890",
    "9" * 64,
    "-0",
    "-0.0",
    "0.1",
    "0.10",
    "1.0",
    "1e400",
    "1E-7",
    "1.50e3",
    "3.14159265358979323846264338327950288",
]


@pytest.mark.parametrize("number", NUMBERS)
async def test_b10_b11_a_number_has_its_own_digits_in_every_place(wire: Wire, number: str) -> None:
    names = ("p", "q", "as-json", "X-H", "c")
    given = ",".join([*(f'"{name}":{number}' for name in names), f'"deep":{{"d":[{number}]}}'])
    await wire.door.execute("rows/everywhere", f"{{{given}}}")
    head = wire.backend.requests[-1].decode("ascii")
    query = f"q={number}&deep%5Bd%5D%5B%5D={number}&as-json={number}"
    assert head.startswith(f"POST /everywhere/{number}?{query} HTTP/1.1\r\n")
    assert f"\r\nX-H: {number}\r\n" in head
    assert f"\r\ncookie: c={number}\r\n" in head


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize(
    ("chosen", "body"),
    [
        ("application/json", '{{"n":{0}}}'),
        (FORM, "n={0}"),
        (MULTIPART, '--B\r\nContent-Disposition: form-data; name="n"\r\n\r\n{0}\r\n--B--\r\n'),
        (XML, '<?xml version="1.0" encoding="UTF-8"?><r><n>{0}</n></r>'),
        ("application/jsonl", '{{"n":{0}}}\n'),
    ],
)
async def test_b10_b11_a_number_has_its_own_digits_in_every_body(
    wire: Wire, number: str, chosen: str, body: str
) -> None:
    member = f'{{"n":{number}}}'
    whole = f"[{member}]" if chosen == "application/jsonl" else member
    given = f'{{"p":1,"body":{whole}}}'
    await wire.door.execute("rows/everywhere", given, content_type=chosen)
    assert wire.received()[1].decode() == body.format(number)


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("number", ["9" * 65, "9" * 5_000, "1e10000", "0." + "1" * 200])
async def test_b11_more_digits_than_are_exact_are_refused_in_every_place(
    wire: Wire, number: str
) -> None:
    places = ["p", "q", "deep", "as-json", "X-H", "c", "n"]
    given = ",".join(f'"{name}":{number}' for name in places)
    told = await wire.door.refused("rows/everywhere", f"{{{given}}}")
    assert (told.said, told.fields) == (REFUSED, [f"/{name}" for name in places])


TEXTS = {
    "emoji": ("\U0001f600", "%F0%9F%98%80"),
    "composed": ("\u00e9", "%C3%A9"),
    "decomposed": ("e\u0301", "e%CC%81"),
    "ligature": ("\ufb01", "%EF%AC%81"),
    "direction": ("\u202ex", "%E2%80%AEx"),
    "last": ("\U0010ffff", "%F4%8F%BF%BF"),
    "unassigned": ("\uffff", "%EF%BF%BF"),
}


@pytest.mark.parametrize("name", TEXTS)
async def test_b12_every_character_is_sent_as_it_is_and_none_is_normalised(
    wire: Wire, name: str
) -> None:
    text, encoded = TEXTS[name]
    escaped = json.dumps(text)
    for given in (f'"{text}"', escaped):
        arguments = f'{{"p":{given},"q":{given},"deep":{{{given}:{given}}},"c":{given}}}'
        await wire.door.execute("rows/everywhere", arguments)
        head = wire.backend.requests[-1].decode("ascii")
        query = f"q={encoded}&deep%5B{encoded}%5D={encoded}"
        assert head.startswith(f"POST /everywhere/{encoded}?{query} HTTP/1.1\r\n")
        assert f"\r\ncookie: c={encoded}\r\n" in head
        for chosen, body in (
            ("application/json", f'{{"n":{given}}}'),
            (FORM, f"n={encoded}"),
            (XML, f'<?xml version="1.0" encoding="UTF-8"?><r><n>{text}</n></r>'),
        ):
            if name == "unassigned" and chosen == XML:
                continue
            await wire.door.execute(
                "rows/everywhere",
                f'{{"p":1,"n":{given}}}' if chosen != XML else f'{{"p":1,"body":{{"n":{given}}}}}',
                content_type=chosen,
            )
            assert wire.received()[1].decode() == body


@pytest.mark.usefixtures("untouched")
async def test_b20_what_no_xml_may_hold_is_refused(wire: Wire) -> None:
    for text in ("\\u0000", "\\u001b", "\\uffff", "\\ufffe"):
        given = f'{{"p":1,"body":{{"n":"{text}"}}}}'
        told = await wire.door.refused("rows/everywhere", given, content_type=XML)
        assert told.said == REFUSED
        assert told.fields == ["/body/n"]


@pytest.mark.parametrize(
    ("filename", "sent"),
    [
        ('a"b.png', "a%22b.png"),
        ("a\r\nX-Evil: 1", "a%0D%0AX-Evil: 1"),
        ("a\r\n\r\n--B", "a%0D%0A%0D%0A--B"),
        ("../../etc/passwd", "../../etc/passwd"),
        ("na\u00efve\u2603.txt", "na\u00efve\u2603.txt"),
        ("a\\b;c=d", "a\\b;c=d"),
        ("\0", "%00"),
    ],
)
async def test_b17_a_file_name_stays_within_its_quotes(
    wire: Wire, filename: str, sent: str
) -> None:
    given = {"f": {"content": "AQI=", "filename": filename}}
    await wire.door.execute("rows/file", given)
    head = f'Content-Disposition: form-data; name="f"; filename="{sent}"\r\n'
    part = f"--B\r\n{head}Content-Type: application/octet-stream\r\n\r\n".encode()
    assert wire.received()[1] == part + b"\x01\x02\r\n--B--\r\n"


async def test_b17_content_that_looks_like_a_part_is_content(wire: Wire) -> None:
    await wire.door.execute("rows/file", {"f": "AQI="})
    before = wire.backend.requests[-1].partition(b"\r\n\r\n")[2]
    boundary = before.split(b"\r\n")[0]
    inner = boundary + b'\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n' + boundary
    text = {"f": {"text": inner.decode()}}
    await wire.door.execute("rows/file", text)
    body = wire.backend.requests[-1].partition(b"\r\n\r\n")[2]
    fresh = body.split(b"\r\n")[0]
    assert fresh != boundary
    assert body.count(fresh) == 2
    assert inner in body


@pytest.mark.usefixtures("untouched")
async def test_b18_what_is_packed_beside_an_upload_is_refused_unread(wire: Wire) -> None:
    nested = Packed(type_url="type.evil/a.B", value=b"\xff\xff")
    for _ in range(90):
        name = "type.googleapis.com/google.protobuf.Any"
        nested = Packed(type_url=name, value=nested.SerializeToString())
    for packed in (nested, Packed(type_url="nowhere", value=b"\x0a"), Packed()):
        octets = "application/octet-stream"
        upload = HttpBody(content_type=octets, data=b"1", extensions=[packed])
        told = await wire.door.refused("rows/octets", {}, body=upload)
        assert told.said == ("INVALID_ARGUMENT", "INVALID_REQUEST", "gateway", "NOT_EXECUTED")
        assert told.fields == ["body.extensions"]


def nested_struct(levels: int) -> bytes:
    """A request whose argument `q` is an array in an array, so many times."""
    value = Value(number_value=1)
    for _ in range(levels):
        value = Value(list_value=ListValue(values=[value]))
    name = "connectors/rows/versions/live/actions/everywhere"
    request = ExecuteActionRequest(name=name, parameters=Struct(fields={"q": value}))
    return request.SerializeToString()


async def test_b18_a_struct_may_be_nested_so_deep_and_no_deeper(wire: Wire) -> None:
    call: Any = wire.door.channel.unary_unary("/gateway.v1.GatewayService/ExecuteAction")
    told = await refusal(call(nested_struct(48)))
    assert told.fields == ["/p"]
    told = await refusal(call(nested_struct(49)))
    assert told.said == ("INVALID_ARGUMENT", "INVALID_REQUEST", "gateway", "NOT_EXECUTED")


@pytest.mark.parametrize(
    "fields",
    [
        (("X-Long", "x" * 200_000),),
        tuple((f"X-{number}", "y") for number in range(3_000)),
        tuple((f"X-{number}", "y" * 600) for number in range(150)),
    ],
    ids=["one of 200 KB", "3,000 of them", "90 KB together"],
)
async def test_d17_an_answer_whose_head_is_too_large_is_refused_and_the_next_one_is_read(
    tmp_path_factory: pytest.TempPathFactory, fields: tuple[tuple[str, str], ...]
) -> None:
    heads = iter([answer(b"{}", headers=fields), answer(b"ok")])
    async with (
        HttpBackend(lambda _: next(heads)) as backend,
        a_door(tmp_path_factory.mktemp("heads")) as door,
    ):
        await door.publish("rows", document(PATHS), backend.origin)
        told = await door.refused("rows/head")
        assert told.said == ("RESOURCE_EXHAUSTED", "RESPONSE_TOO_LARGE", "backend", "EXECUTED")
        assert (await door.execute("rows/head")).body.data == b"ok"
