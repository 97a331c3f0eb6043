"""Serving: which version answers the calls of a connection now."""

from facade.catalog.catalog import Catalog
from facade.catalog.connected import connected
from facade.connections.end_users import consented_to
from facade.errors.caller import ConnectorNotFound, VersionNotFound
from facade.model.connection import Connection, EndUsers
from facade.model.names import VersionName
from facade.model.version import Version


def version_of(catalog: Catalog, connection: Connection) -> Version:
    """The version of a connection, with what is the connection's own.

    Raises ConnectorNotFound, VersionNotFound.
    """
    tenant = connection.name.tenant
    name = VersionName(connection.connector, connection.version, tenant)
    return connected(catalog.version(name), connection)


def awaits_consent(catalog: Catalog, connection: Connection) -> bool:
    """Whether the owner of a connection has not consented to all that signs its calls."""
    if connection.end_users is not EndUsers.NEVER:
        return False
    try:
        asked = consented_to(version_of(catalog, connection))
    except (ConnectorNotFound, VersionNotFound):
        return False
    return any(each.scheme not in connection.consents for each in asked)
