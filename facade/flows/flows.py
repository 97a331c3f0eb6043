"""Flows: made, changed, published, suspended and deleted; and whether they still fit."""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias
from uuid import UUID, uuid4

from facade.catalog.changes import stale
from facade.catalog.draft import check_labels
from facade.catalog.request import invalid, refuse
from facade.catalog.request_ids import uid_of
from facade.errors.caller import EtagMismatch, HasChildren
from facade.errors.fault import Violation
from facade.errors.flows import FlowExists, FlowUnpublished
from facade.expressions.finding import Finding
from facade.flows import request as asked
from facade.flows.active_runs import ActiveRuns, NoRuns
from facade.flows.checker import Checker
from facade.flows.definitions import is_definition, read, version_of
from facade.flows.edits import Change, Turn, check_etag, counted, new_version, titled, turned
from facade.flows.missing import FLOW, about, no_flow, no_flow_version
from facade.flows.readiness import Readiness, flow_of
from facade.model.access import ANYONE, Identity
from facade.model.definition import Definition
from facade.model.flow import Flow, FlowName, FlowState, FlowVersion, FlowVersionName
from facade.model.flow_names import number_of, version_id
from facade.stores.edit import Edit
from facade.stores.flow_rows import KeptFlow, KeptVersion, with_etag
from facade.stores.flows import SqlFlows

ATTEMPTS: Final = 4
"""A change is tried once, and three times more where another writer was faster."""

MOST: Final = 100
"""Versions that are kept of a flow."""

READ: Final = 200
"""Flows that are read at once."""

REQUESTS: Final = UUID("0d6f2b0c-3f0e-4c39-9d0b-2a3b8f1f5e77")
"""Makes the uid of what a request with an id creates, so that its repeat is known."""

NO_LABELS: Final[Mapping[str, str]] = {}

Listener: TypeAlias = Callable[[Flow, Flow | None], Awaitable[None]]
"""Is told of a flow before and after it was published, suspended, resumed or deleted (None)."""


