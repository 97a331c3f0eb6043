"""XML shapes: which elements and attributes a schema makes of a value (OAS 3.2 section 4.26)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from facade.model.xml import NAME, Element, ElementContent, NodeType
from facade.spec.document import Document, escape
from facade.spec.schemas.reference import References
from facade.spec.schemas.schema import Direction, Schemas

MAX_CHAIN = 20
"""References and single `allOf`s through which the name of one element is looked for."""
COMPONENTS = "/components/schemas"
ALTERNATIVES = ("oneOf", "anyOf", "then", "else", "dependentSchemas")

Parts = Mapping[str, Mapping[str, Any]]
"""The schemas that a value always has to satisfy together, by pointer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """What a schema says of the node that its value is."""

    xml: Mapping[str, Any]
    """The fields of the `xml` object that counts."""
    inferred: str
    """The name where that object has none."""
    nested: str = ""
    """The schema of the one node within, where a reference has a node of its own (OAS 3.2)."""

    def text(self, field: str) -> str:
        """A field that is a string; empty where it is none."""
        value = self.xml.get(field)
        return value if isinstance(value, str) else ""

    @property
    def name(self) -> tuple[str, str]:
        """Prefix and name; what is no XML name, such as JAXB's `##default`, does not count."""
        given = self.text("name")
        prefix, _, local = given.rpartition(":")
        named = NAME.fullmatch(local) and (not prefix or NAME.fullmatch(prefix))
        wanted = self.text("prefix")
        prefix = (wanted if NAME.fullmatch(wanted) else prefix) if named else wanted
        legal = NAME.fullmatch(prefix) and prefix != "xmlns"
        return prefix if legal else "", local if named else self.inferred


