"""The files of a document that is spread over several, found by reference, read when needed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from urllib.parse import quote, unquote, urldefrag, urljoin

from facade.errors.caller import InvalidSpec
from facade.model.action import Problem
from facade.spec.bundling.file_name import Outside, file_named, is_url
from facade.spec.document import MAX_HOPS, unescape
from facade.spec.limits import DEFAULT, Limits
from facade.spec.load import decode, read_tree
from facade.spec.text.json_text import objects

ANCHORS: Final = ("$anchor", "$dynamicAnchor")
ELSEWHERE: Final = "is elsewhere, and was not fetched"
_NAMING: Final = (b"$id", b"$self")
"""What gives a part of a file an address of its own (JSON Schema 2020-12, OAS 3.2)."""


class Place(NamedTuple):
    """A node of a file."""

    file: str
    """The path from the bundle's root, or the address."""
    pointer: str


@dataclass(frozen=True, slots=True)
class Target:
    """What a reference leads to."""

    place: Place
    node: Any
    borrowed: bool = False
    """Whether the reference's own file has no such node, and the root document's was taken."""


class Unresolved(Exception):
    """A reference that leads to nothing that is there."""

    def __init__(self, code: str, message: str, missing: str = "") -> None:
        """Takes a problem's code and message, and the file that would have to be there."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.missing = missing


class Files:
    """Files by name, the root document among them; more may be added."""

    def __init__(
        self,
        files: Mapping[str, bytes],
        root: str,
        limits: Limits = DEFAULT,
        absent: str = "is not among the files of the bundle",
    ) -> None:
        """Takes what is there at first, and the words for what is not."""
        self.root = root
        self.limits = limits
        self._data = dict(files)
        self._absent = absent
        self._refused: dict[str, str] = {}
        self._trees: dict[str, Any] = {}
        self._texts: dict[str, str] = {}
        self._doubts: dict[str, tuple[Problem, ...]] = {}
        self._named: dict[str, Place] | None = None
        self._naming: dict[str, bool] = {}

    def __contains__(self, name: object) -> bool:
        return name in self._data

    @property
    def read(self) -> tuple[str, ...]:
        """The names of those that were read so far, in that order."""
        return tuple(self._texts)

    @property
    def data(self) -> Mapping[str, bytes]:
        """Their bytes by name."""
        return self._data

    @property
    def size(self) -> int:
        """How many bytes they have together."""
        return sum(map(len, self._data.values()))

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._data)

    def add(self, name: str, data: bytes) -> None:
        """Adds a file that was missing."""
        self._data[name] = data
        self._named = None

    def refuse(self, name: str, why: str) -> None:
        """Notes why a file that is missing will not come."""
        self._refused[name] = why

    def text(self, name: str) -> str:
        """A file's text; raises InvalidSpec where it is none, KeyError where it is not there."""
        if name not in self._texts:
            self._texts[name], self._doubts[name] = decode(self._data[name])
        return self._texts[name]

    def tree(self, name: str) -> Any:
        """What a file says, for reading only; raises as `text` does."""
        if name not in self._trees:
            text = self.text(name)
            tree, doubts = read_tree(text, self.limits)
            self._doubts[name] += doubts
            self._trees[name] = tree
        return self._trees[name]

    def doubts(self, name: str) -> tuple[Problem, ...]:
        """What was doubtful in reading a file, as far as it was read."""
        return self._doubts.get(name, ())

    def file_of(self, reference: str, base: Place) -> str:
        """The file that a reference leads to; raises Unresolved where it is none of them."""
        path, _ = urldefrag(reference)
        try:
            name = file_named(path, base.file, self._data) if path else base.file
        except Outside as outside:
            raise Unresolved("external-ref", f"`{_cut(reference)}` {outside}") from None
        if name in self._data:
            return name
        remote = is_url(name)
        why = self._refused.get(name)
        missing = "" if why else name
        why = why or (ELSEWHERE if remote else self._absent)
        code = "external-ref" if remote else "dangling-ref"
        raise Unresolved(code, f"`{_cut(reference)}` {why}", missing)

    def seek(self, reference: str, base: Place) -> Target:
        """Where a chain of references ends that begins at `base`; raises Unresolved.

        The end is no bare reference itself, and no other reference stands on the
        way from its file's root to it.
        """
        try:
            return self._chase(reference, base)
        except Unresolved as failure:
            if failure.code != "dangling-ref" or reference[:2] != "#/":
                raise
            try:
                found = self._chase(reference, Place(self.root, ""))
            except Unresolved:
                raise failure from None
            return Target(found.place, found.node, borrowed=True)

    def _chase(self, reference: str, base: Place) -> Target:
        first = reference
        for _ in range(MAX_HOPS):
            found = self._step(reference, base)
            if not isinstance(found, Target):
                reference, base = found
                continue
            node = found.node
            bare = isinstance(node, dict) and len(node) == 1 and "$ref" in node
            if not (bare and isinstance(node["$ref"], str)):
                return found
            reference, base = node["$ref"], found.place
        raise Unresolved("circular-ref", f"`{_cut(first)}` leads back to itself")

    def _step(self, reference: str, base: Place) -> Target | tuple[str, Place]:
        """The node that a reference means, or the reference that stands on the way to it."""
        place = self._by_identity(reference, base)
        if place is None:
            name = self.file_of(reference, base)
            place = Place(name, "")
        fragment = urldefrag(reference).fragment
        try:
            tree = self.tree(place.file)
        except InvalidSpec as refusal:
            message = f"`{_cut(reference)}` cannot be read: {refusal.message}"
            raise Unresolved("unreadable-file", message) from None
        if fragment and not fragment.startswith(("/", "%2F")):
            return self._anchored(fragment, place, reference)
        starts = [place.pointer] if place.pointer else ["", self._scope(base, place.file) or ""]
        for start in dict.fromkeys(starts):
            for pointer in dict.fromkeys((unquote(fragment), fragment)):
                found = walk(tree, place.file, start + pointer)
                if found is not None:
                    return found
        raise Unresolved("dangling-ref", f"`{_cut(reference)}` leads to nothing in {place.file}")

    def _anchored(self, name: str, place: Place, reference: str) -> Target:
        for pointer, node in objects(self.tree(place.file)):
            if any(node.get(each) == name for each in ANCHORS):
                return Target(Place(place.file, pointer), node)
        message = f"no schema of {place.file} has the anchor of `{_cut(reference)}`"
        raise Unresolved("dangling-ref", message)

    def _by_identity(self, reference: str, base: Place) -> Place | None:
        """The part of a file that has the address which a reference means, by its `$id`."""
        path, _ = urldefrag(reference)
        scope = self._scope(base, base.file)
        if not path or not (is_url(path) or scope is not None):
            return None
        if self._named is None:
            self._named = dict(self._identities())
        around = find(self.tree(base.file), scope)["$id"] if scope is not None else ""
        return self._named.get(path) or self._named.get(_joined(around, path))

    def _identities(self) -> Iterator[tuple[str, Place]]:
        for name in self._data:
            if not self._names_parts(name):
                continue
            try:
                tree = self.tree(name)
            except InvalidSpec:
                continue
            for pointer, node in objects(tree):
                given = node.get("$id", node.get("$self") if not pointer else None)
                if isinstance(given, str):
                    yield urldefrag(given).url, Place(name, pointer)

    def _names_parts(self, name: str) -> bool:
        """Whether something in a file may have an address of its own."""
        if name not in self._naming:
            self._naming[name] = any(each in self._data[name] for each in _NAMING)
        return self._naming[name]

    def _scope(self, base: Place, file: str) -> str | None:
        """The pointer of the nearest schema with an `$id` around a node; None for none."""
        if base.file != file or not self._names_parts(file):
            return None
        scope, node, pointer = None, self.tree(file), ""
        for token in [None, *base.pointer.split("/")[1:]]:
            if token is not None:
                pointer, node = f"{pointer}/{token}", child(node, token)
            if isinstance(node, dict) and isinstance(node.get("$id"), str):
                scope = pointer
        return scope


