"""Bodies that published documents ask for: the raw bytes that a backend received."""

import base64
import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
import pytest_asyncio

from gateway.v1.catalog_pb2 import GetConnectorRequest
from tests.doors import a_door
from tests.fakes import HttpBackend
from tests.wires import Wire

CORPUS = Path(__file__).resolve().parents[2] / "../shared/corpus"
DOCUMENTS = {
    "box": "box__box.json",
    "stripe": "apis-guru__stripe.com.json",
    "jira": "apis-guru__atlassian.com-jira.json",
    "sendgrid2": "sendgrid__sendgrid20.yaml",
    "sendgrid3": "sendgrid__sendgrid31.json",
    "types": "oapi-codegen__content-types.yaml",
    "strict": "oapi-codegen__strict.yaml",
    "wtforms": "commonism__formdata-wtforms.yaml",
    "styles": "readmeio__schema-encoding-style.json",
    "influx": "influxdata__oss.yaml",
    "store": "readmeio__petstore20.json",
}

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(not CORPUS.exists(), reason="the corpus of real documents is absent"),
]

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=B"
JSON = "application/json"
OCTETS = "application/octet-stream"
PDF = b"%PDF\x00\xff\r\n"
AS_TEXT = base64.b64encode(PDF).decode()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def wire(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Wire]:
    folder = tmp_path_factory.mktemp("corpus")
    async with HttpBackend() as backend, a_door(folder) as door:
        yield Wire(door, backend)


async def publish(wire: Wire, name: str) -> None:
    """Publishes a document where it is not yet: the large ones take their time."""
    request = GetConnectorRequest(name=f"connectors/{name}")
    try:
        await wire.door.catalog.GetConnector(request)
    except grpc.aio.AioRpcError:
        text = (CORPUS / DOCUMENTS[name]).read_text(encoding="utf-8")
        await wire.door.publish(name, text, wire.backend.origin)


def part(name: str, content: str, *head: str, filename: str = "") -> str:
    file = f'; filename="{filename}"' if filename else ""
    lines = [f'Content-Disposition: form-data; name="{name}"{file}', *head]
    return "\r\n".join([*lines, "", content])


def parts(*each: str) -> str:
    return "".join(f"--B\r\n{one}\r\n" for one in each) + "--B--\r\n"


AS_JSON = "Content-Type: application/json"
BYTES = f"Content-Type: {OCTETS}"
MAIL = (
    '{"personalizations":[{"to":[{"email":"a@b.example"}],"send_at": 9007199254740993}],'
    '"from":{"email":"c@d.example"},"subject":"é",'
    '"content":[{"type":"text/plain","value":"x"}]}'
)

CUSTOMER = (
    "name=Ann+%26+Co&metadata%5Border+id%5D=6735&metadata%5B%C3%A9%5D="
    "&address%5Bline1%5D=1+Main&address%5Bcity%5D=X&expand%5B%5D=a&expand%5B%5D=b.c"
    "&tax_id_data%5B0%5D%5Btype%5D=eu_vat&tax_id_data%5B0%5D%5Bvalue%5D=DE1&balance=-5"
)


