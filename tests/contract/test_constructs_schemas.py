"""References and schemas that documents combine in unusual ways: what is taken and what is not."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.doors import a_door
from tests.fakes import HttpBackend
from tests.wires import Wire

pytestmark = pytest.mark.asyncio(loop_scope="module")

REFUSED = ("INVALID_ARGUMENT", "INVALID_PARAMETERS", "gateway", "NOT_EXECUTED")

MODERN = """
openapi: 3.1.1
info: {title: t, version: "1"}
jsonSchemaDialect: https://spec.openapis.org/oas/3.1/dialect/base
components:
  pathItems:
    Shared:
      parameters: [{name: q, in: query, schema: {type: [integer, 'null']}}]
      get: {operationId: shared, responses: {}}
  parameters:
    P: {name: p, in: query, schema: {$ref: '#/components/schemas/Node'}}
    Alias: {$ref: '#/components/parameters/P'}
  requestBodies:
    Body: {$ref: '#/components/requestBodies/Other'}
    Other: {required: true, content: {application/json: {schema: {
      $ref: '#/components/schemas/Node', required: [name]}}}}
  schemas:
    Node:
      $id: https://schemas.example/node
      $anchor: here
      $dynamicAnchor: T
      type: object
      properties:
        name: {type: string, minLength: 2}
        kids: {type: array, items: {$dynamicRef: '#T'}}
    Strict:
      $id: https://schemas.example/strict
      $dynamicAnchor: T
      $ref: node
      unevaluatedProperties: false
    ByAnchor: {$ref: 'https://schemas.example/node#here'}
    We/ird~Name: {type: object, properties: {a/b: {type: integer}}}
    Tree: {type: object, properties: {v: {type: integer},
      map: {additionalProperties: {$ref: '#/components/schemas/Tree'}}}}
paths:
  /shared/{id}:
    $ref: '#/components/pathItems/Shared'
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    post: {operationId: own, parameters: [{name: q, in: query, schema: {type: string}}],
      responses: {}}
  /body:
    put: {operationId: body, requestBody: {$ref: '#/components/requestBodies/Body',
      description: over}, responses: {}}
    get: {operationId: alias, parameters: [{$ref: '#/components/parameters/Alias',
      description: y}], responses: {}}
    post: {operationId: strict, requestBody: {content: {application/json: {schema: {
      $ref: '#/components/schemas/Strict'}}}}, responses: {}}
    patch: {operationId: anchor, requestBody: {content: {application/json: {schema: {
      $ref: '#/components/schemas/ByAnchor'}}}}, responses: {}}
    delete: {operationId: deep, requestBody: {content: {application/json: {schema: {type: object,
      properties: {p: {$ref: '#/components/schemas/We~1ird~0Name/properties/a~1b'}}}}}},
      responses: {}}
  /tree:
    patch: {operationId: tree, requestBody: {content: {application/merge-patch+json: {schema: {
      $ref: '#/components/schemas/Tree'}}}}, responses: {}}
    post: {operationId: sides, requestBody: {content: {application/json: {schema: {type: object,
      required: [id, n], properties: {id: {type: integer, readOnly: true}, n: {type: string},
      pw: {type: string, writeOnly: true}}}}}}, responses: {}}
  /s:
    get:
      operationId: schemas
      parameters:
      - {name: n, in: query, schema: {type: [string, 'null'], enum: [a, null]}}
      - {name: c, in: query, schema: {const: 3}}
      - {name: x, in: query, schema: {type: integer, exclusiveMinimum: 3, format: int32}}
      - {name: t, in: query, schema: {type: array, prefixItems: [{type: integer},
          {type: string}], items: false}}
      - {name: d, in: query, schema: {type: string, format: date-time}}
      - {name: u, in: query, schema: {type: string, format: uuid}}
      - {name: f, in: query, schema: false}
      - {name: o, in: query, style: deepObject, explode: true, schema: {type: object,
          properties: {a: {type: integer}}, patternProperties: {^x-: {type: string}},
          additionalProperties: false, propertyNames: {maxLength: 5}}}
      responses: {}
