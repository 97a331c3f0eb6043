"""Which nodes a schema makes of a value: names, kinds of nodes, what is composed and circular."""

import json
from pathlib import Path
from typing import Any

import pytest

from facade.model.xml import Element, NodeType
from facade.spec.document import Document
from facade.spec.load import load
from facade.spec.media import compile_content
from facade.spec.schemas.schema import Direction, Schemas
from facade.spec.spec import Spec
from tests.xml_shapes import STRING, read, shape, shape_of, written

CORPUS = Path(__file__).parents[4] / "shared" / "corpus"
OBJECT = {"type": "object", "properties": {"a": STRING}}


def reference(name: str, **beside: Any) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}", **beside}


def array(items: Any, **xml: Any) -> dict[str, Any]:
    return {"type": "array", "items": items, **({"xml": xml} if xml else {})}


def having(schema: Any, version: str = "3.1.1", **components: Any) -> Element:
    """The shape of an object with the one property `p`."""
    root = {"type": "object", "xml": {"name": "r"}, "properties": {"p": schema}}
    return shape(root, version, **components)


@pytest.mark.parametrize(
    ("schema", "structured"),
    [
        (STRING, False),
        ({"type": "string", "format": "binary"}, False),
        ({"type": ["string", "null"]}, False),
        ({"type": "string", "xml": {"name": "s"}}, False),
        ({}, False),
        (True, False),
        ({"type": "object"}, False),
        ({"type": "object", "additionalProperties": True}, False),
        ({"type": ["string", "object"]}, False),
        ({"oneOf": [STRING, {"type": "object"}]}, False),
        ({"$ref": "#/components/schemas/Nowhere"}, False),
        ({"type": "object", "additionalProperties": STRING}, True),
        (OBJECT, True),
        ({"properties": {"a": {}}}, True),
        (array({}), True),
        ({"type": "integer"}, True),
        ({"oneOf": [STRING, OBJECT]}, True),
        ({"allOf": [{}, OBJECT]}, True),
        ({"anyOf": [OBJECT, {"type": "null"}]}, True),
    ],
)
def test_content_without_structure_has_no_shape(schema: Any, *, structured: bool) -> None:
    assert (shape_of(schema) is not None) is structured


@pytest.mark.parametrize(
    ("media_type", "shaped"),
    [
        ("application/xml", True),
        ("text/xml; charset=utf-8", True),
        ("application/problem+xml", True),
        ("APPLICATION/SOAP+XML", True),
        ("*/*", True),
        ("application/*", True),
        ("application/json", False),
        ("application/xml-dtd", False),
        ("text/plain", False),
    ],
)
def test_xml_and_ranges_that_xml_is_in_have_a_shape(media_type: str, *, shaped: bool) -> None:
    document = Document({"content": {media_type: {"schema": OBJECT}}}, "3.1.1")
    schemas = Schemas(document)
    content = document.tree["content"]
    (found,) = compile_content(content, "/content", document, schemas, Direction.RESPONSE)
    assert (found.media.xml is not None) is shaped
    assert found.media.xml is found.media.xml


@pytest.mark.parametrize(
    ("version", "schema", "components", "name"),
    [
        ("3.1.1", reference("Pet"), {"Pet": OBJECT}, "Pet"),
        ("3.2.0", reference("Pet"), {"Pet": OBJECT}, "Pet"),
        ("3.1.1", reference("Pet"), {"Pet": {**OBJECT, "xml": {"name": "pet"}}}, "pet"),
        ("3.2.0", reference("Pet"), {"Pet": {**OBJECT, "xml": {"name": "pet"}}}, "pet"),
        # Before 3.1 nothing counts beside a reference; from 3.2 on, no name where there is no node.
        ("3.0.4", reference("Pet", xml={"name": "p"}), {"Pet": OBJECT}, "Pet"),
        ("3.1.1", reference("Pet", xml={"name": "p"}), {"Pet": OBJECT}, "p"),
        ("3.2.0", reference("Pet", xml={"name": "p"}), {"Pet": OBJECT}, "Pet"),
        ("3.0.4", {"allOf": [reference("Pet")]}, {"Pet": OBJECT}, "Pet"),
        # JAXB's word for `as it is`, and what XML does not allow.
        ("3.0.4", reference("A"), {"A": {**OBJECT, "xml": {"name": "##default"}}}, "A"),
        ("3.0.4", reference("4xx"), {"4xx": OBJECT}, "root"),
        ("3.0.4", OBJECT, {}, "root"),
        ("3.0.4", {"oneOf": [reference("Pet")]}, {"Pet": OBJECT}, "Pet"),
    ],
)
def test_the_document_element_is_called(
    version: str, schema: Any, components: Any, name: str
) -> None:
    element = shape(schema, version, **components)
    assert written({"a": "x"}, element) == f"<{name}><a>x</a></{name}>"
    assert read(f"<{name}><a>x</a></{name}>", element) == {"a": "x"}


