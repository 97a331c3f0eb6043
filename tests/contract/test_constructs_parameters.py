"""Parameters of documents that use the standard to its edges, written by hand from its text."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.doors import a_door
from tests.fakes import HttpBackend
from tests.wires import Wire

pytestmark = pytest.mark.asyncio(loop_scope="module")

OLD = """
openapi: 3.0.3
info: {title: t, version: "1"}
components:
  parameters:
    Limit: {name: limit, in: query, schema: {type: integer, format: int64}}
    a/b c: {name: weird, in: query, schema: {}}
    tilde~x: {name: til, in: query, schema: {type: string}}
  schemas:
    Colors: {type: array, items: {type: string}}
    ColorRef: {$ref: '#/components/schemas/Colors'}
paths:
  /m/{c}:
    get: {operationId: matrix*, parameters: [{name: c, in: path, required: true, style: matrix,
      explode: true, schema: {type: array, items: {}}}], responses: {}}
  /n/{c}:
    get: {operationId: matrix, parameters: [{name: c, in: path, required: true, style: matrix}],
      responses: {}}
  /l/{c}:
    get: {operationId: label, parameters: [{name: c, in: path, required: true, style: label}],
      responses: {}}
  /k/{c}:
    get: {operationId: label*, parameters: [{name: c, in: path, required: true, style: label,
      explode: true}], responses: {}}
  /s/{c}:
    get: {operationId: simple, parameters: [{name: c, in: path, required: true}], responses: {}}
  /t/{c}:
    get: {operationId: simple*, parameters: [{name: c, in: path, required: true, explode: true}],
      responses: {}}
  /q:
    get:
      operationId: query
      parameters:
      - {name: f, in: query, style: deepObject, explode: true, schema: {type: object}}
      - {name: p, in: query, style: pipeDelimited, schema: {}}
      - {name: s, in: query, style: spaceDelimited, schema: {}}
      - {name: pe, in: query, style: pipeDelimited, explode: true, schema: {}}
      - {name: n, in: query, explode: false, schema: {}}
      - {name: e, in: query, schema: {}}
      - {name: r, in: query, allowReserved: true, schema: {}}
      responses: {}
  /r:
    parameters:
    - {$ref: '#/components/parameters/Limit', name: ignored, in: header}
    - {name: o, in: query, explode: false, schema: {$ref: '#/components/schemas/ColorRef'}}
    - {name: X-A, in: header, schema: {type: integer}}
    get:
      operationId: overridden
      parameters:
      - {name: o, in: query, explode: true, schema: {$ref: '#/components/schemas/ColorRef'}}
      - {name: x-a, in: header, schema: {type: string}}
      responses: {}
    post: {operationId: inherited, responses: {}}
    put: {operationId: pointed, parameters: [{$ref: '#/components/parameters/a~1b%20c'},
      {$ref: '#/components/parameters/tilde~0x'}, {$ref: '#/paths/~1q/get/parameters/3'}],
      responses: {}}
  /names:
    get:
      operationId: names
      responses: {default: {description: d}}
      parameters:
      - {name: 'a&b=c', in: query, schema: {type: string}}
      - {name: 'filter[x][]', in: query, schema: {type: array, items: {type: string}}}
      - {name: 'h#', in: query, schema: {type: string}}
      - {name: 'p+q', in: query, schema: {type: string}}
      - {name: '50%25', in: query, schema: {type: string}}
      - {name: 'x;y', in: query, schema: {type: string}}
      - {name: X-Odd.Name_1, in: header, schema: {type: string}}
      - {name: co-ok.ie, in: cookie, schema: {type: string}}
      - {name: path.id, in: query, schema: {type: string}}
  /t/{id}:cancel/{a}-{b}/{f}.{e}/v{n}/:
    post: {operationId: template, responses: {}}
  /twice/{id}/and/{id}:
    get: {operationId: twice, responses: {}}
  /lit;v=1/a=b/@c/'d'/%2f%c3%a9/ü/a b/{x-y.z}/{_$id}:
    get: {operationId: literal, responses: {}}
  /h:
    get:
      operationId: fields
      parameters:
      - {name: X-A, in: header, schema: {type: array, items: {}}}
      - {name: X-O, in: header, schema: {type: object}}
      - {name: X-E, in: header, explode: true, schema: {type: object}}
      - {name: X-J, in: header, content: {application/json: {schema: {}}}}
      - {name: C, in: cookie, explode: false, schema: {type: array, items: {}}}
      - {name: E, in: cookie, schema: {type: object}}
      - {name: J, in: cookie, content: {application/json: {schema: {}}}}
      - {name: j, in: query, content: {application/json; charset=utf-8: {schema: {type: object}}}}
      - {name: v, in: query, content: {application/vnd.x+json: {schema: {}}}}
      - {name: t, in: query, content: {text/plain: {schema: {type: string}}}}
      responses: {}
