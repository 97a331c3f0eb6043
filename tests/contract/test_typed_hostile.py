"""Typed services in hostile hands: names that clash, answers that lie, senseless questions."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

from gateway.engines.choice import Name
from gateway.v1.artifact_pb2 import ARTIFACT_FORMAT_PYTHON_WHEEL, ExportArtifactRequest
from gateway.v1.artifact_pb2_grpc import ArtifactServiceStub
from tests.doors import Door, a_door, document, refusal
from tests.fakes import HttpBackend
from tests.typed_calls import TypedCaller
from tests.typed_shop import NUMBER, TEXT, says, shop

pytestmark = pytest.mark.asyncio(loop_scope="module")

BAD = ("UNKNOWN", "BACKEND_BAD_RESPONSE", "backend", "EXECUTED")
GONE = ("UNIMPLEMENTED", "ROUTE_NOT_FOUND", "gateway", "NOT_EXECUTED")
LIVE = "odd.live.OddService"
NAMES = {
    "gateway": "connectors.gateway.{}.GatewayService",
    "google": "connectors.google.{}.GoogleService",
    "connectors": "connectors.{}.ConnectorsService",
    "a--b": "a__b.{}.ABService",
    "a-b": "a_b.{}.ABService",
    "ab": "ab.{}.AbService",
    "import": "import.{}.ImportService",
    "n" * 63: f"{'n' * 63}.{{}}.N{'n' * 62}Service",
}


def odd() -> dict[str, Any]:
    thing = {"type": "object", "properties": {"id": NUMBER, "name": TEXT, "any": {}}}
    said = {"200": {"description": "", "content": {"application/json": {"schema": thing}}}}
    image: dict[str, Any] = {"content": {"image/png": {}}}
    paths = {
        "/thing": {"get": {"operationId": "get", "responses": said}},
        "/image": {"put": {"operationId": "put", "requestBody": image, "responses": {}}},
    }
    return document(paths)


class Liar(HttpBackend):
    """A backend that answers whatever it is told to."""

    def __init__(self) -> None:
        super().__init__(lambda _: self.said)
        self.said = says({"id": 1})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[Liar]:
    async with Liar() as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(
    tmp_path_factory: pytest.TempPathFactory, engine: Name, server: Liar
) -> AsyncIterator[Door]:
    async with a_door(tmp_path_factory.mktemp("hostile"), engine=engine) as opened:
        origin = f"http://127.0.0.1:{server.port}"
        await opened.publish("odd", odd(), origin)
        for connector in NAMES:
            await opened.publish(connector, shop(), origin)
        yield opened


@pytest.fixture
def caller(door: Door) -> TypedCaller:
    return TypedCaller(channel=door.channel)


@pytest.mark.parametrize("connector", NAMES)
async def test_a_connector_may_be_called_as_others_are(
    door: Door, caller: TypedCaller, connector: str
) -> None:
    listed = await caller.typed()
    for version in ("v1", "live"):
        service = NAMES[connector].format(version)
        assert service in listed
        assert (await caller.call(f"{service}/GetPet", {"pet_id": 1})).data == {"id": "1"}
        health = await HealthStub(door.channel).Check(HealthCheckRequest(service=service))
        assert health.status == HealthCheckResponse.SERVING


async def test_a_connector_called_as_a_keyword_has_stubs(door: Door) -> None:
    name = "connectors/import/versions/v1"
    artifacts: Any = ArtifactServiceStub(door.channel)
    request = ExportArtifactRequest(name=name, format=ARTIFACT_FORMAT_PYTHON_WHEEL)
    assert (await artifacts.ExportArtifact(request)).file_name.startswith("import_grpc-")


@pytest.mark.parametrize(
    "answer",
    [
        b"null",
        b"[1]",
        b'{"id":"1"}',
        b'{"id":1,"id":2}',
        b'{"id":123456789012345678901234567890}',
        b'{"name":"\\ud800"}',
        b'{"any":1e-400}',
        b'{"any":' + b"[" * 900 + b"]" * 900 + b"}",
        b'{"any":' + b'{"a":' * 900 + b"1" + b"}" * 901,
        b'{"any":{"' + b"\\n\\u0000\\u202e" * 100 + b'":9007199254740993}}',
    ],
)
async def test_an_answer_that_is_no_message_is_refused_in_printable_words(
    caller: TypedCaller, server: Liar, answer: bytes
) -> None:
    honest, server.said = server.said, says(answer.decode())
    try:
        assert (await refusal(caller.call(f"{LIVE}/Get"))).said == BAD
    finally:
        server.said = honest


@pytest.mark.parametrize("kind", ["image/png\r\nX-Evil: 1", "\0", "image/png; a=€", "text/html"])
async def test_the_type_of_an_upload_is_no_way_into_the_head(
    caller: TypedCaller, server: Liar, kind: str
) -> None:
    begun = len(server.requests)
    given = {"body_content_type": kind, "body": base64.b64encode(b"x").decode()}
    refused = await refusal(caller.call(f"{LIVE}/Put", given))
    assert (refused.code, len(server.requests)) == ("INVALID_ARGUMENT", begun)


@pytest.mark.parametrize(
    "path",
    [
        *("/", "//", f"/{LIVE}", f"/{LIVE}/", f"/{LIVE}//Get", f"/{LIVE}/Get/", f"/{LIVE}/get"),
        *(f"/{LIVE}/%47et", f"/{LIVE}/Get?x", "/Odd.live.OddService/Get", "/odd..OddService/Get"),
        *(
            "/connectors.odd.live.OddService/Get",
            "/o_dd.live.ODdService/Get",
            f"/{LIVE}/{'G' * 7_000}",
        ),
    ],
)
async def test_a_path_that_is_nearly_right_is_none(door: Door, path: str) -> None:
    call: Any = door.channel.unary_unary(path)
    assert (await refusal(call(b""))).said == GONE


@pytest.mark.parametrize(
    "question",
    [
        *({"file_containing_symbol": each} for each in ("", ".", "\0", "odd", "odd.v1", "odd..v1")),
        *(
            {"file_containing_symbol": each}
            for each in ("é.v1", "odd.v1.thing", "odd.v1." + "A" * 2**20)
        ),
        *(
            {"file_by_filename": each}
            for each in ("", "\0", "odd/v1//odd.proto", "../../etc/passwd")
        ),
        *({"file_by_filename": each} for each in ("/odd/v1/odd.proto", "odd/v1/../v1/odd.proto")),
        {"all_extension_numbers_of_type": "odd.v1.GetResponse"},
        {
            "file_containing_extension": {
                "containing_type": "odd.v1.GetResponse",
                "extension_number": 1,
            }
        },
    ],
    ids=lambda each: str(each)[:60],
)
async def test_a_question_that_means_nothing_is_answered_as_one(
    caller: TypedCaller, question: dict[str, Any]
) -> None:
    assert (await caller.ask(**question)).error_response.error_message == "not found"


@pytest.mark.parametrize("version", ["v9", "../x", "x" * 300, "v1,v1"])
async def test_reflection_of_a_version_that_is_not_there_finds_nothing(
    door: Door, version: str
) -> None:
    shown = (("x-connector-version", version),)
    with pytest.raises(KeyError):
        await TypedCaller(channel=door.channel, shown=shown).pool(LIVE)
