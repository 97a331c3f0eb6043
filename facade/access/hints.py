"""Hints: what a fault says may have been meant names nothing that its caller may not see."""

from dataclasses import replace

from facade.access.methods import EVERYTHING, WHOLE, Asks, need
from facade.errors.fault import Fault
from facade.model.access import ANYONE, Identity, Permission

LOOKS = Asks(permission=Permission.VIEW)


def narrow(fault: Fault, identity: Identity) -> None:
    """Takes out of a fault what its caller may not see, by the ids in the names.

    Whose connection one is no name says: who is limited to connectors is told of none.
    """
    if identity is ANYONE or identity.allows(Permission.VIEW, EVERYTHING):
        return

    def may_see(name: str) -> bool:
        target = need(LOOKS, name).target
        if target.connection and not target.connector:
            target = replace(target, connector=WHOLE)
        return identity.allows(Permission.VIEW, target)

    fault.narrow(may_see)
