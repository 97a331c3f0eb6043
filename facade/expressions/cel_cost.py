"""What a condition may cost on a value, reckoned before it is evaluated.

CEL's library counts iterations, and nothing else: `map` and `filter` copy what they have at each
item, a pattern is compiled at each use, and texts are searched naively. Once it runs it cannot be
stopped. So the tree is gone through with the sizes of what it will meet, and what may take too
long is refused. Units are some 0.1 us; the factors were measured.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from facade.expressions.cel_tree import Part
from facade.expressions.scope import Sizes

MOST: Final = 250_000
"""Units of one evaluation."""
ITERATIONS: Final = 10_000
"""Of all loops of one evaluation; the library's own bound."""
_CLASS: Final = re.compile(r"\\[pP]")
_COUNTS: Final = re.compile(r"\{(\d+)(?:,(\d*))?\}")
_SPANS: Final = re.compile(r"\.|\[\^|\\[WDS]")
_UNKNOWN: Final = object()


def cost(tree: Part, scope: Mapping[str, Any], sizes: Sizes) -> float:
    """Gives the units that an evaluation takes at most."""
    parts = list(_every(tree))
    plus = sum(each.name == "_+_" and not _gathering(each) for each in parts)
    loops = any(each.gathers for each in parts)
    growth = float(2 ** min(plus, 40) if loops else plus + 1)
    own = max((len(each.below) for each in parts if each.kind in {"list", "object"}), default=0)
    literal = max((len(each.text or "") for each in parts), default=0)
    reckoner = _Reckoner(
        scope=scope,
        items=max(sizes.items, own, 1) * growth,
        text=max(sizes.text, literal, 1) * growth,
        nodes=(sizes.nodes + len(parts)) * growth,
    )
    return reckoner.of(tree, 1.0, frozenset())


def pattern_cost(pattern: str) -> float:
    """Gives the units that compiling a pattern takes: RE2 spells repetitions and classes out."""
    atoms = len(pattern) + 3_000 * len(_CLASS.findall(pattern)) + 10 * len(_SPANS.findall(pattern))
    times = 1.0
    for least, most in _COUNTS.findall(pattern):
        times *= max(float(least), float(most or 1), 1.0)
    return 300 + 5 * atoms * times * (2 if "(?" in pattern else 1)


def _every(part: Part) -> list[Part]:
    """A part, and all below."""
    found = [part]
    for each in found:
        found.extend(each.below)
    return found


def _gathering(part: Part) -> bool:
    """Whether a sum is the one by which `map` and `filter` add an item to what they have."""
    return bool(part.below) and part.below[0].name.startswith("@")


@dataclass(frozen=True, slots=True)
class _Reckoner:
    """Goes through a tree with the greatest sizes that its values may have."""

    scope: Mapping[str, Any]
    items: float
    text: float
    nodes: float

    def of(self, part: Part, times: float, bound: frozenset[str]) -> float:
        """What a part costs that is evaluated so often; `bound` are the variables of loops."""
        if part.kind == "loop":
            return self._loop(part, times, bound)
        below = sum(self.of(each, times, bound) for each in part.below)
        own = self._call(part, bound) if part.kind == "call" else 1.0
        return below + times * own

    def _loop(self, part: Part, times: float, bound: frozenset[str]) -> float:
        """A loop: its range once, its parts for each item."""
        over, *rest = part.below
        there = self._resolved(over, bound)
        known = there is not _UNKNOWN and isinstance(there, list | dict)
        count = float(len(there)) if known and isinstance(there, list | dict) else self.items
        if over.kind == "list":
            count = float(len(over.below))
        inside = min(times * count, max(float(ITERATIONS), times))
        own = 5 + (0.2 * min(count, ITERATIONS) if part.gathers else 0.0)
        within = bound | {part.name, part.sum}
        return (
            self.of(over, times, bound)
            + sum(self.of(each, inside, within) for each in rest)
            + inside * own
        )

    def _call(self, part: Part, bound: frozenset[str]) -> float:
        """What a call does itself."""
        if part.name in {"_==_", "_!=_"}:
            return 2 + 0.2 * min(self._size(each, bound) for each in part.below)
        if part.name == "@in":
            return 2 + 0.2 * (self.items + self._size(part.below[0], bound))
        if part.name in {"matches", "contains"}:
            return self._search(part)
        if part.name == "_+_" and _gathering(part):
            return 3.0
        if part.name in {"_+_", "string", "bytes", "size", "startsWith", "endsWith"}:
            return 2 + self.text / 200 + self.items / 50
        return 3.0

    def _search(self, part: Part) -> float:
        """What looking through a text costs: patterns are compiled, texts are sought naively."""
        sought = part.below[-1].text
        if part.name == "matches":
            return pattern_cost(sought or "") + self.text * 3
        length = self.text if sought is None else float(len(sought))
        return 2 + self.text / 8 + self.text * length / 6_500

    def _size(self, part: Part, bound: frozenset[str]) -> float:
        """How much there is of a value to compare."""
        if part.kind == "constant":
            return len(part.text or "") / 200
        there = self._resolved(part, bound)
        if there is _UNKNOWN:
            return self.nodes + self.text / 200
        return _extent(there) if isinstance(there, list | dict) else self.text / 200

    def _resolved(self, part: Part, bound: frozenset[str]) -> Any:
        """The value that a chain of fields leads to, where it is not one of a loop."""
        if part.kind == "name":
            return _UNKNOWN if part.name in bound else self.scope.get(part.name)
        if part.kind != "field" or not part.below:
            return _UNKNOWN
        above = self._resolved(part.below[0], bound)
        if above is _UNKNOWN:
            return _UNKNOWN
        return above.get(part.name) if isinstance(above, dict) else None


def _extent(value: Any) -> float:
    """How many values a value has, and their text."""
    found = 0.0
    pending = [value]
    while pending:
        here = pending.pop()
        found += 1 + (len(here) / 200 if isinstance(here, str) else 0)
        if isinstance(here, dict):
            pending.extend(here.values())
        elif isinstance(here, list):
            pending.extend(here)
    return found
