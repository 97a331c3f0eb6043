"""How the parts of a multipart body are made, compiled once of its schema and its encodings."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeAlias

from facade.model.action import Encoding, Media, Schema
from facade.model.xml import Element
from facade.transcode.body.binary import applied, properties_of, says_binary
from facade.transcode.media_type import TCHARS, MediaType, parse

OCTETS = "application/octet-stream"
IDENTITY = frozenset({"7bit", "8bit", "binary", "identity"})
"""Content-Transfer-Encodings that leave bytes as they are (RFC 2045 section 6.2)."""
NOTES = frozenset(
    {"title", "description", "default", "examples", "deprecated", "allOf", "$ref", "$defs"}
)
"""Keywords that say nothing of a value's type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How one property or item becomes a part, or one for each of its items."""

    encoding: Encoding = field(default_factory=Encoding)
    types: tuple[MediaType, ...] = ()
    """What the encoding allows: types and ranges."""
    said: MediaType | None = None
    """What its schema says that it is (`contentMediaType`), where the encoding says nothing."""
    file: bool = False
    """Whether it is bytes: the caller's base64, or an upload."""
    transfer: str = ""
    """The encoding that its text already is in (`contentEncoding`; base64 for format byte)."""
    untyped: bool = False
    """Whether the schema leaves open what it is."""
    object: bool = False
    """Whether it may be an object of its own, so that `content` and `text` are its properties."""
    shape: Element | None = None
    """Where it may be XML, what its schema makes of that."""
    nested: "Rules | None" = None
    """Of a multipart body within it."""

    @property
    def type(self) -> MediaType | None:
        """The type that bytes are sent as where the caller says none; None where none is said."""
        return next((each for each in self.types if not each.is_range), self.said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The rules of a multipart body's parts."""

    named: Mapping[str, Rule] = field(default_factory=dict)
    """By property."""
    prefix: tuple[Rule, ...] = ()
    """By position."""
    item: Rule = field(default_factory=Rule)
    """Of the positions that `prefix` does not reach."""
    is_form: bool = True
    """Whether the schema may be that of an object, and so speaks of named fields."""
    required: frozenset[str] = frozenset()
    """The properties that are always there."""

    def of_name(self, name: str) -> Rule:
        """The rule of a property; one that is not declared is made by its value alone."""
        return self.named.get(name, PLAIN)

    def of_position(self, index: int) -> Rule:
        """The rule of an item."""
        return self.prefix[index] if index < len(self.prefix) else self.item

    def files(self) -> list[str]:
        """The properties that are bytes; where there is none, those that are bytes as text."""
        raw = [name for name, rule in self.named.items() if rule.file]
        return raw or [name for name, rule in self.named.items() if rule.transfer]


PLAIN = Rule()
"""Of a property of which the document says nothing."""


def compile_rules(media: Media) -> Rules:
    """Compiles the rules of a multipart media type."""
    whole = Encoding(members=media.encoding, prefix=media.prefix_encoding, item=media.item_encoding)
    return _rules(whole, media.schema, media)


def _rules(encoding: Encoding, schema: Any, media: Media) -> Rules:
    """By name, an array stands for its items; by position, each item is one part."""
    root = media.schema
    nodes = list(applied(schema, root))
    properties = properties_of(root, schema)
    named = {
        name: encoding.members.get(name, Encoding()) for name in (*properties, *encoding.members)
    }
    prefixes = next((node["prefixItems"] for node in nodes if node.get("prefixItems")), ())
    count = max(len(prefixes), len(encoding.prefix))
    items = next((node["items"] for node in nodes if "items" in node), None)
    schemas = [*prefixes, *([items] * (count - len(prefixes)))]
    item = encoding.item or Encoding()
    encodings = [*encoding.prefix, *([item] * (count - len(encoding.prefix)))]
    shapes = _Shapes(media)
    return Rules(
        named={
            name: _rule(_each(properties.get(name), root), how, media, partial(shapes.named, name))
            for name, how in named.items()
        },
        prefix=tuple(
            _rule(_nodes(each, root), how, media, partial(shapes.at, index))
            for index, (each, how) in enumerate(zip(schemas, encodings, strict=True))
        ),
        item=_rule(_nodes(items, root), item, media, partial(shapes.at, count)),
        required=frozenset(name for node in nodes for name in node.get("required") or ()),
        is_form=all("type" not in node or _names(node["type"], "object") for node in nodes),
    )


Nodes: TypeAlias = list[Mapping[str, Any]] | None
"""A schema with all that it is composed of; None where there is none."""


def _nodes(schema: Any, root: Schema) -> Nodes:
    return None if schema is None else list(applied(schema, root))


def _each(schema: Any, root: Schema) -> Nodes:
    """A property's schema; where that is an array, the schema of its items in its place."""
    if schema is None:
        return None
    nodes = list(applied(schema, root))
    alone = [node for node in nodes if node.get("type") != "array"]
    return alone + [inner for node in nodes for inner in applied(node.get("items"), root)]


def _rule(
    found: Nodes, encoding: Encoding, media: Media, shape: Callable[[], Element | None]
) -> Rule:
    nodes, types = found or [], tuple(types_of(encoding))
    untyped = all(node.keys() <= NOTES for node in nodes)
    transfer = _transfer(nodes)
    by_type = bool(types) and not any(_is_written(each) for each in types)
    by_default = media.untyped_is_binary and found is not None and untyped and not types
    by_schema = any(says_binary(node) for node in nodes)
    is_multipart = any(each.type == "multipart" for each in types)
    return Rule(
        encoding=encoding,
        types=types,
        said=None if types else _said(nodes),
        file=not transfer and (by_type or by_default or by_schema),
        transfer=transfer,
        untyped=untyped,
        object=any(_names(node.get("type"), "object") or "properties" in node for node in nodes),
        shape=shape() if any(each.is_xml for each in types) else None,
        nested=_rules(encoding, {"allOf": nodes}, media) if is_multipart else None,
    )


class _Shapes:
    """What the parts of a multipart body are in XML, out of the shape of the whole."""

    def __init__(self, media: Media) -> None:
        self._media = media

    def named(self, name: str) -> Element | None:
        whole = self._media.xml
        member = whole.content.members.get(name) if whole else None
        if member is not None and "array" in member.types:
            member = member.content.items
        return replace(member, name=member.name or name) if member else None

    def at(self, index: int) -> Element | None:
        whole = self._media.xml
        if whole is None:
            return None
        prefix = whole.content.prefix_items
        return prefix[index] if index < len(prefix) else whole.content.items


def types_of(encoding: Encoding) -> list[MediaType]:
    """Gives the media types that an encoding allows: it may list several, or none."""
    parsed = (parse(each) for each in (encoding.content_type or "").split(","))
    return [each for each in parsed if each is not None]


def _said(nodes: Iterable[Mapping[str, Any]]) -> MediaType | None:
    texts = (node.get("contentMediaType") for node in nodes)
    parsed = (parse(each) for each in texts if isinstance(each, str))
    return next((each for each in parsed if each is not None and not each.is_range), None)


def _is_written(kind: MediaType) -> bool:
    """Whether values are written in that type, so that it does not stand for bytes."""
    if kind.is_json or kind.is_text or kind.type == "multipart":
        return True
    return kind.essence in {"*/*", "application/*", "application/x-www-form-urlencoded"}


def _transfer(nodes: Iterable[Mapping[str, Any]]) -> str:
    """The encoding that the text of a value is in, by the keyword or the format of OAS 3.0."""
    for node in nodes:
        name = node.get("contentEncoding")
        if isinstance(name, str) and re.fullmatch(TCHARS, name):
            return "" if name.lower() in IDENTITY else name.lower()
    return "base64" if any(node.get("format") == "byte" for node in nodes) else ""


def _names(types: Any, name: str) -> bool:
    return types == name or (isinstance(types, list) and name in types)
