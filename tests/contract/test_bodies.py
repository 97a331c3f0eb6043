"""Request bodies from the gRPC door to the wire: the raw bytes that a backend received."""

import base64
import gzip
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
import pytest_asyncio

from tests.doors import a_door, document
from tests.fakes import HttpBackend
from tests.wires import Wire

pytestmark = pytest.mark.asyncio(loop_scope="module")

FORM = "application/x-www-form-urlencoded"
FILE = {"type": "string", "format": "binary"}
ANY: dict[str, Any] = {}
ORDER: dict[str, Any] = {
    "type": "object",
    "xml": {"name": "order"},
    "properties": {
        "id": {"type": "integer", "xml": {"attribute": True}},
        "note": {"type": "string"},
        "item": {"type": "array", "items": {"type": "number"}},
    },
}


def operation(name: str, content: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    return {"operationId": name, "requestBody": {"content": content}, "responses": {}} | fields


def posts(**bodies: Mapping[str, Any]) -> dict[str, Any]:
    return {f"/{name}": {"post": operation(name, content)} for name, content in bodies.items()}


PATHS = posts(
    patch={"application/merge-patch+json": ANY, "application/json-patch+json": ANY},
    vendor={"application/vnd.shop+json;version=1.1": ANY},
    several={
        "text/plain": {"schema": {"type": "string"}},
        "application/json": {
            "schema": {"type": "object", "properties": {"a": {"type": "integer"}}}
        },
        FORM: {"schema": {"type": "object", "properties": {"a": {"type": "integer"}}}},
        "image/*": {"schema": FILE},
    },
    form={
        FORM: {
            "schema": {
                "type": "object",
                "properties": {
                    "id": {"type": "string"},
                    "address": {"type": "object"},
                    "tags": {"type": "array", "items": {"type": "string"}},
                    "pipes": {"type": "array", "items": {"type": "string"}},
                    "meta": {"type": "object"},
                    "json": {"type": "string"},
                    "url": {"type": "string"},
                },
            },
            "encoding": {
                "pipes": {"style": "pipeDelimited"},
                "meta": {"style": "deepObject", "explode": True},
                "json": {"contentType": "application/json"},
                "url": {"allowReserved": True},
            },
        }
    },
    parts={
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "meta": {"type": "object", "properties": {"n": {"type": "number"}}},
                    "tags": {"type": "array", "items": {"type": "string"}},
                    "file": {"type": "string", "minLength": 2},
                    "pages": {"type": "array", "items": FILE},
                },
            },
            "encoding": {
                "file": {
                    "contentType": "image/png, image/jpeg",
                    "headers": {"X-Rate": {"schema": {"type": "integer"}}},
                },
            },
        }
    },
    mixed={
        "multipart/mixed": {
            "schema": {"type": "array", "prefixItems": [{"type": "object"}, {}]},
            "prefixEncoding": [{}, {"contentType": "image/*"}],
        }
    },
    lines={"application/jsonl": {"itemSchema": {"type": "object", "required": ["n"]}}},
    records={"application/json-seq": {"schema": {"type": "array", "items": {"type": "number"}}}},
    text={"text/plain": {"schema": {"type": "number"}}},
    xml={"application/xml": {"schema": ORDER}},
    opaque={"application/soap+xml": ANY},
    xmlpart={
        "multipart/form-data": {
            "schema": {"type": "object", "properties": {"order": ORDER}},
            "encoding": {"order": {"contentType": "application/xml; charset=utf-8"}},
        }
    },
    bytes={"application/octet-stream": ANY},
    anything={"*/*": ANY, "links": {"schema": {"type": "boolean"}}},
) | {
    "/body": {
        method: operation(f"{method}It", {"application/json": ANY}) for method in ("get", "delete")
    },
    "/packed": {
        "post": operation(
            "packed",
            {"application/json": ANY},
            parameters=[{"name": "Content-Encoding", "in": "header", "schema": {"type": "string"}}],
        )
    },
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def wire(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Wire]:
    folder = tmp_path_factory.mktemp("bodies")
    async with HttpBackend() as backend, a_door(folder) as door:
        await door.publish("shop", document(PATHS, openapi="3.2.0"), backend.origin)
        yield Wire(door, backend)


def parts(*each: str) -> bytes:
    return "".join(f"--B\r\n{part}\r\n" for part in each).encode() + b"--B--\r\n"


BIG = '{"z": 9007199254740993, "a": 1e400, "n": -0, "d": 0.10}'
PNG = base64.b64encode(b"\x89PNG").decode()


FIELDS = (
    '{"id": "a b+c", "address": {"zip":"99999+1234", "n": 1.0}, "tags": ["x","y&z"],'
    ' "pipes": ["a","b"], "meta": {"a": {"b": [1, 2]}, "c": ""}, "json": "j",'
    ' "url": "http://h/p?q=1"}'
)
AS_FORM = (
    "id=a+b%2Bc&address=%7B%22zip%22%3A%2299999%2B1234%22%2C+%22n%22%3A+1.0%7D&tags=x&tags=y%26z"
    "&pipes=a%7Cb&meta%5Ba%5D%5Bb%5D%5B%5D=1&meta%5Ba%5D%5Bb%5D%5B%5D=2&meta%5Bc%5D="
    "&json=%22j%22&url=http://h/p?q%3D1"
)
PATCH = "application/merge-patch+json"
STEPS = "application/json-patch+json"
VENDOR = "application/vnd.shop+json;version=1.1"
LINES = ('{"body": [{"n": 1.0},\n {"n":\n 2}]}', '{"n": 1.0}\n{"n": 2}\n')

ORDERED = '{"body": {"id": 9007199254740993, "note": "<&>", "item": [1.0, 2]}}'
AS_XML = (
    '<?xml version="1.0" encoding="UTF-8"?><order id="9007199254740993"><note>&lt;&amp;&gt;</note>'
    "<item>1.0</item><item>2</item></order>"
)


@pytest.mark.parametrize(
    ("action", "arguments", "chosen", "expected"),
    [
        ("patch", f'{{"body": {BIG}}}', "", (PATCH, BIG)),
        ("patch", '{"body":[{"op":"test"}]}', STEPS, (STEPS, '[{"op":"test"}]')),
        ("vendor", '{"body": null}', "", (VENDOR, "null")),
        ("vendor", '{"body": [ ]}', "application/json", (VENDOR, "[ ]")),
        ("getIt", '{"body": {"q":1}}', "", ("application/json", '{"q":1}')),
        ("deleteIt", '{"body": "x"}', "", ("application/json", '"x"')),
        ("deleteIt", "{}", "", (None, "")),
        ("several", '{"a": 7}', "", ("application/json", '{"a":7}')),
        ("several", '{"a": 7}', FORM, (FORM, "a=7")),
        ("several", '{"body": "hi"}', "text/plain", ("text/plain", "hi")),
        ("several", f'{{"body": "{PNG}"}}', "image/png", ("image/png", "\x89PNG")),
        ("form", FIELDS, "", (FORM, AS_FORM)),
        ("lines", LINES[0], "", ("application/jsonl", LINES[1])),
        ("lines", '{"body": "not judged"}', "", ("application/jsonl", "not judged")),
        ("records", '{"body": [1.0, 2]}', "", ("application/json-seq", "\x1e1.0\n\x1e2\n")),
        ("text", '{"body": 9007199254740993}', "", ("text/plain", "9007199254740993")),
        ("xml", ORDERED, "", ("application/xml", AS_XML)),
        ("xml", '{"body": "<a>&x;</a>"}', "", ("application/xml", "<a>&x;</a>")),
        ("opaque", '{"body": "<é/>"}', "", ("application/soap+xml", "<Ã©/>")),
        ("bytes", f'{{"body": "{PNG}"}}', "", ("application/octet-stream", "\x89PNG")),
        ("anything", '{"body": [1]}', "", ("application/json", "[1]")),
        ("anything", '{"body": "a,b"}', "text/csv", ("text/csv", "a,b")),
    ],
)
async def test_b10_a_body_is_byte_for_byte(
    wire: Wire, action: str, arguments: str, chosen: str, expected: tuple[str | None, str]
) -> None:
    await wire.door.execute(f"shop/{action}", arguments, content_type=chosen)
    assert wire.received() == (expected[0], expected[1].encode("latin-1"))


async def test_b17_a_form_of_files_json_and_arrays(wire: Wire) -> None:
    await wire.door.execute(
        "shop/parts",
        '{"meta": {"n": 0.10}, "tags": ["a", "b"],'
        f' "file": {{"content": "{PNG}", "filename": "a\\"\\r\\n.png",'
        ' "contentType": "image/jpeg", "headers": {"X-Rate": "9"}},'
        ' "pages": ["YQ==", {"text": "é", "filename": "é.txt"}]}',
    )
    assert wire.received() == (
        "multipart/form-data; boundary=B",
        parts(
            'Content-Disposition: form-data; name="meta"\r\nContent-Type: application/json'
            '\r\n\r\n{"n": 0.10}',
            'Content-Disposition: form-data; name="tags"\r\n\r\na',
            'Content-Disposition: form-data; name="tags"\r\n\r\nb',
            'Content-Disposition: form-data; name="file"; filename="a%22%0D%0A.png"\r\n'
            "Content-Type: image/jpeg\r\nX-Rate: 9\r\n\r\n@",
            'Content-Disposition: form-data; name="pages"; filename="pages"\r\n'
            "Content-Type: application/octet-stream\r\n\r\na",
            'Content-Disposition: form-data; name="pages"; filename="é.txt"\r\n'
            "Content-Type: text/plain; charset=utf-8\r\n\r\né",
        ).replace(b"@", b"\x89PNG"),
    )


async def test_b20_a_part_may_be_xml(wire: Wire) -> None:
    await wire.door.execute("shop/xmlpart", f'{{"order": {ORDERED[9:-1]}}}')
    assert wire.received() == (
        "multipart/form-data; boundary=B",
        parts(
            'Content-Disposition: form-data; name="order"\r\n'
            f"Content-Type: application/xml; charset=utf-8\r\n\r\n{AS_XML}"
        ),
    )


async def test_an_upload_is_the_file_beside_the_fields(wire: Wire) -> None:
    upload = {"content_type": "image/png", "data": b"\x00\xff\r\n--"}
    for arguments in ('{"tags": ["a"]}', '{"body": {"tags": ["a"]}}'):
        await wire.door.execute("shop/parts", arguments, body=upload)
        content_type, body = wire.received()
        assert content_type == "multipart/form-data; boundary=B"
        assert body == parts(
            'Content-Disposition: form-data; name="tags"\r\n\r\na',
            'Content-Disposition: form-data; name="file"; filename="file"\r\n'
            "Content-Type: image/png\r\n\r\n@",
        ).replace(b"@", b"\x00\xff\r\n--")
    told = await wire.door.refused("shop/parts", '{"meta": {"n": "x"}}', body=upload)
    assert told.fields == ["/meta/n"]


async def test_parts_without_names_go_by_position(wire: Wire) -> None:
    image = f'{{"content": "{PNG}", "contentType": "image/png"}}'
    await wire.door.execute("shop/mixed", f'{{"body": [{{"author": "A"}}, {image}, "t"]}}')
    content_type, body = wire.received()
    assert content_type == "multipart/mixed; boundary=B"
    assert body == (
        b'--B\r\nContent-Type: application/json\r\n\r\n{"author": "A"}\r\n'
        b"--B\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n"
        b"--B\r\nContent-Type: text/plain\r\n\r\nt\r\n--B--\r\n"
    )


@pytest.mark.parametrize(("coding", "unpack"), [("gzip", gzip.decompress), ("identity", bytes)])
async def test_a_content_encoding_is_made_true(wire: Wire, coding: str, unpack: Any) -> None:
    await wire.door.execute("shop/packed", f'{{"body": {BIG}, "Content-Encoding": "{coding}"}}')
    assert f"\r\ncontent-encoding: {coding}\r\n".encode() in wire.backend.requests[-1].lower()
    assert unpack(wire.received()[1]) == BIG.encode()


async def test_an_upload_is_in_the_content_encoding_that_it_says(wire: Wire) -> None:
    upload = {"content_type": "application/json", "data": b"\x1b packed"}
    await wire.door.execute("shop/packed", '{"Content-Encoding": "br"}', body=upload)
    assert wire.received() == ("application/json", b"\x1b packed")


@pytest.mark.parametrize(
    ("action", "arguments", "chosen", "fields"),
    [
        ("several", '{"a": 7}', "text/html", ["content_type"]),
        ("several", '{"a": 7}', "nonsense", ["content_type"]),
        ("several", '{"a": "x"}', FORM, ["/a"]),
        ("several", '{"body": 7}', "text/plain", ["/body"]),
        ("lines", '{"body": [{"n": 1}, {}]}', "", ["/body/1/n"]),
        ("records", '{"body": ["x"]}', "", ["/body/0"]),
        ("xml", '{"body": {"id": "x"}}', "", ["/body/id"]),
        ("opaque", '{"body": {"a": 1}}', "", ["/body"]),
        ("parts", '{"tags": []}', "", ["/file"]),
        (
            "parts",
            f'{{"file": {{"content": "{PNG}", "contentType": "image/gif"}}}}',
            "",
            ["/file/contentType"],
        ),
        ("packed", '{"body": 1, "Content-Encoding": "br"}', "", ["/Content-Encoding"]),
    ],
)
async def test_a_body_that_cannot_be_is_refused_before_any_byte(
    wire: Wire,
    action: str,
    arguments: str,
    chosen: str,
    fields: list[str],
) -> None:
    before = len(wire.backend.requests)
    told = await wire.door.refused(f"shop/{action}", arguments, content_type=chosen)
    assert told.said == ("INVALID_ARGUMENT", "INVALID_PARAMETERS", "gateway", "NOT_EXECUTED")
    assert told.fields == fields
    assert len(wire.backend.requests) == before


async def test_a_choice_names_what_is_declared(wire: Wire) -> None:
    told = await wire.door.refused("shop/several", '{"a": 7}', content_type="text/html")
    assert "application/json, application/x-www-form-urlencoded, text/plain, image/*" in told.words


FORMATS = {"csv": "c", "ssv": "s", "tsv": "t", "pipes": "p", "multi": "m"}


def classic(consumes: str) -> dict[str, Any]:
    """A document of Swagger 2.0 whose one form has an array in each collectionFormat."""
    texts = {"type": "array", "items": {"type": "string"}, "in": "formData"}
    fields = [texts | {"name": FORMATS[each], "collectionFormat": each} for each in FORMATS]
    post = {"operationId": "act", "consumes": [consumes], "responses": {}}
    return {
        "swagger": "2.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/it": {"post": {**post, "parameters": [*fields, texts | {"name": "d"}]}}},
    }


