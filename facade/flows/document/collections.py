"""Lists and mappings of a flow file, all of whose values are of one kind."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from facade.flows.document.kinds import Kind
from facade.flows.document.node import Node, Wrong, what


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A list, all of one kind."""

    kind: Kind
    least: int = 0
    most: int

    def read(self, node: Node) -> tuple[Any, ...]:
        """The items; each that is wrong is noted."""
        value = node.value
        if not isinstance(value, list):
            raise node.refuse(f"must be a list, not {what(value)}")
        if not self.least <= len(value) <= self.most:
            few = "must have at least one item"
            many = f"must have at most {self.most} items, not {len(value)}"
            raise node.refuse(few if len(value) < self.least else many)
        return tuple(
            read_all({str(at): (node.child(at), self.kind) for at in range(len(value))})[1]
        )

    def write(self, value: tuple[Any, ...]) -> list[Any]:
        """The items, written."""
        return [self.kind.write(each) for each in value]

    def schema(self) -> dict[str, Any]:
        """An array."""
        found = {"type": "array", "items": self.kind.schema(), "maxItems": self.most}
        return found | ({"minItems": self.least} if self.least else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """A mapping with free keys, all values of one kind."""

    kind: Kind
    keys: str
    """The pattern that keys match."""
    form: str
    """What the pattern asks for, in words."""
    least: int = 0
    most: int

    def read(self, node: Node) -> dict[str, Any]:
        """The values by key; each that is wrong is noted."""
        value = node.value
        if not isinstance(value, dict):
            raise node.refuse(f"must be a mapping, not {what(value)}")
        if not self.least <= len(value) <= self.most:
            few = "must not be empty"
            many = f"must have at most {self.most} keys, not {len(value)}"
            raise node.refuse(few if len(value) < self.least else many)
        odd = [key for key in value if not re.fullmatch(self.keys, key)]
        for key in odd:
            node.child(key).refuse_key(self.form)
        keys, values = read_all({key: (node.child(key), self.kind) for key in value})
        if odd:
            raise Wrong(self.form)
        return dict(zip(keys, values, strict=True))

    def write(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """The values, written, by key."""
        return {key: self.kind.write(each) for key, each in value.items()}

    def schema(self) -> dict[str, Any]:
        """An object."""
        names = {"pattern": f"^(?:{self.keys})$"}
        found: dict[str, Any] = {
            "type": "object",
            "propertyNames": names,
            "maxProperties": self.most,
        }
        least = {"minProperties": self.least} if self.least else {}
        return found | least | {"additionalProperties": self.kind.schema()}


def read_all(nodes: Mapping[str, tuple[Node, Kind]]) -> tuple[list[str], list[Any]]:
    """The names and the values of nodes; raises Wrong after all, where one of them is wrong."""
    values = []
    wrong: Wrong | None = None
    for node, kind in nodes.values():
        try:
            values.append(kind.read(node))
        except Wrong as error:
            wrong = error
    if wrong:
        raise wrong
    return list(nodes), values
