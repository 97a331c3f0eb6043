"""Servers and security in unusual but legal combinations, as the backend sees them."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from gateway.v1.credential_pb2 import Credential
from gateway.v1.gateway_pb2 import (
    CreateVersion,
    ManageVersionsRequest,
    PromoteVersion,
    VersionChange,
)
from gateway.v1.version_pb2 import BackendVariable, ConnectorVersion
from tests.doors import Door, a_door
from tests.fakes import HttpBackend
from tests.wires import Wire

pytestmark = pytest.mark.asyncio(loop_scope="module")

SERVERS = """
openapi: 3.0.4
info: {title: t, version: "1"}
servers:
- url: 'http://{host}:{port}/{base}/'
  variables:
    host: {default: 127.0.0.1, enum: [127.0.0.1, 127.0.0.2]}
    port: {default: "PORT"}
    base: {default: v1}
paths:
  /a:
    get: {operationId: document, responses: {}}
    post:
      operationId: operation
      servers: [{url: 'http://127.0.0.1:PORT/op?key=1'}]
      parameters: [{name: q, in: query, schema: {type: string}}]
      responses: {}
  /b:
    servers: [{url: 'http://127.0.0.1:PORT/path/{x}', variables: {x: {default: y}}}]
    get: {operationId: path, responses: {}}
  /c/:
    servers: [{url: 'http://127.0.0.1:PORT'}]
    get: {operationId: bare, responses: {}}
  /:
    get: {operationId: root, responses: {}}
  /e:
    servers: []
    get: {operationId: none, responses: {}}
"""

SECURITY = """
openapi: 3.0.3
info: {title: t, version: "1"}
servers: [{url: 'http://127.0.0.1:PORT'}]
security: [{in query: [], in cookie: []}, {basic: []}]
components:
  securitySchemes:
    in query: {type: apiKey, in: query, name: api key&}
    in cookie: {type: apiKey, in: cookie, name: sid}
    raw: {type: apiKey, in: header, name: Authorization}
    head: {type: apiKey, in: header, name: X-Api-Key}
    basic: {type: http, scheme: Basic}
    bearer: {type: http, scheme: bearer}
    oauth: {type: oauth2, flows: {clientCredentials: {tokenUrl: 'https://t.example', scopes: {}}}}
paths:
  /both: {get: {operationId: both, parameters: [{name: q, in: query}, {name: c, in: cookie}],
    responses: {}}}
  /off: {get: {operationId: off, security: [], responses: {}}}
  /none-first: {get: {operationId: none-first, security: [{}, {basic: []}], responses: {}}}
  /none-last: {get: {operationId: none-last, security: [{basic: []}, {}], responses: {}}}
  /either: {get: {operationId: either, security: [{undeclared: []}, {bearer: []}], responses: {}}}
  /head: {get: {operationId: head, security: [{head: []}], responses: {}}}
  /oauth: {get: {operationId: oauth, security: [{oauth: [a]}], responses: {}}}
  /raw: {get: {operationId: raw, security: [{raw: []}], responses: {}}}
"""

SECRETS = {
    "PORTICO_SECRET_ODD": "K/1 &",
    "PORTICO_SECRET_KEY": "key",
    "PORTICO_SECRET_WORD": "pé",
    "PORTICO_SECRET_TOKEN": "token",
}


def key(scheme: str, secret: str = "KEY", prefix: str = "") -> Credential:  # noqa: S107 - a name
    held = Credential.ApiKey(key_secret=f"env:PORTICO_SECRET_{secret}", prefix=prefix)
    return Credential(scheme=scheme, api_key=held)


def bearer(scheme: str) -> Credential:
    held = Credential.Bearer(token_secret="env:PORTICO_SECRET_TOKEN")
    return Credential(scheme=scheme, bearer=held)


BASIC = Credential.Basic(username="u", password_secret="env:PORTICO_SECRET_WORD")
CREDENTIALS = [
    *(key("in query", "ODD"), key("in cookie"), key("raw", prefix="Token "), key("head")),
    *(bearer("bearer"), bearer("oauth"), Credential(scheme="basic", basic=BASIC)),
]


async def publish(door: Door, name: str, version: ConnectorVersion) -> None:
    parent = f"connectors/{name}"
    changes = [
        VersionChange(create=CreateVersion(version_id="v1", version=version)),
        VersionChange(promote=PromoteVersion(name=f"{parent}/versions/v1")),
    ]
    await door.gateway.ManageVersions(ManageVersionsRequest(parent=parent, changes=changes))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def wire(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Wire]:
    folder = tmp_path_factory.mktemp("servers")
    async with HttpBackend() as backend, a_door(folder, SECRETS) as door:
        servers = SERVERS.replace("PORT", str(backend.port))
        security = SECURITY.replace("PORT", str(backend.port))
        base = BackendVariable(key="base", value="v2", location=BackendVariable.LOCATION_SERVER)
        other = ConnectorVersion(spec_text=servers, backend_variables=[base])
        await publish(door, "plain", ConnectorVersion(spec_text=servers))
        await publish(door, "other", other)
        await publish(door, "keys", ConnectorVersion(spec_text=security, credentials=CREDENTIALS))
        yield Wire(door, backend)


@pytest.mark.parametrize(
    ("action", "target"),
    [
        ("plain/document", "/v1/a"),
        ("plain/operation", "/op/a?key=1"),
        ("plain/path", "/path/y/b"),
        ("plain/bare", "/c/"),
        ("plain/root", "/v1/"),
        ("plain/none", "/v1/e"),
        ("other/document", "/v2/a"),
        ("other/operation", "/op/a?key=1"),
    ],
)
async def test_a_call_goes_to_the_nearest_server(wire: Wire, action: str, target: str) -> None:
    await wire.door.execute(action)
    assert wire.backend.requests[-1].split(b" ")[1].decode("ascii") == target


async def test_the_query_of_a_server_stands_before_the_arguments(wire: Wire) -> None:
    await wire.door.execute("plain/operation", {"q": "a&b"})
    assert wire.backend.requests[-1].startswith(b"POST /op/a?key=1&q=a%26b HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("off", {}),
        ("none-first", {"Authorization": "Basic dTpww6k="}),
        ("none-last", {"Authorization": "Basic dTpww6k="}),
        ("either", {"Authorization": "Bearer token"}),
        ("head", {"X-Api-Key": "key"}),
        ("oauth", {"Authorization": "Bearer token"}),
        ("raw", {"Authorization": "Token key"}),
    ],
)
async def test_a_call_is_signed_wherever_a_requirement_can_be_met(
    wire: Wire, action: str, fields: dict[str, str]
) -> None:
    await wire.door.execute(f"keys/{action}")
    head = wire.backend.requests[-1].decode("ascii").split("\r\n")
    assert head[0] == f"GET /{action} HTTP/1.1"
    sent = dict(each.split(": ", 1) for each in head[1:] if each)
    signing = ("Authorization", "X-Api-Key", "cookie")
    assert {name: sent[name] for name in signing if name in sent} == fields


async def test_both_schemes_of_one_requirement_sign_beside_the_arguments(wire: Wire) -> None:
    await wire.door.execute("keys/both", {"q": "1", "c": "2"})
    head = wire.backend.requests[-1].decode("ascii")
    assert head.startswith("GET /both?q=1&api%20key%26=K%2F1%20%26 HTTP/1.1\r\n")
    assert "\r\ncookie: c=2; sid=key\r\n" in head
    assert "authorization" not in head.lower()