@pytest.mark.parametrize(
    ("version", "schema", "component", "xml"),
    [
        ("3.0.4", reference("C"), OBJECT, "<p><a>x</a></p>"),
        ("3.1.1", reference("C"), {**OBJECT, "xml": {"name": "c"}}, "<c><a>x</a></c>"),
        ("3.1.1", reference("C", xml={"name": "own"}), OBJECT, "<own><a>x</a></own>"),
        ("3.2.0", reference("C"), OBJECT, "<C><a>x</a></C>"),
        ("3.2.0", reference("C"), {**OBJECT, "xml": {"name": "c"}}, "<c><a>x</a></c>"),
        ("3.2.0", reference("C"), {**OBJECT, "xml": {"nodeType": "none"}}, "<a>x</a>"),
        (
            "3.2.0",
            reference("C", xml={"nodeType": "element"}),
            {**OBJECT, "xml": {"nodeType": "none"}},
            "<p><a>x</a></p>",
        ),
        ("3.2.0", reference("C", xml={"nodeType": "element"}), OBJECT, "<p><C><a>x</a></C></p>"),
    ],
)
def test_a_reference_is_the_property_up_to_3_1_and_the_component_from_3_2(
    version: str, schema: Any, component: Any, xml: str
) -> None:
    element = having(schema, version, C=component)
    assert written({"p": {"a": "x"}}, element) == f"<r>{xml}</r>"
    assert read(f"<r>{xml}</r>", element) == {"p": {"a": "x"}}


@pytest.mark.parametrize(
    ("version", "schema", "component", "xml"),
    [
        ("3.1.1", array(reference("C")), STRING, "<p>x</p>"),
        ("3.1.1", array(reference("C")), {**STRING, "xml": {"name": "c"}}, "<c>x</c>"),
        ("3.2.0", array(reference("C")), STRING, "<C>x</C>"),
        ("3.1.1", array(reference("C"), wrapped=True), STRING, "<p><p>x</p></p>"),
        ("3.1.1", reference("C"), array(STRING), "<p>x</p>"),
        ("3.1.1", reference("C"), array(STRING, wrapped=True), "<p><p>x</p></p>"),
        ("3.2.0", reference("C"), array(STRING, wrapped=True), "<C><C>x</C></C>"),
        ("3.1.1", {"anyOf": [array(STRING), {"type": "null"}]}, {}, "<p>x</p>"),
        ("3.1.1", {"items": STRING}, {}, "<p>x</p>"),
        ("3.1.1", array(STRING, attribute=True), {}, None),
    ],
)
def test_an_array_by_reference(version: str, schema: Any, component: Any, xml: str | None) -> None:
    element = having(schema, version, C=component)
    expected = f"<r>{xml}</r>" if xml else '<r p="x"/>'
    assert written({"p": ["x"]}, element) == expected
    assert read(expected, element) == {"p": ["x"]}


@pytest.mark.parametrize(
    ("xml", "prefix", "name"),
    [
        ({"name": "s:a", "namespace": "urn:s"}, "s", "a"),
        ({"name": "s:a", "prefix": "t"}, "t", "a"),
        ({"name": "a b"}, "", "p"),
        ({"name": 7, "prefix": 8, "namespace": 9, "attribute": "yes"}, "", "p"),
        ({"prefix": "1"}, "", "p"),
        ({"name": "xmlns:a"}, "", "a"),
        ([], "", "p"),
    ],
)
def test_names_that_are_none_do_not_count(xml: Any, prefix: str, name: str) -> None:
    found = having({**STRING, "xml": xml}).content.members["p"]
    assert (found.node, found.prefix, found.name) == (NodeType.ELEMENT, prefix, name)


def test_parts_of_all_of_are_one_element() -> None:
    base = {
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"xml": {"attribute": True}}},
    }
    cat = {"allOf": [reference("Base"), {"properties": {"name": STRING}}]}
    element = shape(reference("Cat"), Base={**base, "xml": {"name": "base"}}, Cat=cat)
    assert written({"id": "1", "name": "x"}, element) == '<Cat id="1"><name>x</name></Cat>'


