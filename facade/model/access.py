"""Access: who calls, and what they may do."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Permission(StrEnum):
    """What a method asks of its caller."""

    VIEW = "view"
    """To see that something is there, and what is told of it."""
    INVOKE = "invoke"
    """To have calls made."""
    EDIT = "edit"
    """To create and change, but for what serves `live` calls."""
    PUBLISH = "publish"
    """To decide what serves `live` calls, and to delete what does."""
    ADMINISTER = "administer"
    """To decide who may do what."""
    AUDIT = "audit"
    """To read who did what."""


class Role(StrEnum):
    """A bundle of permissions."""

    VIEWER = "viewer"
    INVOKER = "invoker"
    EDITOR = "editor"
    PUBLISHER = "publisher"
    ADMIN = "admin"
    AUDITOR = "auditor"


ALLOWS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.VIEWER: frozenset({Permission.VIEW}),
        Role.INVOKER: frozenset({Permission.VIEW, Permission.INVOKE}),
        Role.EDITOR: frozenset({Permission.VIEW, Permission.INVOKE, Permission.EDIT}),
        Role.PUBLISHER: frozenset({Permission.VIEW, Permission.PUBLISH}),
        Role.ADMIN: frozenset(Permission),
        Role.AUDITOR: frozenset({Permission.VIEW, Permission.AUDIT}),
    }
)
"""What each role may do; who edits does not publish, so that two look at a change."""

EVERY = ("*",)
"""Patterns that every id fits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A role, over the resources whose ids fit: `orders`, or `orders-*`."""

    role: Role
    connectors: tuple[str, ...] = EVERY
    actions: tuple[str, ...] = EVERY
    connections: tuple[str, ...] = EVERY

    def covers(self, target: "Target") -> bool:
        """Whether what it is about is among its resources; what is not named is not asked of."""
        return (
            _fits(self.connectors, target.connector)
            and _fits(self.actions, target.action)
            and _fits(self.connections, target.connection)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a request is about, by ids; empty: it names none of the kind."""

    connector: str = ""
    action: str = ""
    """The id that it has in its version, not an alias."""
    connection: str = ""


ANYTHING = Target()
"""Of a request that is about no resource, or about all of a kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who calls: the tenant comes from here and from nowhere else."""

    tenant: str = ""
    """Empty: the one that there is where nobody made any."""
    name: str
    """`key:ci`, `spiffe://prod/ns/billing/sa/api`, `jwt:ISSUER#SUBJECT`, `unix:1000`, `anyone`."""
    grants: tuple[Grant, ...] = ()

    @property
    def known_name(self) -> str:
        """The name; empty for whoever was not asked."""
        return "" if self is ANYONE else self.name

    def allows(self, permission: Permission, target: Target = ANYTHING) -> bool:
        """Whether one of the grants has the permission and covers what it is asked for."""
        return any(permission in ALLOWS[each.role] and each.covers(target) for each in self.grants)


ANYONE = Identity(name="anyone", grants=(Grant(role=Role.ADMIN),))
"""Whoever reaches a face that asks nobody who they are: on loopback and sockets alone."""


def _fits(patterns: tuple[str, ...], name: str) -> bool:
    if not name or patterns is EVERY:
        return True
    return any(
        name.startswith(each[:-1]) if each.endswith("*") else name == each for each in patterns
    )
