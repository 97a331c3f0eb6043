"""Connecting: which version serves the calls through a connection, and what it has there."""

from collections.abc import Awaitable, Callable, Mapping

import msgspec

from facade.catalog import missing
from facade.catalog.connected import connected, fit, incomplete
from facade.catalog.documents import Documents
from facade.catalog.notice import NOTHING
from facade.catalog.request import invalid
from facade.catalog.snapshot import Snapshot
from facade.errors.caller import VersionNotFound
from facade.errors.fault import Details, Resource, Violation
from facade.errors.service import ConnectionSuspended
from facade.model.access import Identity
from facade.model.action import Action
from facade.model.call import Caller
from facade.model.connection import Connection, ConnectionState
from facade.model.names import LIVE, ActionName, ConnectionName, ConnectorName, VersionName
from facade.model.version import Version


class Joint(msgspec.Struct, frozen=True):
    """A version and a connection, and what they come to."""

    version: Version
    connection: Connection
    """Both are held, since they are known by which objects they are."""
    joined: Version
    misfits: tuple[Violation, ...]


class Connecting:
    """The connections of a snapshot, for calls.

    The same version and connection give the same object each time. What is compiled of a version
    is known by its identity, so that nothing made for an old connection is used for a new one.
    """

    def __init__(self, documents: Documents, random: Callable[[], float]) -> None:
        """Takes the documents of versions, and what chooses among several that are live."""
        self._documents = documents
        self._random = random
        self._snapshot = Snapshot()
        self._joints: dict[tuple[int, int], Joint] = {}
        self._resolved: dict[tuple[ActionName, str], tuple[Version, Action]] = {}
        """What there is for a name and the id of a connection, where that is no chance."""
        self.clear: Callable[[ConnectorName, Identity], Awaitable[None]] = _leave
        """Deletes the connections of a connector, with all that they have; whose order it is."""

    def show(self, snapshot: Snapshot) -> None:
        """Goes over to another state; forgets what is of versions or connections of before."""
        self._snapshot, self._resolved = snapshot, {}
        if not self._joints:
            return
        versions = {
            id(version)
            for connector in snapshot.connectors.values()
            for version in connector.versions.values()
        }
        there = {id(each) for each in snapshot.connections.values()}
        self._joints = {
            key: joint
            for key, joint in self._joints.items()
            if key[0] in versions and key[1] in there
        }

    def find(self, name: ConnectionName) -> Connection:
        """Finds a connection; raises ConnectionNotFound."""
        found = self._snapshot.connections.get(name)
        if found is None:
            known = [each.name.connection for each in self.all(name.tenant)]
            raise missing.no_connection(name, known)
        return found

    def open(self, name: ConnectionName) -> Connection:
        """Finds one that lets calls through; raises ConnectionNotFound, ConnectionSuspended."""
        connection = self.find(name)
        check_open(connection)
        return connection

    def all(self, tenant: str) -> tuple[Connection, ...]:
        """The connections of a tenant, by name."""
        found = (each for each in self._snapshot.connections.values() if each.name.tenant == tenant)
        return tuple(sorted(found, key=lambda each: each.name.connection))

    def resolve(
        self, name: ActionName, caller: Caller, metadata: Mapping[str, str] = NOTHING
    ) -> tuple[Version, Action]:
        """The version that serves a call through the caller's connection, and the action.

        Raises ConnectionNotFound, ConnectionSuspended, ConnectionIncomplete where the connection
        does not fit that version, InvalidRequest for a name of another connector or version than
        the connection's, and what `Catalog.resolve` raises.
        """
        key = name, caller.connection
        return self._resolved.get(key) or self._resolve(name, caller, metadata)

    def serving(self, connection: Connection) -> Version:
        """The version that serves a call through a connection, as it is there.

        Raises ConnectionIncomplete, ConnectorNotFound, VersionNotFound.
        """
        name = _version_of(connection)
        return self.joined(self._snapshot.pick(name, self._random), connection)

    def served(
        self,
        name: ActionName | VersionName,
        connection: Connection,
        metadata: Mapping[str, str] = NOTHING,
        *,
        of_subject: bool = False,
    ) -> Version:
        """The version that serves what is asked for by a name, as the connection has it.

        `of_subject`: whether it is asked for one. Raises what `resolve` does, but for the action.
        """
        is_ending = connection.state is ConnectionState.DELETING
        if not (is_ending and of_subject):  # whose things are removed by calls
            check_open(connection)
        wanted = wanted_of(name, connection)
        return self.joined(self._snapshot.pick(wanted, self._random, metadata), connection)

    def joined(self, version: Version, connection: Connection) -> Version:
        """A version as calls through a connection have it; raises ConnectionIncomplete."""
        joint = self._joint(version, connection)
        if joint.misfits:
            raise incomplete(connection, joint.misfits)
        return joint.joined

    def misfits(self, connection: Connection) -> tuple[Violation, ...]:
        """What in a connection does not fit what serves it now; of several versions, in each."""
        name = _version_of(connection)
        try:
            versions = self._snapshot.serving(name)
        except VersionNotFound as fault:
            return (Violation(field="version", description=fault.message),)
        found = (each for version in versions for each in self._joint(version, connection).misfits)
        return tuple(dict.fromkeys(found))

    def _resolve(
        self, name: ActionName, caller: Caller, metadata: Mapping[str, str]
    ) -> tuple[Version, Action]:
        connection = self.find(ConnectionName(caller.connection, name.tenant))
        version = self.served(name, connection, metadata, of_subject=bool(caller.subject))
        spec = self._documents.spec(version.spec_digest)
        try:
            found = version, spec.action(name.action)
        except KeyError:
            raise missing.no_action(name, spec.suggest(name.action)) from None
        is_ending = connection.state is ConnectionState.DELETING
        if not is_ending and self._snapshot.serves_alone(wanted_of(name, connection)):
            self._resolved[name, caller.connection] = found
        return found

    def _joint(self, version: Version, connection: Connection) -> Joint:
        key = id(version), id(connection)
        joint = self._joints.get(key)
        if joint is None:
            schemes = self._documents.spec(version.spec_digest).security_schemes
            misfits = fit(version, connection, schemes)
            joint = Joint(version, connection, connected(version, connection), misfits)
            if self._snapshot.connections.get(connection.name) is connection:
                self._joints[key] = joint
        return joint


