"""Rows of the fault catalogue on documents whose author is hostile, from publishing to the wire."""

import itertools
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from typer.testing import CliRunner

from gateway.cli.main import app
from gateway.v1.credential_pb2 import Credential
from gateway.v1.gateway_pb2 import (
    CreateVersion,
    ListActionsRequest,
    ManageVersionsRequest,
    VersionChange,
)
from gateway.v1.version_pb2 import ConnectorVersion
from tests.doors import Door, a_door, document, operation, refusal
from tests.fakes import HttpBackend
from tests.wires import Wire

pytestmark = pytest.mark.asyncio(loop_scope="module")

INCOMPLETE = ("FAILED_PRECONDITION", "CONNECTION_INCOMPLETE", "gateway", "NOT_EXECUTED")
UNSUPPORTED = ("UNIMPLEMENTED", "ACTION_UNSUPPORTED", "gateway", "NOT_EXECUTED")
PARAMETERS = ("INVALID_ARGUMENT", "INVALID_PARAMETERS", "gateway", "NOT_EXECUTED")
HEAD = 'openapi: 3.1.0\ninfo: {title: t, version: "1"}\npaths:\n'
SECRETS = {"PORTICO_SECRET_KEY": "s3cret"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def wire(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Wire]:
    folder = tmp_path_factory.mktemp("hostile")
    async with HttpBackend() as backend, a_door(folder, SECRETS) as door:
        yield Wire(door, backend)


@pytest.fixture(scope="module")
def names() -> Iterator[str]:
    return (f"new{number}" for number in itertools.count())


def line(wire: Wire) -> str:
    return wire.backend.requests[-1].split(b"\r\n")[0].decode("ascii")


async def created(door: Door, name: str, version: ConnectorVersion) -> ConnectorVersion:
    """Version v1 of a connector."""
    change = VersionChange(create=CreateVersion(version_id="v1", version=version))
    request = ManageVersionsRequest(parent=f"connectors/{name}", changes=[change])
    made: ConnectorVersion = (await door.gateway.ManageVersions(request)).versions[0]
    return made


@pytest.mark.parametrize(
    ("reference", "code"),
    [
        ("file:///etc/passwd", "external-ref"),
        ("../../secrets.yaml", "external-ref"),
        ("/etc/passwd", "external-ref"),
        ("C:\\secrets", "external-ref"),
        ("data:application/json,{}", "external-ref"),
        ("http://169.254.169.254/latest", "external-ref"),
        ("{origin}/x.yaml", "external-ref"),
        ("#/components/schemas/%2e%2e", "dangling-ref"),
        ("#/%00", "dangling-ref"),
        ("#//", "dangling-ref"),
    ],
)
async def test_h01_h02_h03_a_reference_that_leads_elsewhere_is_told_and_never_followed(
    wire: Wire, names: Iterator[str], reference: str, code: str
) -> None:
    name, before = next(names), wire.backend.connections
    schema = {"$ref": reference.replace("{origin}", wire.backend.origin)}
    fields: dict[str, Any] = {
        "parameters": [{"name": "q", "in": "query", "schema": schema}],
        "requestBody": {"content": {"application/json": {"schema": schema}}},
    }
    text = operation("post", "/a", **fields)
    made = (await wire.door.publish(name, text, wire.backend.origin)).versions[0]
    found = {(each.code, each.pointer) for each in made.problems}
    assert (code, "/paths/~1a/post/parameters/0/schema/$ref") in found
    assert wire.backend.connections == before
    await wire.door.execute(f"{name}/act", '{"q":1,"body":[1.0]}')
    assert (line(wire), wire.received()[1]) == ("POST /a?q=1 HTTP/1.1", b"[1.0]")


YAML = (
    HEAD
    + """
  /y:
    parameters: [&q {name: no, in: query, schema: {type: string}}]
    get:
      operationId: yes
      parameters:
      - {<<: *q, name: on, schema: {type: string, enum: [off, 1:20, 2020-01-01, 0o17, y]}}
      - {name: 12e03, in: query, schema: {type: integer, default: 0777, maximum: 1_000}}
      responses: {200: {description: on}}
"""
)


async def test_h07_h08_words_of_yaml_mean_what_they_mean_in_1_2(
    wire: Wire, names: Iterator[str]
) -> None:
    name = next(names)
    await wire.door.publish(name, YAML, wire.backend.origin)
    for value in ("off", "1:20", "2020-01-01", "y"):
        await wire.door.execute(f"{name}/yes", {"no": "x", "on": value})
        assert line(wire) == f"GET /y?no=x&on={value.replace(':', '%3A')} HTTP/1.1"
    for wrong in (False, 80, "false"):
        told = await wire.door.refused(f"{name}/yes", {"on": wrong})
        assert (told.said, set(told.fields)) == (PARAMETERS, {"/on"})


async def test_h12_a_schema_that_holds_itself_is_checked_as_deep_as_its_value(
    wire: Wire, names: Iterator[str]
) -> None:
    tree = {"$ref": "#/components/schemas/Tree"}
    schemas = {
        "Tree": {
            "type": "object",
            "properties": {
                "n": {"type": "integer"},
                "kids": {"type": "array", "items": tree},
                "by": {"additionalProperties": tree},
                "one": {"oneOf": [tree, {"type": "null"}]},
                "all": {"allOf": [tree]},
            },
        },
        "Self": {"$ref": "#/components/schemas/Self"},
    }
    body = {"content": {"application/json": {"schema": tree}}}
    loop = [{"name": "q", "in": "query", "schema": {"$ref": "#/components/schemas/Self"}}]
    made = operation("post", "/a", requestBody=body, parameters=loop)
    name = next(names)
    await wire.door.publish(name, made | {"components": {"schemas": schemas}}, wire.backend.origin)
    deep: Any = {"n": "x"}
    for key in ("kids", "by", "one", "all") * 4:
        deep = {key: [deep] if key == "kids" else {"k": deep} if key == "by" else deep}
    told = await wire.door.refused(f"{name}/act", {"body": deep})
    assert told.said == PARAMETERS
    await wire.door.execute(f"{name}/act", json.dumps({"body": deep}).replace('"x"', "1"))


PATHS: dict[str, tuple[dict[str, Any], str]] = {
    "/{a}{b}": ({"a": "1", "b": "2"}, "/12"),
    "/{a}-{a}": ({"a": "x/y"}, "/x%2Fy-x%2Fy"),
    "//x": ({}, "//x"),
    "/x//y/": ({}, "/x//y/"),
    "/x?y={z}": ({"z": "1&2"}, "/x?y=1%262"),
    "x/{a}": ({"a": ";"}, "/x/%3B"),
    "/{a}.json": ({"a": "..x"}, "/..x.json"),
    "/%7B{a}%7d": ({"a": "x"}, "/%7Bx%7d"),
    "http://evil.example/x": ({}, "/http://evil.example/x"),
    "/@evil.example:80/{a}": ({"a": "@"}, "/@evil.example:80/%40"),
}


@pytest.mark.parametrize("path", PATHS)
async def test_h15_an_odd_path_is_called_at_its_own_server(
    wire: Wire, names: Iterator[str], path: str
) -> None:
    name, (arguments, target) = next(names), PATHS[path]
    await wire.door.publish(name, operation("get", path), wire.backend.origin)
    await wire.door.execute(f"{name}/act", arguments)
    assert line(wire) == f"GET {target} HTTP/1.1"
    assert f"\r\nhost: 127.0.0.1:{wire.backend.port}\r\n".encode() in (
        wire.backend.requests[-1].lower()
    )


@pytest.mark.parametrize(
    "path", ["/{a}/..", "/./{a}", "/%2e%2e/x", "/{a", "/a}", "/{}", "/{{a}}", "/a\r\nX: y", "/\0"]
)
async def test_h15_a_path_that_no_request_can_have_is_set_aside_alone(
    wire: Wire, names: Iterator[str], path: str
) -> None:
    name, before = next(names), len(wire.backend.requests)
    good = {"get": {"operationId": "good", "responses": {}}}
    bad = {"get": {"operationId": "act", "responses": {}}}
    await wire.door.publish(name, document({path: bad, "/ok": good}), wire.backend.origin)
    told = await wire.door.refused(f"{name}/act", {"a": "x"})
    assert told.said == UNSUPPORTED
    assert told.fields[0].startswith("/paths/")
    assert len(wire.backend.requests) == before
    await wire.door.execute(f"{name}/good")


async def test_h16_every_operation_answers_whatever_it_is_called(
    wire: Wire, names: Iterator[str]
) -> None:
    ids = ["x" * 10_240, "a\0b\n", "__class__", "eval", "a b/c", "dup", "dup", "\u00fc", "../x"]
    ids += ["live", "-", "a.b", "execute", "\u202ex", "CON", "{a}", "%2e", "get_p0", ""]
    paths = {
        f"/p{number}": {"get": {"operationId": each, "responses": {}}}
        for number, each in enumerate(ids)
    }
    name = next(names)
    await wire.door.publish(name, document(paths), wire.backend.origin)
    request = ListActionsRequest(parent=f"connectors/{name}/versions/live", page_size=100)
    actions = (await wire.door.gateway.ListActions(request)).actions
    assert len({each.name for each in actions}) == len(ids)
    for each in actions:
        assert len(each.name.partition("/actions/")[2]) <= 128
        assert each.name.isprintable()
        await wire.door.execute(each.name)
        assert line(wire) == f"GET {each.path} HTTP/1.1"


@pytest.mark.parametrize(
    "url",
    [
        *("http://u:p@127.0.0.1:1", "http://127.0.0.1:0", "http://127.0.0.1:99999", "/rel", "//h"),
        *("ftp://h.example", "javascript:alert(1)", "unix:/x", "file:///etc", "http://0x7f.1/"),
        *("http://{host}.example", "{all}", "http://h.example\r\nX: y", "http://[::1", "."),
    ],
)
async def test_h17_a_server_that_is_none_is_not_called(
    wire: Wire, names: Iterator[str], url: str
) -> None:
    name = next(names)
    text = json.dumps(operation("get", "/p") | {"servers": [{"url": url}]})
    await created(wire.door, name, ConnectorVersion(spec_text=text))
    told = await wire.door.refused(f"connectors/{name}/versions/v1/actions/act")
    assert told.said == INCOMPLETE
    assert len(told.fields) == 1


SCHEMES: dict[str, dict[str, Any]] = {
    "host": {"type": "apiKey", "in": "header", "name": "Host"},
    "length": {"type": "apiKey", "in": "header", "name": "Content-Length"},
    "coding": {"type": "apiKey", "in": "header", "name": "transfer-encoding"},
    "line": {"type": "apiKey", "in": "header", "name": "X-K\r\nX-Evil: 1"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "a=1; admin"},
}


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_h18_a_scheme_writes_a_key_into_no_field_of_the_wire(
    wire: Wire, names: Iterator[str], scheme: str
) -> None:
    name, before = next(names), len(wire.backend.requests)
    made = operation("get", "/p", security=[{scheme: []}])
    made["components"] = {"securitySchemes": SCHEMES}
    key = Credential.ApiKey(key_secret="env:PORTICO_SECRET_KEY")
    credential = Credential(scheme=scheme, api_key=key)
    await wire.door.publish(name, made, wire.backend.origin, credentials=[credential])
    told = await wire.door.refused(f"{name}/act")
    assert (told.said, told.fields) == (INCOMPLETE, ["credentials"])
    assert len(wire.backend.requests) == before


async def test_h18_a_token_address_of_the_document_is_never_called(
    wire: Wire, names: Iterator[str]
) -> None:
    name, before = next(names), wire.backend.connections
    flow = {"tokenUrl": f"{wire.backend.origin}/evil", "scopes": {}}
    made = operation("get", "/p", security=[{"oauth": []}])
    scheme = {"type": "oauth2", "flows": {"clientCredentials": flow}}
    made["components"] = {"securitySchemes": {"oauth": scheme}}
    key = Credential.ApiKey(key_secret="env:PORTICO_SECRET_KEY")
    held = [Credential(scheme="other", api_key=key)]
    await wire.door.publish(name, made, wire.backend.origin, credentials=held)
    told = await wire.door.refused(f"{name}/act")
    assert (told.said, wire.backend.connections) == (INCOMPLETE, before)


EVIL = "\x1b[31m\x1b]0;owned\x07\x9b2J\u202e<script>alert(1)</script>"


async def test_h19_words_of_a_document_reach_no_terminal_as_orders(tmp_path: Path) -> None:
    said = operation(
        "get", f"/{EVIL}", summary=EVIL, description=EVIL, parameters=EVIL, tags=[EVIL]
    )
    said["info"] = {"title": EVIL, "version": EVIL, "description": EVIL}
    said[EVIL] = EVIL
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(said), encoding="utf-8")
    for more in ([], ["-o", "json"], ["-o", "yaml"]):
        shown = CliRunner().invoke(app, ["lint", str(file), *more])
        assert shown.exit_code == 1
        assert "owned" in shown.output
        assert not set(shown.output) & set("\x1b\x07\x9b")


