"""Requests become calls: the action, typed arguments, and what nobody declares."""

import json
from typing import Any

import pytest

from facade.errors.caller import ActionNotFound, InvalidParameters
from facade.model.action import Location
from facade.model.call import Headers, Upload
from facade.model.version import Serialization
from facade.spec.load import load
from facade.spec.spec import Spec
from facade.transcode.match import Matched, Request, Router

INTEGER, TEXT = {"type": "integer"}, {"type": "string"}
TEXTS = {"type": "array", "items": TEXT}
RECORD = {"type": "object", "properties": {"a": TEXT, "b": INTEGER}}
NUMBERS = {"type": "array", "items": {"type": "array", "items": INTEGER}}
LISTS = {"type": "object", "properties": {"l": TEXTS, "n": NUMBERS}}


def router(paths: dict[str, Any], base: str = "", version: str = "3.1.1") -> Router:
    document = {"openapi": version, "info": {"title": "t", "version": "1"}, "paths": paths}
    spec = Spec(load(json.dumps(document))[0])
    return Router([spec.action(each) for each in spec.ids], Serialization(), base)


def operation(*parameters: dict[str, Any], body: dict[str, Any] | None = None) -> dict[str, Any]:
    content = {"requestBody": {"content": body}} if body else {}
    return {"operationId": "op", "parameters": list(parameters), "responses": {}, **content}


def query(name: str, schema: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, **more}


def asked(each: dict[str, Any], target: str, headers: Headers = ()) -> Matched:
    path = target.partition("?")[0]
    return router({path: {"get": each}}).match(
        Request(method="GET", target=target, headers=headers)
    )


def posted(body: dict[str, Any], sent: str, data: bytes, headers: Headers = ()) -> Matched:
    made = router({"/x": {"post": operation(body=body)}})
    fields = (("Content-Type", sent), *headers) if sent else headers
    return made.match(Request(method="POST", target="/x", headers=fields, body=data))


def texts(matched: Matched) -> dict[str, str]:
    return {key: each.text for key, each in matched.arguments.items()}


def refused(fault: pytest.ExceptionInfo[InvalidParameters]) -> list[str]:
    return [f"{each.field}: {each.description}" for each in fault.value.details.violations]


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        (INTEGER, "9007199254740993", "9007199254740993"),
        (INTEGER, "007", '"007"'),
        (INTEGER, "x", '"x"'),
        ({"type": "number"}, "0.10", "0.10"),
        ({"type": "number"}, "-0", "-0"),
        ({"type": "number"}, "1e400", "1e400"),
        ({"type": "boolean"}, "true", "true"),
        ({"type": "boolean"}, "yes", '"yes"'),
        (TEXT, "5", '"5"'),
        (TEXT, "null", '"null"'),
        ({"type": ["integer", "null"]}, "", "null"),
        ({"type": ["string", "null"]}, "", '""'),
        ({"type": ["string", "integer"]}, "5", '"5"'),
        ({"anyOf": [INTEGER, {"enum": ["auto"]}]}, "5", "5"),
        ({"anyOf": [INTEGER, {"enum": ["auto"]}]}, "auto", '"auto"'),
        ({"enum": [1, 2]}, "2", "2"),
        ({}, "5", '"5"'),
        ({"allOf": [{"oneOf": [INTEGER, {"type": "null"}]}]}, "5", "5"),
    ],
)
def test_text_is_the_value_that_its_schema_asks_for_or_stays_text(
    schema: Any, text: str, value: str
) -> None:
    assert texts(asked(operation(query("q", schema)), f"/x?q={text}")) == {"q": value}