@pytest.mark.parametrize(
    ("action", "arguments", "chosen", "expected"),
    [
        pytest.param(
            "box/post_files_content",
            '{"attributes": {"name": "a.pdf", "parent": {"id": "0"}},'
            f' "file": {{"content": "{AS_TEXT}", "filename": "a.pdf",'
            ' "contentType": "application/pdf"}}',
            "",
            (
                MULTIPART,
                parts(
                    part("attributes", '{"name": "a.pdf", "parent": {"id": "0"}}', AS_JSON),
                    part(
                        "file",
                        PDF.decode("latin-1"),
                        "Content-Type: application/pdf",
                        filename="a.pdf",
                    ),
                ),
            ),
            id="box",
        ),
        pytest.param(
            "stripe/PostCustomers",
            '{"name": "Ann & Co", "metadata": {"order id": "6735", "é": ""},'
            ' "address": {"line1": "1 Main", "city": "X"}, "expand": ["a", "b.c"],'
            ' "tax_id_data": [{"type": "eu_vat", "value": "DE1"}], "balance": -5}',
            "",
            (
                FORM,
                CUSTOMER,
            ),
            id="stripe",
        ),
        pytest.param(
            "jira/addAttachment",
            '{"issueIdOrKey": "A-1", "body":'
            f' {{"file": {{"content": "{AS_TEXT}", "filename": "a.pdf"}}}}}}',
            "",
            (
                MULTIPART,
                parts(part("file", PDF.decode("latin-1"), BYTES, filename="a.pdf")),
            ),
            id="jira: a form whose schema is that of one file",
        ),
        pytest.param(
            "jira/setUserColumns",
            '{"body": {"columns": ["summary", "status"]}}',
            "",
            (MULTIPART, parts(part("columns", "summary"), part("columns", "status"))),
            id="jira: a form whose schema is an array",
        ),
        pytest.param(
            "jira/setUserColumns",
            '{"body": ["summary"]}',
            "",
            (JSON, '["summary"]'),
            id="jira: JSON where anything is declared",
        ),
        pytest.param(
            "jira/createIssueTypeAvatar",
            f'{{"id": "1", "size": 8, "body": "{AS_TEXT}"}}',
            "image/png",
            ("image/png", PDF.decode("latin-1")),
            id="jira: the caller says what anything is",
        ),
        pytest.param("sendgrid2/POST_mail-send", MAIL, "", (JSON, MAIL), id="sendgrid 2.0"),
        pytest.param("sendgrid3/POST_mail-send", MAIL, "", (JSON, MAIL), id="sendgrid 3.1"),
        pytest.param(
            "types/CreateWhatever",
            '{"someProperty": "x"}',
            "",
            (JSON, '{"someProperty":"x"}'),
            id="JSON before its kin",
        ),
        pytest.param(
            "types/CreateWhatever",
            '{"body": {"someProperty": "x"}}',
            "application/vnd.x+json",
            ("application/vnd.x+json", '{"someProperty": "x"}'),
            id="a type within *+json",
        ),
        pytest.param("types/1234", '{"body": 12.50}', "", ("text/plain", "12.50"), id="a number"),
        pytest.param(
            "strict/MultipartRelatedExample",
            '{"value": "x"}',
            "",
            (
                "multipart/related; boundary=B",
                parts(part("value", "x")),
            ),
            id="multipart/related of an object",
        ),
        pytest.param(
            "strict/MultipleRequestAndResponseTypes",
            '{"value": "x y"}',
            FORM,
            (FORM, "value=x+y"),
            id="a form where JSON is declared as well",
        ),
        pytest.param(
            "wtforms/header",
            '{"header": {"text": "h", "headers": {"X-HEADER": "1"}}}',
            "",
            (
                MULTIPART,
                parts(
                    part("header", "h", "Content-Type: text/plain; charset=utf-8", "X-HEADER: 1")
                ),
            ),
            id="a part's header",
        ),
        pytest.param(
            "wtforms/star",
            '{"star": {"name": "a", "position": "b"}}',
            "",
            (MULTIPART, parts(part("star", "name,a,position,b"))),
            id="a style in multipart since 3.1",
        ),
        pytest.param(
            "wtforms/file",
            '{"file": "AP8=", "files": ["00FF"], "xml": "<a=3D1/>"}',
            "",
            (
                MULTIPART,
                parts(
                    part("file", "AP8=", BYTES, "Content-Transfer-Encoding: base64"),
                    part("files", "00FF", BYTES, "Content-Transfer-Encoding: base16"),
                    part(
                        "xml",
                        "<a=3D1/>",
                        "Content-Type: application/xml; charset=utf-8",
                        "Content-Transfer-Encoding: quoted-printable",
                    ),
                ),
            ),
            id="contentEncoding",
        ),
        pytest.param(
            "styles/encoding_form",
            '{"primitive": "p", "array": ["a", "b"], "object": {"foo": "1"}}',
            "",
            (
                MULTIPART,
                parts(
                    part("primitive", "p"),
                    part("array", "a"),
                    part("array", "b"),
                    part("object", '{"foo": "1"}', AS_JSON),
                ),
            ),
            id="a style in multipart before 3.1",
        ),
        pytest.param(
            "store/updatePetWithForm",
            '{"petId": 1, "name": "A b", "status": "s"}',
            "",
            (FORM, "name=A+b&status=s"),
            id="formData of 2.0",
        ),
    ],
)
async def test_a_published_body_is_byte_for_byte(
    wire: Wire, action: str, arguments: str, chosen: str, expected: tuple[str, str]
) -> None:
    await publish(wire, action.partition("/")[0])
    await wire.door.execute(action, arguments, content_type=chosen)
    content_type, body = wire.received()
    raw = "latin-1" if "\xff" in expected[1] else "utf-8"
    assert (content_type, body) == (expected[0], expected[1].encode(raw))


@pytest.mark.parametrize("coding", ["gzip", "identity"])
async def test_a_text_is_packed_as_its_content_encoding_says(wire: Wire, coding: str) -> None:
    line = "cpu,host=a value=0.10 1556813561098000000"
    await publish(wire, "influx")
    await wire.door.execute(
        "influx/PostWrite",
        {"org": "o", "bucket": "b", "Content-Encoding": coding, "body": line},
    )
    content_type, body = wire.received()
    assert content_type == "text/plain"
    assert (gzip.decompress(body) if coding == "gzip" else body) == line.encode()


async def test_an_upload_goes_beside_the_attributes_of_a_file(wire: Wire) -> None:
    await publish(wire, "box")
    await wire.door.execute(
        "box/post_files_content",
        {"attributes": {"name": "a", "parent": {"id": "0"}}},
        body={"content_type": "application/pdf", "data": PDF},
    )
    content_type, body = wire.received()
    assert content_type == MULTIPART
    assert body.endswith(
        b'name="file"; filename="file"\r\nContent-Type: application/pdf\r\n\r\n'
        + PDF
        + b"\r\n--B--\r\n"
    )