"""

CLASSIC = """
openapi: 3.0.4
info: {title: t, version: "1"}
components:
  schemas:
    Positive: {type: number, minimum: 0, exclusiveMinimum: true}
    Maybe: {type: string, nullable: true, enum: [a, null]}
    Sibling: {$ref: '#/components/schemas/Positive', maximum: 1}
paths:
  /s:
    get:
      operationId: schemas
      parameters:
      - {name: p, in: query, schema: {$ref: '#/components/schemas/Positive'}}
      - {name: m, in: query, schema: {$ref: '#/components/schemas/Maybe'}}
      - {name: s, in: query, schema: {$ref: '#/components/schemas/Sibling'}}
      - {name: k, in: query, schema: {type: object, properties: {const: {type: integer}}}}
      responses: {}
"""

BIG = 123456789012345678901234567890
NUMBERS = r"""
openapi: 3.1.1
info: {title: t, version: "1"}
paths:
  /n:
    get:
      operationId: numbers
      parameters:
      - {name: i, in: query, schema: {type: integer, format: int64}}
      - {name: u, in: query, schema: {type: integer, format: uint64}}
      - {name: d, in: query, schema: {type: number, multipleOf: 0.01}}
      - {name: m, in: query, schema: {type: number, maximum: 0.3}}
      - {name: big, in: query, schema: {type: integer, maximum: 123456789012345678901234567890}}
      - {name: e, in: query, schema: {enum: [1.0, x]}}
      - {name: k, in: query, schema: {const: 9007199254740993}}
      - {name: un, in: query, schema: {type: array, uniqueItems: true}}
      - {name: b, in: query, schema: {type: boolean}}
      - {name: s, in: query, schema: {type: string, minLength: 2, maxLength: 2}}
      responses: {}
  /f:
    get:
      operationId: formats
      parameters:
      - {name: email, in: query, schema: {type: string, format: email}}
      - {name: uri, in: query, schema: {type: string, format: uri}}
      - {name: date, in: query, schema: {type: string, format: date}}
      - {name: byte, in: query, schema: {type: string, format: byte}}
      - {name: x, in: query, schema: {type: string, format: made-up}}
      - {name: re, in: query, schema: {type: string, pattern: '^\p{L}+$'}}
      - {name: ahead, in: query, schema: {type: string, pattern: '^(?!a)b'}}
      responses: {}
