"""Runs: flows are run, and whoever asks is told how far they have come."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Self
from uuid import uuid4

from facade.background import Background
from facade.catalog.catalog import Catalog
from facade.engine import Engine
from facade.errors.fault import Details, Resource
from facade.errors.flows import FlowNotFound
from facade.errors.runs import FlowTooDeep, RunNotFound, RunStateWrong
from facade.flows.missing import refuse_suspended
from facade.flows.running.collaborators import Collaborators
from facade.flows.running.executor import Executor
from facade.flows.running.inputs import check_input
from facade.flows.running.new_runs import DEEPEST, Cause, new_run, replay_of
from facade.flows.running.reporter import Reporter
from facade.flows.running.watchers import Watchers
from facade.model.access import ANYONE, Identity
from facade.model.definition import Definition
from facade.model.flow import Flow, FlowVersion
from facade.model.run import ENDED, FlowRecord, Run, RunName, RunState, TriggerKind
from facade.stores.base import Audit
from facade.stores.executors import SqlExecutors
from facade.stores.history_filter import Condition
from facade.stores.ledger import SqlLedger
from facade.stores.run_pages import SqlRunPages
from facade.stores.run_rows import Job
from facade.stores.runs import NewRun, SqlRuns
from facade.telemetry import instruments as table
from facade.telemetry.meters import Meters
from facade.telemetry.spans import Tracing

if TYPE_CHECKING:
    from facade.flows.running.journal import DurableJournal
    from facade.flows.running.world import ChildStart, DurableWorld

LOOK: Final = 0.2
"""Seconds between two looks of whoever watches a run."""
RETIRING: Final = 3600.0
"""Seconds between two looks for what is too old."""
BATCH: Final = 200
"""Runs that are taken away at once."""
RUN: Final = "gateway.v1/Run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplied:
    """What stands in a test for what is not done there."""

    outputs: Mapping[str, Any] = field(default_factory=dict)
    """What steps come to in place of being done, by their ids."""
    trigger: Mapping[str, Any] = field(default_factory=dict)
    """What expressions see as `trigger`, beside its kind."""


NOTHING: Final = Supplied()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsBase:
    """What runs stand on."""

    engine: Engine
    catalog: Catalog
    ledger: SqlLedger
    tracing: Tracing
    url: str
    """Where it is kept how far runs have come, as the ledger names databases; empty: nowhere."""
    days: int
    """How long ended runs are kept."""


class Runs:
    """The runs of all tenants. Every method raises StoreUnavailable.

    Runs are done here for as long as it is entered, where the process runs flows at all; what is
    told of them, every process tells.
    """

    def __init__(self, base: RunsBase, collaborators: Collaborators, *, on: bool = True) -> None:
        """Takes what they stand on; `on` says whether this process runs flows."""
        self._stack = AsyncExitStack()
        self._base = base
        self.collaborators = collaborators
        self._store = SqlRuns(base.ledger)
        self._pages = SqlRunPages(base.ledger)
        self._watchers = Watchers()
        self._reporter = Reporter(collaborators)
        stores = (self._store, SqlExecutors(base.ledger))
        self._executor = (
            Executor(base.url, stores, base.tracing, self._surround, self._reporter.ended)
            if on and base.url
            else None
        )

    async def __aenter__(self) -> Self:
        """Begins to look for runs, where this process does any."""
        if self._executor is not None:
            await self._stack.enter_async_context(self._executor)
            retiring = await self._stack.enter_async_context(Background())
            retiring.start(self._retire())
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Lets steps end that are under way, and leaves runs to others."""
        await self._stack.aclose()

    def look(self) -> None:
        """Has runs in line, and those that others have left, be looked for at once."""
        if self._executor is not None:
            self._executor.kick()

    def watched(self, meters: Meters) -> None:
        """Has the meters ask for figures."""
        executor = self._executor
        if executor is None:
            return
        meters.watch(table.RUNS, executor.readings)
        meters.watch(
            table.RUNS_UNDER_WAY,
            lambda: {(flow,): n for flow, n in executor.under_way_by_flow.items()},
        )
        meters.watch(table.RUN_TIME, lambda: {(flow,): n for flow, n in executor.seconds.items()})

    async def start(  # noqa: PLR0913 - a start has so many sides
        self,
        flow: Flow,
        version: FlowVersion,
        input: str = "null",  # noqa: A002 - what a run begins with is called so
        *,
        trigger: TriggerKind,
        trigger_id: str = "",
        values: Mapping[str, Any] = MappingProxyType({}),
        by: Identity = ANYONE,
        depth: int = 0,
        parent: str = "",
        told_by: str = "",
    ) -> Run:
        """Starts a run, once for each `trigger_id` of a flow and a kind of trigger.

        `told_by`: the run whose event starts it. A repeat answers the run that is there. One that
        is started by a process that runs no flows waits for one that does. Raises FlowTooDeep,
        InvalidRequest.
        """
        if depth >= DEEPEST:
            raise FlowTooDeep(f"{flow.name}: {DEEPEST} runs wait for each other already")
        hops = await self._store.hops(flow.name.tenant, told_by or parent) + (told_by != "")
        if hops >= DEEPEST:
            raise FlowTooDeep(f"{flow.name}: {DEEPEST} runs have started each other by events")
        check_input(version.definition, input)
        now = datetime.now(UTC)
        cause = Cause(
            trigger=trigger,
            id=trigger_id,
            values=values,
            by=by,
            depth=depth,
            parent=parent,
            hops=hops,
        )
        new = new_run(flow, version, input, cause, now)
        audit = None
        if trigger is TriggerKind.MANUAL:
            audit = _audit("run_flow", new.name, by, now, trigger_id)
        return await self._added(new, audit)

    async def get(self, name: RunName) -> Run:
        """A run with its steps; raises RunNotFound."""
        run = await self._store.find(name)
        if run is None:
            raise _missing(name)
        return run

    async def page(
        self,
        tenant: str,
        flow: str = "",
        after: str = "",
        limit: int = 100,
        state: RunState | None = None,
    ) -> tuple[Run, ...]:
        """Runs that began before one, by its id, the newest first; of all flows where none is."""
        return await self._pages.page(tenant, flow, after, limit, state)

    async def found(
        self, of: tuple[str, str], condition: Condition, before: str, limit: int
    ) -> tuple[tuple[Run, ...], str]:
        """Runs of a tenant and a flow that a condition lets through; see `SqlRunPages.found`."""
        return await self._pages.found(of, condition, before, limit)

    async def watch(self, name: RunName) -> AsyncGenerator[Run, None]:
        """A run at each change until it has ended; raises RunNotFound, TooManyWatchers."""
        seen = -1
        with self._watchers.one(name.tenant):
            while True:
                revision = await self._store.revision(name)
                if revision != seen:
                    seen, run = revision, await self.get(name)
                    yield run
                    if run.state in ENDED:
                        return
                await asyncio.sleep(LOOK)

    async def cancel(self, name: RunName, by: Identity = ANYONE) -> Run:
        """Ends a run and the runs that it waits for; a call that is under way ends, none begins.

        One that is cancelled already stays so; raises RunStateWrong for one that ended otherwise.
        """
        await self.get(name)
        audit = _audit("cancel_run", name, by, datetime.now(UTC))
        cancelled = await self._store.cancel(name, audit)
        self._stop(*cancelled)
        for each in cancelled:
            await self._reporter.cancelled(await self.get(each))
        run = await self.get(name)
        if run.state is not RunState.CANCELLED:
            raise RunStateWrong(f"`{name}` is {run.state.value}: it has ended by itself")
        return run

    async def pause(self, name: RunName, by: Identity = ANYONE) -> Run:
        """Has a run wait before its next step."""
        run = await self.get(name)
        if run.state is RunState.PAUSED:
            return run
        return await self._turned(run, (RunState.RUNNING,), RunState.PAUSED, by)

    async def resume(self, name: RunName, by: Identity = ANYONE) -> Run:
        """Has a run that waits go on, at the first step that has not ended."""
        run = await self.get(name)
        if run.state is RunState.RUNNING:
            return run
        return await self._turned(run, (RunState.PAUSED,), RunState.RUNNING, by)

    async def replay(self, name: RunName, step: str = "", by: Identity = ANYONE) -> Run:
        """Starts a run that goes on from a step of an ended one; what came before it stays so.

        Empty: from the first step. Raises RunStateWrong where that step has never begun, and
        FlowSuspended.
        """
        before = await self.get(name)
        with suppress(FlowNotFound):  # what ran of a flow that is deleted since says all itself
            refuse_suspended(await self.collaborators.flows.get(name.parent))
        job = await self._store.job(name.tenant, name.run)
        if before.state not in ENDED or job is None:
            raise RunStateWrong(f"`{name}` has not ended: it is {before.state.value}")
        checkpoint = await self._store.checkpoint(name, step) if step else 1
        if checkpoint == 0:
            raise RunStateWrong(f"step: `{step}` has never begun in `{name}`")
        now = datetime.now(UTC)
        made = replay_of(job, checkpoint, by, now)
        return await self._added(made, _audit("replay_run", made.name, by, now))

    async def test(
        self,
        definition: Definition,
        input: str = "null",  # noqa: A002 - what a run begins with is called so
        supplied: Supplied = NOTHING,
        *,
        identity: Identity = ANYONE,
    ) -> Run:
        """Runs a definition here and keeps nothing of it: actions are called, all else is told."""
        # heavy: the languages of expressions are imported with the first run
        from facade.flows.running.action_calls import ActionCalls  # noqa: PLC0415 - as said
        from facade.flows.running.child_flow import child_version  # noqa: PLC0415 - the same
        from facade.flows.running.dry_run import DryWorld, interpret  # noqa: PLC0415 - the same

        given, tenant = check_input(definition, input), identity.tenant

        async def others(name: str) -> Definition:
            return (await child_version(self.collaborators.flows, name, tenant))[1].definition

        calls = ActionCalls(self._base.engine, self._base.catalog, tenant, "flows/-")
        world = DryWorld(calls, others)
        name = RunName("test", str(uuid4()), tenant)
        begins = given, {"kind": TriggerKind.TEST.value, **supplied.trigger}
        return (await interpret(definition, name, begins, world, supplied.outputs))[1]

    async def records(self, tenant: str, flow: str) -> tuple[FlowRecord, ...]:
        """What a flow has saved, by key; of one that is not there, nothing."""
        return await self._store.records(tenant, flow)

    async def _added(self, new: NewRun, audit: Audit | None) -> Run:
        name, is_new = await self._store.add(new, audit)
        if is_new:
            self.look()
        return await self.get(name)

    async def _turned(
        self, run: Run, before: tuple[RunState, ...], after: RunState, by: Identity
    ) -> Run:
        """The run in another state; raises RunStateWrong where that does not follow."""
        if run.state not in before:
            raise RunStateWrong(
                f"`{run.name}` is {run.state.value}: only a run that is "
                f"{' or '.join(each.value for each in before)} becomes {after.value}"
            )
        method = "pause_run" if after is RunState.PAUSED else "resume_run"
        audit = _audit(method, run.name, by, datetime.now(UTC))
        left = NOBODY if after is RunState.RUNNING else ""
        if not await self._store.turn(run.name, run.state, after, audit, left):
            return await self._turned(await self.get(run.name), before, after, by)
        self._stop(run.name)
        return await self.get(run.name)

    def _stop(self, *runs: RunName) -> None:
        """Has runs that are done here begin no other step."""
        if self._executor is not None:
            for each in runs:
                self._executor.stop(each.run)
        self.look()

    def _surround(self, job: Job, journal: "DurableJournal") -> "DurableWorld":
        from facade.flows.running.action_calls import ActionCalls  # noqa: PLC0415 - with the first run
        from facade.flows.running.world import DurableWorld  # noqa: PLC0415 - the same

        base, name = self._base, job.name
        calls = ActionCalls(base.engine, base.catalog, name.tenant, str(name))
        return DurableWorld(job, journal, calls, self._store, self.collaborators, self._child)

    async def _child(self, start: "ChildStart") -> Run:
        parent = start.parent
        return await self.start(
            start.flow,
            start.version,
            start.input,
            trigger=TriggerKind.FLOW,
            trigger_id=start.key,
            by=Identity(tenant=parent.name.tenant, name=parent.content.started_by),
            depth=parent.depth + 1,
            parent=str(parent.name),
        )

    async def _retire(self) -> None:
        while True:
            await asyncio.sleep(RETIRING)
            await self.retire()

    async def retire(self) -> int:
        """Takes away the runs that ended too long ago; answers how many those were."""
        before, count = datetime.now(UTC) - timedelta(days=max(self._base.days, 1)), 0
        while gone := await self._store.retire(before, BATCH):
            count += len(gone)
            if self._executor is not None:
                await (await self._executor.durable()).forget(gone)
        return count


NOBODY: Final = "nobody"
"""In place of the executor of a run that whoever comes first goes on with."""


def _missing(name: RunName) -> RunNotFound:
    return RunNotFound(
        f"no run `{name}`", details=Details(resource=Resource(type=RUN, name=str(name)))
    )


def _audit(method: str, name: RunName, by: Identity, now: datetime, request_id: str = "") -> Audit:
    return Audit(
        time=now,
        tenant=name.tenant,
        caller=by.known_name,
        method=method,
        target=str(name),
        request_id=request_id[:128],
    )
