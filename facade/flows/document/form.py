"""Form: a mapping of a flow file, with its fields, and the noun that it stands for."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from facade.flows.document.collections import read_all
from facade.flows.document.kinds import Kind
from facade.flows.document.node import Node, Wrong, meant, what

REQUIRED: Final = object()
"""Stands for the default of a field that must be there."""


@dataclass(frozen=True, slots=True)
class Member:
    """One field of a mapping."""

    kind: Kind
    about: str
    """What it says, for editors."""
    default: Any = None
    """What it is where it is absent."""

    def schema(self) -> dict[str, Any]:
        """What the field may hold, with words for it."""
        found = {"description": self.about, **self.kind.schema()}
        if self.default not in (REQUIRED, None):
            found["default"] = self.kind.write(self.default)
        return found


def required(kind: Kind, about: str) -> Member:
    """A field that must be there."""
    return Member(kind, about, REQUIRED)


Members = Mapping[str, Member]


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A mapping whose fields are known; of its variants, if it has any, exactly one is chosen."""

    name: str
    """By which the JSON Schema refers to it."""
    about: str
    members: Members = field(default_factory=dict)
    variants: Mapping[str, Members] = field(default_factory=dict)
    """The fields of each, by the one that tells it from the others."""
    make: Callable[[Node, dict[str, Any]], Any]
    """The noun, of the fields that are there."""
    take: Callable[[Any], Mapping[str, Any]]
    """The fields of a noun; None: absent."""

    def read(self, node: Node) -> Any:
        """The noun; everything that is wrong with the mapping is noted first."""
        value = {} if node.value is None and self.bare else node.value
        if not isinstance(value, dict):
            raise node.refuse(f"must be a mapping, not {what(node.value)}")
        node = Node(value, node.pointer, node.report)
        chosen = [each for each in value if each in self.variants]
        members = self.members_of(chosen[0] if chosen else "")
        complete = self._complete(node, members, chosen)
        known = {key: (node.child(key), members[key].kind) for key in value if key in members}
        keys, values = read_all(known)
        if not complete:
            raise Wrong(self.name)
        return self.make(node, dict(zip(keys, values, strict=True)))

    def write(self, value: Any) -> dict[str, Any]:
        """The fields of a noun that are not what they are anyway."""
        taken = {key: each for key, each in self.take(value).items() if each is not None}
        chosen = next((each for each in self.variants if each in taken), "")
        members = self.members_of(chosen)
        return {
            key: member.kind.write(taken[key])
            for key, member in members.items()
            if key in taken and taken[key] != member.default
        }

    def schema(self) -> dict[str, Any]:
        """A reference to its own schema."""
        return {"$ref": f"#/$defs/{self.name}"}

    def schemas(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Its own schema, and those of its variants, by name."""
        if not self.variants:
            yield self.name, self._closed(self.members, self.about)
            return
        names = {key: self.name + key.title().replace("_", "") for key in self.variants}
        options = [{"$ref": f"#/$defs/{name}"} for name in names.values()]
        yield self.name, {"description": self.about, "oneOf": options}
        for key, name in names.items():
            yield name, self._closed(self.members_of(key), self.about)

    def members_of(self, chosen: str) -> Members:
        """The fields that go with a variant, those that tell it first."""
        common = dict(self.members)
        leading: dict[str, Member] = {
            key: common.pop(key) for key in ("id", "title") if key in common
        }
        return {**leading, **self.variants.get(chosen, {}), **common}

    @property
    def bare(self) -> bool:
        """Whether nothing needs to be in it."""
        return not self.variants and not any(
            each.default is REQUIRED for each in self.members.values()
        )

    def _complete(self, node: Node, members: Members, chosen: list[str]) -> bool:
        """Whether all keys are known, and all that are required there; notes what is wrong."""
        told = len(node.report.found)
        for key in node.value:
            if key not in members and key not in chosen:
                self._unknown(node, key, members, chosen)
        if len(chosen) > 1:
            both = " and ".join(f"`{each}`" for each in chosen)
            node.child(chosen[1]).refuse_key(f"{both} stand here, but one of them is allowed")
        if self.variants and not chosen and len(node.report.found) == told:
            node.refuse_key(f"must have one of {_listed(self.variants)}")
        for key, member in members.items():
            if member.default is REQUIRED and key not in node.value:
                node.refuse_key(f"`{key}` is missing: {member.about}")
        return len(node.report.found) == told

    def _unknown(self, node: Node, key: str, members: Members, chosen: list[str]) -> None:
        others = [name for name, each in self.variants.items() if key in each]
        if others and chosen:
            message = f"is no field of `{chosen[0]}`; it goes with {_listed(others)}"
        elif others:
            message = f"goes with {_listed(others)}, of which none is here"
        else:
            hint = meant(key, [*members, *self.variants])
            message = "is no field" + (
                hint
                or f"; the fields are {_listed([*members, *({} if chosen else self.variants)])}"
            )
        node.child(key).refuse_key(message)

    def _closed(self, members: Members, about: str) -> dict[str, Any]:
        needed = [key for key, each in members.items() if each.default is REQUIRED]
        properties = {key: each.schema() for key, each in members.items()}
        kind = ["object", "null"] if self.bare else "object"
        found: dict[str, Any] = {"description": about, "type": kind, "properties": properties}
        return found | ({"required": needed} if needed else {}) | {"additionalProperties": False}


@dataclass(frozen=True, slots=True)
class Later:
    """A form that is known only once the module is read: it holds itself."""

    form: Callable[[], Form]

    def read(self, node: Node) -> Any:
        """What the form reads."""
        return self.form().read(node)

    def write(self, value: Any) -> Any:
        """What the form writes."""
        return self.form().write(value)

    def schema(self) -> dict[str, Any]:
        """A reference to the form's schema."""
        return self.form().schema()


def _listed(names: Mapping[str, Any] | list[str]) -> str:
    return ", ".join(f"`{each}`" for each in names)