@pytest.mark.parametrize("version", ["3.0.4", "3.1.1", "3.2.0"])
def test_schemas_that_hold_themselves(version: str) -> None:
    node = {
        "type": "object",
        "properties": {"name": STRING, "node": reference("node"), "list": array(reference("node"))},
    }
    element = shape(reference("node"), version, node=node)
    value = {"name": "1", "node": {"name": "2", "node": {"name": "3"}}}
    assert read(written(value, element), element) == value
    assert "name" in element.content.members["node"].content.members["node"].content.members


@pytest.mark.parametrize("version", ["3.0.4", "3.1.1", "3.2.0"])
@pytest.mark.parametrize(
    "components",
    [
        {"A": reference("A")},
        {"A": reference("B"), "B": reference("A")},
        {"A": reference("B", xml={"nodeType": "element"}), "B": reference("A", xml={})},
        {
            "A": reference("B", xml={"nodeType": "element"}),
            "B": reference("A", xml={"nodeType": "element"}),
        },
        {"A": {"allOf": [reference("A")], "properties": {"a": STRING}}},
        {"A": {"oneOf": [reference("A"), OBJECT]}},
        {"A": {"anyOf": [{"anyOf": [reference("A")]}], "properties": {"a": STRING}}},
        {"A": array(reference("A"))},
        {
            "A": {"items": reference("A"), "oneOf": [reference("B")]},
            "B": {"prefixItems": [reference("A")], "$ref": "#/components/schemas/A"},
        },
    ],
)
def test_circles_end(version: str, components: Any) -> None:
    element = shape_of(
        {"type": "object", "properties": {"p": reference("A")}}, version, **components
    )
    assert element is not None
    assert "x" in written({"p": {"a": "x"}}, element)
    assert read("<root><p><a>x</a></p><A><a>x</a></A></root>", element)


def test_shapes_are_compiled_once_for_a_schema_and_a_name() -> None:
    node = {"type": "object", "properties": {"next": reference("node")}}
    element = shape(reference("node"), node=node)
    inner = element.content.members["next"]
    assert inner.content.members["next"] is inner


def test_what_never_goes_this_way_is_not_asked_for() -> None:
    schema = {
        "type": "object",
        "required": ["in", "out", "both"],
        "properties": {
            "in": {**array(STRING), "writeOnly": True},
            "out": {**array(STRING), "readOnly": True},
            "both": array(STRING),
        },
    }
    request = shape_of(schema, "3.1.1", Direction.REQUEST)
    answer = shape_of(schema, "3.1.1", Direction.RESPONSE)
    assert request is not None
    assert answer is not None
    assert read("<r/>", request) == {"in": [], "both": []}
    assert read("<r/>", answer) == {"out": [], "both": []}


PET_2 = (
    "<Pet><id>9007199254740993</id><Category><id>1</id><name>c</name></Category><name>Rex</name>"
    "<photoUrl><photoUrl>u1</photoUrl><photoUrl>u2</photoUrl></photoUrl>"
    "<tag><Tag><id>2</id></Tag></tag><status>sold</status></Pet>"
)
PET_3 = (
    "<pet><id>9007199254740993</id><category><id>1</id><name>c</name></category><name>Rex</name>"
    "<photoUrls><photoUrl>u1</photoUrl><photoUrl>u2</photoUrl></photoUrls>"
    "<tags><tag><id>2</id></tag></tags><status>sold</status></pet>"
)
PET = {
    "id": 9007199254740993,
    "category": {"id": 1, "name": "c"},
    "name": "Rex",
    "photoUrls": ["u1", "u2"],
    "tags": [{"id": 2}],
    "status": "sold",
}


@pytest.mark.parametrize(
    ("file", "action", "xml"),
    [
        ("readmeio__petstore20.json", "addPet", PET_2),
        ("swagger-api__petstore304.yaml", "addPet", PET_3),
    ],
)
def test_a_pet_of_the_petstores(file: str, action: str, xml: str) -> None:
    path = CORPUS / file
    if not path.exists():
        pytest.skip(f"{file} is not here")
    document, _ = load(path.read_bytes())
    body = Spec(document).action(action).body
    assert body is not None
    element = next(each.xml for each in body.media if each.type == "application/xml")
    assert element is not None
    assert written(PET, element) == xml
    assert json.dumps(read(xml, element), sort_keys=True) == json.dumps(PET, sort_keys=True)
