"""The path tree: which action a method and an address mean (OAS 3.2 section 4.8.2)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from urllib.parse import unquote

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


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """Where a request goes."""

    target: T
    slots: Mapping[str, str]
    """The texts of the slots, by the names of their parameters, percent-encoded."""
    query: tuple[str, ...]
    """The pairs of the query that are not the path's own."""


@dataclass(slots=True)
class Node(Generic[T]):
    """What may follow the segments so far."""

    literals: "dict[str, Node[T]]" = field(default_factory=dict)
    patterns: "dict[Pattern, Node[T]]" = field(default_factory=dict)
    """The most concrete first, once the tree is complete."""
    routes: list[Route[T]] = field(default_factory=list)


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
            ordered = sorted(node.patterns.items(), key=lambda each: each[0].rank)
            node.patterns = dict(ordered)
            node.routes.sort(key=lambda each: -len(each.query))
            waiting.extend((*node.literals.values(), *node.patterns.values()))

    def find(self, method: str, path: str, query: Sequence[str]) -> list[Found[T]]:
        """Finds what a request may mean: the most concrete path that has the method.

        Several are given where paths differ in nothing that an address shows.
        """
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
    ) -> Iterator[tuple[list[str], "list[tuple[Route[T], Claim]]"]]:
        """The paths that an address has, the most concrete first, with the texts of their slots.

        One without slots has its address for itself, whatever methods it has.
        """
        pairs = [normal(each) for each in query]
        for routes, texts in _walk(self._root, path):
            read = ((each, _claim(each, pairs)) for each in routes)
            claims = [(route, claim) for route, claim in read if claim is not None]
            if claims:
                yield texts, claims
                if not texts:
                    return


Claim = tuple[dict[str, str], set[int]]
"""The slots in the query, and which of its pairs are the path's own."""


def _found(route: Route[T], claim: Claim, texts: list[str], query: Sequence[str]) -> Found[T]:
    slots, taken = claim
    left = tuple(each for at, each in enumerate(query) if at not in taken)
    return Found(route.target, {**dict(zip(route.slots, texts, strict=True)), **slots}, left)


def _walk(root: Node[T], path: str) -> Iterator[tuple[list[Route[T]], list[str]]]:
    """The routes that a path leads to, the most concrete first, with the texts of their slots."""
    segments = [normal(each) for each in path.split("/", MAX_SEGMENTS)]
    waiting: list[tuple[Node[T], int, list[str]]] = [(root, 0, [])]
    while waiting:
        node, at, texts = waiting.pop()
        if at == len(segments):
            if node.routes:
                yield node.routes, texts
            continue
        waiting.extend(reversed(list(_steps(node, at, segments, texts))))


def _steps(
    node: Node[T], at: int, segments: list[str], texts: list[str]
) -> Iterator[tuple[Node[T], int, list[str]]]:
    """The nodes that the next segments lead to: literal text before slots."""
    literal = node.literals.get(unquote(segments[at]))
    if literal is not None:
        yield literal, at + 1, texts
    for pattern, child in node.patterns.items():
        ends = range(at + 1, len(segments) + 1) if pattern.many else (at + 1,)
        for end in ends:
            found = pattern.match("/".join(segments[at:end]))
            if found is not None:
                yield child, end, [*texts, *found]


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
