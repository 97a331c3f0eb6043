"""What requests mean by the names in them, where grants go by ids."""

from facade.access.methods import WHOLE, Need
from facade.catalog.catalog import Catalog
from facade.errors.caller import CallerFault
from facade.model.names import LIVE, ActionName, ConnectionName, ConnectorName
from facade.model.version import Connector


class Names:
    """Looks names up in the catalog."""

    def __init__(self, catalog: Catalog) -> None:
        """Takes where they are."""
        self._catalog = catalog

    def actions(self, need: Need, tenant: str) -> frozenset[str]:
        """The ids that an action's name stands for, in each version that may serve the call.

        An alias may be another action in the next version, and a connection may lead to any.
        """
        target = need.target
        try:
            connector = self._catalog.connector(ConnectorName(target.connector, tenant))
        except CallerFault:
            return frozenset()
        found = set()
        for version in _serving(connector, need):
            name = ActionName(target.connector, version, target.action, tenant)
            try:
                found.add(self._catalog.resolve(name)[1].id)
            except CallerFault:
                continue
        return frozenset(found)

    def connector(self, connection: str, tenant: str) -> str:
        """Whose connection it is; WHOLE where there is none."""
        found = self._catalog.snapshot.connections.get(ConnectionName(connection, tenant))
        return WHOLE if found is None else found.connector


def _serving(connector: Connector, need: Need) -> tuple[str, ...]:
    """Of `live` calls any, since metadata may name it; of those through connections, too."""
    if need.version == LIVE or need.target.connection not in ("", WHOLE):
        return tuple(connector.versions)
    return (need.version,)
