"""Site: a schema's place in a document, and what else its meaning depends on."""

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple, TypeAlias

COMPONENT = re.compile(r"/components/schemas/([A-Za-z0-9._-]{1,100})")

Scope: TypeAlias = tuple[tuple[str, str], ...]
"""What each dynamic anchor stands for: the pointer of the outermost schema that has it."""


class Site(NamedTuple):
    """A schema together with what its meaning depends on beside its own words."""

    pointer: str
    scope: Scope = ()
    base: bool = False
    """Whether it is meant without the alternatives that refer back to it: a parent's share."""

    open: bool = False
    """Whether it is one of several that make up an object: what it does not name, they may."""

    @property
    def plain(self) -> "Site":
        """The schema as it stands."""
        return Site(self.pointer, self.scope) if self.base or self.open else self

    @property
    def name(self) -> str:
        """What its definition is called: the same name in every bundle.

        A component keeps its name where that can stand in a pointer as it is; other
        names are made of the pointer and a hash of all.
        """
        component = COMPONENT.fullmatch(self.pointer)
        if component and not any(self[1:]):
            return component[1]
        words = re.sub(r"[^A-Za-z0-9._-]+", "_", self.pointer.rpartition("/")[2])[:60]
        marks = [self.pointer, *(f"{name} {at}" for name, at in self.scope)]
        marks += [mark for mark in ("base", "open") if getattr(self, mark)]
        whole = "\n".join(marks)
        return f"{words}-{sha256(whole.encode()).hexdigest()[:12]}"


@dataclass(frozen=True, slots=True)
class Edge:
    """A reference that applies to the same value as the schema it stands in."""

    target: Site
    branch: bool
    """Whether it stands under `oneOf`, `anyOf`, `not` and the like, which may be left out whole."""