async def test_h19_megabytes_of_examples_are_no_part_of_a_list(
    wire: Wire, names: Iterator[str]
) -> None:
    big = "x" * 5_000_000
    schema = {"type": "string", "default": big, "example": big, "examples": [big]}
    made = operation("get", "/p", parameters=[{"name": "q", "in": "query", "schema": schema}])
    name = next(names)
    await wire.door.publish(name, made, wire.backend.origin)
    request = ListActionsRequest(parent=f"connectors/{name}/versions/live")
    assert (await wire.door.gateway.ListActions(request)).ByteSize() < 1_000
    await wire.door.execute(f"{name}/act")
    assert line(wire) == "GET /p HTTP/1.1"


async def test_h21_h22_json_and_yaml_of_one_document_are_one_api(
    wire: Wire, names: Iterator[str]
) -> None:
    plain = operation("get", "/p", parameters=[{"name": "q", "in": "query"}])
    for text in (json.dumps(plain), "\ufeff" + json.dumps(plain), "# y\n" + json.dumps(plain)):
        name = next(names)
        await wire.door.publish(name, text, wire.backend.origin)
        await wire.door.execute(f"{name}/act", '{"q":1.0}')
        assert line(wire) == "GET /p?q=1.0 HTTP/1.1"
    told = await refusal(wire.door.publish(next(names), '{"openapi":"3.9.0"}', "http://h"))
    assert told.fields == ["/openapi"]


async def test_h23_extensions_that_look_like_ours_mean_nothing(
    wire: Wire, names: Iterator[str]
) -> None:
    ours = {
        f"{prefix}{key}": value
        for prefix in ("x-gateway-", "x-portico-", "x-")
        for key, value in {
            "base-uri": "http://evil.example",
            "timeout": "0.000001s",
            "credentials": [{"scheme": "any", "basic": {"username": "evil"}}],
            "egress-allow": ["*"],
            "direct": {"base_uri": "http://evil.example"},
            "backend-variables": [{"key": "X-Evil", "value": "1"}],
        }.items()
    }
    name = next(names)
    made = operation("get", "/p", **ours) | ours
    made["servers"] = [{"url": "http://evil.example", **ours}]
    await wire.door.publish(name, made, wire.backend.origin)
    await wire.door.execute(f"{name}/act")
    assert line(wire) == "GET /p HTTP/1.1"
    head = wire.backend.requests[-1].lower()
    assert b"evil" not in head
    assert b"authorization" not in head
