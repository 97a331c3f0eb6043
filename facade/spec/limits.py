"""How large a document may be."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds on what `load` takes; the largest published documents stay far below."""

    size: int = 32 * 1024 * 1024
    """Bytes of text."""
    files: int = 5_000
    """Files that a document may be spread over."""
    operations: int = 20_000
    """Operations; the largest published document has 11,422."""
    nodes: int = 2_000_000
    """Values in the tree, aliases expanded."""
    depth: int = 200
    """Containers inside each other."""
    aliases: int = 1000
    """Uses of YAML anchors."""
    alias_nodes: int = 100_000
    """Values that the aliases may add."""


DEFAULT: Final = Limits()
