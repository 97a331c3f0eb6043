"""Server: what the policies that stand before a plan's server know it by."""

from typing import TypeAlias

from facade.model.call import Plan

Key: TypeAlias = tuple[str, str, str, str, str]
"""Tenant, connection, connector, version, origin: whom the backend there knows as one."""


def server_of(plan: Plan) -> Key:
    """The server that a plan goes to, as it is for its caller and its version alone."""
    caller, name = plan.caller, plan.version.name
    return caller.tenant, caller.connection, name.connector, name.version, plan.origin