class Flows:
    """The flows of all tenants. Every method raises StoreUnavailable.

    A flow is given with two of its versions, the published one and the newest; `version` and
    `versions` give the others.
    """

    def __init__(
        self,
        store: SqlFlows,
        checker: Checker,
        clock: Callable[[], float] = time.time,
        new_uid: Callable[[], UUID] = uuid4,
    ) -> None:
        """Takes where they are kept, and what they must fit."""
        self._store = store
        self._checker = checker
        self._readiness = Readiness(store, checker)
        self._clock = clock
        self._new_uid = new_uid
        self._sequence = -1
        self._published: tuple[Flow, ...] = ()
        self.active_runs: ActiveRuns = NoRuns()
        """What runs of them: itself made of what knows flows."""
        self.listeners: list[Listener] = []
        """Called one after the other behind each change of what triggers run."""

    async def get(self, name: FlowName) -> Flow:
        """A flow, and whether it fits now; raises FlowNotFound."""
        return self._readiness.told(await self._kept(name))

    async def all(self, tenant: str) -> tuple[Flow, ...]:
        """The flows of a tenant, by name."""
        found: list[Flow] = []
        while True:
            after = found[-1].name.flow if found else ""
            page = await self.page(tenant, after, READ)
            found.extend(page)
            if len(page) < READ:
                return tuple(found)

    async def page(self, tenant: str, after: str, limit: int) -> tuple[Flow, ...]:
        """A tenant's flows that follow an id, by name."""
        return tuple(
            self._readiness.told(each) for each in await self._store.page(tenant, after, limit)
        )

    async def published(self) -> tuple[Flow, ...]:
        """The flows of all tenants that have a published version; read anew after a change alone.

        Their states are as they are kept: whether they still fit is not looked at. Those whose
        text this release cannot read are left out.
        """
        sequence = await self._store.sequence()
        if sequence != self._sequence:
            kept = await self._store.published()
            self._published = tuple(
                flow_of(each)
                for each in kept
                if all(is_definition(version.source) for version in each.versions)
            )
            self._sequence = sequence
        return self._published

    async def version(self, name: FlowVersionName) -> FlowVersion:
        """A version; raises FlowVersionNotFound, FlowNotFound."""
        return version_of(await self._kept_version(name))

    async def versions(
        self, name: FlowName, before: int = 0, limit: int = MOST
    ) -> tuple[FlowVersion, ...]:
        """A flow's versions, newest first; with `before` those of smaller numbers.

        Raises FlowNotFound.
        """
        await self._kept(name)
        found = await self._store.versions(name, before, limit)
        return tuple(version_of(each) for each in found)

    async def check(self, source: str, tenant: str, identity: Identity) -> tuple[Finding, ...]:
        """All that is wrong with a definition, by line and column, if that caller published it.

        Raises InvalidRequest for a text that is empty or too long.
        """
        refuse(asked.check_source(source, "source"))
        await self._checker.refresh()
        return await self._readiness.findings(source, tenant, identity)

    def allowed(self, source: str, identity: Identity, field: str = "source") -> Definition:
        """A definition whose every call somebody may make.

        Raises InvalidRequest, DefinitionInvalid, CallerForbidden.
        """
        refuse(asked.check_source(source, field))
        definition = read(source)
        self._checker.check_allowed(definition, identity)
        return definition

    async def create(
        self,
        name: FlowName,
        source: str,
        labels: Mapping[str, str] = NO_LABELS,
        *,
        by: Identity = ANYONE,
        validate_only: bool = False,
        request_id: str = "",
    ) -> Flow:
        """Makes a flow and its first version.

        Raises InvalidRequest, DefinitionInvalid with everything that is wrong, FlowExists.
        """
        refuse(asked.check_new(name, source, labels))
        uid = uid_of(REQUESTS, name.tenant, request_id, self._new_uid)
        read(source)
        repeated = await self._store.by_uid(name.tenant, uid)
        if repeated is not None:
            return self._readiness.told(_same(repeated, name))
        if await self._store.get(name) is not None:
            raise _exists(name)
        now = self._now()
        flow = Flow(name=name, uid=uid, labels=dict(labels), create_time=now, update_time=now)
        added = new_version(flow, 1, source, by, now)
        made = with_etag(titled(KeptFlow(flow=flow, newest=1, versions=(added,))))
        if validate_only:
            return self._readiness.told(made)
        edit = Edit(method="create_flow", by=by, request_id=request_id, lines=("version v1",))
        audit = edit.audit(now, None, made.flow)
        if not await self._store.put(made, None, audit, added=added):
            raise _exists(name)
        return self._readiness.told(made)

    async def update(
        self,
        name: FlowName,
        values: Mapping[str, object],
        paths: Sequence[str] = (),
        etag: str = "",
        *,
        by: Identity = ANYONE,
        validate_only: bool = False,
    ) -> Flow:
        """Changes the fields that the paths name, of `labels` and `source`, or both with `*`.

        Another text makes the next version; of more than 100 the oldest goes that is not
        published. Raises what `create` raises, EtagMismatch, FlowNotFound.
        """
        chosen = asked.FIELDS.chosen(paths)
        source = str(values.get("source", "")) if "source" in chosen else None
        labels = values.get("labels", {}) if "labels" in chosen else None
        _check_values(source, labels)

        async def changed(before: KeptFlow) -> Turn | None:
            fields: dict[str, Any] = {} if labels is None else {"labels": labels}
            after = turned(before, **fields)
            if source is None or source == _newest(before).source:
                return None if after == before else Turn(after=after)
            return await self._grown(after, source, by)

        edit = Edit(
            method="update_flow", by=by, etag=etag, lines=chosen, validate_only=validate_only
        )
        return await self._change(name, changed, edit)

    async def publish(
        self,
        name: FlowName,
        version: str = "",
        etag: str = "",
        *,
        by: Identity = ANYONE,
        validate_only: bool = False,
    ) -> Flow:
        """Has a version run when its trigger says so: the newest, or an older one by its id.

        A flow that is suspended stays so. Raises FlowUnfit with all that does not fit by line and
        column, CallerForbidden, EtagMismatch, FlowNotFound, FlowVersionNotFound.
        """
        await self._checker.refresh()

        async def changed(before: KeptFlow) -> Turn | None:
            flow = before.flow
            id_ = version or version_id(before.newest)
            wanted = await self._kept_version(FlowVersionName(name.flow, id_, name.tenant))
            await self._readiness.check(wanted, by)
            rests = flow.state is FlowState.SUSPENDED
            state = FlowState.SUSPENDED if rests else FlowState.ACTIVE
            if (flow.published, flow.published_by, flow.state) == (id_, by.name, state):
                return None
            said = flow.state_description if rests else ""
            fields: dict[str, Any] = {"published": id_, "published_by": by.name, "state": state}
            after = turned(before, wanted, **fields, state_description=said)
            return Turn(after=after, lines=(f"version {id_}",))

        edit = Edit(method="publish_flow", by=by, etag=etag, validate_only=validate_only)
        return await self._change(name, changed, edit)

    async def suspend(self, name: FlowName, etag: str = "", *, by: Identity = ANYONE) -> Flow:
        """Lets its triggers rest; raises FlowNotFound, FlowUnpublished, EtagMismatch."""
        edit = Edit(method="suspend_flow", by=by, etag=etag)
        return await self.mark(name, FlowState.SUSPENDED, "Somebody suspended it.", edit)

    async def resume(self, name: FlowName, etag: str = "", *, by: Identity = ANYONE) -> Flow:
        """Lets its triggers go on; raises FlowNotFound, FlowUnpublished, EtagMismatch."""
        edit = Edit(method="resume_flow", by=by, etag=etag)
        return await self.mark(name, FlowState.ACTIVE, "", edit)

    async def mark(self, name: FlowName, state: FlowState, description: str, edit: Edit) -> Flow:
        """Puts a published flow into a state; one that is there already stays as it is."""

        async def changed(before: KeptFlow) -> Turn | None:
            if not before.flow.published:
                raise FlowUnpublished(f"no version of `{name}` is published", details=about(name))
            if before.flow.state is state and before.flow.state_description == description:
                return None
            return Turn(after=turned(before, state=state, state_description=description))

        return await self._change(name, changed, edit)

    async def delete(
        self, name: FlowName, etag: str = "", *, force: bool = False, by: Identity = ANYONE
    ) -> None:
        """Deletes a flow; one that has runs under way only by force, which cancels them.

        Raises FlowNotFound, EtagMismatch, HasChildren.
        """
        before = await self._kept(name)
        edit = Edit(method="delete_flow", by=by, etag=etag)
        check_etag(before.flow, edit, "etag")
        if await self.active_runs.any(name):
            if not force:
                said = f"`{name}` has runs under way; set `force` to cancel them"
                raise HasChildren(said, details=about(name))
            await self.active_runs.cancel(name, by)
        if not await self._store.delete(before, edit.audit(self._now(), before.flow, None)):
            raise stale(FLOW, str(name), "etag")
        await self._tell(flow_of(before), None)

    async def _change(self, name: FlowName, change: Change, edit: Edit) -> Flow:
        """Changes what is there, anew where another writer was faster."""
        for _ in range(ATTEMPTS):
            before = await self._kept(name)
            check_etag(before.flow, edit, "flow.etag" if edit.method == "update_flow" else "etag")
            turn = await change(before)
            if turn is None:
                return self._readiness.told(before)
            after = counted(turn.after, self._now())
            if edit.validate_only:
                return self._readiness.told(after)
            told = replace(edit, lines=(*edit.lines, *turn.lines))
            audit = told.audit(self._now(), before.flow, after.flow)
            done = await self._store.put(
                after, before, audit, added=turn.added, dropped=turn.dropped
            )
            if done:
                await self._tell(flow_of(before), flow_of(after))
                return self._readiness.told(after)
        raise EtagMismatch(
            f"`{name}` was changed by others at the same time; repeat the request",
            details=about(name),
        )

    async def _grown(self, before: KeptFlow, source: str, by: Identity) -> Turn:
        """A flow with its next version."""
        number = before.newest + 1
        added = new_version(before.flow, number, source, by, self._now())
        numbers = await self._store.numbers(before.flow.name)
        published = number_of(before.flow.published)
        spare = [each for each in numbers if each != published]
        dropped = tuple(spare[: max(0, len(numbers) + 1 - MOST)])
        after = turned(before, added, newest=number)
        return Turn(after=after, added=added, dropped=dropped, lines=(f"version v{number}",))

    async def _tell(self, before: Flow, after: Flow | None) -> None:
        """Tells the listeners of what concerns triggers."""
        if after is not None and _triggered(before) == _triggered(after):
            return
        if after is None and not before.published:
            return
        for each in self.listeners:
            await each(before, after)

    async def _kept(self, name: FlowName) -> KeptFlow:
        found = await self._store.get(name)
        if found is None:
            known = await self._store.page(name.tenant, "", READ)
            raise no_flow(name, (each.flow.name.flow for each in known))
        return found

    async def _kept_version(self, name: FlowVersionName) -> KeptVersion:
        found = await self._store.version(name)
        if found is None:
            await self._kept(name.parent)
            raise no_flow_version(name)
        return found

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def _newest(kept: KeptFlow) -> KeptVersion:
    return max(kept.versions, key=lambda each: each.number)


def _triggered(flow: Flow) -> tuple[str, FlowState, str]:
    """What triggers go by."""
    return flow.published, flow.state, flow.published_by


def _check_values(source: str | None, labels: object) -> None:
    """Raises InvalidRequest, DefinitionInvalid for values that a flow cannot have."""
    problems: list[Violation] = []
    if isinstance(labels, Mapping):
        problems.extend(check_labels(labels, "flow.labels"))
    if source is not None:
        problems.extend(asked.check_source(source))
    refuse(problems)
    if source is not None:
        read(source)


def _same(there: KeptFlow, name: FlowName) -> KeptFlow:
    """What an earlier request with the same id made, where it was the same request."""
    if there.flow.name == name:
        return there
    raise invalid(Violation(field="request_id", description="belongs to another request already"))


def _exists(name: FlowName) -> FlowExists:
    return FlowExists(f"`{name}` is there already", details=about(name))
