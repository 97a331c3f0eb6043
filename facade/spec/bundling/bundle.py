"""Several files become one document: what they refer to is placed once, in its components."""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple
from urllib.parse import quote, unquote, urldefrag, urljoin

from facade.errors.caller import InvalidSpec
from facade.model.action import Problem
from facade.spec.bundling.file_name import is_url
from facade.spec.bundling.files import Files, Place, Target, Unresolved, child, find
from facade.spec.bundling.table import HOMES, HOMES_20, member
from facade.spec.document import escape, unescape
from facade.spec.load import version_of
from facade.spec.problems import problem
from facade.spec.structure.survey import Shape, parse
from facade.spec.structure.table_v2 import ROOT
from facade.spec.text.census import count
from facade.spec.text.numbers import dumps
from facade.spec.text.position import unreadable

_OUTWARD: Final = re.compile(r"\$ref[\"']?\s*+:\s*+(?:[>|][-+0-9]*+\s*+)?+[\"']?(?=[^#\"'\s{\[>|])")
_TEXT_FILE: Final = re.compile(r"\.(?:md|markdown|txt|html?|rst|adoc)", re.IGNORECASE)
_SAFE: Final = "/~!$&'()*+,;=:@-._"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """Several files as one document."""

    text: str
    """The root's own text where it refers to no other file, else one of JSON."""
    origins: tuple[tuple[str, Place], ...]
    """Pointers into the text, the root's first, and where what stands there comes from."""
    problems: tuple[Problem, ...]
    """What was found on the way, each with its file; not yet with its line."""
    missing: tuple[str, ...]
    """Files that are referred to but neither there nor refused."""


class Item(NamedTuple):
    """A node that is to be walked, in the holder that it can be replaced in."""

    shape: Shape
    holder: Any
    key: Any
    place: Place
    out: str
    """Its pointer in the bundle."""
    trail: tuple[Place, ...] = ()
    """The references by which it got there."""


class Deferred(NamedTuple):
    """A reference that is rewritten when everything in the root has found its place."""

    shape: Shape
    holder: dict[str, Any]
    key: str
    place: Place


def outward(text: str) -> bool:
    """Whether a document may refer to other files; a `$ref` in an example counts, too."""
    return _OUTWARD.search(text) is not None


def bundle(files: Files) -> Bundle:
    """Makes one document of the root and of all that it refers to.

    Each part is placed once, under the components of its kind, and references
    to it lead there; what cannot be a reference in OpenAPI is put in its
    place. Circles stay. Examples, enums, defaults and extensions are not
    looked into. What cannot be resolved stays as it is and is a problem.
    Raises InvalidSpec where the root cannot be read, or beyond the limits.
    """
    text = files.text(files.root)
    tree = files.tree(files.root)
    version_of(text, tree)
    if not outward(text):
        return Bundle(text=text, origins=(("", Place(files.root, "")),), problems=(), missing=())
    return Bundler(files, tree).run()


