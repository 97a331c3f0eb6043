"""XML to JSON: types, digits, arrays, namespaces, null, alternatives, and what nobody declared."""

import json
from typing import Any

import pytest

from facade.model.xml import Element
from facade.transcode.xml.read import read_xml
from facade.transcode.xml.scalar import number, scalar
from tests.xml_shapes import STRING, read, shape, written

INTEGER = {"type": "integer"}
ATTRIBUTE = {**STRING, "xml": {"attribute": True}}
OBJECT = {"type": "object", "properties": {"a": STRING, "n": INTEGER}}
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


def reference(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def array(items: Any, **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": items, **more}


def root(
    version: str = "3.1.1", /, required: list[str] | None = None, **properties: Any
) -> Element:
    schema = {"type": "object", "properties": properties, "required": required or []}
    return shape(schema, version)


@pytest.mark.parametrize(
    ("text", "types", "expected"),
    [
        ("7", ["integer"], "7"),
        (" 7\n", ["integer"], "7"),
        ("+7", ["integer"], "7"),
        ("007", ["integer"], "7"),
        ("-0", ["integer"], "-0"),
        ("9007199254740993", ["integer"], "9007199254740993"),
        ("7.50", ["number"], "7.50"),
        (".5", ["number"], "0.5"),
        ("5.", ["number"], "5.0"),
        ("1E-7", ["number"], "1E-7"),
        ("00.10", ["number"], "0.10"),
        ("1e400", ["number"], "1e400"),
        ("INF", ["number"], '"INF"'),
        ("NaN", ["number"], '"NaN"'),
        (".", ["number"], '"."'),
        ("1 2", ["integer"], '"1 2"'),
        ("0x10", ["integer"], '"0x10"'),
        ("\u0667", ["integer"], '"\u0667"'),
        ("seven", ["integer"], '"seven"'),
        ("", ["integer"], '""'),
        ("", ["integer", "null"], "null"),
        ("", ["string", "null"], '""'),
        ("true", ["boolean"], "true"),
        (" 1 ", ["boolean"], "true"),
        ("0", ["boolean"], "false"),
        ("1", ["boolean", "integer"], "1"),
        ("True", ["boolean"], '"True"'),
        ("7", ["string", "integer"], '"7"'),
        ("7", [], '"7"'),
        (' "\\\n', ["string"], '" \\"\\\\\\n"'),
    ],
)
def test_text_is_of_the_declared_type_or_a_string(
    text: str, types: list[str], expected: str
) -> None:
    assert scalar(text, frozenset(types)) == expected
    json.loads(scalar(text, frozenset(types)))


def test_a_number_of_any_length_takes_linear_time() -> None:
    assert number("0" * 1_000_000 + "x") == ""
    assert number("0" * 1_000_000 + "1") == "1"
    assert number("1" * 1_000_000) == "1" * 1_000_000


@pytest.mark.parametrize(
    ("required", "xml", "expected"),
    [
        ([], "<r/>", {}),
        (["bare", "boxed"], "<r/>", {"bare": []}),
        ([], "<r><boxed/></r>", {"boxed": []}),
        ([], "<r><boxed> </boxed></r>", {"boxed": []}),
        ([], "<r><bare>1</bare></r>", {"bare": [1]}),
        ([], "<r><boxed><boxed>1</boxed></boxed></r>", {"boxed": [1]}),
        ([], "<r><bare>1</bare><x/><bare>2</bare></r>", {"bare": [1, 2], "x": ""}),
        # Whatever a wrapper holds is an item; text alone is one, too.
        ([], "<r><boxed><i>1</i><j>2</j></boxed></r>", {"boxed": [1, 2]}),
        ([], "<r><boxed>7</boxed></r>", {"boxed": [7]}),
        ([], f'<r {XSI}><boxed xsi:nil="true"/></r>', {"boxed": None}),
        ([], f'<r {XSI}><bare xsi:nil="1"/></r>', {"bare": [None]}),
        ([], '<r words="1 2  3"/>', {"words": [1, 2, 3]}),
        ([], '<r words=""/>', {"words": []}),
    ],
)
def test_arrays_are_arrays_however_many_items_they_have(
    required: list[str], xml: str, expected: Any
) -> None:
    element = root(
        required=required,
        bare=array(INTEGER),
        boxed=array(INTEGER, xml={"wrapped": True}),
        words=array(INTEGER, xml={"attribute": True}),
    )
    assert read(xml, element) == expected


def test_an_array_that_may_be_null_is_an_array() -> None:
    for schema in (
        {"anyOf": [array(INTEGER), {"type": "null"}]},
        {"type": ["array", "null"], "items": INTEGER},
        {"allOf": [array(INTEGER)]},
    ):
        element = root(p=schema)
        assert read("<r><p>1</p></r>", element) == {"p": [1]}
        assert written({"p": [1, 2]}, element) == "<root><p>1</p><p>2</p></root>"


@pytest.mark.parametrize("name", ["Pets", "ArrayList", "x"])
def test_an_array_is_the_document_element_by_any_name(name: str) -> None:
    element = shape(array(reference("Pet")), Pet=OBJECT)
    xml = f"<{name}><Pet><n>1</n></Pet><Pet><n>2</n></Pet></{name}>"
    assert read(xml, element) == [{"n": 1}, {"n": 2}]
    assert read(f"<{name}/>", element) == []
    assert written([{"n": 1}], element) == "<root><Pet><n>1</n></Pet></root>"


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        ("<r><a>1</a><x>2</x></r>", {"a": "1", "x": "2"}),
        ("<r><x>1</x><x>2</x></r>", {"x": ["1", "2"]}),
        ('<r b="1">t<a>2</a></r>', {"@b": "1", "#text": "t", "a": "2"}),
        ('<r><x b="1">t</x></r>', {"x": {"@b": "1", "#text": "t"}}),
        ('<r><x b="1"/></r>', {"x": {"@b": "1"}}),
        ("<r><x><y>1</y><y/></x></r>", {"x": {"y": ["1", ""]}}),
        (f'<r {XSI}><x xsi:nil="true"/></r>', {"x": None}),
        (f'<r {XSI} xsi:type="R"><a>1</a></r>', {"a": "1"}),
        ('<r xmlns:p="urn:p"><p:x>1</p:x><x>2</x></r>', {"p:x": "1", "x": "2"}),
        ('<r xmlns:p="urn:p" p:b="1" xml:lang="de"/>', {"@p:b": "1", "@xml:lang": "de"}),
        # More often than the schema says.
        ("<r><a>1</a><a>2</a></r>", {"a": ["1", "2"]}),
        ("<r><n>1</n><n>2</n></r>", {"n": [1, 2]}),
        # More than the text that the schema says.
        ("<r><a>1<b>2</b></a></r>", {"a": {"b": "2", "#text": "1"}}),
        ("<r><!-- c --><a>x<!-- c -->y</a><?p i?></r>", {"a": "xy"}),
        ("<r><a><![CDATA[<&]]> x</a></r>", {"a": "<& x"}),
        ("<r><a>&#65;&amp;&lt;&gt;&quot;&apos;&#x1F600;</a></r>", {"a": "A&<>\"'\U0001f600"}),
    ],
)
def test_what_nobody_declared_is_kept_under_its_own_name(xml: str, expected: Any) -> None:
    assert read(xml, shape(OBJECT)) == expected