@pytest.mark.parametrize(
    ("parameter", "target", "value"),
    [
        (query("q", TEXTS), "q=a&q=b%2Cc", ["a", "b,c"]),
        (query("q", TEXTS, explode=False), "q=a,b%2Cc", ["a", "b,c"]),
        (query("q", TEXTS, style="pipeDelimited", explode=False), "q=a|b%7Cc", ["a", "b", "c"]),
        (query("q", TEXTS, style="spaceDelimited", explode=False), "q=a+b%20c", ["a", "b", "c"]),
        (query("q", TEXT), "q=a+b%2Bc", "a b+c"),
        (query("q", TEXT, allowReserved=True), "q=a+b", "a+b"),
        (query("q", RECORD), "a=5&b=5", {"a": "5", "b": 5}),
        (query("q", LISTS), "l=a&l=b%2Cc", {"l": ["a", "b,c"]}),
        (query("q", LISTS), "l=[1]&n=[1]&n=[2]", {"l": ["[1]"], "n": [[1], [2]]}),
        (query("q", LISTS), "n=[[1],[2]]", {"n": [[1], [2]]}),
        (query("q", RECORD, explode=False), "q=a,5,b,5", {"a": "5", "b": 5}),
        (query("q", RECORD, style="deepObject"), "q[a]=5&q%5Bb%5D=5", {"a": "5", "b": 5}),
        (query("q", {"type": "boolean"}, allowEmptyValue=True), "q=", ""),
    ],
)
def test_styles_of_a_query_are_read(parameter: Any, target: str, value: Any) -> None:
    matched = asked(operation(parameter), f"/x?{target}")
    assert {key: each.value for key, each in matched.arguments.items()} == {"q": value}
    assert matched.unknown == ()


@pytest.mark.parametrize(
    "pairs", ["q[l][]=x&q[l][]=y", "q[l][0]=x&q[l][1]=y", "q[l][1]=y&q[l][0]=x", "q[l]=x&q[l]=y"]
)
def test_arrays_of_a_deep_object_are_read_in_all_their_forms(pairs: str) -> None:
    schema = {"type": "object", "properties": {"l": TEXTS}}
    matched = asked(operation(query("q", schema, style="deepObject")), f"/x?{pairs}")
    assert matched.arguments["q"].value == {"l": ["x", "y"]}


def test_an_object_of_any_members_takes_the_pairs_that_are_nobodys() -> None:
    each = operation(
        query("filter", {"type": "object", "additionalProperties": INTEGER}), query("page", INTEGER)
    )
    matched = asked(each, "/x?a=1&page=2&b=3")
    assert texts(matched) == {"filter": '{"a":1,"b":3}', "page": "2"}


def test_what_the_document_does_not_declare_is_told_and_not_dropped() -> None:
    headers = (("X-B", "1"), ("Cookie", "s=a%20b; c=2"), ("Accept", "text/csv"), ("Host", "h"))
    cookie = {"name": "c", "in": "cookie", "schema": INTEGER}
    matched = asked(operation(cookie), "/x?a=%20&a=2", headers)
    assert texts(matched) == {"c": "2"}
    assert matched.accept == "text/csv"
    assert [(each.location, each.name, each.value) for each in matched.unknown] == [
        (Location.QUERY, "a", "%20"),
        (Location.QUERY, "a", "2"),
        (Location.COOKIE, "s", "a%20b"),
        (Location.HEADER, "X-B", "1"),
    ]


def test_lines_of_one_header_are_one_list() -> None:
    header = {"name": "X-L", "in": "header", "schema": TEXTS}
    matched = asked(operation(header), "/x", (("x-l", "a, b"), ("X-L", "c")))
    assert matched.arguments["X-L"].value == ["a", "b", "c"]


def test_arguments_are_keyed_as_callers_key_them() -> None:
    each = operation(query("id", INTEGER), {"name": "id", "in": "header", "schema": TEXT})
    matched = asked(each, "/x?id=5", (("ID", "5"),))
    assert texts(matched) == {"query.id": "5", "header.id": '"5"'}


def test_an_unknown_path_is_told_from_a_known_one_with_another_method() -> None:
    made = router({"/x/{id}": {"get": operation(), "put": operation()}}, base="/v1/")
    with pytest.raises(ActionNotFound) as unknown:
        made.match(Request(method="GET", target="/x/1"))
    assert unknown.value.details.facts == {}
    with pytest.raises(ActionNotFound) as other:
        made.match(Request(method="POST", target="/v1/x/1?a=b"))
    assert other.value.details.facts == {"methods": "GET, PUT"}
    assert made.methods("/v1/x/1") == ("GET", "PUT")
    assert made.match(Request(method="PUT", target="/v1/x/1")).arguments["id"].value == "1"


