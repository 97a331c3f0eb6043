"""The petstores of the corpus, published and called: what stands on the wire, byte for byte."""

import base64
import json
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import pytest_asyncio
from google.protobuf.struct_pb2 import Struct

from gateway.v1.gateway_pb2 import EXECUTION_VIEW_FULL
from tests.doors import Door, a_door
from tests.fakes import HttpBackend, answer

CORPUS = Path(__file__).resolve().parents[2] / "../shared/corpus"
STORES = {
    "modern": "swagger-api__petstore304.yaml",
    "classic": "readmeio__petstore20.json",
    "python": "python-openapi__petstore.yaml",
    "expanded": "oai__petstore-expanded.yaml",
    "matrix": "mermade__apimatic-petstore-fail.json",
}

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(not CORPUS.exists(), reason="the corpus of real documents is absent"),
]

PNG = bytes(range(256)) + b"\r\n--\r\n\x89PNG"
AS_TEXT = base64.b64encode(PNG).decode()
PET = b'{"id": 9007199254740993, "name": "Rex", "photoUrls": [], "weight": 1.10}'
TRACE = re.compile(rb"traceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-0[0-3]\r\n")
BOUNDARY = re.compile(rb"boundary=(\S+)")

JSON_OR_XML = "application/json, application/xml;q=0.5, */*;q=0.1"
JSON = "application/json, */*;q=0.1"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def backend() -> AsyncIterator[HttpBackend]:
    said = answer(PET, headers=(("Content-Type", "application/json"),))
    async with HttpBackend(said) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(
    tmp_path_factory: pytest.TempPathFactory, backend: HttpBackend
) -> AsyncIterator[Door]:
    folder = tmp_path_factory.mktemp("petstores")
    async with a_door(folder, {"PET_KEY": "special-key"}) as opened:
        for name, file in STORES.items():
            text = (CORPUS / file).read_text(encoding="utf-8")
            await opened.publish(name, text, f"{backend.origin}/v2/")
        key = {"scheme": "api_key", "api_key": {"key_secret": "env:PET_KEY"}}
        text = (CORPUS / STORES["classic"]).read_text(encoding="utf-8")
        await opened.publish("signed", text, backend.origin, credentials=[key])
        yield opened


def on_the_wire(
    backend: HttpBackend, line: str, body: bytes = b"", **fields: str
) -> tuple[str, dict[str, str], bytes]:
    """A request as it must stand there: line and body to the byte, fields in any order."""
    always = {
        "host": f"127.0.0.1:{backend.port}",
        "accept-encoding": "gzip, deflate, br, zstd",
        "user-agent": "portico",
    }
    length = {} if line.startswith("GET") else {"content-length": str(len(body))}
    given = {name.replace("_", "-"): value for name, value in fields.items()}
    return f"{line} HTTP/1.1", always | length | given, body


def last(backend: HttpBackend) -> tuple[str, dict[str, str], bytes]:
    """The last request; the trace is taken out, and the boundary is called `B`."""
    raw, traces = TRACE.subn(b"", backend.requests[-1])
    assert traces == 1
    if found := BOUNDARY.search(raw):
        assert raw.count(found[1]) > 2
        before = len(found[1]) - 1
        raw = raw.replace(found[1], b"B")
        length = re.search(rb"(?i)content-length: (\d+)", raw)
        assert length
        times = raw.count(b"--B")
        shorter = int(length[1]) - times * before
        raw = raw.replace(length[0], b"content-length: %d" % shorter)
    head, _, body = raw.partition(b"\r\n\r\n")
    line, *lines = head.decode("ascii").split("\r\n")
    pairs = [each.split(": ", 1) for each in lines]
    fields = {name.lower(): value for name, value in pairs}
    assert len(fields) == len(pairs)
    return line, fields, body


