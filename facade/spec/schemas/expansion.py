"""How far a schema expands upon one and the same value: circles and explosions are cut."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

from facade.spec.schemas.site import Edge, Site

MAX_EXPANSION = 5_000
"""Schemas that one value may be checked against by way of one reference."""

Edges: TypeAlias = Callable[[Site], tuple[Edge, ...]]
"""The edges of a schema."""


class Circles:
    """Strongly connected components, found on demand (Tarjan 1972), without recursion."""

    def __init__(self, successors: Callable[[Site], list[Site]]) -> None:
        self._successors = successors
        self._found: dict[Site, int] = {}
        self._order: dict[Site, int] = {}

    def joined(self, one: Site, other: Site) -> bool:
        """Whether two nodes lie on one circle; a node lies on one with itself."""
        return self._circle(one) == self._circle(other)

    def _circle(self, node: Site) -> int:
        if node not in self._found:
            self._explore(node)
        return self._found[node]

    def _explore(self, root: Site) -> None:
        low: dict[Site, int] = {}
        open_nodes: list[Site] = []
        trail: list[tuple[Site, Iterator[Site]]] = []

        def enter(node: Site) -> None:
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

    def _advance(self, node: Site, successors: Iterator[Site], low: dict[Site, int]) -> Site | None:
        for successor in successors:
            if successor not in self._order:
                return successor
            if successor not in self._found:
                low[node] = min(low[node], self._order[successor])
        return None

    def _close(self, node: Site, open_nodes: list[Site]) -> None:
        while True:
            member = open_nodes.pop()
            self._found[member] = self._order[node]
            if member == node:
                return


class Expansion:
    """Decides which references between schemas are cut, the same ones in any order of asking.

    A reference that leads back to where it stands, upon the same value, would have
    no end: `Pet: {oneOf: [Cat]}` with `Cat: {allOf: [Pet]}`. Cat's share of Pet is
    Pet without those alternatives: of a circle that has both kinds, what a schema
    always refers to is meant as a base. A circle of one kind is cut. What is left
    has an end, which may still be 2^20 steps away; references into that go too.
    Recursion through properties and items has its end in the value, and stays.
    """

    def __init__(self, edges: Edges) -> None:
        self._edges = edges
        self._all = self._circles(firm=True, branch=True)
        self._firm = self._circles(firm=True, branch=False)
        self._branches = self._circles(firm=False, branch=True)
        self._weights: dict[Site, int] = {}

    def end(self, source: Site, edge: Edge) -> Site | None:
        """What a reference in a schema means, or None where it is cut."""
        whole = source.plain
        if not self._all.joined(whole, edge.target):
            return edge.target
        if not edge.branch:
            endless = self._firm.joined(whole, edge.target)
            return None if endless else edge.target._replace(base=True)
        if source.base or self._branches.joined(whole, edge.target):
            return None
        return edge.target

    def heavy(self, target: Site) -> bool:
        """Whether a schema expands too far for any reference to it."""
        return self._weight(target) > MAX_EXPANSION

    def _circles(self, *, firm: bool, branch: bool) -> Circles:
        def successors(site: Site) -> list[Site]:
            return [each.target for each in self._edges(site) if (branch if each.branch else firm)]

        return Circles(successors)

    def _kept(self, node: Site) -> list[Site]:
        ends = (self.end(node, edge) for edge in self._edges(node.plain))
        return [each for each in ends if each is not None]

    def _weight(self, root: Site) -> int:
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