def test_other_properties_are_of_the_schema_for_them() -> None:
    element = shape({**OBJECT, "additionalProperties": INTEGER})
    assert read("<r><x>1</x><y>2</y></r>", element) == {"x": 1, "y": 2}
    element = shape({**OBJECT, "additionalProperties": array(INTEGER)})
    assert read("<r><x>1</x><y>2</y><y>3</y></r>", element) == {"x": [1], "y": [2, 3]}
    assert written({"x": [1], "y": [2, 3]}, element) == "<root><x>1</x><y>2</y><y>3</y></root>"
    element = shape(
        {"type": "object", "additionalProperties": {**INTEGER, "xml": {"attribute": True}}}
    )
    assert written({"x": 1}, element) == '<root x="1"/>'
    assert read('<root x="1"/>', element) == {"x": 1}
    boxes = array(array(INTEGER, xml={"wrapped": True}))
    element = shape({"type": "object", "additionalProperties": boxes})
    assert read(written({"x": [[1, 2], []]}, element), element) == {"x": [[1, 2], []]}
    named = {"type": "object", "additionalProperties": {**OBJECT, "xml": {"name": "lost"}}}
    assert read(written({"k": {"n": 1}}, shape(named)), shape(named)) == {"k": {"n": 1}}


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        ('<r xmlns:s="urn:s"><s:name>1</s:name></r>', {"spaced": "1"}),
        ('<r xmlns:other="urn:s"><other:name>1</other:name></r>', {"spaced": "1"}),
        ('<r><name xmlns="urn:s">1</name></r>', {"spaced": "1"}),
        ('<r xmlns:s="urn:s"><name>1</name><s:name>2</s:name></r>', {"plain": "1", "spaced": "2"}),
        ('<r xmlns:s="urn:s"><s:name>2</s:name><name>1</name></r>', {"plain": "1", "spaced": "2"}),
        # In the namespace of the elements around.
        ('<r xmlns="urn:x"><name>1</name></r>', {"plain": "1"}),
        ('<x:r xmlns:x="urn:x"><x:name>1</x:name></x:r>', {"plain": "1"}),
        ('<r><name xmlns="urn:x">1</name></r>', {"plain": "1"}),
        ('<r xmlns:s="urn:s" s:id="1"/>', {"id": "1"}),
        ('<r xmlns:s="urn:t" s:id="1"/>', {"@s:id": "1"}),
    ],
)
def test_namespaces_count_by_their_uris(xml: str, expected: Any) -> None:
    element = root(
        plain={**STRING, "xml": {"name": "name"}},
        spaced={**STRING, "xml": {"name": "name", "namespace": "urn:s", "prefix": "p"}},
        id={**STRING, "xml": {"attribute": True, "namespace": "urn:s", "prefix": "p"}},
    )
    assert read(xml, element) == expected


