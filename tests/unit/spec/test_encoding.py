"""Encoding objects, sequences and which editions of the standard say what of them."""

from typing import Any

import pytest

from facade.model.action import Body, Encoding, Media, PartHeader, Style
from facade.spec.document import Document
from facade.spec.inputs import input_schema
from facade.spec.media import DeclaredBody, compile_body
from facade.spec.schemas.schema import Schemas

MULTIPART = "multipart/form-data"


def declared(content: Any, version: str = "3.2.0", **components: Any) -> DeclaredBody:
    node = {"content": content}
    document = Document({"body": node, "components": components}, version)
    found = compile_body(node, "/body", document, Schemas(document), ())
    assert isinstance(found, DeclaredBody)
    return found


def media(content: Any, version: str = "3.2.0", **components: Any) -> Media:
    body: Body = declared(content, version, **components).body
    return body.media[0]


def encoding(node: Any, version: str = "3.2.0", **components: Any) -> Encoding:
    return media({MULTIPART: {"encoding": {"a": node}}}, version, **components).encoding["a"]


@pytest.mark.parametrize(
    ("media_type", "version", "expected"),
    [
        (MULTIPART, "2.0", Style.FORM),
        (MULTIPART, "3.0.3", None),
        (MULTIPART, "3.0.4", None),
        (MULTIPART, "3.1.0", Style.FORM),
        (MULTIPART, "3.2.0", Style.FORM),
        ("multipart/mixed", "3.2.0", None),
        ("application/x-www-form-urlencoded", "3.0.3", Style.FORM),
    ],
)
def test_a_style_counts_where_the_edition_says_so(
    media_type: str, version: str, expected: Style | None
) -> None:
    node = {media_type: {"encoding": {"a": {"style": "form", "explode": True}}}}
    assert media(node, version).encoding["a"].style is expected


def test_the_headers_of_a_part_are_followed() -> None:
    headers = {
        "X-A": {"$ref": "#/components/headers/A"},
        "X-Const": {"required": True, "schema": {"const": 7}},
        "X-One": {"schema": {"enum": ["v"]}},
        "X-Never": {"schema": False},
        "X-Gone": {"$ref": "#/components/headers/None"},
        "content-type": {"schema": {"const": "a/b"}},
    }
    a = {"required": True, "schema": {"$ref": "#/components/schemas/S"}}
    found = encoding({"headers": headers}, headers={"A": a}, schemas={"S": {"default": "d"}})
    assert found.headers == (
        PartHeader(name="X-A", required=True, default="d"),
        PartHeader(name="X-Const", required=True, default="7"),
        PartHeader(name="X-One", default="v"),
        PartHeader(name="X-Gone"),
    )


def test_encodings_are_nested_and_go_by_position() -> None:
    inner = {"contentType": "multipart/mixed", "prefixEncoding": [{}, {"contentType": "a/b"}]}
    found = media({"multipart/mixed": {"prefixEncoding": [inner, 7], "itemEncoding": {}}})
    assert found.prefix_encoding == (
        Encoding(
            content_type="multipart/mixed",
            prefix=(Encoding(), Encoding(content_type="a/b")),
        ),
        Encoding(),
    )
    assert found.item_encoding == Encoding()
    assert media({MULTIPART: {"encoding": {}}}).item_encoding is None


def test_encodings_that_never_end_do() -> None:
    node: dict[str, Any] = {}
    node["itemEncoding"] = node
    found = media({"multipart/mixed": {"itemEncoding": node}}).item_encoding
    for _ in range(20):
        found = found.item if found else None
    assert found is None


ITEM = {"type": "object", "properties": {"n": {"$ref": "#/components/schemas/N"}}}
N = {"N": {"type": "number"}}
BARE = {"type": "object", "properties": {"n": {"$ref": "#/$defs/N"}}}
WRAPPED = {"type": "array", "items": BARE, "$defs": N}


@pytest.mark.parametrize(
    ("media_type", "node", "expected"),
    [
        ("application/jsonl", {"itemSchema": ITEM}, WRAPPED),
        ("application/jsonl", {"schema": ITEM}, WRAPPED),
        ("application/geo+json-seq; a=b", {"schema": ITEM}, WRAPPED),
        ("text/event-stream", {"itemSchema": ITEM}, WRAPPED),
        ("multipart/mixed", {"itemSchema": ITEM}, WRAPPED),
        ("application/x-ndjson", {"schema": {"type": "array"}}, {"type": "array"}),
        ("application/x-ndjson", {"schema": {"type": "string"}}, {"type": "string"}),
        ("application/jsonl", {"schema": {"type": "array"}, "itemSchema": ITEM}, {"type": "array"}),
        ("application/jsonl", {}, True),
    ],
)
def test_the_schema_of_a_sequence_is_that_of_an_array(
    media_type: str, node: Any, expected: Any
) -> None:
    assert media({media_type: node}, schemas=N).schema == expected


def test_the_schema_of_each_item_stands_alone_too() -> None:
    found = media({"application/jsonl": {"itemSchema": ITEM}}, schemas=N)
    assert found.item_schema == {**BARE, "$defs": N}
    assert media({"application/jsonl": {}}).item_schema is True


def test_the_arguments_show_a_sequence_as_an_array() -> None:
    content = {"application/jsonl": {"itemSchema": ITEM}}
    tree = {"body": {"content": content}, "components": {"schemas": N}}
    document = Document(tree, "3.2.0")
    schemas = Schemas(document)
    body = compile_body(tree["body"], "/body", document, schemas, ())
    assert isinstance(body, DeclaredBody)
    shown = input_schema(schemas, [], body)
    assert isinstance(shown, dict)
    assert shown["properties"]["body"] == {"type": "array", "items": BARE}
    assert shown["$defs"] == N


@pytest.mark.parametrize(("version", "expected"), [("3.0.4", False), ("3.1.0", True)])
def test_what_has_no_type_is_bytes_since_3_1(version: str, *, expected: bool) -> None:
    assert media({MULTIPART: {}}, version).untyped_is_binary is expected


def test_xml_has_a_shape_in_a_part_as_in_a_body() -> None:
    schema = {"type": "object", "properties": {"a": {"xml": {"attribute": True}}}}
    for media_type in (MULTIPART, "application/xml"):
        assert media({media_type: {"schema": schema}}).xml is not None
    assert media({"application/json": {"schema": schema}}).xml is None
