"""What callers may do, in words."""

from gateway.v1.access_pb2 import Grant, Role


def may(grant: Grant) -> str:
    """A grant in words: `invoker of connectors orders-*`."""
    role = Role.Name(grant.role).removeprefix("ROLE_").lower()
    limits = [
        f"{kind} {' '.join(ids)}"
        for kind in ("connectors", "actions", "connections")
        if (ids := getattr(grant, kind))
    ]
    return f"{role} of {' and '.join(limits)}" if limits else role
