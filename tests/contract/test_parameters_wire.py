"""Parameters as documents really declare them, and the raw request that the backend reads."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio

from gateway.v1.version_pb2 import Serialization
from tests.doors import Door, a_door, document
from tests.fakes import HttpBackend

pytestmark = pytest.mark.asyncio(loop_scope="module")

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
MULTI = {"type": "array", "items": {"type": "integer"}}


@dataclass(frozen=True, kw_only=True)
class Case:
    """One operation, a call of it, and what goes over the wire."""

    edition: str = "3.0.4"
    path: str = "/x"
    parameters: list[dict[str, Any]]
    given: Any = field(default_factory=dict)
    """The arguments, or their JSON."""
    target: str
    fields: dict[str, str] = field(default_factory=dict)


def query(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", **more}


def path(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, **more}


def header(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "header", **more}


def content(media_type: str, **more: Any) -> dict[str, Any]:
    return {"content": {media_type: more}}


CASES = {
    "names": Case(
        parameters=[query("a[b]"), query("$filter"), query("x.y"), query("a-b c"), query("é")],
        given={"a[b]": 1, "$filter": "n eq 'x'", "x.y": True, "a-b c": "+", "é": "☃"},
        target="/x?a%5Bb%5D=1&$filter=n%20eq%20%27x%27&x.y=true&a-b%20c=%2B&%C3%A9=%E2%98%83",
    ),
    "one-name-in-two-places": Case(
        path="/x/{id}",
        parameters=[path("id"), query("id"), header("id"), {"name": "id", "in": "cookie"}],
        given={"path.id": "p", "query.id": "q", "header.id": "h", "cookie.id": "c"},
        target="/x/p?id=q",
        fields={"id": "h", "cookie": "id=c"},
    ),
    "names-that-differ-in-case": Case(
        parameters=[query("startDate"), query("StartDate")],
        given={"StartDate": "2", "startDate": "1"},
        target="/x?startDate=1&StartDate=2",
    ),
    "two-in-one-segment": Case(
        path="/a:{verb}/{x},{y}/({id})/{name}.json",
        parameters=[path("verb"), path("x"), path("y"), path("id"), path("name")],
        given={"verb": "run", "x": 1, "y": 2.50, "id": "a/b", "name": "c d"},
        target="/a:run/1,2.5/(a%2Fb)/c%20d.json",
    ),
    "an-undeclared-variable": Case(path="/x/{id}", parameters=[], given={"id": "7"}, target="/x/7"),
    "an-operator-in-the-path": Case(
        path="/x/{.p*}",
        parameters=[path("p", style="label", explode=True)],
        given={"p": [1, 2]},
        target="/x/.1.2",
    ),
    "a-query-in-the-path": Case(
        path="/x?op=list&page={page}&k={v}{&more}#top",
        parameters=[query("page"), query("v"), query("more")],
        given={"page": "1&2", "v": "a=b", "more": "z"},
        target="/x?op=list&k=a%3Db&page=1%262&more=z",
    ),
    "several-segments": Case(
        path="/git/{ref}",
        parameters=[path("ref", **{"x-multi-segment": True})],
        given={"ref": "heads/a b"},
        target="/git/heads/a%20b",
    ),
    "encoded-twice": Case(
        path="/files/{id}",
        parameters=[path("id", **{"x-ms-url-encoding": "double"})],
        given={"id": "/a b/ü"},
        target="/files/%252Fa%2520b%252F%25C3%25BC",
    ),
    "a-default-of-what-is-required": Case(
        parameters=[
            query("v", required=True, schema={"type": "number", "default": 1.0}),
            query("w", schema={"type": "string", "default": "never sent"}),
        ],
        target="/x?v=1.0",
    ),
    "a-parameter-declared-twice": Case(
        parameters=[query("a", explode=True), query("a", explode=False)],
        given={"a": [1, 2]},
        target="/x?a=1,2",
    ),
    "numbers-and-booleans": Case(
        parameters=[query("n"), query("b"), query("d")],
        given='{"n":9007199254740993,"b":[true,false],"d":-0.10E+2}',
        target="/x?n=9007199254740993&b=true&b=false&d=-0.10E%2B2",
    ),
    "empty-values": Case(
        parameters=[
            query("a", allowEmptyValue=True, schema={"type": "integer"}),
            query("b", allowEmptyValue=True, schema={"type": "array"}),
            query("c"),
            query("d", schema={"type": "array"}),
        ],
        given={"a": "", "b": None, "c": "", "d": []},
        target="/x?a=&b=&c=",
    ),
    "reserved-in-a-query": Case(
        parameters=[query("u", allowReserved=True)],
        given={"u": "http://h/?a=b&c#d%41%e"},
        target="/x?u=http://h/?a=b&c%23d%41%25e",
    ),
    "reserved-in-a-path": Case(
        edition="3.2.0",
        path="/x/{u}",
        parameters=[path("u", allowReserved=True)],
        given={"u": "a:b@c/d?e#f"},
        target="/x/a:b@c%2Fd%3Fe%23f",
    ),
    "not-reserved-in-a-path-before-3.2": Case(
        path="/x/{u}",
        parameters=[path("u", allowReserved=True)],
        given={"u": "a:b"},
        target="/x/a%3Ab",
    ),
    "stripes-expand": Case(
        parameters=[query("expand", style="deepObject", explode=True, schema={"type": "array"})],
        given={"expand": ["data.customer", "charge"]},
        target="/x?expand%5B%5D=data.customer&expand%5B%5D=charge",
    ),
    "nested-deep-object": Case(
        parameters=[query("f", style="deepObject", explode=False)],
        given={"f": {"a": {"gte": 1, "in": [2, 3]}, "b": [{"c": "&"}], "n": None}},
        target="/x?f%5Ba%5D%5Bgte%5D=1&f%5Ba%5D%5Bin%5D%5B%5D=2&f%5Ba%5D%5Bin%5D%5B%5D=3"
        "&f%5Bb%5D%5B0%5D%5Bc%5D=%26",
    ),
    "content": Case(
        path="/x/{p}",
        parameters=[
            path("p", **content("text/plain")),
            query("q", **content(JSON)),
            header("X-H", **content(JSON)),
        ],
        given='{"p":"a/b","q":{ "n": 1.0 },"X-H":{"é": [1, 2]}}',
        target="/x/a%2Fb?q=%7B%22n%22%3A1.0%7D",
        fields={"x-h": '{"\\u00e9":[1,2]}'},
    ),
    "the-whole-query-as-json": Case(
        edition="3.2.0",
        parameters=[{"name": "all", "in": "querystring", **content(JSON)}],
        given='{"all":{"numbers":[1,2],"flag":null}}',
        target="/x?%7B%22numbers%22%3A%5B1%2C2%5D%2C%22flag%22%3Anull%7D",
    ),
    "the-whole-query-as-a-form": Case(
        edition="3.2.0",
        parameters=[
            {
                "name": "all",
                "in": "querystring",
                **content(FORM, encoding={"ids": {"style": "pipeDelimited", "explode": False}}),
            }
        ],
        given={"all": {"foo": "a + b", "bar": True, "ids": [1, 2]}},
        target="/x?foo=a+%2B+b&bar=true&ids=1%7C2",
    ),
    "the-cookies-style": Case(
        edition="3.2.0",
        parameters=[
            {"name": "raw", "in": "cookie", "style": "cookie"},
            {"name": "form", "in": "cookie"},
            {"name": "more", "in": "cookie", "style": "cookie"},
        ],
        given={"raw": "abc==", "form": "Hello, world!", "more": {"a": 1, "b": "2"}},
        target="/x",
        fields={"cookie": "raw=abc==; form=Hello%2C%20world%21; a=1; b=2"},
    ),
    "a-header-of-objects": Case(
        parameters=[header("put-metadata", schema={"type": "array"})],
        given='{"put-metadata":[{"key":"/a","value":1.0}]}',
        target="/x",
        fields={"put-metadata": '[{"key":"/a","value":1.0}]'},
    ),
    "fields-that-are-arguments": Case(
        parameters=[header("If-Match"), header("User-Agent"), header("accept", required=True)],
        given={"If-Match": '"a,b"', "User-Agent": "me/1"},
        target="/x",
        fields={"if-match": '"a,b"', "user-agent": "me/1"},
    ),
    "collection-formats-in-a-path": Case(
        edition="2.0",
        path="/x/{c}/{s}/{t}/{p}",
        parameters=[
            path("c", **MULTI),
            path("s", collectionFormat="ssv", **MULTI),
            path("t", collectionFormat="tsv", **MULTI),
            path("p", collectionFormat="pipes", **MULTI),
        ],
        given={key: [1, 2] for key in "cstp"},
        target="/x/1,2/1%202/1%092/1%7C2",
    ),
    "collection-formats-in-a-query": Case(
        edition="2.0",
        parameters=[
            query("c", **MULTI),
            query("s", collectionFormat="ssv", **MULTI),
            query("t", collectionFormat="tsv", **MULTI),
            query("p", collectionFormat="pipes", **MULTI),
            query("m", collectionFormat="multi", **MULTI),
        ],
        given={key: [1, 2] for key in "cstpm"},
        target="/x?c=1,2&s=1%202&t=1%092&p=1%7C2&m=1&m=2",
    ),
    "collection-formats-in-headers": Case(
        edition="2.0",
        parameters=[
            header("C", **MULTI),
            header("S", collectionFormat="ssv", **MULTI),
            header("T", collectionFormat="tsv", **MULTI),
            header("P", collectionFormat="pipes", **MULTI),
        ],
        given={key: [1, 2] for key in "CSTP"},
        target="/x",
        fields={"c": "1,2", "s": "1 2", "t": "1\t2", "p": "1|2"},
    ),
    "arrays-in-arrays": Case(
        edition="2.0",
        parameters=[
            query("a", type="array", items={**MULTI, "collectionFormat": "pipes"}),
            query(
                "b",
                type="array",
                collectionFormat="multi",
                items={"type": "array", "items": {"type": "string"}},
            ),
        ],
        given={"a": [[1, 2], [3]], "b": [["x", "y,z"], ["w"]]},
        target="/x?a=1%7C2,3&b=x,y%2Cz&b=w",
    ),
}


def published(edition: str) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for name, case in CASES.items():
        if case.edition != edition:
            continue
        key = case.path if case.path not in paths else f"{case.path}#{name}"
        operation = {"operationId": name, "parameters": case.parameters, "responses": {}}
        paths[key] = {"get": operation}
    if edition == "2.0":
        return {"swagger": edition, "info": {"title": "t", "version": "1"}, "paths": paths}
    return document(paths, openapi=edition)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(
    tmp_path_factory: pytest.TempPathFactory, backend: HttpBackend
) -> AsyncIterator[Door]:
    async with a_door(tmp_path_factory.mktemp("wire")) as opened:
        for edition in dict.fromkeys(case.edition for case in CASES.values()):
            connector = f"api-{edition.replace('.', '-')}"
            await opened.publish(connector, published(edition), backend.origin)
        yield opened


def read(request: bytes) -> tuple[str, dict[str, str]]:
    """The target of a raw request, and its fields by their names in lower case."""
    line, *fields = request.decode("ascii").split("\r\n\r\n")[0].split("\r\n")
    pairs = (field.split(":", 1) for field in fields)
    return line.split(" ")[1], {name.lower(): text.strip() for name, text in pairs}


@pytest.mark.parametrize("name", CASES)
async def test_a_call_is_on_the_wire_as_its_document_means_it(
    door: Door, backend: HttpBackend, name: str
) -> None:
    case = CASES[name]
    await door.execute(f"api-{case.edition.replace('.', '-')}/{name}", case.given)
    target, fields = read(backend.requests[-1])
    assert target == case.target
    assert {key: fields.get(key) for key in case.fields} == case.fields
    assert ("cookie" in fields) == ("cookie" in case.fields)


async def test_versions_of_one_document_may_differ_in_how_they_are_written(
    door: Door, backend: HttpBackend
) -> None:
    told = document(
        {
            "/x/{l}": {
                "get": {
                    "operationId": "act",
                    "parameters": [path("l", style="label"), query("d", style="deepObject")],
                    "responses": {},
                }
            }
        }
    )
    choices = {
        "both": Serialization(
            deep_object_arrays=Serialization.DEEP_OBJECT_ARRAYS_INDICES,
            label_delimiter=Serialization.LABEL_DELIMITER_COMMA,
        ),
        "other": Serialization(
            deep_object_arrays=Serialization.DEEP_OBJECT_ARRAYS_REPEAT,
            label_delimiter=Serialization.LABEL_DELIMITER_DOT,
        ),
        "plain": Serialization(),
    }
    targets = {}
    for connector, serialization in choices.items():
        await door.publish(connector, told, backend.origin, serialization=serialization)
    for connector in choices:
        await door.execute(f"{connector}/act", {"l": [1, 2], "d": {"a": ["x", "y"]}})
        targets[connector] = read(backend.requests[-1])[0]
    assert targets == {
        "both": "/x/.1,2?d%5Ba%5D%5B0%5D=x&d%5Ba%5D%5B1%5D=y",
        "other": "/x/.1.2?d%5Ba%5D=x&d%5Ba%5D=y",
        "plain": "/x/.1.2?d%5Ba%5D%5B%5D=x&d%5Ba%5D%5B%5D=y",
    }
