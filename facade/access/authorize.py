"""Whether a caller may do what a request asks for: one place for every method of both faces."""

from collections.abc import Collection
from dataclasses import replace
from typing import Protocol

from facade.access.methods import EVERYTHING, METHODS, WHOLE, Asks, Need, need
from facade.errors.access import CallerForbidden
from facade.errors.fault import Fault
from facade.model.access import ANYONE, EVERY, Identity, Permission, Target

LOOKS = Asks(permission=Permission.VIEW)

LONGEST = 200
"""Characters that a message repeats of what a caller named."""


class Meaning(Protocol):
    """What requests mean by what they name, for grants that go by ids."""

    def actions(self, need: Need, tenant: str) -> frozenset[str]:
        """The ids that the action may have: another one in each version that may serve."""

    def connector(self, connection: str, tenant: str) -> str:
        """Whose connection it is; WHOLE where there is none."""


class Refusals(Protocol):
    """Where refusals are written down; takes no time."""

    def note(self, caller: str, tenant: str, method: str, target: str, reason: str) -> None:
        """Notes one."""


class Authority:
    """Says no to what no grant allows."""

    def __init__(self, meaning: Meaning, refusals: Refusals) -> None:
        """Takes what knows ids, and where refusals are noted."""
        self._meaning = meaning
        self._refusals = refusals

    def check(
        self,
        method: str,
        identity: Identity,
        name: str = "",
        through: Collection[str] = (),
        kinds: Collection[str] = (),
    ) -> None:
        """Raises CallerForbidden unless the caller may call the method with that.

        `name` is what the request is about, `through` has the connection and the subject which it
        goes through, `kinds` those of its changes. A method that is not in the table is nobody's.
        """
        asks = METHODS.get(method)
        if asks is None:
            raise self._refusal(method, identity, "that nobody was said to need for it", name)
        if identity is ANYONE or asks.permission is None:
            return
        for connection in through or ("",):
            self._check(method, identity, asks, need(asks, name, connection, kinds))

    def check_viewed(self, method: str, identity: Identity, name: str) -> None:
        """Raises CallerForbidden unless the caller may look at what a request names beside."""
        if identity is not ANYONE and name:
            self._check(method, identity, LOOKS, need(LOOKS, name))

    def check_target(
        self, method: str, identity: Identity, permission: Permission, target: Target
    ) -> None:
        """Raises CallerForbidden unless the caller has the permission for that, by ids."""
        if identity is ANYONE or identity.allows(permission, target):
            return
        ids = (target.connector, target.action, target.connection)
        raise self._refusal(method, identity, permission.value, "/".join(filter(None, ids)))

    def note(self, method: str, identity: Identity | None, fault: Fault, target: str = "") -> None:
        """Notes that somebody was refused, by whomever."""
        caller, tenant = (identity.name, identity.tenant) if identity else ("", "")
        self._refusals.note(caller, tenant, method, target, fault.reason)

    def _check(self, method: str, identity: Identity, asks: Asks, wanted: Need) -> None:
        for permission in wanted.permissions:
            if not self._allows(identity, permission, wanted, asks):
                raise self._refusal(method, identity, permission.value, wanted.named)

    def _allows(self, identity: Identity, permission: Permission, asked: Need, asks: Asks) -> bool:
        if identity.allows(permission, EVERYTHING):
            return True
        if asks.whole:
            return False
        target, tenant = asked.target, identity.tenant
        by_connector = any(each.connectors != EVERY for each in identity.grants)
        if by_connector and not target.connector and target.connection not in ("", WHOLE):
            target = replace(target, connector=self._meaning.connector(target.connection, tenant))
        ids = frozenset({target.action})
        if target.action not in ("", WHOLE) and any(g.actions != EVERY for g in identity.grants):
            ids = self._meaning.actions(asked, tenant) or ids
        return all(identity.allows(permission, replace(target, action=each)) for each in ids)

    def _refusal(
        self, method: str, identity: Identity, permission: str, named: str
    ) -> CallerForbidden:
        about = f" on `{named[:LONGEST]}`" if named else ""
        fault = CallerForbidden(
            f"`{identity.name}` may not call {method}{about}: no role that was granted to it has "
            f"the permission `{permission}` there"
        )
        self.note(method, identity, fault, named)
        return fault