class Shapes:
    """Compiles the XML shapes of one document's schemas, each when it is first asked for.

    A schema is one node. Up to OpenAPI 3.1, what it refers to is the same node, with the
    name of the property; from 3.2 on, the node is that of the component, with its name. What
    `allOf`, `oneOf` and `anyOf` hold speaks of the same value, so of the same node, but for
    alternatives that have names of their own where the schema around has none.
    """

    def __init__(self, references: References, version: str, direction: Direction) -> None:
        """`version` is the document's edition of OpenAPI."""
        self._references = references
        self._direction = direction
        self._by_reference = not version.startswith(("2.", "3.0", "3.1"))
        self._known: dict[tuple[str, str], Element] = {}

    def root(self, pointer: str) -> Element | None:
        """The document element; None where the schema gives the content no structure."""
        found = self.element(pointer, "")
        if not self._is_structured(pointer, set()):
            return None
        return found

    def element(self, pointer: str, inferred: str) -> Element:
        """The shape by the schema at a pointer, with the name that its place suggests."""
        key = (pointer, inferred)
        if key not in self._known:
            self._known[key] = self._compile(pointer, inferred)
        return self._known[key]

    def _compile(self, pointer: str, inferred: str) -> Element:
        face = self._face(pointer, inferred)
        types = self._types(pointer, set())
        node = self._node(pointer, face, types)
        prefix, name = face.name
        return Element(
            node=node,
            name=name,
            namespace=face.text("namespace"),
            prefix=prefix,
            types=types,
            content=partial(self._content, pointer, face, node),
        )

    def _face(self, pointer: str, inferred: str) -> Face:
        if self._by_reference:
            return self._face_by_reference(pointer, inferred)
        xml: dict[str, Any] = {}
        component = ""
        for at in self._chain(pointer):
            component = component or _component(at)
            node = _mapping(self._references.node(at))
            xml = {**_mapping(self._references.beside(node, at).get("xml")), **xml}
        return Face(xml=xml, inferred=inferred or component)

    def _face_by_reference(self, pointer: str, inferred: str) -> Face:
        """By OAS 3.2 section 4.26.1: beside a reference, `nodeType` is `none` by default."""
        for _ in range(MAX_CHAIN):
            target = self._target(pointer)
            xml = _mapping(_mapping(self._references.node(pointer)).get("xml"))
            stated = _node_type(xml)
            if not target or stated not in {None, NodeType.NONE}:
                break
            pointer, inferred = target, _component(target) or inferred
        nested = target if target and stated is NodeType.ELEMENT and self._ends(target) else ""
        return Face(xml=xml, inferred=inferred, nested=nested)

    def _ends(self, pointer: str) -> bool:
        """Whether references lead from a schema to one without."""
        at: str | None = pointer
        for _ in range(MAX_CHAIN):
            at = self._target(at) if at else None
        return at is None

    def _chain(self, pointer: str) -> Iterator[str]:
        """The schema, and what it does no more than refer to, by `$ref` or a single `allOf`."""
        at: str | None = pointer
        for _ in range(MAX_CHAIN):
            if not at:
                return
            yield at
            several = _mapping(self._references.node(at)).get("allOf")
            single = isinstance(several, list) and len(several) == 1
            at = self._target(at) or (f"{at}/allOf/0" if single else None)

    def _target(self, pointer: str) -> str | None:
        """Where the reference of a schema leads; None where it has none."""
        node = _mapping(self._references.node(pointer))
        found = self._references.targets(node, self._references.enter(pointer))
        return next((each.pointer for each in found.values() if each), None)

    def _types(self, pointer: str, seen: set[str]) -> frozenset[str]:
        """The JSON types that a value may have; empty: any."""
        if pointer in seen:
            return frozenset()
        seen.add(pointer)
        parts = self._references.parts(pointer)
        listed = [found for part in parts.values() if (found := _stated_types(part))]
        if listed:
            null = {"null"} if _mapping(parts.get(pointer)).get("nullable") is True else set()
            return (frozenset.intersection(*listed) or listed[0]) | null
        branches = [self._types(each, seen) for each in _branches(parts, ("oneOf", "anyOf"))]
        if branches and all(branches):
            return frozenset.union(*branches)
        if branches:
            return frozenset()
        return next((found for part in parts.values() if (found := _implied(part))), frozenset())

    def _node(self, pointer: str, face: Face, types: frozenset[str]) -> NodeType:
        stated = _node_type(face.xml)
        if stated is not None:
            return stated
        if types - {"null"} == {"array"}:
            return NodeType.ELEMENT if face.xml.get("wrapped") is True else NodeType.NONE
        if self._by_name(pointer, face):
            return NodeType.NONE
        return NodeType.ELEMENT

    def _by_name(self, pointer: str, face: Face) -> bool:
        """Whether the alternatives have names of their own, and what they are one of has none."""
        if face.text("name"):
            return False
        branches = _branches(self._references.parts(pointer), ("oneOf", "anyOf"))
        return any(self._face(each, "").text("name") for each in branches)

    def _content(self, pointer: str, face: Face, node: NodeType) -> ElementContent:
        if face.nested:
            inner = self.element(face.nested, _component(face.nested) or face.inferred)
            if inner.node is not NodeType.NONE:
                return ElementContent(inner=inner)
        parts = self._references.parts(pointer)
        within = face.name[1] if node is NodeType.ELEMENT else face.inferred
        properties = _properties(parts)
        branches = list(_branches(parts, ALTERNATIVES))
        items = next(self._items(parts, branches), None)
        rest = next(_schemas(parts, "additionalProperties"), None)
        return ElementContent(
            members={name: self.element(at, name) for name, at in properties.items()},
            required=frozenset(_required(parts) & properties.keys()) - self._hidden(properties),
            constants=_constants(parts),
            rest=self.element(rest, "") if rest else None,
            closed=any(part.get("additionalProperties") is False for part in parts.values()),
            prefix_items=tuple(self.element(at, within) for at in _prefix_items(parts)),
            items=self.element(items, within) if items else None,
            choices=tuple(self.element(at, face.inferred) for at in branches),
            discriminator=str(_discriminator(parts).get("propertyName", "")),
            mapping=self._mapping(parts, branches),
        )

    def _items(self, parts: Parts, branches: Sequence[str]) -> Iterator[str]:
        """The schemas of an array's items, also where the array is an alternative to null."""
        yield from _schemas(parts, "items")
        for at in branches:
            yield from _schemas(self._references.parts(at), "items")

    def _hidden(self, properties: Mapping[str, str]) -> frozenset[str]:
        """The properties that never go this way."""
        return frozenset(
            name
            for name, at in properties.items()
            for part in self._references.parts(at).values()
            if part.get(self._direction.value) is True
        )

    def _mapping(self, parts: Parts, places: Sequence[str]) -> dict[str, int]:
        """Which alternative each value of the discriminator means, by its component or mapping."""
        targets = [self._target(at) or at for at in places]
        listed = {_component(at): at for at in targets}
        for name, at in _mapping(_discriminator(parts).get("mapping")).items():
            if isinstance(at, str):
                listed[name] = at.removeprefix("#") if "/" in at else f"{COMPONENTS}/{at}"
        return {name: targets.index(at) for name, at in listed.items() if name and at in targets}

    def _is_structured(self, pointer: str, seen: set[str]) -> bool:
        """Whether values are more than text, or objects of which nothing is known."""
        if pointer in seen:
            return False
        seen.add(pointer)
        parts = self._references.parts(pointer)
        types = self._types(pointer, set()) - {"null"}
        if types and not types - {"array", "integer", "number", "boolean"}:
            return True
        if _properties(parts) or any(_schemas(parts, "additionalProperties", "items")):
            return True
        return any(self._is_structured(each, seen) for each in _branches(parts, ALTERNATIVES))