def test_of_actions_with_one_address_that_which_the_arguments_fit_is_meant() -> None:
    def action(name: str) -> dict[str, Any]:
        return {
            **operation(query("Action", {"enum": [name]}, required=True)),
            "operationId": name,
        }

    made = router({"/#Action=A": {"get": action("A")}, "/#Action=B": {"get": action("B")}})
    assert made.match(Request(method="GET", target="/?Action=B")).action.id == "B"


def test_json_keeps_its_bytes() -> None:
    data = b'{ "n": 1.10, "big": 12345678901234567890, "s": "\\u00e9" }'
    matched = posted({"application/json": {"schema": RECORD}}, "application/json", data)
    assert matched.arguments["body"].text.encode() == data
    assert matched.content_type == "application/json"


@pytest.mark.parametrize("data", [b"", b"\n"])
def test_an_empty_body_of_json_is_none_and_blank_is_not_json(data: bytes) -> None:
    if not data:
        assert posted({"application/json": {}}, "application/json", data).arguments == {}
        return
    with pytest.raises(InvalidParameters) as fault:
        posted({"application/json": {}}, "application/json", data)
    assert refused(fault) == ["/body: is not JSON in UTF-8"]


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (b'{"a":1}, "x": {"b":2}', "/body"),
        (b"{", "/body"),
        (b'{"a":\xff}', "/body"),
        (b"[" * 70 + b"]" * 70, "/body"),
        (b'{"a":{"b":1,"b":2}}', "/body/a"),
        (b'{"a":"\\ud800"}', "/body"),
        (b'{"a":' + b"9" * 70 + b"}", "/body/a"),
    ],
)
def test_json_that_is_broken_or_beyond_the_bounds_is_refused(data: bytes, field: str) -> None:
    with pytest.raises(InvalidParameters) as fault:
        posted({"application/json": {}}, "application/json", data)
    assert [each.field for each in fault.value.details.violations] == [field]


def test_a_form_is_an_object_with_undeclared_fields_and_all_in_their_order() -> None:
    body = {
        "application/x-www-form-urlencoded": {
            "schema": {"type": "object", "properties": {"n": INTEGER, "l": TEXTS, "o": RECORD}},
            "encoding": {"o": {"style": "deepObject"}},
        }
    }
    data = b"x=%C3%A9&o%5Bb%5D=1&l=a&n=5&l=b+c"
    matched = posted(body, "application/x-www-form-urlencoded", data)
    assert [*matched.arguments["body"].value.items()] == [
        ("x", "é"),
        ("o", {"b": 1}),
        ("l", ["a", "b c"]),
        ("n", 5),
    ]


def test_a_multipart_form_has_files_and_typed_fields() -> None:
    schema = {
        "type": "object",
        "properties": {"n": INTEGER, "f": {"type": "string", "format": "binary"}, "o": RECORD},
    }
    data = (
        b'--B\r\nContent-Disposition: form-data; name="n"\r\n\r\n5\r\n'
        b'--B\r\nContent-Disposition: form-data; name="f"; filename="a.png"\r\n'
        b"Content-Type: image/png\r\n\r\n\x00\xff\r\n"
        b'--B\r\nContent-Disposition: form-data; name="o"\r\n'
        b'Content-Type: application/json\r\n\r\n{"b": 1.0}\r\n--B--\r\n'
    )
    matched = posted(
        {"multipart/form-data": {"schema": schema}}, "multipart/form-data; boundary=B", data
    )
    assert json.loads(matched.arguments["body"].text) == {
        "n": 5,
        "f": {"content": "AP8=", "filename": "a.png", "contentType": "image/png"},
        "o": {"b": 1.0},
    }
    assert matched.content_type == "multipart/form-data"


