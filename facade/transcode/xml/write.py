"""JSON values become XML, by the shape that their schema gives them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType
from typing import Any

from facade.errors.fault import Violation
from facade.model.xml import NAME, Element, ElementContent, NodeType
from facade.transcode.arguments import Number, pointer, refused
from facade.transcode.xml.choice import Look, Sight, chosen, is_array, is_list, pick, settle

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
MAX_VIOLATIONS = 20
ROOT = "root"
"""The document element's name where nothing says one: a document cannot be without."""
ITEM = "item"
"""The name of an array's items where nothing says one."""
ATTRIBUTE, TEXT = "@", "#text"
"""What begins the name of an attribute, and is the name of text, where no schema declares it."""

XSI = "http://www.w3.org/2001/XMLSchema-instance"
RESERVED: Mapping[str, str] = MappingProxyType(
    {"xsi": XSI, "xml": "http://www.w3.org/XML/1998/namespace"}
)
"""What needs no declaration, or gets one at the document element."""
FOREIGN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What is no character of XML 1.0 (section 2.2), not even escaped."""
IN_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
IN_ATTRIBUTE = IN_TEXT | str.maketrans({'"': "&quot;", "\t": "&#9;", "\n": "&#10;"})
"""White space that a parser would make plain blanks of stays what it is (section 3.3.3)."""

ANY = Element()
Path = tuple[str | int, ...]


def write_xml(value: Any, element: Element, place: str = "") -> bytes:
    """Writes a value, as `arguments.tokens` reads it, as an XML document in UTF-8.

    Null is an element with `xsi:nil`, and no attribute. Arrays in attributes are lists parted by
    blanks. What no schema declares is an element of its own name; `@name` is an attribute and
    `#text` text. `place` is the JSON pointer to the value. Raises InvalidParameters with the
    pointer of each thing that XML cannot carry.
    """
    writer = _Writer(place)
    shape, name = _document_element(element, partial(_look, value))
    writer.element(shape, name, value, (), RESERVED)
    if writer.violations:
        raise refused(*writer.violations[:MAX_VIOLATIONS])
    return (DECLARATION + "".join(writer.out)).encode()


def _document_element(element: Element, look: Look) -> tuple[Element, str]:
    """The one alternative that the value is, and its name."""
    element = chosen(element, look)
    fitting = None if element.name else pick(element.content, look)
    return element, element.name or (fitting.name if fitting else "") or ROOT


def _types(value: Any) -> frozenset[str]:
    """The JSON types that a value is of."""
    if isinstance(value, Number):
        whole = value.removeprefix("-").isdecimal()
        return frozenset({"number", "integer"} if whole else {"number"})
    names = {bool: "boolean", str: "string", list: "array", dict: "object"}
    return frozenset({names.get(type(value), "null")})


def _plain(value: Any) -> str | None:
    """A value as text; None where it is more than that."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    return value if isinstance(value, str) else None


def _look(value: Any, choice: Element) -> Sight:
    """What can be seen of a value as one alternative reads it."""
    given = {key: _plain(each) for key, each in value.items()} if isinstance(value, dict) else {}
    strange = len(given.keys() - choice.content.members.keys())
    return Sight(types=_types(value), given=given, strange=strange)


