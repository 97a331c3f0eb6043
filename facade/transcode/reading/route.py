"""The path tree: which action a method and an address mean (OAS 3.2 section 4.8.2)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeAlias, TypeVar
from urllib.parse import unquote

import msgspec

from facade.transcode.template import Segment, Slot, Template

T = TypeVar("T")

TRIPLET = re.compile(r"%([0-9A-Fa-f]{2})")
UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")
MAX_SEGMENTS = 256
"""Of an address; a longer one is none that an action has."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """Slots with literal text around them, in one segment or one pair of a query."""

    literals: tuple[str, ...]
    """Before, between and behind the slots."""
    leads: tuple[str, ...]
    """What the text of each slot begins with, for its style's sake; empty: whatever it is."""
    many: bool = False
    """Whether its text may hold slashes."""

    def match(self, text: str) -> list[str] | None:
        """The texts of the slots, none of them empty; the first ones get as much as they can."""
        first, *between = self.literals[:-1]
        start, end = len(first), len(text) - len(self.literals[-1])
        if start >= end or not text.startswith(first) or not text.endswith(self.literals[-1]):
            return None
        found: list[str] = []
        for literal, lead in zip(reversed(between), reversed(self.leads), strict=False):
            touches = lead and not literal
            look = text.find if touches else text.rfind
            at = look(literal or lead, start + 1, end if touches else end - 1)
            if at < 0:
                return None
            found.append(text[at + len(literal) : end])
            end = at
        return [text[start:end], *reversed(found)]

    @property
    def whole(self) -> bool:
        """Whether one slot is all that there is: any text but none."""
        return self.literals == ("", "") and not self.many

    @property
    def rank(self) -> tuple[bool, int]:
        """More literal text goes first, several segments last."""
        return self.many, -sum(map(len, self.literals))


@dataclass(frozen=True, slots=True)
class Route(Generic[T]):
    """One method of one path."""

    target: T
    method: str
    slots: tuple[str, ...]
    """The names of the path's slots, in their order."""
    query: tuple[tuple[Pattern | str, tuple[str, ...]], ...]
    """The pairs that the address must have: literal, or with the names of their slots."""


class Found(msgspec.Struct, Generic[T], frozen=True, gc=False):
    """Where a request goes."""

    target: T
    slots: Mapping[str, str]
    """The texts of the slots, by the names of their parameters, percent-encoded."""
    query: Sequence[str]
    """The pairs of the query that are not the path's own."""


@dataclass(slots=True)
class Node(Generic[T]):
    """What may follow the segments so far."""

    literals: "dict[str, Node[T]]" = field(default_factory=dict)
    patterns: "dict[Pattern, Node[T]]" = field(default_factory=dict)
    """The most concrete first, once the tree is complete."""
    routes: list[Route[T]] = field(default_factory=list)
    methods: dict[str, Route[T]] = field(default_factory=dict)
    """Its routes, where methods alone tell them apart: none has a query of its own."""
    steps: "tuple[tuple[Pattern, bool, Node[T]], ...]" = ()
    """The patterns, whether they are whole, and where they lead."""

    def settle(self) -> None:
        """Puts the most concrete first; to be called once all is added."""
        ordered = sorted(self.patterns.items(), key=lambda each: each[0].rank)
        self.patterns = dict(ordered)
        self.steps = tuple((pattern, pattern.whole, node) for pattern, node in ordered)
        self.routes.sort(key=lambda each: -len(each.query))
        methods = {each.method: each for each in self.routes if not each.query}
        self.methods = methods if len(methods) == len(self.routes) else {}


Steps: TypeAlias = list[tuple[Node[T], int, tuple[str, ...]]]
"""Where to go on: a node, how many segments led there, and the texts of their slots."""


class Routes(Generic[T]):
    """The paths of many actions, found by their segments."""

    def __init__(self) -> None:
        """Makes an empty tree."""
        self._root: Node[T] = Node()

    def add(
        self,
        method: str,
        template: Template,
        target: T,
        leads: Mapping[str, str],
        many: frozenset[str],
    ) -> None:
        """Adds a path; `leads` is what the texts of slots begin with, `many` may hold slashes."""
        node, names = self._root, list[str]()
        for segment in template.segments:
            slots = _slots(segment)
            names.extend(slots)
            if slots:
                pattern = _pattern(segment, leads, many=not many.isdisjoint(slots))
                node = node.patterns.setdefault(pattern, Node())
            else:
                node = node.literals.setdefault(unquote("".join(map(str, segment))), Node())
        query = tuple((_required(pair, leads), _slots(pair)) for pair in _pairs(template.query))
        node.routes.append(Route(target, method, tuple(names), query))

    def settle(self) -> None:
        """Puts the most concrete first, everywhere; to be called once all is added."""
        waiting = [self._root]
        while waiting:
            node = waiting.pop()
            node.settle()
            waiting.extend((*node.literals.values(), *node.patterns.values()))

    def find(self, method: str, path: str, query: Sequence[str]) -> list[Found[T]]:
        """Finds what a request may mean: the most concrete path that has the method.

        Several are given where paths differ in nothing that an address shows.
        """
        nearest = next(_walk(self._root, path), None)
        if nearest is not None and method in nearest[0].methods:
            route = nearest[0].methods[method]
            return [Found(route.target, dict(zip(route.slots, nearest[1], strict=True)), query)]
        for texts, claims in self._claims(path, query):
            found = [each for each in claims if each[0].method == method]
            if found:
                most = len(found[0][0].query)
                return [_found(*each, texts, query) for each in found if len(each[0].query) == most]
        return []

    def methods(self, path: str, query: Sequence[str]) -> tuple[str, ...]:
        """The methods of all paths that an address has."""
        claims = (each for _, claims in self._claims(path, query) for each in claims)
        return tuple(dict.fromkeys(route.method for route, _ in claims))

    def _claims(
        self, path: str, query: Sequence[str]
    ) -> Iterator[tuple[tuple[str, ...], "list[tuple[Route[T], Claim]]"]]:
        """The paths that an address has, the most concrete first, with the texts of their slots.

        One without slots has its address for itself, whatever methods it has.
        """
        pairs = [normal(each) for each in query]
        for node, texts in _walk(self._root, path):
            read = ((each, _claim(each, pairs)) for each in node.routes)
            claims = [(route, claim) for route, claim in read if claim is not None]
            if claims:
                yield texts, claims
                if not texts:
                    return