def walk(tree: Any, file: str, pointer: str) -> Target | tuple[str, Place] | None:
    """The node at a pointer, or the reference that keeps the way to it; None for neither."""
    node, at = tree, ""
    tokens = pointer.split("/")[1:]
    for number, token in enumerate(tokens):
        below = child(node, token)
        if below is None:
            if isinstance(node, dict) and isinstance(node.get("$ref"), str):
                path, fragment = urldefrag(node["$ref"])
                rest = quote("/".join(["", *tokens[number:]]), safe="/~")
                return f"{path}#{fragment}{rest}", Place(file, at)
            return None
        node, at = below, f"{at}/{token}"
    return Target(Place(file, at), node)


def child(node: Any, token: str) -> Any:
    """What stands under one token of a JSON pointer (RFC 6901); None where nothing does."""
    key = unescape(token)
    if isinstance(node, dict):
        return node.get(key)
    if isinstance(node, list) and key.isdecimal() and int(key) < len(node):
        return node[int(key)]
    return None


def find(tree: Any, pointer: str) -> Any:
    """What stands at a JSON pointer; None where nothing does."""
    for token in pointer.split("/")[1:]:
        tree = child(tree, token)
    return tree


def _joined(base: str, path: str) -> str:
    try:
        return urljoin(base, path)
    except ValueError:
        return path


def _cut(reference: str) -> str:
    return reference[:200]