class Bundler:
    """Walks the root and all that it leads to, with a stack of its own."""

    def __init__(self, files: Files, tree: dict[str, Any]) -> None:
        self._files = files
        self._homes = HOMES_20 if "swagger" in tree else HOMES
        self._left = files.limits.nodes
        self._tree = self._copy(tree)
        self._placed: dict[Place, str] = {Place(files.root, ""): ""}
        self._walked: dict[int, Any] = {}
        self._items: list[Item] = []
        self._deferred: deque[Deferred] = deque()
        self._inward: dict[str, str] = {}
        self._origins: list[tuple[str, Place]] = [("", Place(files.root, ""))]
        self._problems: dict[Problem, None] = {}
        self._missing: dict[str, None] = {}
        self._changed = False

    def run(self) -> Bundle:
        """Walks everything; answers what came of it."""
        root = Place(self._files.root, "")
        self._push(Item(parse(ROOT), {"": self._tree}, "", root, ""))
        while self._deferred:
            self._settle(self._deferred.popleft())
        text = self._files.text(self._files.root)
        return Bundle(
            text=dumps(self._tree, separators=(",", ":")) if self._changed else text,
            origins=tuple(self._origins),
            problems=tuple(self._problems),
            missing=tuple(self._missing),
        )

    def _push(self, item: Item) -> None:
        self._items.append(item)
        while self._items:
            self._visit(self._items.pop())

    def _visit(self, item: Item) -> None:
        node = item.holder[item.key]
        if not isinstance(node, dict | list) or id(node) in self._walked:
            return
        self._walked[id(node)] = node  # kept, so that no other object gets its id
        if isinstance(node, list):
            self._descend(item, node, range(len(node)))
        elif isinstance(node.get("$ref"), str):
            self._refer(item, node, node["$ref"])
        else:
            self._descend(item, node, list(node))

    def _descend(self, item: Item, node: Any, keys: Any) -> None:
        """Goes into some of a node's members."""
        shape, place = item.shape, item.place
        if shape.name == "Discriminator" and isinstance(node.get("mapping"), dict):
            self._defer_mapping(item, node["mapping"])
        if shape.name == "Server" and is_url(place.file) and isinstance(node.get("url"), str):
            self._anchor_server(node, place)
        below = [
            Item(
                inner,
                node,
                key,
                Place(place.file, f"{place.pointer}/{escape(str(key))}"),
                f"{item.out}/{escape(str(key))}",
                item.trail,
            )
            for key in keys
            if (inner := member(shape, node, key)) is not None
        ]
        self._items.extend(reversed(below))

    def _refer(self, item: Item, node: dict[str, Any], reference: str) -> None:
        inward = reference.startswith("#") and item.place.file == self._files.root
        home = self._homes.get(item.shape.name) if item.shape.kind == "object" else None
        bare = len(node) == 1
        if inward:
            self._follow(item, node, reference)
        elif home and not (bare and (item.shape.name == "PathItem" or _parent(item.out) == home)):
            self._deferred.append(Deferred(item.shape, node, "$ref", item.place))
            self._beside(item, node)
        else:
            self._inline(item, node, reference, home)

    def _beside(self, item: Item, node: dict[str, Any]) -> None:
        """Walks the fields beside a reference."""
        self._descend(item, node, [key for key in node if key != "$ref"])

    def _follow(self, item: Item, node: dict[str, Any], reference: str) -> None:
        """A reference within the root stays; what it leads to may be out of the table's reach."""
        self._beside(item, node)
        if item.shape.kind == "object" and reference.startswith("#/"):
            self._deferred.append(Deferred(item.shape, node, "$ref", item.place))

    def _inline(self, item: Item, node: dict[str, Any], reference: str, home: str | None) -> None:
        """Puts what a reference leads to in the place of the reference."""
        target = self._target(item.shape, reference, item.place)
        if target is None:
            return
        round_again = any(_within(each, target.place) for each in (*item.trail, item.place))
        if home and (round_again or target.place in self._placed):
            self._deferred.append(Deferred(item.shape, node, "$ref", item.place))
            return
        if round_again:
            message = f"`{reference[:200]}` leads back to itself"
            self._note("circular-ref", message, item.place)
            return
        value = self._copy(target.node)
        trail = (*item.trail, item.place)
        beside = [key for key in node if key != "$ref"]
        if beside and isinstance(value, dict):
            value = {**value, **{key: node[key] for key in beside}}
            self._descend(item, value, beside)
        else:
            beside = []
            self._placed.setdefault(target.place, item.out)
        self._origins.append((item.out, target.place))
        item.holder[item.key] = value
        self._changed = True
        moved = item._replace(place=target.place, trail=trail)
        if beside:
            self._walked[id(value)] = value
            self._descend(moved, value, [key for key in value if key not in beside])
        else:
            self._items.append(moved)

    def _target(self, shape: Shape, reference: str, place: Place) -> Target | None:
        try:
            if shape.kind == "string" and (text := self._prose(reference, place)) is not None:
                return text
            target = self._files.seek(reference, place)
        except Unresolved as failure:
            if failure.missing:
                self._missing[failure.missing] = None
            self._note(failure.code, failure.message, place)
            return None
        if target.borrowed:
            message = f"`{reference[:200]}` leads to nothing in its file; the root's was taken"
            self._note("dangling-ref", message, place)
        return target

    def _prose(self, reference: str, place: Place) -> Target | None:
        """The text of a file that is no document, for a description."""
        path, fragment = urldefrag(reference)
        if fragment or not _TEXT_FILE.search(path):
            return None
        name = self._files.file_of(reference, place)
        try:
            return Target(Place(name, ""), self._files.text(name))
        except InvalidSpec as refusal:
            raise Unresolved("unreadable-file", refusal.message) from None

    def _settle(self, deferred: Deferred) -> None:
        shape, holder, key, place = deferred
        reference = holder[key]
        if place.file == self._files.root and reference.startswith("#"):
            if reference not in self._inward:
                self._inward[reference] = self._settle_inward(shape, reference, place)
            found = self._inward[reference]
        else:
            target = self._target(shape, reference, place)
            found = reference if target is None else _reference(self._home(shape, target))
        if found != reference:
            holder[key] = found
            self._changed = True

    def _settle_inward(self, shape: Shape, reference: str, place: Place) -> str:
        """What a reference within the root must be, which is itself unless others are on its way.

        One that leads to nothing is left for the report of the one document.
        """
        try:
            target = self._files.seek(reference, place)
        except Unresolved:
            return reference
        if find(self._tree, unquote(reference[1:])) is None:
            return _reference(self._home(shape, target))
        if target.place.file == self._files.root:
            self._rewalk(shape, target, target.place.pointer)
        return reference

    def _home(self, shape: Shape, target: Target) -> str:
        """Where in the bundle a node is, which is placed there if it was not yet."""
        file, pointer = target.place
        start = pointer
        while True:
            home = self._placed.get(Place(file, start))
            if home is not None and self._rewalk(shape, target, home + pointer[len(start) :]):
                return home + pointer[len(start) :]
            if not start:
                break
            start = _parent(start)
        return self._settle_in(shape, target)

    def _rewalk(self, shape: Shape, target: Target, out: str) -> bool:
        """Walks a node that should be in the bundle already; answers whether it is."""
        holder = find(self._tree, _parent(out)) if out else {"": self._tree}
        token = out.rpartition("/")[2]
        node = child(holder, token)
        if type(node) is not type(target.node):
            return False
        name = unescape(token)
        key = int(name) if isinstance(holder, list) else name
        self._push(Item(shape, holder, key, target.place, out))
        return True

    def _settle_in(self, shape: Shape, target: Target) -> str:
        """Places a node among the components of its kind."""
        container = self._homes[shape.name]
        holder: dict[str, Any] = self._tree
        for token in container.split("/")[1:]:
            inner = holder.get(token)
            if not isinstance(inner, dict):
                inner = holder[token] = {}
            holder = inner
        name = _free_name(target.place, holder)
        holder[name] = self._copy(target.node)
        out = f"{container}/{escape(name)}"
        self._placed[target.place] = out
        self._origins.append((out, target.place))
        self._push(Item(shape, holder, name, target.place, out, ()))
        return out

    def _defer_mapping(self, item: Item, mapping: dict[str, Any]) -> None:
        """The values of a discriminator's mapping are references, or names of components."""
        schema = Shape("object", "Schema")
        for key, value in mapping.items():
            place = Place(item.place.file, f"{item.place.pointer}/mapping/{escape(key)}")
            reference = self._mapped(value, place)
            if reference:
                mapping[key] = reference
                self._deferred.append(Deferred(schema, mapping, key, place))

    def _mapped(self, value: Any, place: Place) -> str:
        """A value as a reference to another place than the root; empty for anything else."""
        if not isinstance(value, str) or (place.file == self._files.root and value[:1] == "#"):
            return ""
        if "#" in value or "/" in value:
            return value
        if place.file != self._files.root:
            for container in ("/components/schemas", "/definitions"):
                pointer = f"{container}/{escape(value)}"
                if find(self._files.tree(place.file), pointer) is not None:
                    return f"#{pointer}"
        try:
            self._files.file_of(value, place)
        except Unresolved:
            return ""
        return value

    def _anchor_server(self, node: dict[str, Any], place: Place) -> None:
        """A relative server is relative to the file that it stands in (OAS 3.0.4 section 4.5)."""
        if place.file != self._files.root:
            node["url"] = urljoin(place.file, node["url"])

    def _copy(self, node: Any) -> Any:
        self._left -= count(node).nodes
        if self._left < 0:
            most = self._files.limits.nodes
            raise unreadable("", 0, f"the files come to more than {most} values")
        return _copied(node)

    def _note(self, code: str, message: str, place: Place) -> None:
        reference = isinstance(find(self._files.tree(place.file), place.pointer), dict)
        at = f"{place.pointer}/$ref" if reference else place.pointer
        self._problems[replace(problem(code, message, at), file=place.file)] = None


def _copied(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _copied(each) for key, each in node.items()}
    return [_copied(each) for each in node] if isinstance(node, list) else node


def _reference(pointer: str) -> str:
    """A pointer as a reference, which is read with its percent encoding undone."""
    return "#" + quote(pointer, safe=_SAFE)


def _parent(pointer: str) -> str:
    return pointer.rpartition("/")[0]


def _within(place: Place, outer: Place) -> bool:
    """Whether a place is in another one, or is it."""
    return place.file == outer.file and f"{place.pointer}/".startswith(f"{outer.pointer}/")


def _free_name(place: Place, taken: dict[str, Any]) -> str:
    """A component's name: that of the node in its file, else that of the file."""
    last = unescape(place.pointer.rpartition("/")[2])
    stem = re.sub(r"\.(?:ya?ml|json)$", "", place.file.rpartition("/")[2])
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", last or stem).strip("_")[:100] or "part"
    return next(each for each in _numbered(name) if each not in taken)


def _numbered(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}_{number}" for number in range(2, 1_000_000))
