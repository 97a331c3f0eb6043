"""References between schemas: where each one leads, and which apply to the same value."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from facade.spec.document import MAX_HOPS, OBJECT, Document, escape
from facade.spec.schemas.dialect import METASCHEMA
from facade.spec.schemas.resource import RECURSIVE, Resources, join, member
from facade.spec.schemas.site import Edge, Scope, Site

MAX_PARTS = 100
"""Schemas that make up one object by `allOf`."""
MAX_SCOPES = 32
"""Ways to a dynamic anchor that are told apart in one document."""
BRANCHES = ("anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas", "dependencies")
"""The keywords whose schemas apply to the same value, perhaps."""
KEYWORDS = ("$ref", "$dynamicRef", "$recursiveRef")
REFERRING = frozenset(KEYWORDS)
APART = REFERRING | {"allOf"}
"""The keywords of a schema of more than one part."""


class References:
    """Follows the references of a document's schemas.

    A `$dynamicRef` is followed for each way to it by itself, so that what comes out
    has plain references only.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self._resources = Resources(document)
        self._edges: dict[Site, tuple[Edge, ...]] = {}
        self._scopes: set[Scope] = set()
        self._closed: dict[str, bool] = {}
        self._last: tuple[str, Any] = ("", document.tree)
        """Where the one that was asked for last stands; the next one often stands beside it."""

    def node(self, pointer: str) -> Any:
        """What stands at a JSON pointer; None where nothing does."""
        around, slash, token = pointer.rpartition("/")
        if not slash:
            return self._document.tree
        last, node = self._last
        try:
            if last != around:
                node = self._document.find(around)
                self._last = (around, node)
            return member(node, token)
        except (LookupError, ValueError):
            return None

    def enter(self, pointer: str, scope: Scope = ()) -> Site:
        """The schema at a pointer, its resource entered (JSON Schema core section 7.1)."""
        if not self._resources.dynamic:
            return Site(pointer)
        resource = self._resources.at(pointer).pointer
        wider = tuple(sorted({**self._resources.dynamic_anchors(resource), **dict(scope)}.items()))
        if wider not in self._scopes and len(self._scopes) >= MAX_SCOPES:
            return Site(pointer, scope)
        self._scopes.add(wider)
        return Site(pointer, wider)

    def target(self, reference: str, pointer: str) -> str | None:
        """Where a reference at a pointer leads: the pointer of a schema, or the metaschema's URI.

        None for one that leads outside the document, nowhere, in a circle or to no schema.
        """
        if reference.removesuffix("#") == METASCHEMA:
            return METASCHEMA
        end = self._end(self._resolve(reference, pointer), ())
        return end.pointer if end else None

    def targets(self, node: Mapping[str, Any], site: Site) -> dict[str, Site | None]:
        """The schemas that the references of a node mean in the end, by keyword; None as above."""
        if REFERRING.isdisjoint(node):
            return {}
        unknown = self._resources.at(site.pointer).dialect.unknown
        return {
            keyword: self._end(self._first(keyword, node[keyword], site), site.scope)
            for keyword in KEYWORDS
            if isinstance(node.get(keyword), str) and keyword not in unknown
        }

    def follow(self, reference: str, site: Site) -> Site | None:
        """The schema that a URI reference in a schema means in the end."""
        return self._end(self._resolve(reference, site.pointer), site.scope)

    def beside(self, node: Mapping[str, Any], pointer: str) -> Mapping[str, Any]:
        """What counts of a schema beside its references: nothing before OpenAPI 3.1."""
        dialect = self._resources.at(pointer).dialect
        if isinstance(node.get("$ref"), str) and not dialect.siblings:
            return {}
        if dialect.unknown:
            return {key: each for key, each in node.items() if key not in dialect.unknown}
        return node

    def is_closed(self, pointer: str) -> bool:
        """Whether a part of a schema forbids the properties that it does not name itself.

        Before OpenAPI 3.1, which has a keyword that says so of all parts together:
        that is taken to be meant.
        """
        if pointer not in self._closed:
            old = not self._resources.at(pointer).dialect.siblings
            parts = self.parts(pointer).values() if old else ()
            self._closed[pointer] = any(each.get("additionalProperties") is False for each in parts)
        return self._closed[pointer]

    def is_whole(self, pointer: str) -> bool:
        """Whether every part of a schema is there."""
        found = (self.targets(self.node(at), self.enter(at)) for at in self.parts(pointer))
        return all(all(each.values()) for each in found)

    def named(self, pointer: str) -> frozenset[str] | None:
        """The properties that the parts of a schema declare; None where there may be others."""
        parts = self.parts(pointer).values()
        if any(not each.keys().isdisjoint({"patternProperties", *BRANCHES}) for each in parts):
            return None
        declared = (each.get("properties") for each in parts)
        return frozenset(name for each in declared if isinstance(each, Mapping) for name in each)

    def is_fillable(self, pointer: str) -> bool:
        """Whether the parts of a schema declare every property that one of them requires."""
        named = self.named(pointer)
        lists = [each.get("required") for each in self.parts(pointer).values()]
        asked = [name for each in lists if isinstance(each, list) for name in each]
        return named is None or all(name in named for name in asked if isinstance(name, str))

    def parts(self, pointer: str) -> dict[str, Mapping[str, Any]]:
        """The schemas that a value always has to satisfy together, by `$ref` and `allOf`.

        By their pointers, the schema itself first.
        """
        first = self.node(pointer)
        if isinstance(first, OBJECT) and APART.isdisjoint(first):
            return {pointer: self.beside(first, pointer)}
        found: dict[str, Mapping[str, Any]] = {}
        waiting = [self.enter(pointer)]
        for site in waiting:
            at = site.pointer
            node = self.node(at)
            if at in found or not isinstance(node, OBJECT) or len(found) >= MAX_PARTS:
                continue
            found[at] = self.beside(node, at)
            waiting.extend(filter(None, self.targets(node, site).values()))
            several = found[at].get("allOf")
            count = len(several) if isinstance(several, list) else 0
            waiting.extend(self.enter(f"{at}/allOf/{each}", site.scope) for each in range(count))
        return found

    def edges(self, site: Site) -> tuple[Edge, ...]:
        """The references of a schema that apply to the same value as it does."""
        if site not in self._edges:
            self._edges[site] = tuple(self._walk(site))
        return self._edges[site]

    def _walk(self, start: Site) -> Iterator[Edge]:
        waiting: list[tuple[Any, Site, bool]] = [(self.node(start.pointer), start, False)]
        while waiting:
            node, site, branch = waiting.pop()
            if not isinstance(node, Mapping):
                continue
            for target in self.targets(node, site).values():
                if target:
                    yield Edge(target, branch)
            beside = self.beside(node, site.pointer)
            for each, pointer, perhaps in _within(beside, site.pointer, branch=branch):
                waiting.append((each, self.enter(pointer, site.scope), perhaps))

    def _first(self, keyword: str, reference: str, site: Site) -> str | None:
        """Where one reference leads, by the way that led to it where its kind asks for that."""
        found = self._resolve(reference, site.pointer)
        if keyword == "$ref" or found is None:
            return found
        resource = self._resources.at(found).pointer
        recursive = keyword == "$recursiveRef"
        name = RECURSIVE if recursive else reference.partition("#")[2]
        if self._resources.dynamic_anchors(resource).get(name) != found:
            return found
        return dict(site.scope).get(name, found)

    def _end(self, pointer: str | None, scope: Scope) -> Site | None:
        """The end of a chain of schemas that are but a reference each."""
        for _ in range(MAX_HOPS):
            node = self.node(pointer) if pointer else None
            if pointer is None or not isinstance(node, Mapping | bool):
                return None
            site = self.enter(pointer, scope)
            if isinstance(node, bool) or not isinstance(node.get("$ref"), str):
                return site
            if self.beside(node, pointer).keys() - {"$ref"}:
                return site
            pointer, scope = self._resolve(node["$ref"], pointer), site.scope
        return None

    def _resolve(self, reference: str, pointer: str) -> str | None:
        """Where one reference leads, as its resource counts; else, as the document does."""
        resource = self._resources.at(pointer)
        uri, _, fragment = reference.partition("#")
        root = self._resources.by_uri(join(resource.uri, uri)) if uri else resource.pointer
        if root is None:
            return None
        if fragment and not fragment.startswith("/"):
            return self._resources.anchor(root, unquote(fragment))
        roots = [root] if uri else dict.fromkeys((root, ""))
        places = [f"{each}{end}" for each in roots for end in (unquote(fragment), fragment)]
        return next((each for each in places if each and self.node(each) is not None), None)


def _within(
    node: Mapping[str, Any], pointer: str, *, branch: bool
) -> Iterator[tuple[Any, str, bool]]:
    """The schemas within one that apply to the same value, and whether always."""
    for key in ("allOf", *BRANCHES):
        value, at = node.get(key), f"{pointer}/{key}"
        perhaps = branch or key != "allOf"
        if isinstance(value, list):
            yield from ((each, f"{at}/{index}", perhaps) for index, each in enumerate(value))
        elif key.startswith("depend") and isinstance(value, Mapping):
            yield from ((each, f"{at}/{escape(name)}", perhaps) for name, each in value.items())
        elif isinstance(value, Mapping):
            yield value, at, perhaps
