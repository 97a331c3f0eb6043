"""XML at the backend, JSON at the door: what is sent, what is answered, and what is refused."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.doors import Door, a_door, document
from tests.fakes import HttpBackend, answer

pytestmark = pytest.mark.asyncio(loop_scope="module")

DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>'
XML = "application/xml"
CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
PETSTORES = {"two": "readmeio__petstore20.json", "three": "swagger-api__petstore304.yaml"}
PET = {
    "type": "object",
    "required": ["name", "photoUrls"],
    "xml": {"name": "pet"},
    "properties": {
        "id": {"type": "integer", "format": "int64", "xml": {"attribute": True}},
        "name": {"type": "string"},
        "photoUrls": {
            "type": "array",
            "xml": {"wrapped": True},
            "items": {"type": "string", "xml": {"name": "photoUrl"}},
        },
        "tags": {"type": "array", "items": {"type": "string", "xml": {"name": "tag"}}},
        "price": {"type": ["number", "null"]},
    },
}
CONTENT = {XML: {"schema": {"$ref": "#/components/schemas/Pet"}}}
TEXT = {XML: {"schema": {"type": "string"}}}


def put(content: dict[str, Any], name: str) -> dict[str, Any]:
    return {
        "put": {
            "operationId": name,
            "requestBody": {"required": True, "content": content},
            "responses": {"200": {"description": "", "content": content}},
        }
    }


class Backend:
    """Keeps the last request; answers with what it is told to, or with what it was sent."""

    def __init__(self) -> None:
        self.received = b""
        self.says: bytes | None = None
        self.type = XML

    def __call__(self, request: bytes) -> bytes:
        self.received = request
        _, _, body = request.partition(b"\r\n\r\n")
        return answer(self.says or body, headers=(("Content-Type", self.type),))

    @property
    def body(self) -> bytes:
        return self.received.partition(b"\r\n\r\n")[2]


@pytest.fixture(scope="module")
def backend() -> Backend:
    return Backend()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(tmp_path_factory: pytest.TempPathFactory, backend: Backend) -> AsyncIterator[Door]:
    paths = {"/pet": put(CONTENT, "putPet"), "/text": put(TEXT, "putText")}
    described = document(paths, openapi="3.1.1", components={"schemas": {"Pet": PET}})
    folder = tmp_path_factory.mktemp("xml")
    async with HttpBackend(backend) as served, a_door(folder) as opened:
        await opened.publish("pets", described, served.origin)
        for connector, file in PETSTORES.items():
            if (CORPUS / file).exists():
                await opened.publish(connector, (CORPUS / file).read_text(), served.origin)
        yield opened


@pytest.fixture(autouse=True)
def reset(backend: Backend) -> None:
    backend.says, backend.type = None, XML


REX = '{"id":9007199254740993,"name":"R & <D>","photoUrls":["u"],"tags":["a","b"],"price":1.10}'
REX_XML = (
    DECLARATION + b'<pet id="9007199254740993"><name>R &amp; &lt;D&gt;</name>'
    b"<photoUrls><photoUrl>u</photoUrl></photoUrls><tag>a</tag><tag>b</tag><price>1.10</price></pet>"
)


async def test_b20_an_object_goes_out_as_escaped_xml_and_comes_back_digit_for_digit(
    door: Door, backend: Backend
) -> None:
    answered = await door.execute("pets/putPet", f'{{"body":{REX}}}')
    assert backend.body == REX_XML
    assert b"content-type: application/xml\r\n" in backend.received.lower()
    assert answered.json == REX


async def test_a_string_goes_out_as_the_xml_that_it_is(door: Door, backend: Backend) -> None:
    await door.execute("pets/putPet", {"body": "<pet><name>Rex</name></pet>"})
    assert backend.body == b"<pet><name>Rex</name></pet>"
    answered = await door.execute("pets/putText", {"body": "<a>é</a>"})
    assert backend.body == "<a>é</a>".encode()
    assert answered.body.data == "<a>é</a>".encode()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": 7, "photoUrls": []}, "/body/name"),
        ({"name": "\u0001", "photoUrls": []}, "/body/name"),
        ({"name": "x", "photoUrls": [], "a b": 1}, "/body/a b"),
    ],
)
async def test_what_the_schema_or_xml_does_not_allow_is_refused_unsent(
    door: Door, backend: Backend, body: Any, field: str
) -> None:
    backend.received = b""
    refused = await door.refused("pets/putPet", {"body": body})
    assert refused.said == ("INVALID_ARGUMENT", "INVALID_PARAMETERS", "gateway", "NOT_EXECUTED")
    assert refused.fields == [field]
    assert backend.received == b""


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        (b"<pet><name/><photoUrls/></pet>", {"name": "", "photoUrls": []}),
        (
            b'<Pet xmlns="urn:x" id="007"><photoUrls><photoUrl>1</photoUrl></photoUrls></Pet>',
            {"id": 7, "photoUrls": ["1"]},
        ),
        (b"<pet><tag>1</tag><extra><x>2</x></extra></pet>", {"tags": ["1"], "extra": {"x": "2"}}),
    ],
)
async def test_xml_arrives_as_json_by_its_schema(
    door: Door, backend: Backend, xml: bytes, expected: Any
) -> None:
    backend.says = xml
    answered = await door.execute("pets/putPet", f'{{"body":{REX}}}')
    assert json.loads(answered.json) == expected


@pytest.mark.parametrize(
    ("xml", "said"),
    [
        (b'<!DOCTYPE r [<!ENTITY l "lol"><!ENTITY m "&l;&l;">]><r>&m;</r>', "document type"),
        (b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>', "document type"),
        (b"<a>" * 5_000, "nested deeper"),
        (b"<r>" + b"<a/>" * 200_000 + b"</r>", "more than 100,000"),
        (b"<pet><name>", "not well-formed"),
        (b"<r>\xff</r>", "charset"),
    ],
)
async def test_bombs_and_broken_xml_of_the_backend_are_its_fault(
    door: Door, backend: Backend, xml: bytes, said: str
) -> None:
    backend.says = xml
    refused = await door.refused("pets/putPet", f'{{"body":{REX}}}')
    assert refused.said == ("UNKNOWN", "BACKEND_BAD_RESPONSE", "backend", "EXECUTED")
    assert said in refused.message


@pytest.mark.parametrize(
    ("connector", "names"),
    [("two", ("Pet", "photoUrl", "tag", "Tag")), ("three", ("pet", "photoUrls", "tags", "tag"))],
)
async def test_the_petstores_answer_in_xml(
    door: Door, backend: Backend, connector: str, names: tuple[str, str, str, str]
) -> None:
    if not (CORPUS / PETSTORES[connector]).exists():
        pytest.skip(f"{PETSTORES[connector]} is not here")
    pet, urls, tags, tag = names
    backend.says = (
        f"<{pet}><id>7</id><name>Rex</name><{urls}><photoUrl>u</photoUrl></{urls}>"
        f"<{tags}><{tag}><id>1</id></{tag}></{tags}></{pet}>"
    ).encode()
    answered = await door.execute(f"{connector}/getPetById", {"petId": 7})
    expected = {"id": 7, "name": "Rex", "photoUrls": ["u"], "tags": [{"id": 1}]}
    assert json.loads(answered.json) == expected