"""

NEW = """
openapi: 3.2.0
$self: https://api.example/openapi.yaml
info: {title: t, version: "1"}
paths:
  /w/{p}:
    get: {operationId: reserved, parameters: [{name: p, in: path, required: true,
      allowReserved: true}], responses: {}}
    query: {operationId: asked, requestBody: {content: {application/json: {}}}, responses: {}}
    additionalOperations:
      COPY: {operationId: copied, responses: {}}
      M-SEARCH: {operationId: searched, responses: {}}
  /qs:
    get: {operationId: form, parameters: [{name: w, in: querystring,
      content: {application/x-www-form-urlencoded: {schema: {type: object}}}}], responses: {}}
    post: {operationId: json, parameters: [{name: w, in: querystring,
      content: {application/json: {schema: {}}}}], responses: {}}
    put: {operationId: beside, parameters: [{name: w, in: querystring, schema: {type: integer},
      content: {bad: {}, application/json: {schema: {}}}}], responses: {}}
    patch: {operationId: none, parameters: [{name: w, in: querystring, content: {bad: {}}}],
      responses: {}}
  /ck:
    get:
      operationId: cookies
      parameters:
      - {name: a, in: cookie, style: cookie, schema: {}}
      - {name: b, in: cookie, style: cookie, explode: false, schema: {}}
      - {name: c, in: cookie, schema: {}}
      - {name: d, in: cookie, allowReserved: true, schema: {}}
      responses: {}
  /q:
    get: {operationId: query, parameters: [{name: h, in: query, style: spaceDelimited,
      explode: false, allowReserved: true, schema: {}}, {name: l, in: query, style: deepObject}],
      responses: {}}
