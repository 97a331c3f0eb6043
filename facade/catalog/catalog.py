"""The catalog: which connectors, versions and actions there are, and every way to change that."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from random import random as uniform

from facade.catalog import connector_edits as edits
from facade.catalog import missing
from facade.catalog.changes import Folded
from facade.catalog.comparing import Comparing
from facade.catalog.connecting import Connecting
from facade.catalog.documents import Documents, lost
from facade.catalog.notice import NOTHING
from facade.catalog.numbering import Numbering
from facade.catalog.reading import How, Read, Reader
from facade.catalog.request import (
    MAX_CHANGES,
    check_change,
    check_changes,
    check_new_id,
    invalid,
)
from facade.catalog.snapshot import Snapshot
from facade.catalog.sourcing import ALONE, Intake, Sources
from facade.catalog.transitions import describe
from facade.catalog.verdicts import Told, Uncompared, Verdicts
from facade.catalog.work import Prepared, Request, Work, busy, prepare, request_of
from facade.errors.fault import Violation
from facade.model.access import ANYONE, Identity
from facade.model.action import Action
from facade.model.call import NOBODY, Caller
from facade.model.change import Change, Create, Draft
from facade.model.connection import Connection
from facade.model.names import ActionName, ConnectionName, ConnectorName, VersionName
from facade.model.version import Connector, Version
from facade.spec.spec import Spec
from facade.stores.base import Answer, Conflict, Ledger
from facade.stores.kept_numbers import Unnumbered
from facade.telemetry.outage import Outage

LOGGER = logging.getLogger(__name__)

UNFOLLOWED = "the catalog is not followed now"

ATTEMPTS = 4
"""A change is tried once, and three times more where another writer was faster."""

COMPARISONS = 2 * MAX_CHANGES + ATTEMPTS
"""Comparisons for one change set: two for each change, and some for what others did meanwhile."""

WARM = 0.5
"""Seconds for which a refresh compiles what newly serves `live` calls before it shows it."""


class Catalog:
    """The connectors of a ledger, in memory, for calls; and their changes, in the ledger.

    Calls read a snapshot that never changes; `refresh` and every change put a
    new one in its place. A document is compiled when it is published, ahead of
    its first call where it serves `live` ones, else at its first call from its
    compressed text: calls never wait for the database.
    """

    def __init__(
        self,
        ledger: Ledger,
        read: Reader,
        fetch: Callable[[str], Awaitable[bytes]],
        clock: Callable[[], float] = time.time,
        random: Callable[[], float] = uniform,
        intake: Intake = ALONE,
    ) -> None:
        """Takes an open ledger, the reader of documents, and who gets files from a URL."""
        self._ledger = ledger
        self._sources = Sources(read, fetch, intake)
        self._clock = clock
        self._random = random
        self._snapshot = Snapshot()
        self._resolved: dict[ActionName, tuple[Version, Action]] = {}
        """What the snapshot has for a name, where that is no matter of chance."""
        self._documents = Documents(read, intake.run)
        self.connecting = Connecting(self._documents, random)
        """The connections, and what serves their calls."""
        self._comparing = Comparing(ledger, intake.run)
        self.numbering = Numbering(ledger, read, intake.run)
        """What numbers the typed services of versions."""
        self._writing = asyncio.Lock()

    @property
    def snapshot(self) -> Snapshot:
        """The state after the last commit that this process knows of."""
        return self._snapshot

    @property
    def size(self) -> int:
        """How many versions there are."""
        return sum(len(each.versions) for each in self._snapshot.connectors.values())

    def connectors(self, tenant: str = "") -> tuple[Connector, ...]:
        """Every connector of a tenant, in order of ids."""
        return self._snapshot.tenants.get(tenant, ())

    def connector(self, name: ConnectorName) -> Connector:
        """Finds a connector; raises ConnectorNotFound."""
        return self._snapshot.connector(name)

    def connection(self, name: ConnectionName) -> Connection:
        """Finds a connection; raises ConnectionNotFound."""
        return self.connecting.find(name)

    def version(self, name: VersionName, metadata: Mapping[str, str] = NOTHING) -> Version:
        """Finds a version, `live` by rule or share; raises ConnectorNotFound, VersionNotFound."""
        return self._snapshot.pick(name, self._random, metadata)

    def resolve(
        self, name: ActionName, caller: Caller = NOBODY, metadata: Mapping[str, str] = NOTHING
    ) -> tuple[Version, Action]:
        """The version that serves a call, by what came beside it, and the action by id or alias.

        Raises ConnectorNotFound, VersionNotFound, ActionNotFound, ConnectionNotFound.
        """
        if caller.connection:
            return self.connecting.resolve(name, caller, metadata)
        return self._resolved.get(name) or self._resolve(name, metadata)

    def still(self, name: ActionName, resolved: tuple[Version, Action]) -> bool:
        """Whether that is what `resolve` gives every time, until something changes."""
        return self._resolved.get(name) is resolved

    def _resolve(self, name: ActionName, metadata: Mapping[str, str]) -> tuple[Version, Action]:
        wanted = VersionName(name.connector, name.version, name.tenant)
        version = self._snapshot.pick(wanted, self._random, metadata)
        spec = self._documents.spec(version.spec_digest)
        try:
            found = version, spec.action(name.action)
        except KeyError:
            raise missing.no_action(name, spec.suggest(name.action)) from None
        if self._snapshot.serves_alone(wanted):
            self._resolved[name] = found
        return found

    async def spec(self, version: Version) -> Spec:
        """The compiled document of a version."""
        if self._documents.missing((version.spec_digest,)):
            texts = await self._ledger.specs((version.spec_digest,))
            self._documents.hold({}, texts)
        return await self._documents.compiled(version.spec_digest)

    async def text(self, version: Version) -> str:
        """The document of a version as it is kept; raises StoreUnavailable where it is lost."""
        digest = version.spec_digest
        found = (await self._ledger.specs((digest,))).get(digest)
        if found is None:
            raise lost(digest)
        return found.unpack()

    async def validate(
        self, draft: Draft, against: VersionName | None = None
    ) -> tuple[Read, Told | None]:
        """Reads a draft's document, and compares it with that of a version; changes nothing.

        Raises InvalidSpec, and where there is no such version ConnectorNotFound, VersionNotFound.
        """
        old = self.version(against) if against is not None else None
        sourced = await self._sources.get(draft, How.TOLD)
        if old is None:
            return sourced.read, None
        return sourced.read, await self._comparing.with_kept(old, sourced.packed)

    async def manage(
        self,
        parent: ConnectorName,
        changes: Sequence[Change],
        *,
        by: Identity = ANYONE,
        validate_only: bool = False,
        request_id: str = "",
    ) -> tuple[Version, ...]:
        """Applies a change set, all or none; answers what each change led to, in order.

        The answer shows the versions as the whole set left them; a deleted one
        as it last was. The first create of an unknown connector creates it.
        """
        check_changes(parent, changes)
        content = [[type(each).__name__, each] for each in changes]
        request = request_of("manage", parent, content, request_id, by, validate_only=validate_only)
        answer = await self._answered(request)
        if answer is not None:
            return answer.versions
        prepared = {
            number: await self._prepared(change.draft)
            for number, change in enumerate(changes)
            if isinstance(change, Create)
        }
        documents = {number: each.document for number, each in prepared.items()}
        verdicts = Verdicts()

        def folded(snapshot: Snapshot, now: datetime) -> Folded:
            return edits.managed(snapshot, parent, changes, documents, verdicts, now)

        work = Work(
            request=request,
            fold=folded,
            prepared=tuple(prepared.values()),
            verdicts=verdicts,
            lines=tuple(describe(parent, each) for each in changes),
        )
        return (await self._write(work)).versions

    async def create_connector(
        self,
        connector: Connector,
        first: Create | None = None,
        *,
        by: Identity = ANYONE,
        validate_only: bool = False,
        request_id: str = "",
    ) -> Connector:
        """Creates a connector and its first version, which is promoted at once: both or neither."""
        name = connector.name
        found = list(check_new_id(name.connector, "connector_id"))
        found.extend(edits.check_texts(connector))
        if first is not None:
            found.extend(check_change(name, first, "initial_version"))
        if found:
            raise invalid(*found)
        said = [connector.title, connector.description, dict(connector.labels), first]
        request = request_of(
            "create_connector", name, said, request_id, by, validate_only=validate_only
        )
        answer = await self._answered(request)
        if answer is not None:
            return answer.connector
        prepared = await self._prepared(first.draft) if first is not None else None

        document = None if prepared is None else prepared.document
        made = (first, document) if first is not None and document is not None else None

        def folded(snapshot: Snapshot, now: datetime) -> Folded:
            return edits.created(snapshot, connector, made, now)

        work = Work(
            request=request,
            fold=folded,
            prepared=(prepared,) if prepared is not None else (),
            lines=(describe(name, first),) if first is not None else (),
        )
        return (await self._write(work)).connector

    async def update_connector(
        self,
        name: ConnectorName,
        values: Connector,
        paths: Sequence[str] = (),
        etag: str = "",
        *,
        by: Identity = ANYONE,
        validate_only: bool = False,
    ) -> Connector:
        """Changes title, description or labels: the named, every populated one, or `*`."""
        lines = edits.chosen(values, paths)
        new = {path: getattr(values, path) for path in lines}

        def folded(snapshot: Snapshot, now: datetime) -> Folded:
            return edits.updated(snapshot, name, new, etag, now)

        request = request_of("update_connector", name, None, "", by, validate_only=validate_only)
        return (await self._write(Work(request=request, fold=folded, lines=lines))).connector

    async def delete_connector(
        self,
        name: ConnectorName,
        etag: str = "",
        *,
        force: bool = False,
        by: Identity = ANYONE,
        validate_only: bool = False,
    ) -> None:
        """Deletes a connector; one that has versions or connections only by force.

        Connections go first, as if each were deleted by force; raises what that raises.
        """
        clears = force and not validate_only
        if clears:
            await self.refresh()
            edits.deleted(self._snapshot, name, etag, force=force)
            await self.connecting.clear(name, by)

        def folded(snapshot: Snapshot, _now: datetime) -> Folded:
            return edits.deleted(snapshot, name, etag, force=force, cleared=clears)

        request = request_of("delete_connector", name, None, "", by, validate_only=validate_only)
        await self._write(Work(request=request, fold=folded, removes=True))

    async def refresh(self) -> bool:
        """Takes the ledger's state where it moved; answers whether it did."""
        async with self._writing:
            return await self._refresh()

    async def follow(self, interval: float = 0.25) -> None:
        """Keeps this process with the others, for as long as it runs; calls go on meanwhile."""
        outage = Outage(lambda problem: LOGGER.error(UNFOLLOWED, exc_info=problem))
        while True:
            with outage.noted(Exception):
                await self.refresh()
                await self._documents.warm(self._snapshot.live_digests(), seconds=interval)
            await self._ledger.moved(interval)

    async def _refresh(self) -> bool:
        sequence, before = await self._ledger.sequence(), self._snapshot.sequence
        if sequence == before:
            return False
        if sequence < before:
            LOGGER.error("the ledger went back from %d to %d: a restored backup?", before, sequence)
        snapshot = self._snapshot.after(await self._ledger.read())
        lacking = self._documents.missing(snapshot.digests())
        if lacking:
            self._documents.hold({}, await self._ledger.specs(lacking))
        await self._documents.warm(snapshot.live_digests(), seconds=WARM)
        self._show(snapshot)
        return True

    def _show(self, snapshot: Snapshot) -> None:
        self._snapshot, self._resolved = snapshot, {}
        self.connecting.show(snapshot)
        self._documents.keep(snapshot.digests())

    async def _write(self, work: Work) -> Folded:
        """Does a work; what it has to know of documents is found out while others may write."""
        texts = [each.text for each in work.prepared]
        given = [(each.service, each.numbers) for each in work.prepared]
        for _ in range(COMPARISONS):
            try:
                return await self._tried(work)
            except Uncompared as need:
                await self._comparing.learn(need, texts, work.verdicts)
            except Unnumbered:
                await self.numbering.learn(work.request.target, given, work.reckoning)
        raise busy(work)

    async def _tried(self, work: Work) -> Folded:
        """Folds, then commits; starts over on the new state where another writer was faster."""
        async with self._writing:
            for _ in range(ATTEMPTS):
                await self._refresh()
                answer = await self._answered(work.request)
                if answer is not None:
                    return Folded(connector=answer.connector, versions=answer.versions)
                now = datetime.fromtimestamp(self._clock(), UTC)
                folded = work.fold(self._snapshot, now)
                if work.request.validate_only:
                    return folded
                try:
                    sequence = await self._ledger.commit(work.commit(self._snapshot, folded, now))
                except Conflict:
                    continue
                specs = {each.document.digest: each.spec for each in work.prepared}
                self._documents.hold(specs, {})
                self._show(work.shown(self._snapshot, sequence, folded))
                return folded
        raise busy(work)

    async def _answered(self, request: Request) -> Answer | None:
        """What the same request was answered before; raises where the id is another's."""
        if not request.request_id:
            return None
        now = datetime.fromtimestamp(self._clock(), UTC)
        answer = await self._ledger.answer(request.request_id, now, request.target.tenant)
        if answer is not None and answer.fingerprint != request.fingerprint:
            raise invalid(
                Violation(field="request_id", description="belongs to another request already")
            )
        return answer

    async def _prepared(self, draft: Draft) -> Prepared:
        return await asyncio.to_thread(prepare, await self._sources.get(draft), draft)
