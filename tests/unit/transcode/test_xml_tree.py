"""The safe parser: bombs, depths, sizes, encodings, and where a defect is."""

import json
import tracemalloc
from time import process_time

import pytest

from facade.model.xml import Element, ElementContent
from facade.transcode.xml.read import read_xml
from facade.transcode.xml.tree import MAX_DEPTH, MAX_NODES, XmlDefect, parse

LAUGHS = "".join(f'<!ENTITY l{level} "{f"&l{level - 1};" * 10}">' for level in range(1, 10))
BOMBS = {
    "billion laughs": f'<!DOCTYPE r [<!ENTITY l0 "lol">{LAUGHS}]><r>&l9;</r>',
    "quadratic blowup": f'<!DOCTYPE r [<!ENTITY a "{"a" * 50_000}">]><r>{"&a;" * 50_000}</r>',
    "in an attribute": '<!DOCTYPE r [<!ENTITY a "b">]><r c="&a;&a;"/>',
    "external file": '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>',
    "external address": '<!DOCTYPE r [<!ENTITY x SYSTEM "http://127.0.0.1:9/">]><r>&x;</r>',
    "external subset": '<!DOCTYPE r SYSTEM "http://127.0.0.1:9/r.dtd"><r/>',
    "public subset": '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0//EN" "http://127.0.0.1:9/"><r/>',
    "parameter entity": '<!DOCTYPE r [<!ENTITY % p SYSTEM "http://127.0.0.1:9/">%p;]><r/>',
    "default attribute": '<!DOCTYPE r [<!ATTLIST r admin CDATA "yes">]><r/>',
    "harmless": "<!DOCTYPE r><r/>",
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_document_type_declaration_is_refused_unread(name: str) -> None:
    tracemalloc.start()
    began = process_time()
    with pytest.raises(XmlDefect, match="document type declaration") as caught:
        parse(BOMBS[name].encode(), "")
    assert process_time() - began < 0.5
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()
    assert (caught.value.line, caught.value.column) >= (1, 1)


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("", 1, 1),
        (" \n", 2, 1),
        ("text", 1, 1),
        ("<r>", 1, 4),
        ("<r>\n <é></x></r>", 2, 7),
        ("<r/><r/>", 1, 5),
        ("<r>&unknown;</r>", 1, 4),
        ("<r>&#0;</r>", 1, 4),
        ("<r>\0</r>", 1, 4),
        ('<r a="1" a="2"/>', 1, 10),
        ('<r a="<"/>', 1, 7),
        ("<p:r/>", 1, 1),
        ("<r><![CDATA[x</r>", 1, 18),
        ("<r>]]></r>", 1, 6),
        ('{"json":true}', 1, 1),
        ("<html><br></html>", 1, 13),
    ],
)
def test_what_is_not_well_formed_is_refused_with_its_place(
    text: str, line: int, column: int
) -> None:
    with pytest.raises(XmlDefect) as caught:
        parse(text.encode(), "")
    assert caught.value.message == "is not well-formed XML"
    assert (caught.value.line, caught.value.column) == (line, column)


def test_depth_is_bounded() -> None:
    parse(b"<a>" * MAX_DEPTH + b"</a>" * MAX_DEPTH, "")
    for depth in (MAX_DEPTH + 1, 100_000):
        with pytest.raises(XmlDefect, match="nested deeper than 100"):
            parse(b"<a>" * depth + b"</a>" * depth, "")


def test_a_document_of_the_full_depth_is_read_by_any_shape() -> None:
    node = Element(name="a", types=frozenset({"object"}))
    holder = ElementContent(members={"a": node}, choices=(node, node))
    object.__setattr__(node, "_content", holder)
    text = b"<a>" * MAX_DEPTH + b"</a>" * MAX_DEPTH
    for element in (Element(), node):
        assert read_xml(text, element).count("{") >= MAX_DEPTH - 1


@pytest.mark.parametrize("unit", ["<a/>", '<a b=""/>', "<a>x</a>"])
def test_size_is_bounded_and_time_with_it(unit: str) -> None:
    began = process_time()
    with pytest.raises(XmlDefect, match="more than 100,000"):
        parse(f"<r>{unit * (MAX_NODES + 1)}</r>".encode(), "")
    assert process_time() - began < 5


def test_much_text_and_one_element_of_many_attributes_take_linear_time() -> None:
    many = " ".join(f'a{number}="1"' for number in range(20_000))
    began = process_time()
    read_xml(f"<r {many}/>".encode(), Element())
    read_xml(b"<r>" + b"x&amp;" * 200_000 + b"</r>", Element())
    read_xml(b"<r><a>" + b"<!---->x" * 50_000 + b"</a></r>", Element())
    read_xml(b"<r>" + b"<a/>x" * 50_000 + b"</r>", Element())
    assert process_time() - began < 3


HELLO = "<r>grüße</r>"


@pytest.mark.parametrize(
    ("data", "charset"),
    [
        (HELLO.encode(), ""),
        (HELLO.encode(), "UTF-8"),
        (HELLO.encode("utf-8-sig"), ""),
        (HELLO.encode("utf-16"), ""),
        (HELLO.encode("utf-16-le"), ""),
        (HELLO.encode("utf-16-be"), ""),
        (HELLO.encode("utf-16"), "utf-16"),
        (HELLO.encode("latin-1"), "iso-8859-1"),
        (f'<?xml version="1.0" encoding="ISO-8859-1"?>{HELLO}'.encode("latin-1"), ""),
        (f"<?xml version='1.0' encoding='windows-1252' ?>{HELLO}".encode("cp1252"), ""),
        (f'<?xml version="1.0" encoding="UTF-16"?>{HELLO}'.encode("utf-16"), ""),
        # A mark goes before the Content-Type, that before the declaration (RFC 7303 section 3.2).
        (HELLO.encode("utf-8-sig"), "iso-8859-1"),
        (f'<?xml version="1.0" encoding="UTF-8"?>{HELLO}'.encode("latin-1"), "iso-8859-1"),
        (f'<?xml version="1.0" encoding="iso-8859-1"?>{HELLO}'.encode(), "utf-8"),
    ],
)
def test_the_encoding_is_the_marks_the_content_types_or_the_declared_one(
    data: bytes, charset: str
) -> None:
    assert json.loads(read_xml(data, Element(), charset)) == "grüße"


@pytest.mark.parametrize(
    ("data", "charset"),
    [
        (b"<r>\xff</r>", ""),
        (b"<r/>", "no-such-charset"),
        (b"<r/>", "idna"),
        (b'<?xml version="1.0" encoding="unicode_escape"?><r/>', ""),
        ("<r>é</r>".encode(), "us-ascii"),
    ],
)
def test_text_of_another_charset_is_refused(data: bytes, charset: str) -> None:
    with pytest.raises(XmlDefect, match="charset"):
        parse(data, charset)