def test_an_attribute_that_is_not_there_is_null_where_it_may_be() -> None:
    element = root(
        maybe={"type": ["integer", "null"], "xml": {"attribute": True}},
        other={"type": "integer", "xml": {"attribute": True}},
    )
    assert read("<r/>", element) == {"maybe": None}
    assert read('<r maybe="1" other="2"/>', element) == {"maybe": 1, "other": 2}


CAT = {"type": "object", "properties": {"kind": {"const": "cat"}, "lives": INTEGER}}
DOG = {"type": "object", "properties": {"kind": {"const": "dog"}, "lives": STRING}}
TOKEN = {"type": "object", "properties": {"token": INTEGER}, "required": ["token"]}
USER = {"type": "object", "properties": {"user": INTEGER}, "required": ["user"]}


@pytest.mark.parametrize("keyword", ["oneOf", "anyOf"])
@pytest.mark.parametrize(
    ("choices", "xml", "expected"),
    [
        ([CAT, DOG], "<r><kind>cat</kind><lives>9</lives></r>", {"kind": "cat", "lives": 9}),
        ([CAT, DOG], "<r><kind>dog</kind><lives>9</lives></r>", {"kind": "dog", "lives": "9"}),
        ([USER, TOKEN], "<r><token>1</token></r>", {"token": 1}),
        ([TOKEN, USER], "<r><user>1</user></r>", {"user": 1}),
        ([USER, TOKEN], "<r><token>1</token><user>2</user></r>", {"token": 1, "user": 2}),
        ([INTEGER, OBJECT], "<r><n>1</n></r>", {"n": 1}),
        ([INTEGER, OBJECT], "<r>7</r>", 7),
        ([OBJECT, {"type": "null"}], f'<r {XSI} xsi:nil="true"/>', None),
    ],
)
def test_an_alternative_is_the_one_that_fits(
    keyword: str, choices: Any, xml: str, expected: Any
) -> None:
    element = shape({keyword: choices})
    assert read(xml, element) == expected
    assert read(written(expected, element), element) == expected