ARRAYS = {name: ["x,y", "z"] for name in (*FORMATS.values(), "d")}


async def test_the_collection_formats_of_a_form(wire: Wire) -> None:
    await wire.door.publish("classic", classic(FORM), wire.backend.origin)
    await wire.door.execute("classic/act", ARRAYS)
    assert wire.received() == (
        FORM,
        b"c=x%2Cy,z&s=x%2Cy%20z&t=x%2Cy%09z&p=x%2Cy%7Cz&m=x%2Cy&m=z&d=x%2Cy,z",
    )


async def test_the_collection_formats_of_a_multipart_form(wire: Wire) -> None:
    await wire.door.publish("classic-parts", classic("multipart/form-data"), wire.backend.origin)
    await wire.door.execute("classic-parts/act", {name: ["x", "z"] for name in ARRAYS})
    values = [("c", "x,z"), ("s", "x z"), ("t", "x\tz"), ("p", "x|z")]
    values += [("m", "x"), ("m", "z"), ("d", "x,z")]
    named = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{x}' for name, x in values]
    assert wire.received() == ("multipart/form-data; boundary=B", parts(*named))


async def test_an_item_that_would_fall_apart_in_a_part_is_refused(wire: Wire) -> None:
    await wire.door.publish("apart", classic("multipart/form-data"), wire.backend.origin)
    refusal = await wire.door.refused("apart/act", ARRAYS)
    assert refusal.fields == ["/c", "/d"]


async def test_a_version_says_how_a_form_writes_arrays_in_a_deep_object(wire: Wire) -> None:
    serialization = {"deep_object_arrays": "DEEP_OBJECT_ARRAYS_INDICES"}
    await wire.door.publish(
        "counted",
        document(PATHS, openapi="3.2.0"),
        wire.backend.origin,
        serialization=serialization,
    )
    await wire.door.execute("counted/form", {"meta": {"a": [1, 2]}})
    assert wire.received() == (FORM, b"meta%5Ba%5D%5B0%5D=1&meta%5Ba%5D%5B1%5D=2")