def both(arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The same arguments as JSON text and as a Struct."""
    struct = Struct()
    struct.update(arguments)
    return [{"arguments": json.dumps(arguments)}, {"parameters": struct}]


@pytest.mark.parametrize("store", ["modern", "classic"])
async def test_get_pet_by_id_goes_and_comes_with_every_digit(
    door: Door, backend: HttpBackend, store: str
) -> None:
    answered = await door.execute(f"{store}/getPetById", '{"petId": 9007199254740993}')
    assert last(backend) == on_the_wire(backend, "GET /v2/pet/9007199254740993", accept=JSON_OR_XML)
    assert answered.json.encode() == PET


async def test_a_path_in_matrix_style_is_written_so(door: Door, backend: HttpBackend) -> None:
    await door.execute("matrix/getPetById", {"petId": 7})
    assert last(backend) == on_the_wire(backend, "GET /v2/pet/;petId=7", accept=JSON)


async def test_the_key_of_the_version_signs_what_asks_for_it(
    door: Door, backend: HttpBackend
) -> None:
    answered = await door.execute("signed/getPetById", {"petId": 7}, view=EXECUTION_VIEW_FULL)
    line, fields, body = on_the_wire(backend, "GET /pet/7", accept=JSON_OR_XML)
    assert last(backend) == (line, fields | {"api_key": "special-key"}, body)
    assert "special-key" not in str(answered)


@pytest.mark.parametrize("action", ["uploadFile", "uploadImage"])
@pytest.mark.parametrize(
    "given",
    [
        {"body": {"content_type": "application/octet-stream", "data": PNG}},
        {"body": {"data": PNG}},
    ],
    ids=["typed", "untyped"],
)
async def test_upload_image_sends_the_bytes_of_an_upload(
    door: Door, backend: HttpBackend, action: str, given: dict[str, Any]
) -> None:
    arguments = {"petId": 7, "additionalMetadata": 'a "b"&é\n'}
    for form in both(arguments):
        await door.execute(f"modern/{action}", **form, **given)
        assert last(backend) == on_the_wire(
            backend,
            "POST /v2/pet/7/uploadImage?additionalMetadata=a%20%22b%22%26%C3%A9%0A",
            PNG,
            accept=JSON,
            content_type="application/octet-stream",
        )


@pytest.mark.parametrize("action", ["uploadFile", "uploadImage"])
@pytest.mark.parametrize("file", [AS_TEXT, {"content": AS_TEXT}], ids=["text", "object"])
async def test_upload_image_takes_base64_for_the_same_bytes(
    door: Door, backend: HttpBackend, action: str, file: Any
) -> None:
    for form in both({"petId": 7, "additionalMetadata": "a", "body": file}):
        await door.execute(f"modern/{action}", **form)
        assert last(backend) == on_the_wire(
            backend,
            "POST /v2/pet/7/uploadImage?additionalMetadata=a",
            PNG,
            accept=JSON,
            content_type="application/octet-stream",
        )


async def test_upload_image_refuses_what_the_document_does_not_take(door: Door) -> None:
    picture = {"content_type": "image/png", "data": PNG}
    told = await door.refused("modern/uploadImage", {"petId": 7}, body=picture)
    assert told.fields == ["body.content_type"]
    assert "application/octet-stream" in told.message


def form_data(*parts: tuple[str, bytes]) -> bytes:
    """A multipart body whose boundary is `B`."""
    written = (
        b"--B\r\nContent-Disposition: form-data; %b\r\n\r\n%b\r\n" % (head.encode(), body)
        for head, body in parts
    )
    return b"".join(written) + b"--B--\r\n"


@pytest.mark.parametrize("action", ["uploadFile", "uploadImage"])
@pytest.mark.parametrize(
    ("given", "name", "content_type"),
    [
        ({"body": {"content_type": "image/png", "data": PNG}}, "file", "image/png"),
        ({"body": {"data": PNG}}, "file", "application/octet-stream"),
        ({"file": AS_TEXT}, "file", "application/octet-stream"),
        (
            {"file": {"content": AS_TEXT, "filename": 'rex "1".png', "contentType": "image/png"}},
            "rex %221%22.png",
            "image/png",
        ),
    ],
    ids=["upload", "untyped upload", "base64", "named base64"],
)
async def test_the_classic_upload_image_is_a_form_with_the_file_in_it(
    door: Door,
    backend: HttpBackend,
    action: str,
    given: dict[str, Any],
    name: str,
    content_type: str,
) -> None:
    beside = {key: value for key, value in given.items() if key == "body"}
    arguments = {"petId": 7, "additionalMetadata": 'a "b"&é\n'}
    arguments |= {key: value for key, value in given.items() if key != "body"}
    for form in both(arguments):
        await door.execute(f"classic/{action}", **form, **beside)
        parts = [
            ('name="additionalMetadata"', 'a "b"&é\n'.encode()),
            (f'name="file"; filename="{name}"\r\nContent-Type: {content_type}', PNG),
        ]
        sent = last(backend)
        if "parameters" in form and sent[2] == form_data(*reversed(parts)):
            parts.reverse()  # the fields of a Struct have no order
        assert sent == on_the_wire(
            backend,
            "POST /v2/pet/7/uploadImage",
            form_data(*parts),
            accept=JSON,
            content_type="multipart/form-data; boundary=B",
        )


@pytest.mark.parametrize("action", ["findPetsByStatus", "findByStatus"])
async def test_find_by_status_answers_by_id_and_by_alias(
    door: Door, backend: HttpBackend, action: str
) -> None:
    for form in both({"status": "sold"}):
        await door.execute(f"modern/{action}", **form)
        line = "GET /v2/pet/findByStatus?status=sold"
        assert last(backend) == on_the_wire(backend, line, accept=JSON_OR_XML)
    for form in both({"status": ["sold", "pending"]}):
        await door.execute(f"classic/{action}", **form)
        line = "GET /v2/pet/findByStatus?status=sold&status=pending"
        assert last(backend) == on_the_wire(backend, line, accept=JSON_OR_XML)
    told = await door.refused(f"matrix/{action}")
    assert told.said == ("UNIMPLEMENTED", "ACTION_UNSUPPORTED", "gateway", "NOT_EXECUTED")
    assert told.fields == ["/paths/~1pet~1findByStatus/get/parameters/0/style"]


async def test_an_alias_is_told_by_its_id(door: Door) -> None:
    answered = await door.execute("classic/findByStatus", {"status": []}, view=EXECUTION_VIEW_FULL)
    assert answered.exchange.uri.endswith("/v2/pet/findByStatus")
    told = await door.refused("modern/findByStatus", {"status": 7})
    assert told.info.metadata["action"] == "findPetsByStatus"


async def test_add_pet_sends_the_callers_own_json(door: Door, backend: HttpBackend) -> None:
    text = '{"photoUrls":["u\\u00e9"],"name":"é","id":9007199254740993,"tags":[{"id":1.0}]}'
    for given in (text, f'{{"body":{text}}}', f' {{ "body" : {text} }} '):
        await door.execute("classic/addPet", given)
        assert last(backend) == on_the_wire(
            backend, "POST /v2/pet", text.encode(), accept="*/*", content_type="application/json"
        )


async def test_a_form_is_urlencoded_where_the_document_says_so(
    door: Door, backend: HttpBackend
) -> None:
    await door.execute("classic/updatePetWithForm", {"petId": 7, "name": "R é", "status": "a&b"})
    assert last(backend) == on_the_wire(
        backend,
        "POST /v2/pet/7",
        b"name=R+%C3%A9&status=a%26b",
        accept="*/*",
        content_type="application/x-www-form-urlencoded",
    )
    await door.execute("modern/updatePetWithForm", {"petId": 7, "name": "R é", "status": "a&b"})
    assert last(backend) == on_the_wire(
        backend, "POST /v2/pet/7?name=R%20%C3%A9&status=a%26b", accept=JSON_OR_XML
    )


async def test_a_header_parameter_goes_as_a_header(door: Door, backend: HttpBackend) -> None:
    await door.execute("classic/deletePet", {"petId": 7, "api_key": "k"})
    line, fields, body = last(backend)
    assert (line, fields["api_key"], body) == ("DELETE /v2/pet/7 HTTP/1.1", "k", b"")


async def test_the_python_petstore_takes_styles_photos_and_cookies(
    door: Door, backend: HttpBackend
) -> None:
    arguments = {
        "limit": 3,
        "page": 2,
        "search": "a b",
        "ids": [1, 2],
        "tags": ["cats", "dogs"],
        "order": "asc",
        "coordinates": {"lat": 1.5, "lon": -2},
        "color": {"R": 1, "G": 2},
    }
    for form in both(arguments):
        await door.execute("python/listPets", **form)
        path, _, query = last(backend)[0].split(" ")[1].partition("?")
        assert path == "/v2/pets"
        pairs = sorted(query.split("&"))
        written = next(each for each in pairs if each.startswith("coordinates="))
        text = unquote(written.removeprefix("coordinates="))
        assert json.loads(text) == arguments["coordinates"]
        pairs.remove(written)
        assert pairs == sorted(
            [
                *("limit=3", "page=2", "search=a%20b", "ids=1", "ids=2", "tags=cats,dogs"),
                *("order=asc", "color%5BR%5D=1", "color%5BG%5D=2"),
            ]
        )
    photo = {"content_type": "image/png", "data": PNG}
    await door.execute("python/createPetPhotoById", {"petId": 7}, body=photo)
    assert last(backend) == on_the_wire(
        backend, "POST /v2/pets/7/photo", PNG, accept="*/*", content_type="image/png"
    )
    cat = '{"name":"Cat","ears":{"healthy":true}}'
    await door.execute("python/createPets", f'{{"api-key":"MTIzNDU2","user":123,"body":{cat}}}')
    line, fields, body = last(backend)
    assert (line, body) == ("POST /v2/pets HTTP/1.1", cat.encode())
    assert (fields["api-key"], fields["cookie"]) == ("MTIzNDU2", "user=123")


async def test_the_expanded_petstore_answers_to_an_id_with_blanks(
    door: Door, backend: HttpBackend
) -> None:
    await door.execute("expanded/find pet by id", {"id": 7})
    assert last(backend) == on_the_wire(backend, "GET /v2/pets/7", accept=JSON)
    await door.execute("expanded/findPets", {"tags": ["a", "b,c"], "limit": 2})
    line = "GET /v2/pets?tags=a&tags=b%2Cc&limit=2"
    assert last(backend) == on_the_wire(backend, line, accept=JSON)
    await door.execute("expanded/addPet", '{"name":"a","tag":"b"}')
    assert last(backend) == on_the_wire(
        backend,
        "POST /v2/pets",
        b'{"name":"a","tag":"b"}',
        accept=JSON,
        content_type="application/json",
    )
