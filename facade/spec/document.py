"""Document: an OpenAPI document as it was read, with its references followed on demand."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

MAX_HOPS = 64
"""References to references that are followed before the chain counts as a circle."""

OBJECT = (dict, Mapping)
"""What an object is, the usual kind first: most of a document is asked for by pointers."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document in the shape of OpenAPI 3, whichever version it was written in.

    Nothing is dereferenced ahead: `follow` walks from a node to what it stands
    for, so a document costs what its text parses to and no more.
    """

    tree: Mapping[str, Any]
    version: str
    """What the document names: `2.0`, `3.0.3`, `3.1.0`, …"""
    nameless: bool = False
    """Whether it is known that no schema has a name of its own, such as `$id` or `$anchor`."""

    @property
    def modern(self) -> bool:
        """Whether schemas are JSON Schema 2020-12 (OAS 3.1 and later)."""
        return not self.version.startswith(("2.", "3.0"))

    def find(self, pointer: str) -> Any:
        """What stands at a JSON pointer (RFC 6901); raises LookupError where nothing does."""
        node: Any = self.tree
        for token in pointer.split("/")[1:]:
            key = token.replace("~1", "/").replace("~0", "~") if "~" in token else token
            if isinstance(node, OBJECT):
                node = node[key]
            elif isinstance(node, list) and key.isdecimal():
                node = node[int(key)]
            else:
                raise KeyError(pointer)
        return node

    def follow(self, node: Any, pointer: str) -> tuple[Any, str]:
        """The node that a chain of local `$ref`s leads to, and its pointer.

        A node without `$ref` is its own end. Raises LookupError with the
        offending reference where the chain leads nowhere, outside the
        document, or in a circle.
        """
        for _ in range(MAX_HOPS):
            if not (isinstance(node, Mapping) and isinstance(node.get("$ref"), str)):
                return node, pointer
            reference = node["$ref"]
            if not (reference == "#" or reference.startswith("#/")):
                raise LookupError(reference)
            pointer = unquote(reference[1:])
            try:
                node = self.find(pointer)
            except (LookupError, ValueError):
                raise LookupError(reference) from None
        raise LookupError(pointer)


def escape(token: str) -> str:
    """One token of a JSON pointer (RFC 6901 section 3)."""
    return token.replace("~", "~0").replace("/", "~1")


def unescape(token: str) -> str:
    """What a token of a JSON pointer stands for."""
    return token.replace("~1", "/").replace("~0", "~")
