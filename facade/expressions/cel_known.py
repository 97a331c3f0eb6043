"""What a condition reads, and whether that can be there."""

from dataclasses import dataclass, field
from typing import Final

from facade.expressions.cel_tree import Part
from facade.expressions.finding import Finding, meant, place_at
from facade.expressions.known import ANYTHING, Known
from facade.expressions.scope import Chain
from facade.model.definition import Expression

TYPES: Final = frozenset(
    {"bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint"}
)
"""Names of CEL's types, with which `type(value)` is compared."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A value within a condition."""

    known: Known = ANYTHING
    chain: Chain | None = None
    """Where it stands; None: within a loop, or made."""


@dataclass(slots=True)
class Reader:
    """Goes through the tree of one condition once."""

    expression: Expression
    reads: set[Chain] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)

    def read(self, tree: Part, known: Known) -> "Reader":
        """Goes through a tree with what is known of its variables; gives itself."""
        seen = self._see(tree, known, {})
        self._use(seen)
        if seen.known.types and "boolean" not in seen.known.types:
            given = " or ".join(sorted(seen.known.types))
            said = f"a condition gives true or false; this gives {given}"
            self.findings.append(Finding(place_at(self.expression, 0), said))
        return self

    def _use(self, seen: _Seen) -> None:
        if seen.chain is not None:
            self.reads.add(seen.chain)

    def _see(self, part: Part, root: Known, bound: dict[str, _Seen]) -> _Seen:
        """What a part is."""
        if part.kind == "name":
            return bound.get(part.name) or self._variable(part, root)
        if part.kind == "field" and part.below:
            return self._field(part, self._see(part.below[0], root, bound))
        if part.kind == "call" and part.name == "_[_]":
            return self._index(part, root, bound)
        if part.kind == "loop":
            return self._loop(part, root, bound)
        for each in part.below:
            self._use(self._see(each, root, bound))
        return _Seen()

    def _variable(self, part: Part, root: Known) -> _Seen:
        if part.name in TYPES:
            return _Seen()
        below = root.field(part.name)
        if below is None:
            said = f"there is no `{part.name}` here{meant(part.name, root.names)}"
            self.findings.append(Finding(place_at(self.expression, part.at), said))
        return _Seen(below or ANYTHING, (part.name,))

    def _field(self, part: Part, above: _Seen) -> _Seen:
        """A field of a value; one that is only asked for need not be there."""
        below = above.known.field(part.name)
        if below is None and not part.tests:
            where = f"`{'.'.join(above.chain)}`" if above.chain else "the value"
            said = f"`{part.name}` is no field of {where}{meant(part.name, above.known.names)}"
            self.findings.append(Finding(place_at(self.expression, part.at + 1), said))
        chain = None if above.chain is None else (*above.chain, part.name)
        return _Seen(below or ANYTHING, chain)

    def _index(self, part: Part, root: Known, bound: dict[str, _Seen]) -> _Seen:
        """`value["name"]` is a field; any other index takes the whole."""
        above, key = part.below
        seen = self._see(above, root, bound)
        if key.text is not None:
            return self._field(Part("field", key.text, at=part.at), seen)
        self._use(seen)
        self._use(self._see(key, root, bound))
        return _Seen(seen.known.items())

    def _loop(self, part: Part, root: Known, bound: dict[str, _Seen]) -> _Seen:
        over, *rest = part.below
        seen = self._see(over, root, bound)
        self._use(seen)
        within = {**bound, part.name: _Seen(seen.known.items()), part.sum: _Seen()}
        for each in rest:
            self._use(self._see(each, root, within))
        return _Seen()
