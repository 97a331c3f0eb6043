"""XML: what a value looks like there, as its schema says (OAS 3.2 section 4.26)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")

START = (
    r"A-Z_a-z\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u02FF\u0370-\u037D\u037F-\u1FFF\u200C-\u200D"
    r"\u2070-\u218F\u2C00-\u2FEF\u3001-\uD7FF\uF900-\uFDCF\uFDF0-\uFFFD\U00010000-\U000EFFFF"
)
NAME = re.compile(rf"[{START}][{START}\-.0-9\u00B7\u0300-\u036F\u203F-\u2040]*")
"""What an element, an attribute or a prefix may be called (XML names 1.0, NCName)."""


class Late(Generic[T]):
    """A field that may be given as a function, called once, at its first reading.

    Whoever reads it gets the plain value, and always the same one. A dataclass with
    such a field has no slots: they would take the field's place.
    """

    def __init__(self, default: T) -> None:
        """Takes the value of a field to which none is given."""
        self._default = default

    def __set_name__(self, owner: type, name: str) -> None:
        self._store = f"_{name}"

    def __get__(self, instance: object, owner: type | None = None) -> T:
        if instance is None:
            return self._default
        value: T | Callable[[], T] = getattr(instance, self._store)
        if callable(value):
            value = value()
            object.__setattr__(instance, self._store, value)
        return value

    def __set__(self, instance: object, value: T | Callable[[], T]) -> None:
        object.__setattr__(instance, self._store, value)


class NodeType(StrEnum):
    """What a value is in the XML document (OAS 3.2 section 4.26.2)."""

    ELEMENT = "element"
    ATTRIBUTE = "attribute"
    TEXT = "text"
    CDATA = "cdata"
    NONE = "none"
    """No node of its own: what the value is made of stands in the node around."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementContent:
    """What a value in XML is made of."""

    members: "Mapping[str, Element]" = field(default_factory=dict)
    """The properties of an object, by their JSON names."""
    required: frozenset[str] = frozenset()
    """The properties that are always there."""
    constants: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The only values of a property, as text: they tell the alternatives apart."""
    rest: "Element | None" = None
    """The other properties of an object; None: whatever they are."""
    closed: bool = False
    """Whether there are no other properties."""
    prefix_items: "tuple[Element, ...]" = ()
    """The first items of an array, one by one."""
    items: "Element | None" = None
    """The others; None: whatever they are."""
    choices: "tuple[Element, ...]" = ()
    """Alternatives: the same value as one of these (`oneOf`, `anyOf`)."""
    discriminator: str = ""
    """The property that says which of them."""
    mapping: Mapping[str, int] = field(default_factory=dict)
    """Which of them, by what that property says."""
    inner: "Element | None" = None
    """The one node that an element holds, where a second stands for the same value."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Element:
    """The XML shape of a value: the node that it is, and what that is made of."""

    node: NodeType = NodeType.ELEMENT
    name: str = ""
    """Of the element or attribute; empty: what the object around calls the property."""
    namespace: str = ""
    prefix: str = ""
    types: frozenset[str] = frozenset()
    """The JSON types of the value; empty: any."""
    content: Late[ElementContent] = Late(ElementContent())


UNSHAPED: Late[Element | None] = Late(None)
"""The shape of content of which no schema says anything."""
