"""Subjects: the end users of connections, made, changed and deleted with all that is theirs."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final, Protocol
from uuid import UUID, uuid4

from facade.background import Background
from facade.catalog.catalog import Catalog
from facade.catalog.changes import stale
from facade.catalog.connecting import check_open
from facade.catalog.missing import no_connection
from facade.catalog.request import refuse
from facade.connections import subject_request as asked
from facade.connections.end_users import consented_to
from facade.connections.known_subjects import KnownSubjects
from facade.connections.missing import SUBJECT, about, no_subject, taken
from facade.connections.serving import version_of
from facade.errors.caller import EtagMismatch, VersionNotFound
from facade.errors.fault import Fault
from facade.errors.service import RemovalFailed
from facade.model.access import ANYONE, Identity
from facade.model.connection import (
    Connection,
    ConnectionState,
    EndUsers,
    Subject,
    SubjectState,
)
from facade.model.names import ConnectionName, SubjectName
from facade.stores.edit import Edit
from facade.stores.subject_rows import with_etag
from facade.stores.subjects import SqlSubjects, Written

LOGGER = logging.getLogger(__name__)

ATTEMPTS: Final = 4
"""A change is tried once, and three times more where another writer was faster."""

PAGE: Final = 200
"""Subjects that are read at once."""
RESUMED: Final = 100
"""Deletions that are taken up again at once."""
PERIOD: Final = 60.0
"""Seconds between two looks whether a deletion was cut short."""

SYSTEM: Final = replace(ANYONE, name="system")
"""Who does what nobody asked for just now."""

Change = Callable[[Subject], Subject]


class Removal(Protocol):
    """Removes the things of a subject, wherever they are."""

    async def remove(self, connection: Connection, subject: Subject) -> None:
        """Removes them; those that are gone already are no failure. Raises a Fault."""


class Subjects(Background):
    """The subjects of all connections. Every method raises StoreUnavailable.

    It is open for as long as it is entered: then deletions that were cut short go on.
    """

    def __init__(
        self,
        store: SqlSubjects,
        known: KnownSubjects,
        catalog: Catalog,
        removals: Sequence[Removal] = (),
        clock: Callable[[], float] = time.time,
        new_uid: Callable[[], UUID] = uuid4,
    ) -> None:
        """Takes where they are kept, and what removes the things of one, in turn."""
        super().__init__()
        self._store = store
        self._known = known
        self._catalog = catalog
        self._removals = tuple(removals)
        self._clock = clock
        self._new_uid = new_uid

    def begin(self) -> None:
        """Goes on with deletions that were cut short, now and then."""
        self.start(self._resume_always())

    def check_parent(self, parent: ConnectionName) -> None:
        """Raises ConnectionNotFound where there is no such connection."""
        self._catalog.connection(parent)

    async def get(self, name: SubjectName) -> Subject:
        """A subject; raises SubjectNotFound."""
        found = await self._store.get(name)
        if found is None:
            raise no_subject(name)
        return found

    async def find(self, connection: ConnectionName, external_id: str) -> Subject | None:
        """The subject that a caller calls so."""
        return await self._store.find(connection, external_id)

    async def by_uid(self, tenant: str, uid: str) -> Subject | None:
        """The subject of a UUID."""
        return await self._store.by_uid(tenant, uid)

    async def all(
        self, connection: ConnectionName, after: str = ""
    ) -> AsyncGenerator[Subject, None]:
        """The subjects of a connection that follow an id, in order of ids, read bit by bit."""
        more = True
        while more:
            found = await self._store.page(connection, after, PAGE)
            for each in found:
                after = each.name.subject
                yield each
            more = len(found) == PAGE

    async def create(self, subject: Subject, *, by: Identity = ANYONE) -> Subject:
        """Makes a subject; where it has no id, one is made for it.

        It is STARTING where somebody has to consent first. Raises InvalidRequest with everything
        that is wrong, ConnectionNotFound, ConnectionSuspended where that is being deleted, and
        SubjectExists: of several at once one is made.
        """
        refuse(asked.check_new(subject))
        connection = self._catalog.connection(subject.name.parent)
        if connection.state is ConnectionState.DELETING:
            check_open(connection)
        uid, now = self._new_uid(), self._now()
        id_ = subject.name.subject or f"s-{uid.hex}"
        starting = self._needs_consent(connection) and not subject.credentials
        made = replace(
            subject,
            name=SubjectName(subject.name.connection, id_, subject.name.tenant),
            uid=str(uid),
            consents={},
            state=SubjectState.STARTING if starting else SubjectState.STARTED,
            state_description="Somebody must consent first." if starting else "",
            revision=1,
            etag="",
            create_time=now,
            update_time=now,
        )
        made = with_etag(made)
        audit = Edit(method="create_subject", by=by).audit(now, None, made)
        done = await self._store.create(made, audit)
        if done is Written.ORPHANED:
            raise no_connection(connection.name, ())
        if done is Written.TAKEN:
            raise taken(made)
        return made

    async def update(
        self,
        name: SubjectName,
        values: Subject,
        paths: Sequence[str] = (),
        etag: str = "",
        *,
        by: Identity = ANYONE,
    ) -> Subject:
        """Changes the fields that the paths name, or all with `*`; each change counts.

        Raises InvalidRequest, SubjectNotFound, EtagMismatch.
        """
        chosen = asked.FIELDS.chosen(paths)
        refuse(asked.check(values))

        def changed(before: Subject) -> Subject:
            _check_etag(before, etag, "subject.etag")
            new = replace(before, **{path: getattr(values, path) for path in chosen})
            if before.state is SubjectState.STARTING and new.credentials:
                new = replace(new, state=SubjectState.STARTED, state_description="")
            return new

        return await self.change("update_subject", name, changed, by, chosen)

    async def delete(self, name: SubjectName, etag: str = "", *, by: Identity = ANYONE) -> None:
        """Deletes a subject: it is marked, its things are removed, and then it goes itself.

        Where that is cut short or fails it stays, marked and good for calls; the call may be
        repeated, and is by us from time to time. Raises SubjectNotFound, EtagMismatch,
        ConnectionNotFound, and RemovalFailed where things of it could not be removed.
        """

        def marked(before: Subject) -> Subject:
            if before.state is SubjectState.DELETING:
                return before
            _check_etag(before, etag, "etag")
            return replace(before, state=SubjectState.DELETING, state_description="")

        lines = ("its things are being removed",)
        subject = await self.change("update_subject", name, marked, by, lines)
        connection = self._catalog.connection(name.parent)
        try:
            for each in self._removals:
                await each.remove(connection, subject)
        except Fault as fault:
            raise RemovalFailed(
                f"`{name}` stays until its things are gone: {fault.message}", details=about(name)
            ) from None
        await self._gone(name, by)

    async def _gone(self, name: SubjectName, by: Identity) -> None:
        """The second phase: the row goes; another may have been faster."""
        for _ in range(ATTEMPTS):
            subject = await self._store.get(name)
            if subject is None:
                return
            audit = Edit(method="delete_subject", by=by).audit(self._now(), subject, None)
            done = await self._store.delete(subject, audit)
            self._known.forget(name)
            if done is Written.DONE:
                return
        raise _busy(name)

    async def change(
        self,
        method: str,
        name: SubjectName,
        change: Change,
        by: Identity,
        lines: tuple[str, ...] = (),
    ) -> Subject:
        """Changes what is there, anew where another writer was faster; raises SubjectNotFound."""
        for _ in range(ATTEMPTS):
            before = await self.get(name)
            after = change(before)
            if after is before:
                return before
            after = with_etag(replace(after, revision=before.revision + 1, update_time=self._now()))
            audit = Edit(method=method, by=by, lines=lines).audit(self._now(), before, after)
            if await self._store.put(after, before, audit) is Written.DONE:
                self._known.forget(name)
                return after
        raise _busy(name)

    async def resume(self) -> None:
        """Goes on with deletions that have not come to their end for a while."""
        for each in await self._store.deleting(RESUMED):
            try:
                await self.delete(each.name, by=SYSTEM)
            except Fault as fault:
                LOGGER.warning("%s is not deleted yet: %s", each.name, fault.reason)

    async def _resume_always(self) -> None:
        while True:
            try:
                await self.resume()
            except Fault as fault:
                LOGGER.warning("deletions are not taken up again: %s", fault.reason)
            await asyncio.sleep(PERIOD)

    def _needs_consent(self, connection: Connection) -> bool:
        """Whether its end users sign by consenting."""
        if connection.end_users is EndUsers.NEVER:
            return False
        try:
            return bool(consented_to(version_of(self._catalog, connection)))
        except VersionNotFound:
            return False

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def _check_etag(before: Subject, etag: str, field: str) -> None:
    if etag and etag != before.etag:
        raise stale(SUBJECT, str(before.name), field)


def _busy(name: SubjectName) -> EtagMismatch:
    return EtagMismatch(
        f"`{name}` was changed by others at the same time; repeat the request", details=about(name)
    )