@dataclass(slots=True)
class _Tag:
    """An element that is being written."""

    attributes: dict[str, str] = field(default_factory=dict)
    """By the names as written; the values escaped."""
    scope: Mapping[str, str] = field(default_factory=dict)
    """The namespaces that prefixes stand for; of no prefix, that of plain elements."""

    def declare(self, prefix: str, namespace: str) -> None:
        """Lets a prefix stand for a namespace, where it does not already."""
        if self.scope.get(prefix) != namespace:
            name = f"xmlns:{prefix}" if prefix else "xmlns"
            self.attributes[name] = namespace.translate(IN_ATTRIBUTE)
            self.scope = {**self.scope, prefix: namespace}

    def element_name(self, shape: Element, name: str) -> str:
        """The name of the element itself; a prefix that stands for nothing is left out."""
        if shape.namespace:
            self.declare(shape.prefix, shape.namespace)
        return f"{shape.prefix}:{name}" if shape.prefix and shape.prefix in self.scope else name

    def attribute_name(self, shape: Element, name: str) -> str:
        """The name of an attribute, which is in no namespace unless it has a prefix."""
        prefix = shape.prefix
        if shape.namespace:
            bound = [each for each, uri in self.scope.items() if uri == shape.namespace and each]
            if not prefix or self.scope.get(prefix, shape.namespace) != shape.namespace:
                prefix = bound[0] if bound else f"ns{len(self.scope)}"
            self.declare(prefix, shape.namespace)
        return f"{prefix}:{name}" if prefix and prefix in self.scope else name


