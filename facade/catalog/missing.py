"""The faults of names that stand for nothing, with what may have been meant."""

import difflib
from collections.abc import Iterable

from facade.errors.caller import ActionNotFound, ConnectorNotFound, EntityNotFound, VersionNotFound
from facade.errors.connections import ConnectionNotFound
from facade.errors.fault import Details, Resource, hint_of
from facade.model.entity import EntityTypeName
from facade.model.names import LIVE, ActionName, ConnectionName, ConnectorName, VersionName

CONNECTION = "gateway.v1/Connection"
CONNECTOR = "gateway.v1/Connector"
VERSION = "gateway.v1/ConnectorVersion"
ACTION = "gateway.v1/Action"
ENTITY_TYPE = "gateway.v1/EntityType"


def no_connector(name: ConnectorName, known: Iterable[str]) -> ConnectorNotFound:
    """Says which connectors of the tenant have a similar id."""
    meant = [str(ConnectorName(each)) for each in _similar(name.connector, known)]
    return ConnectorNotFound(
        f"no connector `{name}`{hint_of(meant)}", details=_details(CONNECTOR, str(name), meant)
    )


def no_connection(name: ConnectionName, known: Iterable[str]) -> ConnectionNotFound:
    """Says which connections of the tenant have a similar id."""
    meant = [str(ConnectionName(each)) for each in _similar(name.connection, known)]
    return ConnectionNotFound(
        f"no connection `{name}`{hint_of(meant)}", details=_details(CONNECTION, str(name), meant)
    )


def no_version(name: VersionName, known: Iterable[str]) -> VersionNotFound:
    """Says which versions of the connector have a similar id, or that none is live."""
    meant = [str(VersionName(name.connector, each)) for each in _similar(name.version, known)]
    what = (
        f"no version of `connectors/{name.connector}` serves `live` calls; promote one"
        if name.version == LIVE
        else f"no version `{name}`{hint_of(meant)}"
    )
    return VersionNotFound(what, details=_details(VERSION, str(name), meant))


def no_action(name: ActionName, similar: Iterable[str]) -> ActionNotFound:
    """Says which actions of the version may have been meant."""
    meant = [str(ActionName(name.connector, name.version, each)) for each in similar]
    return ActionNotFound(
        f"no action `{name}`{hint_of(meant)}", details=_details(ACTION, str(name), meant)
    )


def no_entity_type(name: EntityTypeName, known: Iterable[str]) -> EntityNotFound:
    """Says which entity types of the version have a similar id."""
    meant = [str(EntityTypeName(name.version, each)) for each in _similar(name.entity_type, known)]
    return EntityNotFound(
        f"no entity type `{name}`{hint_of(meant)}", details=_details(ENTITY_TYPE, str(name), meant)
    )


def _similar(text: str, known: Iterable[str]) -> list[str]:
    """Up to three, the nearest first; letters count the same in both cases."""
    folded = {each.lower(): each for each in known}
    close = difflib.get_close_matches(text[:128].lower(), folded, n=3, cutoff=0.6)
    return [folded[each] for each in close]


def _details(type_: str, name: str, meant: list[str]) -> Details:
    return Details(resource=Resource(type=type_, name=name, suggestions=tuple(meant)))
