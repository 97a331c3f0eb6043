"""Pair: one value as the old document has it and as the new one has it, and how they differ."""

from dataclasses import dataclass, field
from typing import NamedTuple

from facade.model.difference import Finding
from facade.spec.diff.rules import finding
from facade.spec.schemas.schema import Direction
from facade.spec.shapes.shape import Shape, Value


class Key(NamedTuple):
    """What a pair is known by: it is looked at once, however many values lead to it."""

    direction: Direction
    old: Value
    new: Value


@dataclass(slots=True)
class Pair:
    """A pair while it is looked at."""

    key: Key
    old: Shape
    new: Shape
    name: str
    """What the value is called in sentences."""
    findings: list[Finding] = field(default_factory=list)
    below: list[Key] = field(default_factory=list)
    """The pairs of its parts."""

    @property
    def sent(self) -> bool:
        """Whether the value is sent; else it is answered."""
        return self.key.direction is Direction.REQUEST

    @property
    def side(self) -> str:
        """How rules call the direction."""
        return "request" if self.sent else "response"

    @property
    def narrow(self) -> Shape:
        """What must still fit: the old of what is sent, the new of what is answered."""
        return self.old if self.sent else self.new

    @property
    def wide(self) -> Shape:
        """Into which it must fit."""
        return self.new if self.sent else self.old

    def say(self, rule: str, message: str, old: str | None = "", new: str | None = "") -> None:
        """Notes a finding at the value itself, or at other pointers; None: nothing is there."""
        before = old or (self.old.at or None if old is not None else None)
        after = new or (self.new.at or None if new is not None else None)
        self.findings.append(finding(rule, message, before, after))

    def descend(self, old: Value, new: Value) -> None:
        """Leads on to a part of the value, unless nothing is asked of it in either document."""
        if old or new:
            self.below.append(Key(self.key.direction, old, new))
