"""Bodies of documents that use the standard to its edges, in each of its editions."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.doors import a_door
from tests.fakes import HttpBackend
from tests.wires import Wire

pytestmark = pytest.mark.asyncio(loop_scope="module")

EDITIONS = ("3.0.3", "3.0.4", "3.1.0", "3.1.1", "3.2.0")
SHARED = """
info: {title: t, version: "1"}
components:
  headers:
    H: {required: false, schema: {type: string}}
  schemas:
    Address: {type: object, properties: {street: {type: string}, n: {type: integer}}}
    File: {type: string, format: binary}
paths:
  /form:
    post:
      operationId: form
      requestBody:
        content:
          application/x-www-form-urlencoded; charset=utf-8:
            schema:
              type: object
              properties:
                a b: {type: string}
                address: {$ref: '#/components/schemas/Address'}
                addresses: {type: array, items: {$ref: '#/components/schemas/Address'}}
                tags: {type: array, items: {type: string}}
                lists: {type: array, items: {type: array, items: {type: integer}}}
                csv: {type: array, items: {type: string}}
                ssv: {type: array, items: {}}
                psv: {type: array, items: {}}
                apart: {type: object}
                together: {type: object}
                deep: {type: object}
                kept: {type: string}
                json: {}
                text: {type: object}
                number: {type: number}
                any: {}
            encoding:
              csv: {style: form, explode: false}
              ssv: {style: spaceDelimited}
              psv: {style: pipeDelimited, explode: false}
              apart: {style: form}
              together: {explode: false}
              deep: {style: deepObject, explode: true}
              kept: {allowReserved: true}
              json: {contentType: application/json}
              text: {contentType: text/plain}
              unknown: {style: deepObject}
      responses: {}
  /parts:
    post:
      operationId: parts
      requestBody:
        required: true
        content:
          multipart/form-data:
            schema:
              type: object
              properties:
                name: {type: string}
                day: {type: string, format: date}
                number: {type: number}
                address: {$ref: '#/components/schemas/Address'}
                addresses: {type: array, items: {$ref: '#/components/schemas/Address'}}
                lists: {type: array, items: {type: array, items: {type: integer}}}
                files: {type: array, items: {$ref: '#/components/schemas/File'}}
                picture: {$ref: '#/components/schemas/File'}
                csv: {type: string}
            encoding:
              picture:
                contentType: image/png, image/jpeg
                headers:
                  X-Rate: {$ref: '#/components/headers/H'}
                  Content-Type: {schema: {type: string}}
              csv: {contentType: text/csv; charset=utf-8}
              addresses: {contentType: application/vnd.a+json}
      responses: {}
  /upload:
    post: {operationId: upload, requestBody: {content: {image/*: {schema:
      {$ref: '#/components/schemas/File'}}, application/octet-stream: {schema:
      {$ref: '#/components/schemas/File'}}}}, responses: {}}
  /text:
    post: {operationId: text, requestBody: {content: {text/plain: {schema: {type: string,
      maxLength: 20}}}}, responses: {}}
    put: {operationId: table, requestBody: {content: {text/csv; header=present: {schema:
      {type: string}}}}, responses: {}}
    patch: {operationId: patch, requestBody: {content: {application/json-patch+json: {schema:
      {type: array, items: {type: object}}}}}, responses: {}}
    delete: {operationId: delete, requestBody: {content: {application/json: {schema:
      {type: object, properties: {q: {type: string}}}}}}, responses: {}}
    get: {operationId: get, requestBody: {content: {application/json: {schema: {}}}},
      responses: {}}
  /json:
    post: {operationId: json, requestBody: {required: true, content: {application/json: {schema:
      {type: object, properties: {a: {}, b: {}, "é": {}}}}}}, responses: {}}
  /xml:
    post:
      operationId: xml
      requestBody:
        content:
          application/xml:
            schema:
              type: object
              xml: {name: order, namespace: 'urn:o', prefix: o}
              properties:
                id: {type: integer, xml: {attribute: true}}
                tags: {type: array, xml: {wrapped: true, name: list}, items: {type: string,
                  xml: {name: tag}}}
                flat: {type: array, items: {type: number}}
                p: {type: string, xml: {prefix: q, namespace: 'urn:q'}}
      responses: {}
"""

NEWEST = """
openapi: 3.2.0
info: {title: t, version: "1"}
components:
  mediaTypes:
    Lines: {itemSchema: {type: object, properties: {n: {type: integer}}}}
  schemas:
    Pet: {type: object, properties: {id: {type: integer, xml: {nodeType: attribute}},
      tags: {type: array, items: {type: string}, xml: {nodeType: element}}}}
    Text: {type: object, properties: {text: {type: string, xml: {nodeType: text}}}}
    Doc: {type: object, xml: {name: doc}, properties: {cd: {type: string,
      xml: {nodeType: cdata}}}}
paths:
  /pet:
    post: {operationId: pet, requestBody: {content: {application/xml: {schema: {
      $ref: '#/components/schemas/Pet'}}}}, responses: {}}
    put: {operationId: words, requestBody: {content: {application/xml: {schema: {
      $ref: '#/components/schemas/Text'}}}}, responses: {}}
    patch: {operationId: doc, requestBody: {content: {text/xml: {schema: {
      $ref: '#/components/schemas/Doc'}}}}, responses: {}}
  /lines:
    post: {operationId: lines, requestBody: {content: {application/jsonl: {
      $ref: '#/components/mediaTypes/Lines'}}}, responses: {}}
    put: {operationId: sequence, requestBody: {content: {application/json-seq: {itemSchema: {
      type: object}}}}, responses: {}}
    patch: {operationId: events, requestBody: {content: {text/event-stream: {itemSchema: {
      type: object}}}}, responses: {}}
  /mixed:
    post:
      operationId: mixed
      requestBody:
        content:
          multipart/mixed:
            schema: {type: array, prefixItems: [{type: object}, {}], items: {type: string}}
            prefixEncoding: [{contentType: application/json}, {contentType: image/png,
              headers: {Content-ID: {schema: {type: string}}}}]
            itemEncoding: {contentType: text/plain}
      responses: {}
    put: {operationId: items, requestBody: {content: {multipart/mixed: {itemSchema: {type: object},
      itemEncoding: {contentType: application/json}}}}, responses: {}}
    patch:
      operationId: nested
      requestBody:
        content:
          multipart/form-data:
            schema: {type: object, properties: {meta: {type: object}, a: {type: string}}}
            encoding:
              meta: {contentType: application/x-www-form-urlencoded,
                encoding: {a: {style: pipeDelimited, explode: false}}}
              a: {headers: {X-Due: {required: true, schema: {type: string, default: d}},
                X-May: {schema: {type: integer}}}}
      responses: {}
  /latin:
    post: {operationId: latin, requestBody: {content: {text/plain; charset=iso-8859-1: {schema: {
      type: string}}}}, responses: {}}
"""
DECLARED = '<?xml version="1.0" encoding="UTF-8"?>'

NEW: list[tuple[str, str, str]] = [
    ("pet", '{"id":7,"tags":["x","y"]}',
     f'{DECLARED}<Pet id="7"><tags><tags>x</tags><tags>y</tags></tags></Pet>'),
    ("words", '{"text":"a<b"}', f"{DECLARED}<Text>a&lt;b</Text>"),
    ("doc", '{"cd":"a<b]]>c"}', f"{DECLARED}<doc><![CDATA[a<b]]]]><![CDATA[>c]]></doc>"),
    ("lines", '[{"n":1},{"n":12345678901234567890123}]',
     '{"n":1}\n{"n":12345678901234567890123}\n'),
    ("sequence", '[{"n": 1},{"m":"é"}]', '\x1e{"n": 1}\n\x1e{"m":"é"}\n'),
    ("events", '[{"data":"a\\nb","id":"1","event":"e","retry":5},{"data":"x"}]',
     "data: a\ndata: b\nid: 1\nevent: e\nretry: 5\n\ndata: x\n\n"),
    ("mixed", '[{"a":1},{"content":"YQ==","headers":{"Content-ID":"<x>"}},"t","u"]',
     ('--B\r\nContent-Type: application/json\r\n\r\n{"a":1}\r\n'
     "--B\r\nContent-Type: image/png\r\nContent-ID: <x>\r\n\r\na\r\n"
     "--B\r\nContent-Type: text/plain\r\n\r\nt\r\n"
     "--B\r\nContent-Type: text/plain\r\n\r\nu\r\n--B--\r\n")),
    ("items", '[{"a":1},{"b":2.0}]',
     ('--B\r\nContent-Type: application/json\r\n\r\n{"a":1}\r\n'
     '--B\r\nContent-Type: application/json\r\n\r\n{"b":2.0}\r\n--B--\r\n')),
    ("nested", '{"meta":{"a":[1,"b c"],"d":"e"},"a":"v"}',
     ('--B\r\nContent-Disposition: form-data; name="meta"\r\n'
     "Content-Type: application/x-www-form-urlencoded\r\n\r\na=1%7Cb+c&d=e\r\n"
     '--B\r\nContent-Disposition: form-data; name="a"\r\nX-Due: d\r\n\r\nv\r\n--B--\r\n')),
]  # fmt: skip

JSON, FORM = "application/json", "application/x-www-form-urlencoded; charset=utf-8"
OCTETS, PATCH = "application/octet-stream", "application/json-patch+json"


def part(name: str, value: str, kind: str = "", more: str = "", fields: str = "") -> str:
    head = f'Content-Disposition: form-data; name="{name}"{more}\r\n'
    return head + (f"Content-Type: {kind}\r\n" if kind else "") + fields + f"\r\n{value}"


def parts(*each: str) -> str:
    return "".join(f"--B\r\n{one}\r\n" for one in each) + "--B--\r\n"


ORDER = '{"id":7,"tags":["a","<b>"],"flat":[1.0,2],"p":"]]>"}'
ORDERED = (
    '<?xml version="1.0" encoding="UTF-8"?><o:order xmlns:o="urn:o" id="7">'
    "<list><tag>a</tag><tag>&lt;b&gt;</tag></list><flat>1.0</flat><flat>2</flat>"
    '<q:p xmlns:q="urn:q">]]&gt;</q:p></o:order>'
)
KEPT = '{"b":1.0, "a" :  {"z":1,"y":[1E400,-0,0.10]},"é":"\\u00e9\\ud83d\\ude00"}'

SCALARS: tuple[Any, ...] = (None, True, 7, 1.5)
LONG: tuple[Any, ...] = (None, "x" * 21)

CASES: list[tuple[str, str, str | None, str]] = [
    ("form", '{"a b":"x y+z*~é"}', FORM, "a+b=x+y%2Bz*%7E%C3%A9"),
    (
        "form",
        '{"address":{"street":"s t","n":1.0}}',
        FORM,
        "address=%7B%22street%22%3A%22s+t%22%2C%22n%22%3A1.0%7D",
    ),
    (
        "form",
        '{"addresses":[{"n":1},{"n":2}]}',
        FORM,
        "addresses=%7B%22n%22%3A1%7D&addresses=%7B%22n%22%3A2%7D",
    ),
    ("form", '{"tags":["a,b","c"]}', FORM, "tags=a%2Cb&tags=c"),
    ("form", '{"lists":[[1,2],[3]]}', FORM, "lists=%5B1%2C2%5D&lists=%5B3%5D"),
    ("form", '{"csv":["a,b","c"]}', FORM, "csv=a%2Cb,c"),
    ("form", '{"ssv":["a b",1.50]}', FORM, "ssv=a+b%201.50"),
    ("form", '{"psv":["a|b",true]}', FORM, "psv=a%7Cb%7Ctrue"),
    ("form", '{"apart":{"k k":"v","l":[1,2]}}', FORM, "k+k=v&l=1&l=2"),
    ("form", '{"together":{"k":"v","l":2}}', FORM, "together=k,v,l,2"),
    (
        "form",
        '{"deep":{"k":"v","l":{"m":2}}}',
        FORM,
        "deep%5Bk%5D=v&deep%5Bl%5D%5Bm%5D=2",
    ),
    ("form", '{"kept":"a/b?c&d=e+f#g%20"}', FORM, "kept=a/b?c%26d%3De%2Bf%23g%20"),
    ("form", '{"json":"s","text":{"a":1}}', FORM, "json=%22s%22&text=%7B%22a%22%3A1%7D"),
    ("form", '{"number":12345678901234567890.10,"any":-0}', FORM,
     "number=12345678901234567890.10&any=-0"),
    ("form", '{"tags":[]}', FORM, ""),
    ("parts", '{"name":"\\"q\\" é","day":"2020-02-29","number":1E2}', "",
     parts(part("name", '"q" é'), part("day", "2020-02-29"), part("number", "1E2"))),
    ("parts", '{"address":{"n":1},"addresses":[{"n":1},{"n":2}]}', "",
     parts(part("address", '{"n":1}', JSON),
           part("addresses", '{"n":1}', "application/vnd.a+json"),
           part("addresses", '{"n":2}', "application/vnd.a+json"))),
    ("parts", '{"lists":[[1,2],[3.0]]}', "",
     parts(part("lists", "[1,2]", JSON), part("lists", "[3.0]", JSON))),
    ("parts", '{"files":["YQ==",{"content":"Yg","filename":"b.png","contentType":"image/png"}]}',
     "", parts(part("files", "a", OCTETS, '; filename="files"'),
               part("files", "b", "image/png", '; filename="b.png"'))),
    ("parts",
     '{"picture":{"content":"YQ==","contentType":"image/jpeg","headers":{"x-rate":"5"}}}', "",
     parts(part("picture", "a", "image/jpeg", '; filename="picture"', "X-Rate: 5\r\n"))),
    ("parts", '{"csv":"a,b"}', "", parts(part("csv", "a,b", "text/csv; charset=utf-8"))),
    ("parts", "{}", "", "--B--\r\n"),
    ("upload", '{"body":"YWI="}', OCTETS, "ab"),
    ("upload", '{"body":{"content":"YWI","contentType":"image/webp"}}', "image/webp", "ab"),
    ("upload", "{}", None, ""),
    ("text", '{"body":"é\\u0000\\r\\n"}', "text/plain; charset=utf-8", "é\0\r\n"),
    ("table", '{"body":"a,b\\n"}', "text/csv; header=present", "a,b\n"),
    ("patch", '{"body":[ {"op":"add"} ]}', PATCH, '[ {"op":"add"} ]'),
    ("delete", '{"q":"x"}', JSON, '{"q":"x"}'),
    ("delete", "{}", None, ""),
    ("get", '{"body":null}', JSON, "null"),
    ("get", '{"body":123456789012345678901234567890}', JSON, "123456789012345678901234567890"),
    ("get", '{"body":"e\u0301\u00e9"}', JSON, '"e\u0301\u00e9"'),
    ("json", KEPT, JSON, KEPT.replace(", ", ",").replace(" :  ", ":")),
    ("json", "{}", JSON, "{}"),
    ("xml", f'{{"body":{ORDER}}}', "application/xml", ORDERED),
]  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def wire(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Wire]:
    async with HttpBackend() as backend, a_door(tmp_path_factory.mktemp("bodies")) as door:
        for edition in EDITIONS:
            name = f"api-{edition.replace('.', '-')}"
            await door.publish(name, f"openapi: {edition}{SHARED}", backend.origin)
        await door.publish("newest", NEWEST, backend.origin)
        yield Wire(door, backend)


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize(("action", "given", "kind", "body"), CASES)
async def test_a_body_is_as_the_standard_has_it(
    wire: Wire, edition: str, action: str, given: str, kind: str | None, body: str
) -> None:
    await wire.door.execute(f"api-{edition.replace('.', '-')}/{action}", given)
    content_type, data = wire.received()
    assert data.decode() == body
    assert content_type == ("multipart/form-data; boundary=B" if kind == "" else kind)


@pytest.mark.parametrize(
    ("action", "given", "field"),
    [
        *(("parts", {"body": each}, "/body") for each in (*SCALARS, "x")),
        *(("form", {"body": each}, "/body") for each in (*SCALARS, "x", [])),
        *(("upload", {"body": each}, "/body") for each in (*SCALARS, "*", [])),
        *(("text", {"body": each}, "/body") for each in (*LONG, [], {})),
        ("parts", {"picture": {"content": "YQ", "contentType": "a/b"}}, "/picture/contentType"),
        ("parts", {"picture": {"content": "YQ", "headers": {"X-B": "1"}}}, "/picture/headers/X-B"),
        ("get", '{"body":"\\ud800"}', "/body"),
    ],
)
async def test_a_body_that_cannot_be_is_refused(
    wire: Wire, action: str, given: Any, field: str
) -> None:
    before = len(wire.backend.requests)
    for edition in EDITIONS:
        told = await wire.door.refused(f"api-{edition.replace('.', '-')}/{action}", given)
        assert told.said == ("INVALID_ARGUMENT", "INVALID_PARAMETERS", "gateway", "NOT_EXECUTED")
        assert told.fields[0] == field
    assert len(wire.backend.requests) == before


@pytest.mark.parametrize(("action", "given", "body"), NEW, ids=[each[0] for each in NEW])
async def test_a_body_is_as_3_2_has_it(wire: Wire, action: str, given: str, body: str) -> None:
    await wire.door.execute(f"newest/{action}", f'{{"body":{given}}}')
    assert wire.received()[1].decode() == body


async def test_text_is_in_the_charset_that_its_media_type_names(wire: Wire) -> None:
    await wire.door.execute("newest/latin", '{"body":"é"}')
    assert wire.received() == ("text/plain; charset=iso-8859-1", b"\xe9")
    told = await wire.door.refused("newest/latin", '{"body":"☃"}')
    assert told.fields == ["/body"]
