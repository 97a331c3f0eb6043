"""Who needs a secret: what stands in the way of throwing it away."""

from collections.abc import Iterable

from facade.errors.caller import HasChildren
from facade.errors.fault import Details, Resource
from facade.model.secret import SecretName, references_of
from facade.model.version import Connector
from facade.secrets.safe import TYPE


def check_unused(name: SecretName, connectors: Iterable[Connector]) -> None:
    """Raises HasChildren where a version that serves `live` calls names the secret."""
    users = [
        str(version.name)
        for connector in connectors
        for version in connector.live
        if name.reference in references_of(version)
    ]
    if users:
        raise HasChildren(
            f"`{name}` is named by `{users[0]}`"
            + (f" and {len(users) - 1} more" if len(users) > 1 else "")
            + ", which serves `live` calls; set `force` to delete it all the same",
            details=Details(resource=Resource(type=TYPE, name=str(name))),
        )