"""

SPOKEN = {
    "a&b=c": "1", "filter[x][]": ["p", "q"], "h#": "2", "p+q": "+", "50%25": "%", "x;y": ";",
    "X-Odd.Name_1": "v", "co-ok.ie": "w", "path.id": "z",
}  # fmt: skip
SPOKEN_TARGET = (
    "/names?a%26b%3Dc=1&filter%5Bx%5D%5B%5D=p&filter%5Bx%5D%5B%5D=q&h%23=2&p%2Bq=%2B"
    "&50%2525=%25&x%3By=%3B&path.id=z"
)
FIELDS = (
    '{"X-A":[1.0,true,"z",null],"X-O":{"a":1,"b":"x"},"X-E":{"a":1.10,"b":"x"},"X-J":["ü",1e2],'
    '"C":[1,"b c"],"E":{"k":"v","n":10},"J":{"x":"y"},"j":{"b":1.0,"a":[1,"é"]},"v":"s","t":"a b"}'
)

OF_OLD: dict[str, list[tuple[Any, str]]] = {
    "matrix*": [
        ('{"c":[true,null,1.50,"a b"]}', "/m/;c=true;c=1.50;c=a%20b"),
        ('{"c":["","x"]}', "/m/;c;c=x"),
    ],
    "matrix": [
        ({"c": {"R": 100, "G": ""}}, "/n/;c=R,100,G,"),
        ({"c": ""}, "/n/;c"),
        ({"c": ["a;b", "c,d"]}, "/n/;c=a%3Bb,c%2Cd"),
    ],
    "label": [
        ({"c": {"R": 100, "G": 2}}, "/l/.R.100.G.2"),
        ('{"c":[1.0,2e3]}', "/l/.1.0.2e3"),
    ],
    "label*": [({"c": {"a": "", "b": 1}}, "/k/.a=.b=1")],
    "simple": [
        ({"c": ["", "a"]}, "/s/,a"),
        ({"c": {"k": "é", "null": None}}, "/s/k,%C3%A9"),
        ({"c": "*'()!~"}, "/s/%2A%27%28%29%21~"),
    ],
    "simple*": [({"c": {"k": "=", "m": ""}}, "/t/k=%3D,m=")],
    "query": [
        (
            {"f": {"a b": "c d", "é": 1, "[x]": "]"}},
            "/q?f%5Ba%20b%5D=c%20d&f%5B%C3%A9%5D=1&f%5B%5Bx%5D%5D=%5D",
        ),
        ({"p": {"R": 100, "G": 200}}, "/q?p=R%7C100%7CG%7C200"),
        ({"s": ["a b", "c|d"]}, "/q?s=a%20b%20c%7Cd"),
        ({"pe": ["a", "b"]}, "/q?pe=a&pe=b"),
        ({"n": {"x": "1,2", "y": True}}, "/q?n=x,1%2C2,y,true"),
        ({"e": {"x": "&=", "y y": ""}}, "/q?x=%26%3D&y%20y="),
        ({"e": ["", ""]}, "/q?e=&e="),
        ({"e": None}, "/q?e="),
        ({"e": {}, "n": [], "f": {"a": {}}}, "/q"),
        ({"r": ["a,b", "c/d?e"]}, "/q?r=a,b&r=c/d?e"),
        ({"r": "a+b%20c% d#"}, "/q?r=a+b%20c%25%20d%23"),
    ],
    "overridden": [({"limit": 2**63 - 1, "o": ["a", "b"]}, "/r?limit=9223372036854775807&o=a&o=b")],
    "inherited": [({"o": ["a", "b"]}, "/r?o=a,b")],
    "pointed": [({"weird": [1, 2], "til": "~", "pe": "|"}, "/r?weird=1&weird=2&til=~&pe=%7C")],
    "names": [
        (
            SPOKEN,
            SPOKEN_TARGET,
        )
    ],
    "template": [
        (
            {"id": "a/b", "a": "x-y", "b": "z", "f": "n.m", "e": "js", "n": "-3"},
            "/t/a%2Fb:cancel/x-y-z/n.m.js/v-3/",
        )
    ],
    "twice": [({"id": "a/b"}, "/twice/a%2Fb/and/a%2Fb")],
    "literal": [
        (
            {"x-y.z": "1", "_$id": "$"},
            "/lit;v=1/a=b/@c/'d'/%2f%c3%a9/%C3%BC/a%20b/1/%24",
        )
    ],
    "fields": [
        (
            FIELDS,
            "/h?j=%7B%22b%22%3A1.0%2C%22a%22%3A%5B1%2C%22%C3%A9%22%5D%7D&v=%22s%22&t=a%20b",
        )
    ],
}

OF_NEW: dict[str, list[tuple[Any, str]]] = {
    "reserved": [
        ({"p": "a:b/c?d#e[f]"}, "/w/a:b%2Fc%3Fd%23e%5Bf%5D"),
        ({"p": ["a;b", "c,d"]}, "/w/a;b,c,d"),
    ],
    "asked": [('{"p":"x","body":{"a" : 1.0}}', "/w/x")],
    "copied": [({"p": "x"}, "/w/x")],
    "searched": [({"p": "x"}, "/w/x")],
    "form": [
        (
            {"w": {"a b": "c&d", "e": [1, 2], "é": "~*"}},
            "/qs?a+b=c%26d&e=1&e=2&%C3%A9=%7E*",
        )
    ],
    "json": [('{"w":{"a":1.0}}', "/qs?%7B%22a%22%3A1.0%7D")],
    "beside": [('{"w":{"a":1.0}}', "/qs?%7B%22a%22%3A1.0%7D")],
    "none": [({}, "/qs")],
    "query": [({"h": ["a/b", "c d"], "l": {"a": 1}}, "/q?h=a/b%20c%20d&l%5Ba%5D=1")],
}

COOKIES = [
    ({"a": "x=y==", "c": "a b"}, "a=x=y==; c=a%20b"),
    ({"a": [1, 2]}, "a=1; a=2"),
    ({"a": {"k": "v", "l": 2}}, "k=v; l=2"),
    ({"a": {"k": ["v,w", "x"], "l": 2}}, "k=v,w; k=x; l=2"),
    ({"b": [1, 2]}, "b=1,2"),
    ({"b": {"k": "v", "l": 2}}, "b=k,v,l,2"),
    ({"d": "a/b?c%20"}, "d=a/b?c%20"),
]

METHODS = {"asked": "QUERY", "copied": "COPY", "searched": "M-SEARCH"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def wire(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Wire]:
    async with HttpBackend() as backend, a_door(tmp_path_factory.mktemp("edges")) as door:
        await door.publish("old", OLD, backend.origin)
        await door.publish("new", NEW, backend.origin)
        yield Wire(door, backend)


def read(wire: Wire) -> tuple[str, str, dict[str, str]]:
    """Method, target and fields of the last request."""
    first, *fields = wire.backend.requests[-1].decode("ascii").split("\r\n\r\n")[0].split("\r\n")
    method, target, _ = first.split(" ")
    return method, target, dict(each.split(": ", 1) for each in fields)


@pytest.mark.parametrize(
    ("action", "given", "target"),
    [
        (f"{connector}/{name}", given, target)
        for connector, table in (("old", OF_OLD), ("new", OF_NEW))
        for name, cases in table.items()
        for given, target in cases
    ],
)
async def test_an_address_is_as_the_standard_prints_it(
    wire: Wire, action: str, given: Any, target: str
) -> None:
    await wire.door.execute(action, given)
    method, sent, _ = read(wire)
    assert sent == target
    name = action.partition("/")[2]
    assert name not in METHODS or method == METHODS[name]


async def test_fields_and_cookies_are_as_the_standard_prints_them(wire: Wire) -> None:
    await wire.door.execute("old/fields", FIELDS)
    sent = read(wire)[2]
    assert {name: sent[name] for name in ("X-A", "X-O", "X-E", "X-J", "cookie")} == {
        "X-A": "1.0,true,z",
        "X-O": "a,1,b,x",
        "X-E": "a=1.10,b=x",
        "X-J": '["\\u00fc",1e2]',
        "cookie": "C=1,b%20c; k=v; n=10; J=%7B%22x%22%3A%22y%22%7D",
    }
    await wire.door.execute("old/names", SPOKEN)
    sent = read(wire)[2]
    assert (sent["X-Odd.Name_1"], sent["cookie"]) == ("v", "co-ok.ie=w")


@pytest.mark.parametrize(("given", "cookie"), COOKIES)
async def test_a_cookie_is_in_the_style_that_3_2_gives_it(
    wire: Wire, given: Any, cookie: str
) -> None:
    await wire.door.execute("new/cookies", given)
    assert read(wire)[2]["cookie"] == cookie
