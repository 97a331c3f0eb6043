"""Media types, bodies and which of their properties stand alone."""

from typing import Any

import pytest

from facade.model.action import Body, Encoding, PartHeader, Problem, Style
from facade.spec.document import Document
from facade.spec.media import DeclaredBody, compile_body, kind
from facade.spec.schemas.schema import Schemas


def compiled(
    node: Any, taken: tuple[str, ...] = (), version: str = "3.0.3", **schemas: Any
) -> DeclaredBody | Problem:
    document = Document({"body": node, "components": {"schemas": schemas}}, version)
    return compile_body(node, "/body", document, Schemas(document), taken)


def body(content: Any, taken: tuple[str, ...] = (), version: str = "3.0.3", **schemas: Any) -> Body:
    found = compiled({"content": content}, taken, version, **schemas)
    assert isinstance(found, DeclaredBody)
    return found.body


def json_body(
    schema: Any, taken: tuple[str, ...] = (), version: str = "3.0.3", **schemas: Any
) -> Body:
    return body({"application/json": {"schema": schema}}, taken, version, **schemas)


def test_json_goes_before_forms_text_and_ranges() -> None:
    order = [
        "application/json",
        "APPLICATION/JSON; charset=utf-8",
        "application/vnd.a+json;v=1",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "text/plain",
        "application/xml",
        "image/png",
        "image/*",
        "*/*",
    ]
    content: dict[str, Any] = {each: {} for each in reversed(order)}
    found = [each.type for each in body(content).media]
    assert sorted(found, key=kind) == found
    assert found[0] in order[:2]
    assert found[2:5] == order[2:5]
    assert found[-2:] == order[-2:]


def test_a_key_that_is_no_media_type_is_left_out() -> None:
    found = body({"no coupon applied": {}, "links": {}, "text/plain": {}, "a/b\r\nc": {}})
    assert [each.type for each in found.media] == ["text/plain"]


@pytest.mark.parametrize("node", [{}, {"content": {}}, {"content": None}, {"content": []}])
def test_a_body_without_a_media_type_may_be_anything(node: Any) -> None:
    found = compiled(node)
    assert isinstance(found, DeclaredBody)
    assert [each.type for each in found.body.media] == ["*/*"]


@pytest.mark.parametrize(
    ("node", "code", "pointer"),
    [
        ([], "wrong-type", "/body"),
        ("x", "wrong-type", "/body"),
        ({"$ref": "#/components/requestBodies/None"}, "dangling-ref", "/body"),
    ],
)
def test_what_is_no_body_says_so(node: Any, code: str, pointer: str) -> None:
    found = compiled(node)
    assert isinstance(found, Problem)
    assert (found.code, found.pointer) == (code, pointer)


def test_required_and_description_are_taken_over() -> None:
    found = compiled({"required": True, "description": "D", "content": {}})
    assert isinstance(found, DeclaredBody)
    assert found.body.required
    assert found.body.description == "D"


OBJECT = {"type": "object", "required": ["a"], "properties": {"a": {}, "b": {}}}


@pytest.mark.parametrize(
    "media_type",
    ["application/json", "a/b+json", "application/x-www-form-urlencoded", "multipart/form-data"],
)
def test_the_properties_of_an_object_stand_alone(media_type: str) -> None:
    found = body({media_type: {"schema": OBJECT}})
    assert found.flat == ("a", "b")
    assert found.flat_required == ("a",)


@pytest.mark.parametrize("media_type", ["text/plain", "application/octet-stream", "*/*"])
def test_those_of_other_media_types_do_not(media_type: str) -> None:
    assert body({media_type: {"schema": OBJECT}}).flat == ()


@pytest.mark.parametrize("name", ["a", "body"])
def test_none_stands_alone_where_any_clashes(name: str) -> None:
    schema: dict[str, Any] = {"properties": {name: {}, "b": {}}}
    assert json_body(schema, taken=("a",)).flat == ()
    assert json_body({"properties": {"b": {}}}, taken=("a",)).flat == ("b",)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "items": {}},
        {"type": "string"},
        {"type": ["string", "null"], "properties": {"a": {}}},
        {"allOf": [{"type": "array"}, {"properties": {"a": {}}}]},
        {},
        True,
        {"type": "object"},
        {"properties": []},
    ],
)
def test_what_is_no_object_with_properties_has_none(schema: Any) -> None:
    assert json_body(schema).flat == ()


def test_references_and_allof_are_merged() -> None:
    schema = {
        "allOf": [
            {"$ref": "#/components/schemas/Base"},
            {"properties": {"b": {}}, "required": ["b"]},
        ]
    }
    base = {
        "type": "object",
        "properties": {"a": {}},
        "required": ["a"],
        "allOf": [{"$ref": "#/components/schemas/Base"}],
    }
    found = json_body(schema, Base=base)
    assert set(found.flat) == set(found.flat_required) == {"a", "b"}


def test_a_property_that_is_only_read_does_not_stand_alone_and_does_not_clash() -> None:
    schema = {"properties": {"id": {"readOnly": True}, "b": {}}, "required": ["id"]}
    found = json_body(schema, taken=("id",))
    assert found.flat == ("b",)
    assert found.flat_required == ()


def test_h13_allof_of_two_to_the_twenty_is_merged_at_once() -> None:
    chain: dict[str, Any] = {
        f"A{n}": {"allOf": [{"$ref": f"#/components/schemas/A{n + 1}"}] * 2} for n in range(20)
    }
    end: dict[str, Any] = {"properties": {"a": {}}}
    assert json_body({"$ref": "#/components/schemas/A0"}, **chain, A20=end).flat == ("a",)


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({}, Encoding()),
        ({"contentType": "image/png, image/jpeg"}, Encoding(content_type="image/png, image/jpeg")),
        ({"style": "form"}, Encoding(style=Style.FORM, explode=True)),
        ({"style": "deepObject"}, Encoding(style=Style.DEEP_OBJECT, explode=False)),
        ({"style": "pipeDelimited", "explode": True}, Encoding(style=Style.PIPE, explode=True)),
        ({"explode": False}, Encoding(style=Style.FORM, explode=False)),
        ({"allowReserved": True}, Encoding(style=Style.FORM, allow_reserved=True)),
        ({"style": "simple"}, Encoding()),
        ({"headers": {"X-A": {}, "Content-Type": {}}}, Encoding(headers=(PartHeader(name="X-A"),))),
    ],
)
def test_the_encoding_of_a_property_is_taken_over(node: Any, expected: Encoding) -> None:
    media_type = "multipart/form-data"
    content = {media_type: {"schema": OBJECT, "encoding": {"a": node, "b": "junk"}}}
    found = body(content, version="3.1.0")
    assert found.media[0].encoding == {"a": expected}
    ignored = body({"application/json": {"encoding": {"a": node}}})
    assert ignored.media[0].encoding == {}


def test_a_media_type_may_be_a_reference_since_3_2() -> None:
    tree: dict[str, Any] = {
        "body": {"content": {"application/json": {"$ref": "#/components/mediaTypes/M"}}},
        "components": {"mediaTypes": {"M": {"schema": OBJECT}}},
    }
    document = Document(tree, "3.2.0")
    found = compile_body(tree["body"], "/body", document, Schemas(document), ())
    assert isinstance(found, DeclaredBody)
    assert found.body.flat == ("a", "b")
