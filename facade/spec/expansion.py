"""How far a schema expands upon one and the same value: circles and explosions are cut."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

MAX_EXPANSION = 5_000
"""Schemas that one value may be checked against by way of one reference."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A reference that applies to the same value as the schema it stands in."""

    target: str
    branch: bool
    """Whether it stands under `oneOf`, `anyOf`, `not` and the like, which may be left out whole."""


Edges: TypeAlias = Callable[[str], tuple[Edge, ...]]
"""The edges of the schema at a JSON pointer."""


class Circles:
    """Strongly connected components, found on demand (Tarjan 1972), without recursion."""

    def __init__(self, successors: Callable[[str], list[str]]) -> None:
        self._successors = successors
        self._found: dict[str, int] = {}
        self._order: dict[str, int] = {}

    def joined(self, one: str, other: str) -> bool:
        """Whether two nodes lie on one circle; a node lies on one with itself."""
        return self._circle(one) == self._circle(other)

    def _circle(self, node: str) -> int:
        if node not in self._found:
            self._explore(node)
        return self._found[node]

    def _explore(self, root: str) -> None:
        low: dict[str, int] = {}
        open_nodes: list[str] = []
        trail: list[tuple[str, Iterator[str]]] = []

        def enter(node: str) -> None:
            self._order[node] = low[node] = len(self._order)
            open_nodes.append(node)
            trail.append((node, iter(self._successors(node))))

        enter(root)
        while trail:
            node, successors = trail[-1]
            fresh = self._advance(node, successors, low)
            if fresh is not None:
                enter(fresh)
                continue
            trail.pop()
            if trail:
                parent = trail[-1][0]
                low[parent] = min(low[parent], low[node])
            if low[node] == self._order[node]:
                self._close(node, open_nodes)

    def _advance(self, node: str, successors: Iterator[str], low: dict[str, int]) -> str | None:
        for successor in successors:
            if successor not in self._order:
                return successor
            if successor not in self._found:
                low[node] = min(low[node], self._order[successor])
        return None

    def _close(self, node: str, open_nodes: list[str]) -> None:
        while True:
            member = open_nodes.pop()
            self._found[member] = self._order[node]
            if member == node:
                return


class Expansion:
    """Decides which references between schemas are cut, the same ones in any order of asking.

    A reference that leads back to where it stands, upon the same value, would
    have no end: `Pet: {oneOf: [Cat]}` with `Cat: {allOf: [Pet]}`. Of such a
    circle the branches go, or all of it where it has none. What is left has an
    end, which may still be 2^20 steps away; references into that go too.
    Recursion through properties and items has its end in the value, and stays.
    """

    def __init__(self, edges: Edges) -> None:
        self._edges = edges
        self._all = Circles(lambda node: [edge.target for edge in edges(node)])
        self._firm = Circles(lambda node: [edge.target for edge in edges(node) if not edge.branch])
        self._weights: dict[str, int] = {}

    def heavy(self, target: str) -> bool:
        """Whether what stands at a pointer expands too far for any reference to it."""
        return self._weight(target) > MAX_EXPANSION

    def circular(self, source: str, edge: Edge) -> bool:
        """Whether the reference leads back to its source, and is the one to be cut."""
        circles = self._all if edge.branch else self._firm
        return circles.joined(source, edge.target)

    def _kept(self, node: str) -> list[str]:
        return [edge.target for edge in self._edges(node) if not self.circular(node, edge)]

    def _weight(self, root: str) -> int:
        """How many schemas it comes to; those that are cut do not count."""
        trail = [root]
        while trail:
            node = trail[-1]
            targets = [] if node in self._weights else self._kept(node)
            missing = [target for target in targets if target not in self._weights]
            if missing:
                trail.extend(missing)
                continue
            light = [self._weights[target] for target in targets]
            weight = 1 + sum(each for each in light if each <= MAX_EXPANSION)
            self._weights.setdefault(node, weight)
            trail.pop()
        return self._weights[root]