Claim = tuple[dict[str, str], set[int]]
"""The slots in the query, and which of its pairs are the path's own."""


def _found(route: Route[T], claim: Claim, texts: Sequence[str], query: Sequence[str]) -> Found[T]:
    slots, taken = claim
    left = tuple(each for at, each in enumerate(query) if at not in taken)
    return Found(route.target, {**dict(zip(route.slots, texts, strict=True)), **slots}, left)


def _walk(root: Node[T], path: str) -> Iterator[tuple[Node[T], tuple[str, ...]]]:
    """The nodes that a path leads to, the most concrete first, with the texts of their slots."""
    segments = path.split("/", MAX_SEGMENTS)
    if "%" in path:
        segments = [normal(each) for each in segments]
    waiting: Steps[T] = [(root, 0, ())]
    while waiting:
        here: Node[T] | None
        here, at, texts = waiting.pop()
        for segment in segments[at:]:
            if here.steps:
                waiting += _steps(here, at, segments, texts)
            here = here.literals.get(unquote(segment) if "%" in segment else segment)
            if here is None:
                break
            at += 1
        else:
            if here.routes:
                yield here, texts


def _steps(node: Node[T], at: int, segments: list[str], texts: tuple[str, ...]) -> Steps[T]:
    """The nodes that the next segments lead to as slots, the most concrete last."""
    found: Steps[T] = []
    for pattern, is_whole, child in node.steps:
        if is_whole:
            if segments[at]:
                found.append((child, at + 1, (*texts, segments[at])))
            continue
        ends = range(at + 1, len(segments) + 1) if pattern.many else (at + 1,)
        for end in ends:
            slots = pattern.match("/".join(segments[at:end]))
            if slots is not None:
                found.append((child, end, (*texts, *slots)))
    found.reverse()
    return found


def _claim(route: Route[T], pairs: list[str]) -> Claim | None:
    """What of the query is the path's own; None where something is missing."""
    slots: dict[str, str] = {}
    taken: set[int] = set()
    for pattern, names in route.query:
        for at, pair in enumerate(pairs):
            found = _matched(pattern, pair) if at not in taken else None
            if found is not None:
                taken.add(at)
                slots.update(zip(names, found, strict=True))
                break
        else:
            return None
    return slots, taken


def _matched(pattern: Pattern | str, pair: str) -> list[str] | None:
    if isinstance(pattern, str):
        return [] if pattern == pair else None
    return pattern.match(pair)


def _slots(segment: Segment) -> tuple[str, ...]:
    return tuple(part.name for part in segment if isinstance(part, Slot))


def _pattern(segment: Segment, leads: Mapping[str, str], *, many: bool = False) -> Pattern:
    literals = [""]
    for part in segment:
        if isinstance(part, Slot):
            literals.append("")
        else:
            literals[-1] += normal(part)
    found = tuple(leads.get(name, "") for name in _slots(segment))
    return Pattern(tuple(literals), found, many)


def _required(pair: Segment, leads: Mapping[str, str]) -> Pattern | str:
    return _pattern(pair, leads) if _slots(pair) else normal("".join(map(str, pair)))


def _pairs(query: Segment) -> Iterator[Segment]:
    """The pairs of a query that stands in a path."""
    pair: list[str | Slot] = []
    for part in query:
        first, *others = part.split("&") if isinstance(part, str) else [part]
        pair.append(first)
        for each in others:
            yield tuple(pair)
            pair = [each]
    if any(pair):
        yield tuple(pair)


def normal(text: str) -> str:
    """Percent-encoded text in one form: what need not be encoded is not, digits are capitals."""
    return TRIPLET.sub(_triplet, text) if "%" in text else text


def _triplet(match: re.Match[str]) -> str:
    character = chr(int(match[1], 16))
    return character if UNRESERVED.fullmatch(character) else match[0].upper()
