"""Pairs of a query, a form or a Cookie field: which value each belongs to."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from facade.transcode.arguments import MAX_DEPTH, MAX_NODES, Defect
from facade.transcode.reading.kind import ARRAY, OBJECT, Fragment, Kind, array, object_of
from facade.transcode.reading.style import Reading, member, read_repeated, read_text

BRACKETED = re.compile(r"(?:\[[^\[\]]*+\])++")
INNER = re.compile(r"\[([^\[\]]*+)\]")
COUNT = re.compile(r"0|[1-9][0-9]{0,5}")
"""The index of an item."""


@dataclass(slots=True)
class Node:
    """What stands under one name of a deepObject."""

    texts: list[str] = field(default_factory=list)
    members: "dict[str, Node]" = field(default_factory=dict)
    items: "list[Node]" = field(default_factory=list)
    """Those of `[]`, which have no name."""


class Pairs:
    """Pairs by their decoded names, until something takes them; values are as they stand."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Takes the pairs in their order; raises Defect for more than an argument may hold."""
        self._left: dict[str, list[str]] = {}
        for count, (name, value) in enumerate(pairs):
            if count >= MAX_NODES:
                raise Defect(f"holds more than {MAX_NODES:,} pairs")
            self._left.setdefault(name, []).append(value)

    def __contains__(self, name: str) -> bool:
        """Whether there are values under a name."""
        return name in self._left

    @property
    def names(self) -> list[str]:
        """Of what nothing has taken, in the order in which they came."""
        return [*self._left]

    def take(self, name: str) -> list[str]:
        """The values under a name."""
        return self._left.pop(name, [])

    def take_deep(self, name: str) -> Node | None:
        """What stands under a name, and under it with brackets; None where nothing does."""
        root, found = Node(), False
        for each in [each for each in self._left if _is_under(each, name)]:
            found = True
            for value in self._left.pop(each):
                _add(root, INNER.findall(each[len(name) :]), value)
        return root if found else None

    def take_members(self, names: Collection[str] | None = None) -> dict[str, list[str]]:
        """The values under each of the names; under all that is left without any."""
        wanted = [name for name in self._left if names is None or name in names]
        return {name: self._left.pop(name) for name in wanted}

    @property
    def left(self) -> Iterator[tuple[str, str]]:
        """The pairs that nothing has taken."""
        return ((name, value) for name, values in self._left.items() for value in values)


@dataclass(slots=True)
class Read:
    """What was read: the JSON of each value, and why others could not be."""

    fragments: dict[str, Fragment] = field(default_factory=dict)
    flaws: dict[str, str] = field(default_factory=dict)

    def text(self, reading: Reading, raw: str) -> None:
        """Reads a value that is one text."""
        try:
            self.fragments[reading.key] = read_text(reading, raw)
        except Defect as defect:
            self.flaws[reading.key] = defect.description

    def put(self, key: str, read: Callable[[], Fragment | None]) -> None:
        """Reads one value; None where it is not there."""
        try:
            fragment = read()
        except Defect as defect:
            self.flaws[key] = defect.description
            return
        if fragment is not None:
            self.fragments[key] = fragment


def read_pairs(readings: Sequence[Reading], pairs: Pairs, *, rest: bool = True) -> Read:
    """Reads the values that pairs come to, and leaves the others.

    First go those that stand under their own name, then objects whose declared members are pairs
    of their own; the first of them that takes any property gets what is left, if `rest`.
    """
    read = Read()
    for each in readings:
        if each.deep or each.name in pairs:
            read.put(each.key, partial(_own, each, pairs))
    waiting = [each for each in readings if each.spreads and each.key not in read.fragments]
    members = [pairs.take_members(each.kind.names) for each in waiting]
    for index, each in enumerate(waiting):
        if rest and each.kind.is_open:
            members[index] |= pairs.take_members()
            break
    for each, found in zip(waiting, members, strict=True):
        read.put(each.key, partial(_spread, each, found))
    return read


def _own(reading: Reading, pairs: Pairs) -> Fragment | None:
    """The value under the reading's own name."""
    if reading.deep:
        node = pairs.take_deep(reading.name)
        return _value(reading, reading.kind, node) if node else None
    if reading.spreads and reading.kind.types <= OBJECT:
        return None
    raws = pairs.take(reading.name)
    return read_repeated(reading, raws) if raws else None


def _spread(reading: Reading, found: dict[str, list[str]]) -> Fragment | None:
    if not found:
        return None
    return object_of({name: member(reading, name, raws) for name, raws in found.items()})


def _is_under(name: str, root: str) -> bool:
    if not name.startswith(root):
        return False
    return name == root or BRACKETED.fullmatch(name, len(root)) is not None


def _add(node: Node, path: list[str], value: str) -> None:
    if len(path) > MAX_DEPTH:
        raise Defect(f"is nested deeper than {MAX_DEPTH} levels")
    for name in path:
        if name:
            node = node.members.setdefault(name, Node())
        else:
            node.items.append(Node())
            node = node.items[-1]
    node.texts.append(value)


def _value(reading: Reading, kind: Kind, node: Node) -> Fragment:
    """The value of a node; an array by `[]`, by its indices, or by its repeats."""
    if node.texts and (node.members or node.items):
        raise Defect("has a value and members under one name")
    if node.items and "array" not in kind.types:
        node.members[""] = Node([text for each in node.items for text in each.texts])
        node.items = []
    if node.items and node.members:
        raise Defect("has items with and without names under one name")
    if node.texts:
        return _leaf(reading, kind, node.texts)
    listed = node.items or _counted(kind, node)
    if listed is not None:
        return array([_value(reading, kind.item(at), each) for at, each in enumerate(listed)])
    return object_of(
        {name: _value(reading, kind.member(name), each) for name, each in node.members.items()}
    )


def _leaf(reading: Reading, kind: Kind, texts: list[str]) -> Fragment:
    decoded = [reading.decode(text) for text in texts]
    if len(decoded) == 1 and not kind.types <= ARRAY:
        single = reading.scalar(kind, decoded[0])
        if "array" not in kind.types or kind.fits(single):
            return single
    return array([reading.scalar(kind.item(at), text) for at, text in enumerate(decoded)])


def _counted(kind: Kind, node: Node) -> list[Node] | None:
    """The items by their indices; None where the names are those of members."""
    if "array" not in kind.types or not all(map(COUNT.fullmatch, node.members)):
        return None
    counted = sorted(node.members.items(), key=lambda each: int(each[0]))
    in_order = [int(name) for name, _ in counted] == list(range(len(counted)))
    if "object" in kind.types and not in_order:
        return None
    return [each for _, each in counted]
