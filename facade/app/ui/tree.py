"""Trees: the nodes of an answer within one another, to be folded and unfolded."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from facade.model.trial import Node

FEW: Final = 12
"""Members of what stands open by itself."""
OPEN: Final = 2
"""So deep values are shown at once."""


@dataclass(frozen=True, slots=True)
class Branch:
    """One value, with those that it holds."""

    node: Node
    branches: list["Branch"] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether it is an object or an array."""
        return self.node.type in ("object", "array")

    @property
    def said(self) -> str:
        """What stands for it while it is folded."""
        noun = "items" if self.node.type == "array" else "fields"
        return f"{self.node.size} {noun if self.node.size != 1 else noun[:-1]}"

    @property
    def is_open(self) -> bool:
        """Whether it is unfolded by itself."""
        return self.node.depth == 0 or (self.node.depth < OPEN and self.node.size <= FEW)


def nested(nodes: Sequence[Node]) -> Branch | None:
    """The root of nodes that stand in the order of their text; None where there are none."""
    above: list[Branch] = []
    for node in nodes:
        branch = Branch(node)
        del above[node.depth :]
        if above:
            above[-1].branches.append(branch)
        above.append(branch)
    return above[0] if above else None
