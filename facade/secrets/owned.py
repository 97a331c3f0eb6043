"""Whose the operator's secrets are: which of them a tenant may name; pure."""

from facade.model.names import ID

PREFIX = "PORTICO_SECRET_"
"""Begins the variables of tenants."""

API_FOLDER = "data"
"""Stands in paths of a Vault's API, where tenants name the secret alone."""


def may_name(tenant: str, scheme: str, name: str) -> bool:
    """Whether a tenant may have a secret of the operator's read: those that bear its name.

    The tenant without a name is the operator's own, and may name them all.
    """
    if not tenant or scheme == "secret":
        return True
    if not ID.fullmatch(tenant):
        return False
    if scheme == "env":
        owner, apart, _ = name.removeprefix(PREFIX).partition("__")
        return name.startswith(PREFIX) and bool(apart) and owner == variable_of(tenant)
    if scheme == "file":
        first, *rest = name.split("/")
        return first == tenant and bool(rest) and ".." not in rest
    parts = name.partition("#")[0].split("/")
    return len(parts) > 2 and parts[1] == tenant and tenant != API_FOLDER


def variable_of(tenant: str) -> str:
    """A tenant's name as names of variables have it."""
    return tenant.upper().replace("-", "_")