"""

TAKEN = [
    ("new/shared", '{"id":"1","q":null}', "/shared/1?q="),
    ("new/shared", '{"id":"1","q":5}', "/shared/1?q=5"),
    ("new/own", '{"id":"1","q":"x"}', "/shared/1?q=x"),
    ("new/body", '{"body":{"name":"ab","kids":[{"name":"cd"}]}}', "/body"),
    ("new/body", '{"name": "ab"}', "/body"),
    ("new/alias", '{"p":{"name":"ab"}}', "/body?name=ab"),
    ("new/anchor", '{"body":{"kids":[{"z":1}]}}', "/body"),
    ("new/tree", '{"map":{"a":{"map":{"b":{"v":1.0}}}}}', "/tree"),
    ("new/sides", '{"n":"x"}', "/tree"),
    ("new/sides", '{"body":{"id":5,"n":"x","pw":"p"}}', "/tree"),
    ("new/schemas", '{"n":null,"c":3.0,"x":4.0,"t":[1,"a"]}', "/s?n=&c=3.0&x=4.0&t=1&t=a"),
    ("new/schemas", '{"o":{"a":1,"x-b":"c"}}', "/s?o%5Ba%5D=1&o%5Bx-b%5D=c"),
    ("old/schemas", '{"p":0.1,"m":null,"s":7}', "/s?p=0.1&m=&s=7"),
    ("numbers/numbers", f'{{"i":{2**63 - 1},"u":{2**64 - 1}}}', f"/n?i={2**63 - 1}&u={2**64 - 1}"),
    ("numbers/numbers", '{"d":0.07,"m":0.3}', "/n?d=0.07&m=0.3"),
    ("numbers/numbers", '{"d":19.99,"e":1}', "/n?d=19.99&e=1"),
    ("numbers/numbers", f'{{"big":{BIG},"k":{2**53 + 1}}}', f"/n?big={BIG}&k={2**53 + 1}"),
    ("numbers/numbers", f'{{"un":[{2**53 + 1},{2**53}]}}', f"/n?un={2**53 + 1}&un={2**53}"),
    ("numbers/numbers", '{"s":"\U0001f600é"}', "/n?s=%F0%9F%98%80%C3%A9"),
    ("numbers/formats", '{"email":"a@b.c","uri":"urn:x"}', "/f?email=a%40b.c&uri=urn%3Ax"),
    ("numbers/formats", '{"date":"2024-02-29","byte":"AQI="}', "/f?date=2024-02-29&byte=AQI%3D"),
    ("numbers/formats", '{"x":"y","re":"é","ahead":"ab"}', "/f?x=y&re=%C3%A9&ahead=ab"),
]

NOT_TAKEN = [
    ("new/shared", '{"id":"1","q":"x"}', {"/q"}),
    ("new/body", '{"body":{"kids":[{"name":"c"}]}}', {"/body/kids/0/name", "/body/name"}),
    ("new/strict", '{"body":{"name":"ab","z":1}}', {"/body/z"}),
    ("new/strict", '{"body":{"kids":[{"z":1}]}}', {"/body/kids/0/z"}),
    ("new/anchor", '{"body":{"name":"a"}}', {"/body/name"}),
    ("new/deep", '{"p":"x"}', {"/p"}),
    ("new/tree", '{"map":{"a":{"map":{"b":{"v":1.5}}}}}', {"/map/a/map/b/v"}),
    ("new/sides", '{"pw":"x"}', {"/n"}),
    ("new/schemas", '{"n":"b","c":4,"x":3,"t":[1,"a",2],"f":1}', {"/n", "/c", "/x", "/t/2", "/f"}),
    ("new/schemas", '{"x":2147483648,"d":"2020-13-01T00:00:00Z","u":"no"}', {"/x", "/d", "/u"}),
    ("new/schemas", '{"o":{"b":1,"x-bcdefg":"c"}}', {"/o/b", "/o/x-bcdefg"}),
    ("old/schemas", '{"p":0,"m":"b","k":{"const":"x"}}', {"/p", "/m", "/k/const"}),
    ("old/schemas", '{"s":-1e-400}', {"/s"}),
    ("numbers/numbers", f'{{"i":{2**63},"d":0.075,"e":2}}', {"/i", "/d", "/e"}),
    ("numbers/numbers", f'{{"m":0.30000000000000001,"big":{BIG + 1}}}', {"/m", "/big"}),
    ("numbers/numbers", f'{{"k":{2**53},"un":[1,1.0]}}', {"/k", "/un"}),
    ("numbers/numbers", '{"b":"true","i":"1","s":"e\u0301x"}', {"/b", "/i", "/s"}),
    ("numbers/formats", '{"email":"x","uri":"a b","byte":"*"}', {"/email", "/uri", "/byte"}),
    ("numbers/formats", '{"date":"2023-02-29","re":"1"}', {"/date", "/re"}),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def wire(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Wire]:
    async with HttpBackend() as backend, a_door(tmp_path_factory.mktemp("schemas")) as door:
        await door.publish("new", MODERN, backend.origin)
        await door.publish("old", CLASSIC, backend.origin)
        await door.publish("numbers", NUMBERS, backend.origin)
        yield Wire(door, backend)


@pytest.mark.parametrize(("action", "given", "target"), TAKEN)
async def test_what_the_schema_allows_is_sent(
    wire: Wire, action: str, given: str, target: str
) -> None:
    await wire.door.execute(action, given)
    assert wire.backend.requests[-1].split(b" ")[1].decode("ascii") == target


@pytest.mark.parametrize(("action", "given", "fields"), NOT_TAKEN)
async def test_what_the_schema_forbids_is_refused_where_it_stands(
    wire: Wire, action: str, given: str, fields: set[str]
) -> None:
    before = len(wire.backend.requests)
    told = await wire.door.refused(action, given)
    assert (told.said, set(told.fields)) == (REFUSED, fields)
    assert len(wire.backend.requests) == before
