"""The examples of the standard's XML Object: OAS 3.0.4 and 3.1.1 section 4.8.26, 3.2 section 4.26.

Each way: what the standard shows is what is written, and it is read as the same value again.
"""

import re
from typing import Any

import pytest

from tests.xml_shapes import STRING, read, shape, written

ANIMAL = {**STRING, "xml": {"name": "animal"}}
ALL = ["dog", "cat"]


def array(items: Any, **xml: Any) -> dict[str, Any]:
    return {"type": "array", "items": items, **({"xml": xml} if xml else {})}


def document(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "xml": {"name": "document"}, "properties": properties}


def compact(text: str) -> str:
    return re.sub(r">\s+<", "><", text.strip())


# Of 3.2 as of 3.0 and 3.1, whose `wrapped` and `attribute` it deprecates.
EXAMPLES = {
    "no xml object": (STRING, "dog, cat", "<animals>dog, cat</animals>"),
    "array": (array(STRING), ALL, "<animals>dog</animals><animals>cat</animals>"),
    "name": (ANIMAL, "dog", "<animal>dog</animal>"),
    "name of items": (array(ANIMAL), ALL, "<animal>dog</animal><animal>cat</animal>"),
    "name of an array that is no node": (
        array(ANIMAL, name="aliens"),
        ALL,
        "<animal>dog</animal><animal>cat</animal>",
    ),
    "wrapped": (
        array(STRING, wrapped=True),
        ALL,
        "<animals><animals>dog</animals><animals>cat</animals></animals>",
    ),
    "wrapped, items named": (
        array(ANIMAL, wrapped=True),
        ALL,
        "<animals><animal>dog</animal><animal>cat</animal></animals>",
    ),
    "wrapped, both named": (
        array(ANIMAL, name="aliens", wrapped=True),
        ALL,
        "<aliens><animal>dog</animal><animal>cat</animal></aliens>",
    ),
    "wrapped and named": (
        array(STRING, name="aliens", wrapped=True),
        ALL,
        "<aliens><aliens>dog</aliens><aliens>cat</aliens></aliens>",
    ),
}


@pytest.mark.parametrize("version", ["2.0", "3.0.4", "3.1.1", "3.2.0"])
@pytest.mark.parametrize("example", EXAMPLES)
def test_a_property_of_the_standards_examples(example: str, version: str) -> None:
    schema, value, xml = EXAMPLES[example]
    element = shape(document(animals=schema), version)
    assert written({"animals": value}, element) == f"<document>{xml}</document>"
    assert read(f"<document>{xml}</document>", element) == {"animals": value}


@pytest.mark.parametrize("example", [name for name in EXAMPLES if name.startswith("wrapped")])
def test_node_type_element_is_the_new_word_for_wrapped(example: str) -> None:
    schema, value, xml = EXAMPLES[example]
    told = {key: each for key, each in schema["xml"].items() if key != "wrapped"}
    element = shape(document(animals={**schema, "xml": {**told, "nodeType": "element"}}), "3.2.0")
    assert written({"animals": value}, element) == f"<document>{xml}</document>"
    assert read(f"<document>{xml}</document>", element) == {"animals": value}


def test_several_values_where_the_example_of_3_2_declares_one() -> None:
    element = shape(document(animals=ANIMAL), "3.2.0")
    xml = "<document><animal>dog</animal><animal>cat</animal></document>"
    assert written({"animals": ALL}, element) == xml
    assert read(xml, element) == {"animals": ALL}


@pytest.mark.parametrize(
    ("version", "attribute"),
    [
        ("2.0", {"attribute": True}),
        ("3.0.4", {"attribute": True}),
        ("3.1.1", {"attribute": True}),
        ("3.2.0", {"nodeType": "attribute"}),
    ],
)
def test_attribute_prefix_and_namespace(version: str, attribute: dict[str, Any]) -> None:
    person = {
        "type": "object",
        "properties": {
            "id": {"type": "integer", "format": "int32", "xml": attribute},
            "name": {
                "type": "string",
                "xml": {"namespace": "https://example.com/schema/sample", "prefix": "sample"},
            },
        },
    }
    element = shape({"$ref": "#/components/schemas/Person"}, version, Person=person)
    xml = compact("""
        <Person id="123">
            <sample:name xmlns:sample="https://example.com/schema/sample">example</sample:name>
        </Person>
    """)
    value = {"id": 123, "name": "example"}
    assert written(value, element) == xml
    assert read(xml, element) == value
    assert read(xml.replace("sample:", "s:").replace(":sample", ":s"), element) == value


