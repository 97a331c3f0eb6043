"""Connections: made, changed, suspended, locked and deleted; and whether they still fit."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

from facade.catalog.catalog import Catalog
from facade.catalog.changes import stale
from facade.catalog.missing import CONNECTION, no_connector, no_version
from facade.catalog.request import invalid, refuse
from facade.catalog.request_ids import uid_of
from facade.connections import request as asked
from facade.connections.belongings import Belongings, Nothing
from facade.connections.checking import Checked, Checking
from facade.connections.serving import awaits_consent
from facade.errors.caller import EtagMismatch, HasChildren, VersionInUse
from facade.errors.connections import ConnectionExists, ConnectionLocked
from facade.errors.fault import Details, Resource, Violation
from facade.model.access import ANYONE, Identity
from facade.model.connection import Connection, ConnectionState, Lock
from facade.model.names import LIVE, ConnectionName, ConnectorName, VersionName
from facade.model.version import State
from facade.stores.connection_rows import with_etag
from facade.stores.connections import SqlConnections, Written
from facade.stores.edit import Edit

ATTEMPTS = 4
"""A change is tried once, and three times more where another writer was faster."""

REQUESTS = UUID("6d4f2d4e-6f0b-4c5e-9f6a-3c1c1c0f7a11")
"""Makes the uid of what a request with an id creates, so that its repeat is known."""

Change = Callable[[Connection], Connection]


class Connections:
    """The connections of all tenants. Every method that changes one raises StoreUnavailable."""

    def __init__(
        self,
        store: SqlConnections,
        catalog: Catalog,
        checking: Checking,
        clock: Callable[[], float] = time.time,
        new_uid: Callable[[], UUID] = uuid4,
    ) -> None:
        """Takes where they are kept, what they must fit, and how they are tried."""
        self._store = store
        self._catalog = catalog
        self._checking = checking
        self._clock = clock
        self._new_uid = new_uid
        self.belongings: Belongings = Nothing()
        """What goes with them: itself made of what knows connections."""

    def get(self, name: ConnectionName) -> Connection:
        """A connection, and whether it fits now; raises ConnectionNotFound."""
        return self._told(self._catalog.connection(name))

    def all(self, tenant: str) -> tuple[Connection, ...]:
        """The connections of a tenant, by name."""
        return tuple(self._told(each) for each in self._catalog.connecting.all(tenant))

    def by_uid(self, tenant: str, uid: str) -> Connection | None:
        """The connection of a uid; None where there is none."""
        known = self._catalog.connecting.all(tenant)
        found = next((each for each in known if each.uid == uid), None)
        return None if found is None else self._told(found)

    async def create(
        self,
        connection: Connection,
        *,
        by: Identity = ANYONE,
        validate_only: bool = False,
        request_id: str = "",
        force: bool = False,
    ) -> Connection:
        """Makes a connection of a version that it fits; of a deprecated one by force.

        Raises InvalidRequest with everything that is wrong, ConnectionExists, ConnectorNotFound,
        VersionNotFound, VersionInUse.
        """
        refuse(asked.check_new(connection))
        uid = uid_of(REQUESTS, connection.name.tenant, request_id, self._new_uid)
        await self._catalog.refresh()
        repeated = self.by_uid(connection.name.tenant, uid)
        if repeated is not None:
            return _same(repeated, connection)
        if connection.name in self._catalog.snapshot.connections:
            raise _exists(connection.name)
        self._check_fit(connection, force=force)
        now = self._now()
        made = replace(
            asked.counted(connection),
            uid=uid,
            state=ConnectionState.ACTIVE,
            state_description="",
            lock=None,
            revision=1,
            etag="",
            create_time=now,
            update_time=now,
        )
        made = with_etag(made)
        if validate_only:
            return self._told(made)
        edit = Edit(method="create_connection", by=by, request_id=request_id)
        done = await self._store.put(made, None, edit.audit(now, None, made))
        return await self._written(done, made)

    async def update(
        self,
        name: ConnectionName,
        values: Connection,
        paths: Sequence[str] = (),
        etag: str = "",
        *,
        by: Identity = ANYONE,
        validate_only: bool = False,
    ) -> Connection:
        """Changes the fields that the paths name, or all with `*`; each change counts.

        Raises what `create` raises, EtagMismatch, ConnectionLocked, ConnectionNotFound.
        """
        chosen = asked.FIELDS.chosen(paths)
        refuse(asked.check(replace(values, name=name)))

        values = asked.counted(values)

        def changed(before: Connection) -> Connection:
            new = replace(before, **{path: getattr(values, path) for path in chosen})
            self._check_fit(new, force=new.version == before.version)
            return new

        edit = Edit(
            method="update_connection",
            by=by,
            etag=etag,
            lines=chosen,
            validate_only=validate_only,
        )
        return await self._change(name, changed, edit)

    async def delete(
        self, name: ConnectionName, etag: str = "", *, force: bool = False, by: Identity = ANYONE
    ) -> None:
        """Deletes a connection; one that has subjects only by force.

        By force, or where its owner has consented, it is marked, its subjects are removed with all
        that is theirs, consents end at their servers, and then it goes itself. Where that is cut
        short or fails it stays marked; the call may be repeated, and is by us from time to time.
        Raises ConnectionNotFound, EtagMismatch, ConnectionLocked, HasChildren, and RemovalFailed
        where something could not be removed.
        """
        await self._catalog.refresh()
        before = self._catalog.connection(name)
        begun = before.state is ConnectionState.DELETING
        edit = Edit(method="delete_connection", by=by, etag="" if begun else etag)
        _check_lock(before)
        _check_etag(before, edit, "etag")
        if not force and before.consents and await self.belongings.has_any(before):
            raise _occupied(name)
        if force or before.consents:
            before = await self._emptied(name, by)
        done = await self._store.delete(before, edit.audit(self._now(), before, None))
        if done is Written.OCCUPIED:
            raise _occupied(name)
        if isinstance(done, Written):
            raise stale(CONNECTION, str(name), "etag")
        await self._catalog.refresh()

    async def _emptied(self, name: ConnectionName, by: Identity) -> Connection:
        """The first phase: marks a connection, and removes what it has."""
        edit = Edit(method="update_connection", by=by, lines=("its subjects are being removed",))
        await self.mark(name, ConnectionState.DELETING, "Its subjects go first.", edit)
        await self.belongings.remove(self._catalog.connection(name), by)
        await self._catalog.refresh()
        return self._catalog.connection(name)

    def ending(self) -> tuple[ConnectionName, ...]:
        """Those of all tenants whose deletion has begun and has not come to its end."""
        known = self._catalog.snapshot.connections.values()
        return tuple(each.name for each in known if each.state is ConnectionState.DELETING)

    async def suspend(self, name: ConnectionName, by: Identity = ANYONE) -> Connection:
        """Refuses its calls from now on; raises ConnectionNotFound, ConnectionLocked."""
        edit = Edit(method="suspend_connection", by=by)
        return await self.mark(name, ConnectionState.SUSPENDED, "Somebody suspended it.", edit)

    async def resume(self, name: ConnectionName, by: Identity = ANYONE) -> Connection:
        """Lets its calls go on; raises ConnectionNotFound, ConnectionLocked."""
        edit = Edit(method="resume_connection", by=by)
        return await self.mark(name, ConnectionState.ACTIVE, "", edit)

    async def lock(self, name: ConnectionName, reason: str, by: Identity = ANYONE) -> Connection:
        """Keeps it from being changed.

        Raises InvalidRequest, ConnectionNotFound, ConnectionLocked.
        """
        lock = Lock(reason=asked.check_reason(reason), time=self._now())
        edit = Edit(method="lock_connection", by=by, lines=(reason,))
        return await self._change(name, lambda before: replace(before, lock=lock), edit)

    async def unlock(self, name: ConnectionName, by: Identity = ANYONE) -> Connection:
        """Lets it be changed again; raises ConnectionNotFound."""

        def changed(before: Connection) -> Connection:
            return before if before.lock is None else replace(before, lock=None)

        edit = Edit(method="unlock_connection", by=by)
        return await self._change(name, changed, edit, despite_lock=True)

    async def mark(
        self, name: ConnectionName, state: ConnectionState, description: str, edit: Edit
    ) -> Connection:
        """Puts it into a state; one that is there already, or is being deleted, stays as it is."""

        def changed(before: Connection) -> Connection:
            if before.state in {state, ConnectionState.DELETING}:
                return before
            return replace(before, state=state, state_description=description)

        return await self._change(name, changed, edit)

    async def consented(
        self, name: ConnectionName, scheme: str, consent: str, by: Identity = ANYONE
    ) -> Connection:
        """Notes by which consent of its owner calls are signed; empty: by none any more."""

        def changed(before: Connection) -> Connection:
            consents = {key: each for key, each in before.consents.items() if key != scheme}
            return replace(before, consents=consents | ({scheme: consent} if consent else {}))

        edit = Edit(method="authorize_connection", by=by)
        return await self._change(name, changed, edit, despite_lock=True)

    async def check(self, name: ConnectionName) -> Checked:
        """Whether calls through it would work now; raises ConnectionNotFound."""
        return await self._checking.check(self.get(name))

    async def _change(
        self, name: ConnectionName, change: Change, edit: Edit, *, despite_lock: bool = False
    ) -> Connection:
        """Changes what is there, anew where another writer was faster."""
        for _ in range(ATTEMPTS):
            await self._catalog.refresh()
            before = self._catalog.connection(name)
            if not despite_lock:
                _check_lock(before)
            _check_etag(before, edit, "connection.etag")
            after = change(before)
            if after is before:
                return self._told(before)
            after = replace(after, revision=before.revision + 1, update_time=self._now())
            after = with_etag(after)
            if edit.validate_only:
                return self._told(after)
            done = await self._store.put(after, before, edit.audit(self._now(), before, after))
            if done is not Written.STALE:
                return await self._written(done, after)
        raise EtagMismatch(
            f"`{name}` was changed by others at the same time; repeat the request",
            details=_about(name),
        )

    async def _written(self, done: int | Written, connection: Connection) -> Connection:
        """Shows what was written; raises the fault of what was not."""
        if done is Written.ORPHANED:
            raise no_connector(ConnectorName(connection.connector, connection.name.tenant), ())
        if isinstance(done, Written):
            raise _exists(connection.name)
        await self._catalog.refresh()
        return self._told(connection)

    def _check_fit(self, connection: Connection, *, force: bool) -> None:
        """Refuses what would not work; raises InvalidRequest with all of it, VersionInUse."""
        parent = ConnectorName(connection.connector, connection.name.tenant)
        connector = self._catalog.connector(parent)
        if connection.version != LIVE:
            held = connector.versions.get(connection.version)
            name = VersionName(parent.connector, connection.version, parent.tenant)
            if held is None:
                raise no_version(name, connector.versions)
            if held.state is State.DEPRECATED and not force:
                raise VersionInUse(
                    f"connection.version: `{name}` is deprecated; choose another, or set `force`",
                    details=_about(connection.name),
                )
        misfits = self._catalog.connecting.misfits(connection)
        refuse(replace(each, field=f"connection.{each.field}") for each in misfits)

    def _told(self, connection: Connection) -> Connection:
        """The connection with the state that it has by what there is now."""
        if connection.state is not ConnectionState.ACTIVE:
            return connection
        misfits = self._catalog.connecting.misfits(connection)
        if not misfits and awaits_consent(self._catalog, connection):
            state = ConnectionState.AUTHORIZATION_REQUIRED
            return replace(connection, state=state, state_description="Its owner must consent.")
        if not misfits:
            return connection
        said = "; ".join(f"{each.field} {each.description}" for each in misfits)
        description = f"It does not fit its version: {said}"
        return replace(connection, state=ConnectionState.ERROR, state_description=description)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def _same(there: Connection, wanted: Connection) -> Connection:
    """What an earlier request with the same id made, where it was the same request."""
    if (there.name, there.connector) == (wanted.name, wanted.connector):
        return there
    raise invalid(Violation(field="request_id", description="belongs to another request already"))


def _check_lock(before: Connection) -> None:
    if before.lock is not None:
        raise ConnectionLocked(
            f"`{before.name}` is locked: {before.lock.reason}", details=_about(before.name)
        )


def _check_etag(before: Connection, edit: Edit, field: str) -> None:
    if edit.etag and edit.etag != before.etag:
        raise stale(CONNECTION, str(before.name), field)


def _exists(name: ConnectionName) -> ConnectionExists:
    return ConnectionExists(f"`{name}` is there already", details=_about(name))


def _occupied(name: ConnectionName) -> HasChildren:
    return HasChildren(
        f"`{name}` has subjects; set `force` to delete them too", details=_about(name)
    )


def _about(name: ConnectionName) -> Details:
    return Details(resource=Resource(type=CONNECTION, name=str(name)))
