"""Values that a version gives, and those that a request to the mirror may give in their place."""

import json
from collections.abc import AsyncIterator

import openapi_spec_validator
import pytest
import pytest_asyncio

from facade.model.action import Location
from facade.model.change import Change, Create, Draft, Promote
from facade.model.names import ConnectorName, VersionName
from facade.model.version import Destination, Variable
from tests.doors import document
from tests.engines import a_call, publish
from tests.fakes import HttpBackend
from tests.mirrors import Mirrored, a_mirror

pytestmark = pytest.mark.asyncio(loop_scope="module")

JSON = {"Content-Type": "application/json"}
GIVEN = document(
    {
        "/{tenant}/things/{id}": {
            "parameters": [{"$ref": "#/components/parameters/Org"}],
            "post": {
                "operationId": "act",
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
                    {"name": "v", "in": "query", "required": True, "schema": {"type": "string"}},
                ],
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/N"}}}
                },
                "responses": {"200": {"description": ""}},
            },
        }
    },
    components={
        "parameters": {
            "Org": {"name": "X-Org", "in": "header", "required": True, "schema": {"type": "string"}}
        },
        "schemas": {
            "N": {
                "type": "object",
                "required": ["app", "n"],
                "properties": {"app": {"type": "string"}, "n": {"type": "integer"}},
                "additionalProperties": False,
            }
        },
    },
)
VARIABLES = (
    Variable(name="tenant", location=Location.PATH, value="acme"),
    Variable(name="X-Org", location=Location.HEADER, value="7"),
    Variable(name="app", location=Location.BODY, value="portico"),
    Variable(name="v", location=Location.QUERY, value="2", overridable=True),
)


async def test_g14_what_the_version_gives_is_not_asked_for(mirror: Mirrored) -> None:
    got = await mirror.ask("GET", "/v1/connectors/given/versions/v1/openapi.json")
    tree = json.loads(got.body)
    openapi_spec_validator.validate(tree)
    item = tree["paths"]["/{tenant}/things/{id}"]
    assert [each["name"] for each in item["parameters"]] == ["tenant"]
    assert item["parameters"][0]["schema"]["enum"] == ["-"]
    own = {each["name"]: each for each in item["post"]["parameters"]}
    assert own["id"]["required"] is True
    assert "required" not in own["v"]
    body = item["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert (body["required"], list(body["properties"])) == (["n"], ["n"])
    assert "acme" not in got.body.decode()


PLAIN = document(
    {
        "/things": {
            "post": {
                "operationId": "act",
                "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
                "responses": {},
            }
        }
    }
)
OPEN = tuple(
    Variable(name=name, location=location, value="own", overridable=True)
    for name, location in (
        ("X-Tenant", Location.HEADER),
        ("v", Location.QUERY),
        ("session", Location.COOKIE),
        ("app", Location.BODY),
    )
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def mirror(
    tmp_path_factory: pytest.TempPathFactory, backend: HttpBackend
) -> AsyncIterator[Mirrored]:
    async with a_mirror(tmp_path_factory.mktemp("mirror")) as opened:
        await publish(opened.parts, "given", GIVEN, backend.origin, variables=VARIABLES)
        await publish(opened.parts, "open", PLAIN, backend.origin, variables=OPEN)
        yield opened


@pytest.mark.parametrize(("query", "sent"), [("", b"v=2"), ("?v=3", b"v=3")])
async def test_g14_what_the_version_gives_is_sent_whatever_stands_there(
    mirror: Mirrored, backend: HttpBackend, query: str, sent: bytes
) -> None:
    backend.requests.clear()
    target = f"/connectors/given/versions/v1/-/things/5{query}"
    got = await mirror.ask("POST", target, b'{"n":1}', JSON)
    assert got.status == 200, got.body
    [request] = backend.requests
    assert request.startswith(b"POST /acme/things/5?" + sent + b" HTTP/1.1")
    assert b"x-org: 7\r\n" in request.lower()
    assert json.loads(request.partition(b"\r\n\r\n")[2]) == {"app": "portico", "n": 1}


async def test_g14_a_gateway_need_not_give_what_the_version_gives(
    mirror: Mirrored, backend: HttpBackend
) -> None:
    target = "/connectors/given/versions/v1"
    served = json.loads((await mirror.ask("GET", f"/v1{target}/openapi.json")).body)
    facade = Destination(uri=f"http://127.0.0.1:{mirror.port}{target}", indirect=True)
    draft = Draft(spec_text=json.dumps(served), destination=facade)
    changes: list[Change] = [
        Create(version_id="v1", draft=draft),
        Promote(name=VersionName("far", "v1")),
    ]
    await mirror.parts.catalog.manage(ConnectorName("far"), changes)
    backend.requests.clear()
    await mirror.parts.engine.execute(a_call("far/act", {"id": "5", "n": 1}))
    [request] = backend.requests
    assert request.startswith(b"POST /acme/things/5?v=2 HTTP/1.1")
    assert json.loads(request.partition(b"\r\n\r\n")[2]) == {"app": "portico", "n": 1}


async def test_g14_another_value_for_what_only_the_version_gives_is_refused(
    mirror: Mirrored, backend: HttpBackend
) -> None:
    backend.requests.clear()
    target = "/connectors/given/versions/v1/-/things/5"
    got = await mirror.ask("POST", target, b'{"n":1,"app":"x"}', JSON | {"X-Org": "8"})
    assert (got.status, got.error["reason"]) == (400, "INVALID_PARAMETERS")
    assert not backend.requests


@pytest.mark.parametrize(
    ("query", "fields", "body", "value"),
    [
        ("", {}, {"n": 1}, "own"),
        (
            "?v=a%26b",
            {"x-tenant": "a&b", "Cookie": "session=a&b; other=1"},
            {"n": 1, "app": "a&b"},
            "a&b",
        ),
    ],
)
async def test_g14_a_request_may_give_what_the_document_does_not_declare(
    mirror: Mirrored,
    backend: HttpBackend,
    query: str,
    fields: dict[str, str],
    body: dict[str, object],
    value: str,
) -> None:
    backend.requests.clear()
    target = f"/connectors/open/versions/v1/things{query}"
    got = await mirror.ask("POST", target, json.dumps(body).encode(), JSON | fields)
    assert got.status == 200, got.body
    [request] = backend.requests
    head, _, sent = request.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /things?v=" + value.replace("&", "%26").encode())
    assert f"\r\nx-tenant: {value}\r\n" in head.decode().lower()
    assert f"\r\ncookie: session={value}\r\n" in head.decode().lower() + "\r\n"
    assert json.loads(sent) == {"n": 1, "app": value}