ANIMALS = {
    "type": "array",
    "xml": {"nodeType": "element", "name": "animals"},
    "items": {
        "xml": {"name": "animal"},
        "properties": {
            "kind": {"type": "string", "xml": {"nodeType": "attribute"}},
            "name": {"type": "string", "xml": {"nodeType": "text"}},
        },
    },
}
ONE_TWO_THREE = {
    "xml": {"nodeType": "element", "name": "OneTwoThree"},
    "type": "array",
    "prefixItems": [
        {"xml": {"name": "One"}, "type": "string"},
        {
            "xml": {"name": "Two"},
            "type": "object",
            "required": ["unit", "value"],
            "properties": {
                "unit": {"type": "string", "xml": {"nodeType": "attribute"}},
                "value": {"type": "number", "xml": {"nodeType": "text"}},
            },
        },
        {"xml": {"name": "Three"}, "type": ["boolean", "null"]},
    ],
}
REPORT = {
    "xml": {"nodeType": "element", "name": "Report"},
    "type": "array",
    "prefixItems": [
        {"xml": {"nodeType": "text"}, "type": "string"},
        {"xml": {"name": "data"}, "type": "number"},
        {"xml": {"nodeType": "text"}, "type": "string"},
    ],
}
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


@pytest.mark.parametrize(
    ("schema", "value", "xml"),
    [
        (
            ANIMALS,
            [{"kind": "Cat", "name": "Fluffy"}, {"kind": "Dog", "name": "Fido"}],
            '<animals><animal kind="Cat">Fluffy</animal><animal kind="Dog">Fido</animal></animals>',
        ),
        (
            ONE_TWO_THREE,
            ["Some text", {"unit": "cubits", "value": 42}, None],
            (
                f'<OneTwoThree {XSI}><One>Some text</One><Two unit="cubits">42</Two>'
                '<Three xsi:nil="true"/></OneTwoThree>'
            ),
        ),
        (
            REPORT,
            ["Some preamble text.", 42, "Some postamble text."],
            "<Report>Some preamble text.<data>42</data>Some postamble text.</Report>",
        ),
    ],
)
def test_nodes_in_order_and_beside_text(schema: Any, value: Any, xml: str) -> None:
    element = shape(schema, "3.2.0")
    assert written(value, element) == xml
    assert read(xml, element) == value


HTML = "<html><head><title>Awesome Docs</title></head><body></body><html>"
CONTENT = {"type": "string", "contentMediaType": "text/html", "xml": {"nodeType": "cdata"}}
DOCUMENTATION = {"type": "object", "properties": {"content": CONTENT}}
REFERENCE = {"$ref": "#/components/schemas/Documentation"}


@pytest.mark.parametrize(
    ("schema", "component", "name"),
    [
        (REFERENCE, DOCUMENTATION, "Documentation"),
        (
            {**REFERENCE, "xml": {"nodeType": "element", "name": "StoredDocument"}},
            {**DOCUMENTATION, "xml": {"nodeType": "none"}},
            "StoredDocument",
        ),
    ],
)
def test_a_referenced_element_with_cdata(schema: Any, component: Any, name: str) -> None:
    element = shape(schema, "3.2.0", Documentation=component)
    xml = f"<{name}><![CDATA[{HTML}]]></{name}>"
    assert written({"content": HTML}, element) == xml
    assert read(xml, element) == {"content": HTML}
    assert read(f"<{name}>\n  <![CDATA[{HTML}]]>\n</{name}>", element) == {"content": HTML}


PRODUCT = {
    "xml": {"name": "product"},
    "type": "object",
    "required": ["count", "description", "related"],
    "properties": {
        "count": {"type": ["number", "null"], "xml": {"attribute": True}},
        "rating": {"type": "string", "xml": {"attribute": True}},
        "description": {"type": "string"},
        "related": {"type": ["object", "null"]},
    },
}


@pytest.mark.parametrize("version", ["3.1.1", "3.2.0"])
@pytest.mark.parametrize(
    ("value", "xml"),
    [
        (
            {"count": None, "description": "Thing", "related": None},
            f'<product {XSI}><description>Thing</description><related xsi:nil="true"/></product>',
        ),
        (
            {"count": 42, "description": "Thing", "related": {}},
            '<product count="42"><description>Thing</description><related/></product>',
        ),
    ],
)
def test_null_is_a_nil_element_and_no_attribute(version: str, value: Any, xml: str) -> None:
    element = shape(PRODUCT, version)
    assert written(value, element) == xml
    assert read(xml, element) == value
