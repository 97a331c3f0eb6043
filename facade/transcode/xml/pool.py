"""What is in an XML element, to be seen and to be taken piece by piece."""

from collections.abc import Iterator

from facade.model.xml import Element, NodeType
from facade.transcode.xml.choice import Sight
from facade.transcode.xml.scalar import BITS, BOOLEANS, number, scalar, string
from facade.transcode.xml.tree import BLANKS, XSI, Attribute, Tag

ATTRIBUTE, TEXT = "@", "#text"
"""What begins the name of an attribute, and is the name of text, where no schema declares it."""


class Pool:
    """What is in an element, to be taken piece by piece."""

    def __init__(self, tag: Tag) -> None:
        self.tag = tag
        self._left = {each.order: each for each in tag.children}
        self._attributes = {each.written: each for each in tag.attributes}
        self._by_name: dict[str, list[Tag]] = {}
        self._attributes_named: dict[str, list[Attribute]] = {}
        for each in tag.children:
            self._by_name.setdefault(each.name, []).append(each)
        for attribute in tag.attributes:
            self._attributes_named.setdefault(attribute.name, []).append(attribute)
        self._said = False
        self._entered: set[tuple[int, bool]] = set()

    def elements(self, shape: Element, name: str, *, strict: bool) -> list[Tag]:
        """The elements of that name that are left; strictly, also of that namespace."""
        around = self.tag.namespace
        return [
            each
            for each in self._by_name.get(name, ())
            if each.order in self._left
            and (
                each.namespace in ((shape.namespace,) if shape.namespace else ("", around))
                or (not strict and (not shape.namespace or not each.namespace))
            )
        ]

    def take(self, tags: list[Tag]) -> None:
        """Leaves them to nobody else."""
        for each in tags:
            del self._left[each.order]

    def attribute(self, shape: Element, name: str) -> str | None:
        """Takes the attribute's value; None where there is none."""
        for each in self._attributes_named.get(name, ()):
            foreign = each.namespace == XSI and shape.prefix != "xsi"
            left = each.written in self._attributes and not foreign
            if left and (not shape.namespace or each.namespace == shape.namespace):
                del self._attributes[each.written]
                return each.value
        return None

    def enter(self, shape: Element, *, strict: bool) -> bool:
        """Tells whether a shape without a node looks here for the first time: schemas circle."""
        key = (id(shape), strict)
        first = key not in self._entered
        self._entered.add(key)
        return first

    def text(self) -> str:
        """Takes the text; empty where it is taken already."""
        said = "" if self._said else self.tag.said
        self._said = True
        return said

    @property
    def left(self) -> list[Tag]:
        """The elements that nobody took."""
        return list(self._left.values())

    def undeclared(self, rest: Element) -> Iterator[tuple[str, str]]:
        """The attributes and the text that nobody took, as properties; `rest` is their shape."""
        declared = rest.node is NodeType.ATTRIBUTE
        for each in self._attributes.values():
            if declared:
                yield each.name, scalar(each.value, rest.types)
            elif each.namespace != XSI:
                yield f"{ATTRIBUTE}{each.written}", string(each.value)
        text = self.text()
        if text.strip(BLANKS):
            yield TEXT, string(text)


def fits(shape: Element, name: str, tag: Tag) -> bool:
    """Tells whether an element has a name, and the namespace of a shape if that has one."""
    return tag.name == name and (not shape.namespace or tag.namespace in (shape.namespace, ""))


def look(tag: Tag, choice: Element) -> Sight:
    """What can be seen of an element as one alternative reads it."""
    content = choice.content
    by_name = {each.name: each for each in reversed(tag.children)}
    attributes = {each.name: each.value for each in tag.attributes if each.namespace != XSI}
    given: dict[str, str | None] = {}
    known: set[str] = set()
    for key, shape in content.members.items():
        names = {each.name or key for each in _within(shape)}
        if shape.node is NodeType.ATTRIBUTE and (shape.name or key) in attributes:
            given[key] = attributes[shape.name or key]
        elif shape.node in (NodeType.TEXT, NodeType.CDATA) and tag.said:
            given[key] = tag.said
        elif found := names & by_name.keys():
            child = by_name[min(found)]
            given[key] = None if child.children else child.text
            known |= found
    return Sight(
        types=_possible(tag),
        given=given,
        strange=len(by_name.keys() - known),
        named=choice.name == tag.name,
    )


def _within(shape: Element) -> Iterator[Element]:
    """The elements that a property is in the element around."""
    if shape.node is NodeType.ELEMENT:
        yield shape
    elif shape.node is NodeType.NONE:
        content = shape.content
        inner = [*content.choices, *content.prefix_items, *content.members.values()]
        yield from (
            each
            for each in [*inner, *([content.items] if content.items else [])]
            if each.node is NodeType.ELEMENT
        )


def _possible(tag: Tag) -> frozenset[str]:
    """The JSON types that an element may be of."""
    if tag.nil:
        return frozenset({"null"})
    if tag.children:
        return frozenset({"object", "array"})
    word = tag.text.strip(BLANKS)
    found = {"string", *({"object"} if tag.attributes or not word else ())}
    if not word:
        found |= {"array", "null"}
    if number(word):
        found |= {"number"} if set(word) & set(".eE") else {"number", "integer"}
    if word in BOOLEANS or word in BITS:
        found.add("boolean")
    return frozenset(found)