def document_element(
    media_type: str, pointer: str, document: Document, schemas: Schemas, direction: Direction
) -> Callable[[], Element | None] | None:
    """Makes what compiles the shape of a media type's content, when it is first asked for.

    None where the type is not XML, and no range that XML is in, or has no schema; `pointer` is
    that of the schema, or empty.
    """
    subtype = media_type.partition(";")[0].partition("/")[2].strip().lower()
    if not pointer or not (subtype == "xml" or subtype.endswith("+xml") or "*" in subtype):
        return None
    shapes = Shapes(schemas.references, document.version, direction)
    return partial(shapes.root, pointer)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _component(pointer: str) -> str:
    """The name of the component at a pointer, where it can be one in XML; else empty."""
    place, _, name = pointer.rpartition("/")
    return name if place == COMPONENTS and NAME.fullmatch(name) else ""


def _node_type(xml: Mapping[str, Any]) -> NodeType | None:
    """What the schema says itself, by `nodeType` or by the field that it took the place of."""
    stated = xml.get("nodeType")
    if isinstance(stated, str) and stated in list(NodeType):
        return NodeType(stated)
    return NodeType.ATTRIBUTE if xml.get("attribute") is True else None


def _stated_types(part: Mapping[str, Any]) -> frozenset[str]:
    types = part.get("type")
    listed = types if isinstance(types, list) else [types]
    known = {each for each in listed if isinstance(each, str)}
    whole = {"integer"} if "number" in known else set()
    null = {"null"} if known and part.get("nullable") is True else set()
    return frozenset(known | whole | null)


def _implied(part: Mapping[str, Any]) -> frozenset[str]:
    """The type that the keywords of a schema speak of, where it names none."""
    if part.keys() & {"properties", "additionalProperties"}:
        return frozenset({"object"})
    return frozenset({"array"}) if part.keys() & {"items", "prefixItems"} else frozenset()


def _branches(parts: Parts, keywords: tuple[str, ...]) -> Iterator[str]:
    """The pointers of the schemas that are alternatives of a value."""
    for at, part in parts.items():
        for keyword in keywords:
            value = part.get(keyword)
            if isinstance(value, list):
                yield from (f"{at}/{keyword}/{index}" for index in range(len(value)))
            elif keyword == "dependentSchemas":
                yield from (f"{at}/{keyword}/{escape(name)}" for name in _mapping(value))
            elif isinstance(value, Mapping):
                yield f"{at}/{keyword}"


def _discriminator(parts: Parts) -> Mapping[str, Any]:
    found = (_mapping(part.get("discriminator")) for part in parts.values())
    return next((each for each in found if each), {})


def _properties(parts: Parts) -> dict[str, str]:
    """The pointers of the properties; where two parts have one, the first counts."""
    found: dict[str, str] = {}
    for at, part in parts.items():
        for name in _mapping(part.get("properties")):
            found.setdefault(name, f"{at}/properties/{escape(name)}")
    return found


def _schemas(parts: Parts, *keywords: str) -> Iterator[str]:
    for at, part in parts.items():
        for keyword in keywords:
            if isinstance(part.get(keyword), Mapping):
                yield f"{at}/{keyword}"


def _prefix_items(parts: Parts) -> Iterator[str]:
    for at, part in parts.items():
        several = part.get("prefixItems")
        if isinstance(several, list):
            yield from (f"{at}/prefixItems/{index}" for index in range(len(several)))
            return


def _required(parts: Parts) -> set[str]:
    lists = [part.get("required") for part in parts.values()]
    return {
        name
        for listed in lists
        for name in (listed if isinstance(listed, list) else ())
        if isinstance(name, str)
    }


def _constants(parts: Parts) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for part in parts.values():
        for name, each in _mapping(part.get("properties")).items():
            node = _mapping(each)
            values = [node["const"]] if "const" in node else node.get("enum")
            if isinstance(values, list):
                found.setdefault(name, frozenset(map(_text, values)))
    return found


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