def test_a_broken_part_is_named_by_its_field() -> None:
    data = (
        b'--B\r\nContent-Disposition: form-data; name="a/b"\r\n'
        b"Content-Type: application/json\r\n\r\n{\r\n--B--\r\n"
    )
    with pytest.raises(InvalidParameters) as fault:
        posted({"multipart/form-data": {}}, "multipart/form-data; boundary=B", data)
    assert refused(fault) == ["/body/a~1b: is not JSON in UTF-8"]


@pytest.mark.parametrize(
    ("content", "sent", "data", "value"),
    [
        ("application/x-ndjson", "application/x-ndjson", b'{"a":1}\n\n[2]\n', [{"a": 1}, [2]]),
        ("application/json-seq", "application/json-seq", b"\x1e1\n\x1e2\n", [1, 2]),
        ("text/event-stream", "text/event-stream", b"data: a\ndata:b\nid: 1\n\n:x\ndata", None),
        ("text/plain", "text/plain; charset=iso-8859-1", b"\xe9", "é"),
        ("text/*", "text/csv", b"[1]", "[1]"),
        ("application/xml", "application/xml", b"<a>", "<a>"),
    ],
)
def test_sequences_and_text_are_read_by_their_type(
    content: str, sent: str, data: bytes, value: Any
) -> None:
    found = posted({content: {}}, sent, data).arguments["body"].value
    assert found == (value or [{"data": "a\nb", "id": "1"}, {"data": ""}])


@pytest.mark.parametrize(
    ("content", "sent", "headers"),
    [
        ("image/*", "image/png", ()),
        ("application/json", "image/png", ()),
        ("application/json", "application/json", (("Content-Encoding", "gzip"),)),
    ],
)
def test_bytes_undeclared_types_and_coded_bodies_are_uploads(
    content: str, sent: str, headers: Headers
) -> None:
    matched = posted({content: {}}, sent, b"\x00", headers)
    assert matched.upload == Upload(content_type=sent, data=b"\x00")
    assert (matched.arguments, matched.content_type) == ({}, "")


def test_every_flaw_is_told_at_once() -> None:
    each = operation(query("a", TEXT), query("b", RECORD, explode=False), query("c", INTEGER))
    with pytest.raises(InvalidParameters) as fault:
        asked(each, f"/x?a=%ff&b=x,1,y&c={'9' * 70}")
    assert [each.partition(":")[0] for each in refused(fault)] == ["/a", "/b", "/c"]


@pytest.mark.parametrize("pairs", ["q[a]=1&q[a][b]=2", "q" + "[a]" * 70 + "=1"])
def test_a_deep_object_that_contradicts_itself_or_is_too_deep_is_refused(pairs: str) -> None:
    with pytest.raises(InvalidParameters) as fault:
        asked(operation(query("q", {"type": "object"}, style="deepObject")), f"/x?{pairs}")
    assert refused(fault)[0].startswith("/q: ")


def test_fields_behind_a_discriminator_have_their_types() -> None:
    cat = {"type": "object", "required": ["kind"], "properties": {"kind": TEXT, "lives": INTEGER}}
    dog = {"type": "object", "required": ["kind"], "properties": {"kind": TEXT, "toys": TEXTS}}
    names = {"cat": "#/components/schemas/Cat", "dog": "#/components/schemas/Dog"}
    schema = {
        "oneOf": [{"$ref": each} for each in names.values()],
        "discriminator": {"propertyName": "kind", "mapping": names},
    }
    media_type = "application/x-www-form-urlencoded"
    document = {
        "openapi": "3.0.4",
        "info": {"title": "t", "version": "1"},
        "paths": {"/x": {"post": operation(body={media_type: {"schema": schema}})}},
        "components": {"schemas": {"Cat": cat, "Dog": dog}},
    }
    spec = Spec(load(json.dumps(document))[0])
    made = Router([spec.action(each) for each in spec.ids], Serialization())
    headers = (("content-type", media_type),)
    for data, value in (
        (b"kind=cat&lives=9", {"kind": "cat", "lives": 9}),
        (b"kind=dog&toys=a", {"kind": "dog", "toys": ["a"]}),
    ):
        matched = made.match(Request(method="POST", target="/x", headers=headers, body=data))
        assert matched.arguments["body"].value == value