@pytest.mark.parametrize("version", ["3.0.4", "3.2.0"])
def test_alternatives_with_names_of_their_own_are_elements(version: str) -> None:
    items = {"oneOf": [reference("Cat"), reference("Dog")]}
    pets = {"type": "object", "properties": {"pets": array(items)}}
    cat, dog = ({**each, "xml": {"name": name}} for each, name in ((CAT, "cat"), (DOG, "dog")))
    element = shape(pets, version, Cat=cat, Dog=dog)
    value = {"pets": [{"kind": "cat", "lives": 9}, {"kind": "dog", "lives": "1"}]}
    xml = (
        "<root><cat><kind>cat</kind><lives>9</lives></cat>"
        "<dog><kind>dog</kind><lives>1</lives></dog></root>"
    )
    assert written(value, element) == xml
    assert read(xml, element) == value


@pytest.mark.parametrize(
    ("said", "lives"), [("Cat", 9), ("Dog", "9"), ("pussy", 9), ("hound", "9")]
)
def test_a_discriminator_says_which_alternative_it_is(said: str, lives: Any) -> None:
    cat, dog = (
        {"type": "object", "properties": {"kind": STRING, "lives": each}}
        for each in (INTEGER, STRING)
    )
    mapping = {"pussy": "Cat", "hound": "#/components/schemas/Dog"}
    schema = {
        "oneOf": [reference("Cat"), reference("Dog")],
        "discriminator": {"propertyName": "kind", "mapping": mapping},
    }
    element = shape(schema, Cat=cat, Dog=dog)
    xml = f"<x><kind>{said}</kind><lives>9</lives></x>"
    assert read(xml, element) == {"kind": said, "lives": lives}
    assert written({"kind": said, "lives": 9}, element).startswith(
        "<Cat>" if lives == 9 else "<Dog>"
    )


def test_the_name_of_the_document_element_tells_alternatives_apart() -> None:
    choices = {"oneOf": [reference("A"), reference("B")]}
    element = shape(
        choices,
        A={"type": "object", "properties": {"n": STRING}},
        B={"type": "object", "properties": {"n": INTEGER}},
    )
    assert read("<A><n>1</n></A>", element) == {"n": "1"}
    assert read("<B><n>1</n></B>", element) == {"n": 1}


def test_what_has_no_node_is_read_out_of_the_element_around() -> None:
    place = {
        "type": "object",
        "xml": {"nodeType": "none"},
        "properties": {"city": STRING, "zip": {**ATTRIBUTE}},
    }
    element = root("3.2.0", name=STRING, place=place)
    value = {"name": "x", "place": {"city": "y", "zip": "z"}}
    assert written(value, element) == '<root zip="z"><name>x</name><city>y</city></root>'
    assert read('<r zip="z"><city>y</city><name>x</name></r>', element) == value
    assert read("<r><name>x</name></r>", element) == {"name": "x"}


@pytest.mark.parametrize("version", ["3.1.1", "3.2.0"])
def test_schemas_in_circles_end_with_the_document(version: str) -> None:
    none = {"nodeType": "none"}
    node = {"type": "object", "xml": none, "properties": {"a": reference("N"), "b": reference("N")}}
    element = shape({"type": "object", "properties": {"n": reference("N")}}, version, N=node)
    assert read("<r><x>1</x></r>", element) == {"x": "1"}
    lists = shape({"type": "object", "properties": {"l": reference("L")}}, L=array(reference("L")))
    assert read("<r><x>1</x></r>", lists) == {"x": "1"}


def test_an_order_of_items_may_have_gaps_and_more() -> None:
    items = [{**STRING, "xml": {"nodeType": "text"}}, {**INTEGER, "xml": {"name": "i"}}]
    element = shape(
        {
            "type": "array",
            "xml": {"nodeType": "element", "name": "l"},
            "prefixItems": items,
            "items": {**STRING, "xml": {"name": "s"}},
        },
        "3.2.0",
    )
    assert read("<l>a<i>1</i><s>2</s><s>3</s></l>", element) == ["a", 1, "2", "3"]
    assert read("<l>\n<i>1</i>\n</l>", element) == ["", 1]
    assert read("<l/>", element) == []


def test_digits_reach_the_json_text_as_they_are() -> None:
    element = root(a={"type": "number"}, b=INTEGER)
    data = b"<r><a>1.10</a><b>123456789012345678901234567890</b></r>"
    assert read_xml(data, element) == '{"a":1.10,"b":123456789012345678901234567890}'