async def _leave(_connector: ConnectorName, _by: Identity) -> None:
    """Deletes none, where nobody says how that is done."""


def _version_of(connection: Connection) -> VersionName:
    return VersionName(connection.connector, connection.version, connection.name.tenant)


def wanted_of(name: ActionName | VersionName, connection: Connection) -> VersionName:
    """The version that is asked for; raises InvalidRequest where the connection has another."""
    if name.connector != connection.connector:
        said = f"is of `{ConnectorName(connection.connector)}`, and the name is of another"
        raise invalid(Violation(field="connection", description=said))
    pinned = connection.version != LIVE
    if pinned and name.version not in {LIVE, connection.version}:
        said = f"is served by the version `{connection.version}`; name that one, or `live`"
        raise invalid(Violation(field="connection", description=said))
    wanted = connection.version if name.version == LIVE else name.version
    return VersionName(name.connector, wanted, name.tenant)


def check_open(connection: Connection) -> None:
    """Raises ConnectionSuspended where no call goes through a connection."""
    is_ending = connection.state is ConnectionState.DELETING
    if is_ending or connection.state is ConnectionState.SUSPENDED:
        raise ConnectionSuspended(
            f"`{connection.name}` is {'being deleted' if is_ending else 'suspended'}",
            details=Details(resource=Resource(type=missing.CONNECTION, name=str(connection.name))),
        )
