"""The catalog: which connectors, versions and actions there are, and every way to change that."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from random import random as uniform

from facade.catalog import missing
from facade.catalog.changes import Edit, Folded, fold, seal, stale
from facade.catalog.documents import Documents, lost
from facade.catalog.draft import check_labels
from facade.catalog.reading import How, Read, Reader
from facade.catalog.request import check_change, check_changes, check_new_id, field_of, invalid
from facade.catalog.snapshot import Snapshot
from facade.catalog.sourcing import ALONE, Intake, Sources
from facade.catalog.transitions import describe
from facade.catalog.work import Prepared, Request, Work, prepare, request_of
from facade.errors.caller import ConnectorExists, EtagMismatch, HasChildren
from facade.errors.fault import Details, Resource, Violation
from facade.model.action import Action
from facade.model.change import Change, Create, Draft, Promote
from facade.model.names import ActionName, ConnectorName, VersionName
from facade.model.version import Connector, Version
from facade.spec.spec import Spec
from facade.stores.base import Answer, Conflict, Ledger

LOGGER = logging.getLogger(__name__)

ATTEMPTS = 4
"""A change is tried once, and three times more where another writer was faster."""

WARM = 0.5
"""Seconds for which a refresh compiles what newly serves `live` calls before it shows it."""

UPDATABLE = ("title", "description", "labels")


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
        self._writing = asyncio.Lock()

    @property
    def snapshot(self) -> Snapshot:
        """The state after the last commit that this process knows of."""
        return self._snapshot

    @property
    def size(self) -> int:
        """How many versions there are."""
        return sum(len(each.versions) for each in self._snapshot.connectors.values())

    def connectors(self) -> tuple[Connector, ...]:
        """Every connector, in order of ids."""
        return tuple(self._snapshot.connectors.values())

    def connector(self, name: ConnectorName) -> Connector:
        """Finds a connector; raises ConnectorNotFound."""
        return self._snapshot.connector(name)

    def version(self, name: VersionName) -> Version:
        """Finds a version, `live` by share; raises ConnectorNotFound, VersionNotFound."""
        return self._snapshot.pick(name.connector, name.version, self._random)

    def resolve(self, name: ActionName) -> tuple[Version, Action]:
        """The version that serves a call, and the action by id or alias.

        Raises ConnectorNotFound, VersionNotFound, ActionNotFound.
        """
        return self._resolved.get(name) or self._resolve(name)

    def still(self, name: ActionName, resolved: tuple[Version, Action]) -> bool:
        """Whether that is what `resolve` gives every time, until something changes."""
        return self._resolved.get(name) is resolved

    def _resolve(self, name: ActionName) -> tuple[Version, Action]:
        version = self._snapshot.pick(name.connector, name.version, self._random)
        spec = self._documents.spec(version.spec_digest)
        try:
            found = version, spec.action(name.action)
        except KeyError:
            raise missing.no_action(name, spec.suggest(name.action)) from None
        if self._snapshot.serves_alone(name.connector, name.version):
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

    async def validate(self, draft: Draft) -> Read:
        """Reads a draft's document and changes nothing; raises InvalidSpec."""
        return (await self._sources.get(draft, How.WHOLE)).read

    async def manage(
        self,
        parent: ConnectorName,
        changes: Sequence[Change],
        *,
        validate_only: bool = False,
        request_id: str = "",
    ) -> tuple[Version, ...]:
        """Applies a change set, all or none; answers what each change led to, in order.

        The answer shows the versions as the whole set left them; a deleted one
        as it last was. The first create of an unknown connector creates it.
        """
        check_changes(parent, changes)
        content = [[type(each).__name__, each] for each in changes]
        request = request_of("manage", parent, content, request_id, validate_only=validate_only)
        answer = await self._answered(request)
        if answer is not None:
            return answer.versions
        creates = isinstance(changes[0], Create)
        prepared = {
            number: await self._prepared(change.draft)
            for number, change in enumerate(changes)
            if isinstance(change, Create)
        }

        def folded(snapshot: Snapshot, now: datetime) -> Folded:
            known = snapshot.connectors.get(parent.connector)
            before = known if creates else snapshot.connector(parent)
            edits = [
                Edit(
                    parent=parent,
                    now=now,
                    field=field_of(change, number),
                    document=prepared[number].document if number in prepared else None,
                )
                for number, change in enumerate(changes)
            ]
            return fold(before, changes, edits)

        work = Work(
            request=request,
            fold=folded,
            prepared=tuple(prepared.values()),
            lines=tuple(describe(parent, each) for each in changes),
        )
        return (await self._write(work)).versions

    async def create_connector(
        self,
        connector: Connector,
        first: Create | None = None,
        *,
        validate_only: bool = False,
        request_id: str = "",
    ) -> Connector:
        """Creates a connector and its first version, which is promoted at once: both or neither."""
        name = connector.name
        found = list(check_new_id(name.connector, "connector_id"))
        found.extend(check_labels(connector.labels, "connector.labels"))
        if first is not None:
            found.extend(check_change(name, first, "initial_version"))
        if found:
            raise invalid(*found)
        said = [connector.title, connector.description, dict(connector.labels), first]
        request = request_of(
            "create_connector", name, said, request_id, validate_only=validate_only
        )
        answer = await self._answered(request)
        if answer is not None:
            return answer.connector
        prepared = await self._prepared(first.draft) if first is not None else None

        def folded(snapshot: Snapshot, now: datetime) -> Folded:
            if name.connector in snapshot.connectors:
                raise _exists(name)
            blank = replace(connector, etag="", create_time=now, update_time=now, versions={})
            if first is None or prepared is None:
                return Folded(connector=seal(None, blank, now))
            document = prepared.document
            edit = Edit(parent=name, now=now, field="initial_version", document=document)
            promote = Promote(name=VersionName(name.connector, first.version_id))
            return Folded(connector=fold(blank, (first, promote), (edit, edit)).connector)

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
        validate_only: bool = False,
    ) -> Connector:
        """Changes title, description or labels: the named, every populated one, or `*`."""
        found = list(check_labels(values.labels, "connector.labels"))
        found.extend(
            Violation(field="update_mask", description=f"`{path[:63]}` cannot be updated")
            for path in paths
            if path != "*" and path not in UPDATABLE
        )
        if found:
            raise invalid(*found)
        populated = tuple(path for path in UPDATABLE if getattr(values, path))
        chosen = UPDATABLE if "*" in paths else tuple(paths) or populated

        def folded(snapshot: Snapshot, now: datetime) -> Folded:
            before = snapshot.connector(name)
            if etag and etag != before.etag:
                raise stale(missing.CONNECTOR, str(name), "connector.etag")
            new = {path: getattr(values, path) for path in chosen}
            return Folded(connector=seal(before, replace(before, **new), now))

        request = request_of("update_connector", name, None, "", validate_only=validate_only)
        return (await self._write(Work(request=request, fold=folded, lines=chosen))).connector

    async def delete_connector(
        self,
        name: ConnectorName,
        etag: str = "",
        *,
        force: bool = False,
        validate_only: bool = False,
    ) -> None:
        """Deletes a connector; one that has versions only by force."""

        def folded(snapshot: Snapshot, _now: datetime) -> Folded:
            before = snapshot.connector(name)
            if etag and etag != before.etag:
                raise stale(missing.CONNECTOR, str(name), "etag")
            if before.versions and not force:
                raise HasChildren(
                    f"`{name}` has {len(before.versions)} versions; set `force` to delete them too",
                    details=Details(resource=Resource(type=missing.CONNECTOR, name=str(name))),
                )
            return Folded(connector=before)

        request = request_of("delete_connector", name, None, "", validate_only=validate_only)
        await self._write(Work(request=request, fold=folded, removes=True))

    async def refresh(self) -> bool:
        """Takes the ledger's state where it moved; answers whether it did."""
        async with self._writing:
            return await self._refresh()

    async def follow(self, interval: float = 0.25) -> None:
        """Keeps this process with the others, for as long as it runs; calls go on meanwhile."""
        failing = False
        while True:
            try:
                await self.refresh()
                await self._documents.warm(self._snapshot.live_digests(), seconds=interval)
                failing = False
            except Exception as problem:
                if not failing:
                    LOGGER.exception("the catalog is not followed now", exc_info=problem)
                failing = True
            await asyncio.sleep(interval)

    async def _refresh(self) -> bool:
        if await self._ledger.sequence() == self._snapshot.sequence:
            return False
        snapshot = Snapshot.of(*await self._ledger.read())
        lacking = self._documents.missing(snapshot.digests())
        if lacking:
            self._documents.hold({}, await self._ledger.specs(lacking))
        await self._documents.warm(snapshot.live_digests(), seconds=WARM)
        self._show(snapshot)
        return True

    def _show(self, snapshot: Snapshot) -> None:
        self._snapshot, self._resolved = snapshot, {}
        self._documents.keep(snapshot.digests())

    async def _write(self, work: Work) -> Folded:
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
                    sequence = await self._ledger.commit(
                        work.commit(self._snapshot.sequence, folded, now)
                    )
                except Conflict:
                    continue
                specs = {each.document.digest: each.spec for each in work.prepared}
                self._documents.hold(specs, {})
                self._show(work.shown(self._snapshot, sequence, folded))
                return folded
        raise EtagMismatch(
            f"`{work.request.target}` was changed by others at the same time; repeat the request"
        )

    async def _answered(self, request: Request) -> Answer | None:
        """What the same request was answered before; raises where the id is another's."""
        if not request.request_id:
            return None
        now = datetime.fromtimestamp(self._clock(), UTC)
        answer = await self._ledger.answer(request.request_id, now)
        if answer is not None and answer.fingerprint != request.fingerprint:
            raise invalid(
                Violation(field="request_id", description="belongs to another request already")
            )
        return answer

    async def _prepared(self, draft: Draft) -> Prepared:
        return await asyncio.to_thread(prepare, await self._sources.get(draft), draft)


def _exists(name: ConnectorName) -> ConnectorExists:
    return ConnectorExists(
        f"`{name}` is there already",
        details=Details(resource=Resource(type=missing.CONNECTOR, name=str(name))),
    )
