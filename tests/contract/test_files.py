"""Documents of several files, from outside: uploaded, fetched, called, and refused."""

import io
import itertools
import zipfile
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from facade.spec.bundling.archive import pack
from gateway.v1.catalog_pb2 import ValidateSpecRequest
from gateway.v1.gateway_pb2 import CreateVersion, ManageVersionsRequest, VersionChange
from gateway.v1.version_pb2 import ConnectorVersion, Direct
from tests.doors import Door, Refusal, a_door, refusal
from tests.fakes import HttpBackend, answer

pytestmark = pytest.mark.asyncio(loop_scope="module")

INVALID = ("INVALID_ARGUMENT", "INVALID_SPEC", "gateway", "NOT_EXECUTED")
OPENAPI = b"""openapi: 3.0.3
info: {title: Shop, version: '1'}
paths:
  /things/{id}: {$ref: 'paths/things@{id}.yaml'}
"""
FILES = {
    "api/openapi.yaml": OPENAPI,
    "api/paths/things@{id}.yaml": b"""get:
  operationId: getThing
  parameters:
    - $ref: ../../common.json#/parameters/Id
    - $ref: '../../common.json#/parameters/Page'
  responses: {'200': {description: ok}}
""",
    "common.json": b"""{"parameters": {
      "Id": {"name": "id", "in": "path", "required": true, "schema": {"$ref": "#/ids/Thing"}},
      "Page": {"name": "page", "in": "query", "schema": {"type": "integer"}}
    }, "ids": {"Thing": {"type": "string", "minLength": 2}}}""",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def host() -> AsyncIterator[HttpBackend]:
    """Serves a document of two files, and what it is for."""

    def respond(request: bytes) -> bytes:
        target = request.split()[1]
        if target == b"/v1/openapi.yaml":
            return answer(
                OPENAPI.replace(b"paths/things@{id}.yaml", b"../t.yaml")
                + b"servers: [{url: ../v2}]\n"
            )
        if target == b"/t.yaml":
            plain = FILES["api/paths/things@{id}.yaml"].replace(b"../../", b"")
            return answer(plain)
        if target == b"/common.json":
            return answer(FILES["common.json"])
        return answer(b"{}", headers=(("Content-Type", "application/json"),))

    async with HttpBackend(respond) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(tmp_path_factory: pytest.TempPathFactory, host: HttpBackend) -> AsyncIterator[Door]:
    allowed = host.origin.removeprefix("http://")
    async with a_door(tmp_path_factory.mktemp("files"), spec_hosts=(allowed,)) as opened:
        yield opened


@pytest.fixture(scope="module")
def names() -> Iterator[str]:
    return (f"files{number}" for number in itertools.count())


async def created(door: Door, name: str, version: ConnectorVersion) -> ConnectorVersion:
    create = VersionChange(create=CreateVersion(version_id="v1", version=version))
    request = ManageVersionsRequest(parent=f"connectors/{name}", changes=[create])
    made: ConnectorVersion = (await door.gateway.ManageVersions(request)).versions[0]
    return made


async def refused(door: Door, data: bytes, root: str = "") -> Refusal:
    version = ConnectorVersion(spec_archive=data, spec_root=root)
    return await refusal(created(door, "refused", version))


async def test_an_archive_becomes_a_version_that_is_called(
    door: Door, backend: HttpBackend, names: Iterator[str]
) -> None:
    name = next(names)
    direct = Direct(base_uri=f"{backend.origin}/v1")
    version = ConnectorVersion(spec_archive=pack(FILES), direct=direct)
    made = await created(door, name, version)
    assert (made.action_count, list(made.problems), made.spec_archive) == (1, [], b"")
    action = f"connectors/{name}/versions/v1/actions/getThing"
    await door.execute(action, {"id": "a/b", "page": 2})
    assert backend.requests[-1].startswith(b"GET /v1/things/a%2Fb?page=2 HTTP/1.1\r\n")
    told = await door.refused(action, {"id": "a"})
    assert told.fields == ["/id"]


async def test_the_same_files_have_the_same_digest_whatever_the_zip(
    door: Door, names: Iterator[str]
) -> None:
    more = pack({**FILES, "README.md": b"# Hi"})
    first = await created(door, next(names), ConnectorVersion(spec_archive=pack(FILES)))
    second = await created(door, next(names), ConnectorVersion(spec_archive=more))
    assert first.spec_digest == second.spec_digest
    assert first.spec_source_digest == ""


async def test_problems_say_which_file_and_line(door: Door) -> None:
    files = {**FILES, "common.json": FILES["common.json"].replace(b"integer", b"int")}
    files["api/openapi.yaml"] += b"odd: 1\n"
    answered = await door.catalog.ValidateSpec(ValidateSpecRequest(spec_archive=pack(files)))
    assert [(each.file, each.line, each.pointer) for each in answered.problems] == [
        ("api/openapi.yaml", 5, "/odd"),
        ("common.json", 3, "/parameters/Page/schema/type"),
    ]
    assert answered.action_count == 1


@pytest.mark.parametrize(
    ("files", "root", "field"),
    [
        ({"a.md": b"x"}, "", "spec_archive"),
        ({"a.yaml": OPENAPI, "b.yaml": OPENAPI}, "", "spec_root"),
        ({"a.yaml": OPENAPI}, "c.yaml", "spec_root"),
        ({"../a.yaml": OPENAPI}, "", "spec_archive"),
        ({"openapi.yaml": b"\0" * 9_000_000}, "", "spec_archive"),
    ],
)
async def test_h01_h04_an_archive_that_makes_no_document_is_refused(
    door: Door, files: dict[str, bytes], root: str, field: str
) -> None:
    told = await refused(door, pack(files), root)
    assert (told.said, told.fields) == (INVALID, [field])


async def test_h26_a_broken_archive_touches_nothing_else(door: Door, backend: HttpBackend) -> None:
    await door.publish(
        "steady",
        OPENAPI.decode().replace(
            "{$ref: 'paths/things@{id}.yaml'}",
            "{get: {responses: {}, parameters: [{name: id, in: path, required: true}]}}",
        ),
        backend.origin,
    )
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("openapi.yaml", b"a: 1\n" * 4_000_000)
    for data in (b"", b"PK\x03\x04", bomb.getvalue(), b"\0" * 1_000_000):
        version = ConnectorVersion(spec_archive=data)
        told = await refusal(created(door, "refused", version))
        assert told.said[0] == "INVALID_ARGUMENT"
        await door.execute("steady/things", {"id": "a"})
    assert backend.requests[-1].startswith(b"GET /things/a ")


async def test_a_root_without_an_archive_is_refused(door: Door) -> None:
    version = ConnectorVersion(spec_text=OPENAPI.decode(), spec_root="a.yaml")
    told = await refusal(created(door, "refused", version))
    assert told.fields == ["changes[0].create.version.spec_root"]


async def test_h17_a_fetched_document_is_called_where_it_says_relative_to_itself(
    door: Door, host: HttpBackend, names: Iterator[str]
) -> None:
    name = next(names)
    made = await created(door, name, ConnectorVersion(spec_uri=f"{host.origin}/v1/openapi.yaml"))
    assert (made.action_count, list(made.problems)) == (1, [])
    await door.execute(f"connectors/{name}/versions/v1/actions/getThing", {"id": "ab"})
    assert host.requests[-1].startswith(b"GET /v2/things/ab HTTP/1.1\r\n")


async def test_h02_a_document_may_refer_to_hosts_that_the_operator_allows_and_to_no_other(
    door: Door, host: HttpBackend, backend: HttpBackend, names: Iterator[str]
) -> None:
    said = len(backend.requests)
    paths = f"  /a: {{$ref: '{host.origin}/t.yaml'}}\n  /b: {{$ref: '{backend.origin}/t.yaml'}}\n"
    text = f"openapi: 3.0.3\ninfo: {{title: t, version: '1'}}\npaths:\n{paths}"
    made = await created(door, next(names), ConnectorVersion(spec_text=text))
    assert made.action_count == 1
    codes = {each.code for each in made.problems}
    assert "external-ref" in codes
    assert len(backend.requests) == said
    assert made.spec_source_digest not in {"", made.spec_digest}


async def test_h25_a_version_that_is_there_is_not_made_again_and_the_documents_are_told_apart(
    door: Door, names: Iterator[str]
) -> None:
    name = next(names)
    first = await created(door, name, ConnectorVersion(spec_archive=pack(FILES)))
    other = {**FILES, "common.json": FILES["common.json"].replace(b"2}", b"3}")}
    told = await refusal(created(door, name, ConnectorVersion(spec_archive=pack(other))))
    assert told.said == ("ALREADY_EXISTS", "VERSION_EXISTS", "gateway", "NOT_EXECUTED")
    assert f"sha256:{first.spec_digest}" in told.words
    assert "another than this" in told.words
    told = await refusal(created(door, name, ConnectorVersion(spec_archive=pack(FILES))))
    assert "is the same" in told.words


async def test_h17_a_relative_server_of_an_upload_needs_an_address(
    door: Door, names: Iterator[str]
) -> None:
    name = next(names)
    await created(door, name, ConnectorVersion(spec_archive=pack(FILES)))
    told = await door.refused(f"connectors/{name}/versions/v1/actions/getThing", {"id": "ab"})
    assert told.said[:2] == ("FAILED_PRECONDITION", "CONNECTION_INCOMPLETE")
    assert "base_uri" in told.words