class _Writer:
    """Writes one document, gathering what XML cannot carry."""

    def __init__(self, place: str) -> None:
        self.out: list[str] = []
        self.violations: list[Violation] = []
        self._place = place
        self._typed = False
        """Whether anything has the prefix of XML Schema's own attributes."""

    def element(
        self, shape: Element, name: str, value: Any, path: Path, scope: Mapping[str, str]
    ) -> None:
        """Writes an element with all that is in it."""
        tag = _Tag(scope=scope)
        written = tag.element_name(shape, self._legal(name, path))
        self._typed = self._typed or written.startswith("xsi:")
        start = len(self.out)
        self.out.append("")
        self._fill(shape, name, value, tag, path)
        if self._typed and not start:
            tag.attributes.setdefault("xmlns:xsi", XSI)
        attributes = "".join(f' {key}="{each}"' for key, each in tag.attributes.items())
        empty = len(self.out) == start + 1
        self.out[start] = f"<{written}{attributes}{'/' if empty else ''}>"
        if not empty:
            self.out.append(f"</{written}>")

    def _fill(self, shape: Element, name: str, value: Any, tag: _Tag, path: Path) -> None:
        content = settle(shape.content, partial(_look, value))
        if value is None:
            self._typed = True
            tag.attributes["xsi:nil"] = "true"
        elif content.inner is not None:
            self._node(content.inner, content.inner.name or name, value, tag, path)
        elif isinstance(value, list) or is_array(shape):
            inner = name if is_list(shape, content) and path else ITEM
            self._items(content, inner, value, tag, path)
        elif isinstance(value, dict):
            self._members(content, value, tag, path)
        else:
            self._text(value, path)

    def _node(self, shape: Element, name: str, value: Any, tag: _Tag, path: Path) -> None:
        """Writes a value as the node that it is, within an element."""
        if shape.node is NodeType.ATTRIBUTE:
            self._attribute(shape, name, value, tag, path)
        elif shape.node is NodeType.TEXT:
            self._text(value, path)
        elif shape.node is NodeType.CDATA:
            self._cdata(value, path)
        elif shape.node is NodeType.NONE:
            self._spread(shape, name, value, tag, path)
        elif isinstance(value, list) and not is_list(shape, shape.content):
            each = shape.content.items
            item = shape if each is None else replace(each, name=name, node=NodeType.ELEMENT)
            for index, inner in enumerate(value):
                self.element(item, name, inner, (*path, index), tag.scope)
        else:
            self.element(shape, name, value, path, tag.scope)

    def _spread(self, shape: Element, name: str, value: Any, tag: _Tag, path: Path) -> None:
        """Writes what a value is made of in place of a node of its own."""
        look = partial(_look, value)
        found = chosen(shape, look)
        if found.node is not NodeType.NONE:
            self._node(found, found.name or name, value, tag, path)
            return
        content = settle(found.content, look)
        if isinstance(value, list) or (value is not None and is_array(found)):
            self._items(content, name, value, tag, path)
        elif isinstance(value, dict):
            self._members(content, value, tag, path)
        elif value is not None:
            self._text(value, path)

    def _items(self, content: ElementContent, name: str, value: Any, tag: _Tag, path: Path) -> None:
        """Writes the items of an array; what is none counts as the one item of one."""
        first = content.prefix_items
        for index, item in enumerate(value if isinstance(value, list) else [value]):
            shape = first[index] if index < len(first) else content.items or ANY
            if not isinstance(item, list) and is_array(shape):
                shape = ANY
            where = (*path, index) if isinstance(value, list) else path
            self._node(shape, shape.name or name, item, tag, where)

    def _members(
        self, content: ElementContent, value: dict[str, Any], tag: _Tag, path: Path
    ) -> None:
        for key, each in value.items():
            shape, where = content.members.get(key), (*path, key)
            if shape is not None:
                self._node(shape, shape.name or key, each, tag, where)
            elif key == TEXT:
                self._text(each, where)
            elif key.startswith(ATTRIBUTE):
                undeclared = _undeclared(key[1:], tag)
                self._attribute(undeclared, undeclared.name, each, tag, where)
            else:
                self._other(content.rest or _undeclared(key, tag), key, each, tag, where)

    def _other(self, shape: Element, key: str, value: Any, tag: _Tag, path: Path) -> None:
        """Writes a property that the schema does not name: by its key, or that would be lost."""
        if shape.node is NodeType.NONE and isinstance(value, list):
            for index, each in enumerate(value):
                self._other(shape.content.items or ANY, key, each, tag, (*path, index))
            return
        node = shape.node if shape.node is NodeType.ATTRIBUTE else NodeType.ELEMENT
        name = shape.name if shape.prefix and key == f"{shape.prefix}:{shape.name}" else key
        self._node(replace(shape, name=name, node=node), name, value, tag, path)

    def _attribute(self, shape: Element, name: str, value: Any, tag: _Tag, path: Path) -> None:
        if value is None:
            return
        if isinstance(value, list):
            text = " ".join(self._word(each, (*path, at)) for at, each in enumerate(value))
        else:
            text = self._legible(value, path)
        written = tag.attribute_name(shape, self._legal(name, path))
        self._typed = self._typed or written.startswith("xsi:")
        tag.attributes[written] = text.translate(IN_ATTRIBUTE)

    def _text(self, value: Any, path: Path) -> None:
        text = self._legible(value, path)
        if text:
            self.out.append(text.translate(IN_TEXT))

    def _cdata(self, value: Any, path: Path) -> None:
        """A section ends before its own end; no section holds a carriage return that stays one."""
        text = self._legible(value, path)
        if "\r" in text:
            self.out.append(text.translate(IN_TEXT))
        elif text:
            self.out.append(f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>")

    def _legible(self, value: Any, path: Path) -> str:
        text = _plain(value)
        if text is None:
            self._refuse(path, "must be a string, a number or a boolean: it is text in XML")
            return ""
        foreign = FOREIGN.search(text)
        if foreign:
            self._refuse(path, f"holds U+{ord(foreign[0]):04X}, which XML 1.0 cannot carry")
        return text

    def _word(self, value: Any, path: Path) -> str:
        word = self._legible(value, path)
        if len(word.split()) != 1:
            self._refuse(path, "must be one word: blanks part the items within an attribute")
        return word

    def _legal(self, name: str, path: Path) -> str:
        if not NAME.fullmatch(name):
            self._refuse(path, f"`{name[:100]}` can be no name of an element or attribute of XML")
        return name

    def _refuse(self, path: Path, description: str) -> None:
        field_ = f"{self._place}{pointer(path)}"
        self.violations.append(Violation(field=field_, description=description))


def _undeclared(key: str, tag: _Tag) -> Element:
    """The shape of what no schema speaks of; a prefix counts where it stands for something."""
    prefix, _, name = key.rpartition(":")
    return Element(name=name, prefix=prefix) if prefix in tag.scope else Element(name=key)
