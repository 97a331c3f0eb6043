"""The runs in the ledger, their steps and what they save: whole ones in and out."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import UpdateBase, and_, case, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from facade.errors.runs import RunStateWrong
from facade.model.run import FlowRecord, Run, RunError, RunName, RunState, StepRun, StepState
from facade.stores.audit import note_all, note_audit
from facade.stores.base import Audit
from facade.stores.cancelling import LIVE, cancel_run
from facade.stores.failing import tried_again
from facade.stores.ledger import SqlLedger
from facade.stores.run_rows import (
    ENCODER,
    STEP,
    Job,
    RunContent,
    digest_of,
    error_text,
    is_run,
    job_in,
    packed,
    record_in,
    run_in,
    step_text,
)
from facade.stores.run_tables import RECORDS, RUN_SOURCES, RUN_STEPS, RUNS
from facade.stores.scope import EVERY_TENANT

MOST_RECORDS: Final = 10_000
"""Records of a flow that are told."""
LOCK: Final = "runs"
"""What begins and ends runs waits for others that do, where the database knows more than one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """A run before it is there."""

    name: RunName
    version: str
    start_key: str
    source: str
    concurrency: int
    rate: int
    depth: int
    content: RunContent
    time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A step as it is written down."""

    step: StepRun
    checkpoint: int
    """Its first …"""
    begun: int
    """… and the last one that has begun."""
    time: datetime


class SqlRuns:
    """The runs of all tenants in a ledger. Every method raises StoreUnavailable."""

    def __init__(self, ledger: SqlLedger) -> None:
        """Takes an open ledger."""
        self._ledger = ledger
        self._turn = asyncio.Lock()

    @tried_again
    async def add(self, new: NewRun, audit: Audit | None = None) -> tuple[RunName, bool]:
        """Writes a run, or finds the one that has its start key; answers whether it is new.

        Raises RunStateWrong where the run that is to wait for it has ended meanwhile.
        """
        tenant, parent = new.name.tenant, _parent_of(new)
        theirs = and_(RUNS.c.tenant == tenant, RUNS.c.start_key == new.start_key)
        lock = f"run {parent}" if parent else f"run start {new.start_key}"
        async with self._writing(tenant, lock if audit is None else None) as connection:
            found = (await connection.execute(select(RUNS).where(theirs))).first()
            if found is not None:
                return RunName(found.flow, found.id, tenant), False
            if parent:
                await _held(connection, RunName("", parent, tenant))
            digest = digest_of(new.source)
            await _put(
                connection, {"tenant": tenant, "digest": digest, "packed": packed(new.source)}
            )
            await connection.execute(insert(RUNS).values(_values(new, digest)))
            if audit is not None:
                await note_audit(connection, audit, None)
        return new.name, True

    async def find(self, name: RunName) -> Run | None:
        """A run with its steps, where it is one of that flow."""
        async with self._ledger.transaction(tenant=name.tenant) as connection:
            row = (await connection.execute(select(RUNS).where(is_run(name)))).first()
            if row is None or row.flow != name.flow:
                return None
            theirs = and_(RUN_STEPS.c.tenant == name.tenant, RUN_STEPS.c.run == name.run)
            chosen = select(RUN_STEPS.c.content).where(theirs).order_by(RUN_STEPS.c.position)
            steps = [STEP.decode(each) for each in (await connection.execute(chosen)).scalars()]
        return run_in(row, tuple(steps))

    async def revision(self, name: RunName) -> int:
        """How often a run has changed; 0 where there is none."""
        chosen = select(RUNS.c.revision).where(is_run(name))
        async with self._ledger.transaction(tenant=name.tenant) as connection:
            return (await connection.execute(chosen)).scalar_one_or_none() or 0

    async def state(self, name: RunName) -> tuple[str, str]:
        """State and executor of a run; empty where there is none."""
        chosen = select(RUNS.c.state, RUNS.c.executor).where(is_run(name))
        async with self._ledger.transaction(tenant=name.tenant) as connection:
            row = (await connection.execute(chosen)).first()
        return (row.state, row.executor) if row else ("", "")

    async def checkpoint(self, name: RunName, step: str) -> int:
        """The first checkpoint of a step of a run; 0 where it has never begun."""
        theirs = and_(
            RUN_STEPS.c.tenant == name.tenant,
            RUN_STEPS.c.run == name.run,
            RUN_STEPS.c.id == step,
        )
        chosen = select(RUN_STEPS.c.checkpoint).where(theirs)
        async with self._ledger.transaction(tenant=name.tenant) as connection:
            return (await connection.execute(chosen)).scalar_one_or_none() or 0

    async def job(self, tenant: str, run: str) -> Job | None:
        """What is to be executed."""
        sources = RUN_SOURCES.c
        joined = RUNS.join(
            RUN_SOURCES, and_(sources.tenant == RUNS.c.tenant, sources.digest == RUNS.c.source)
        )
        chosen = select(RUNS, sources.packed).select_from(joined)
        chosen = chosen.where(RUNS.c.tenant == tenant, RUNS.c.id == run)
        async with self._ledger.transaction(tenant=tenant) as connection:
            row = (await connection.execute(chosen)).first()
        return job_in(row, row.packed) if row else None

    async def hops(self, tenant: str, name: str) -> int:
        """How many runs led to one by events; none to one that is not there (any more)."""
        job = await self.job(tenant, name.rpartition("/")[2]) if name else None
        return job.content.hops if job is not None else 0

    @tried_again
    async def turn(
        self, name: RunName, before: RunState, after: RunState, audit: Audit, executor: str = ""
    ) -> bool:
        """Changes a run's state where it is still the one before; answers whether it was."""
        values: dict[str, object] = {"state": after.value, "revision": RUNS.c.revision + 1}
        if executor:
            values["executor"] = executor
        where = and_(is_run(name), RUNS.c.state == before.value)
        async with self._writing(name.tenant, None) as connection:
            changed = await connection.execute(update(RUNS).where(where).values(values))
            if changed.rowcount != 1:
                return False
            await note_audit(connection, audit, None)
        return True

    @tried_again
    async def cancel(self, name: RunName, audit: Audit) -> tuple[RunName, ...]:
        """Ends a run and the runs below it; answers which they were, none where it has ended."""
        async with self._writing(name.tenant, None) as connection:
            cancelled = await cancel_run(connection, name, audit.time)
            if cancelled:
                each = tuple((replace(audit, target=str(run)), None) for run in cancelled)
                await note_all(connection, each)
        return cancelled

    @tried_again
    async def adopt(self, name: RunName, executor: str) -> bool:
        """Has a run be that of an executor; answers whether it is to be executed at all."""
        where = and_(is_run(name), RUNS.c.state == RunState.RUNNING.value)
        return await self._changed(name, update(RUNS).where(where).values(executor=executor))

    @tried_again
    async def write_steps(
        self, name: RunName, executor: str, told: Sequence[Written], begun: Written | None = None
    ) -> bool:
        """Writes how far steps have come, and that one begins; answers whether the run goes on.

        It does not where it is paused or cancelled, or another executor's by now: then no step
        begins, and only what steps have come to is written, of what is still that executor's.
        """
        mine = and_(is_run(name), RUNS.c.executor == executor)
        bumped = update(RUNS).where(mine).values(revision=RUNS.c.revision + 1)
        running = RUNS.c.state == RunState.RUNNING.value
        async with self._writing(name.tenant, f"run {name.run}") as connection:
            goes_on = (await connection.execute(bumped.where(running))).rowcount == 1
            if not goes_on:
                told = [each for each in told if each.step.state is not StepState.RUNNING]
                if not told or (await connection.execute(bumped)).rowcount != 1:
                    return False
            if told:
                await _put_steps(connection, name, told, begins=False)
            if goes_on and begun is not None:
                await _put_steps(connection, name, (begun,), begins=True)
        return goes_on

    async def begun(self, name: RunName, step: str, checkpoint: int) -> datetime | None:
        """When a checkpoint of a step was first begun, where it is the last that was."""
        chosen = select(RUN_STEPS.c.begun_time).where(
            RUN_STEPS.c.tenant == name.tenant,
            RUN_STEPS.c.run == name.run,
            RUN_STEPS.c.id == step,
            RUN_STEPS.c.begun == checkpoint,
        )
        async with self._ledger.transaction(tenant=name.tenant) as connection:
            return (await connection.execute(chosen)).scalar_one_or_none()

    @tried_again
    async def end(
        self,
        name: RunName,
        executor: str,
        state: RunState,
        output: str,
        error: RunError | None,
        time: datetime,
    ) -> bool:
        """Writes what a run has come to; answers whether it was still that executor's."""
        values = {
            "state": state.value,
            "output": output,
            "error": error_text(error),
            "end_time": time,
            "revision": RUNS.c.revision + 1,
        }
        mine = and_(RUNS.c.executor == executor, RUNS.c.state == RunState.RUNNING.value)
        return await self._changed(name, update(RUNS).where(is_run(name), mine).values(values))

    @tried_again
    async def save(self, record: FlowRecord, executor: str) -> bool:
        """Writes a record in the place of the one with its key, where the run is that executor's.

        Answers whether it is: what one comes to save that was taken for dead is of long ago.
        """
        saving = RunName(record.flow.flow, record.run, record.flow.tenant)
        mine = and_(is_run(saving), RUNS.c.executor == executor)
        values = {
            "tenant": record.flow.tenant,
            "flow": record.flow.flow,
            "key": record.key,
            "value": record.value,
            "run": record.run,
            "update_time": record.update_time,
        }
        async with self._writing(record.flow.tenant, f"record {record.flow}") as connection:
            if (await connection.execute(select(RUNS.c.id).where(mine))).first() is None:
                return False
            made = _kind(connection).insert(RECORDS)
            names = ("value", "run", "update_time")
            upsert = made.on_conflict_do_update(
                index_elements=[each.name for each in RECORDS.primary_key],
                set_={each: made.excluded[each] for each in names},
            )
            await connection.execute(upsert, values)
        return True

    async def records(self, tenant: str, flow: str) -> tuple[FlowRecord, ...]:
        """What a flow has saved, by key."""
        theirs = and_(RECORDS.c.tenant == tenant, RECORDS.c.flow == flow)
        chosen = select(RECORDS).where(theirs).order_by(RECORDS.c.key).limit(MOST_RECORDS)
        async with self._ledger.transaction(tenant=tenant) as connection:
            return tuple(record_in(row) for row in await connection.execute(chosen))

    @tried_again
    async def retire(self, before: datetime, most: int) -> tuple[str, ...]:
        """Takes away runs that ended before a time; answers which, so many at most."""
        old = select(RUNS.c.tenant, RUNS.c.id).where(RUNS.c.end_time < before).limit(most)
        async with self._writing(EVERY_TENANT, LOCK) as connection:
            gone = [row.id for row in await connection.execute(old)]
            if gone:
                await connection.execute(delete(RUN_STEPS).where(RUN_STEPS.c.run.in_(gone)))
                await connection.execute(delete(RUNS).where(RUNS.c.id.in_(gone)))
                used = select(RUNS.c.source)
                unused = RUN_SOURCES.c.digest.not_in(used)
                await connection.execute(delete(RUN_SOURCES).where(unused))
        return tuple(gone)

    async def _changed(self, name: RunName, statement: UpdateBase) -> bool:
        async with self._writing(name.tenant, f"run {name.run}") as connection:
            return (await connection.execute(statement)).rowcount == 1

    @asynccontextmanager
    async def _writing(self, tenant: str, lock: str | None) -> AsyncIterator[AsyncConnection]:
        """A transaction that writes: in SQLite one at a time, in the order of asking.

        Without a lock of its own it waits for all that write: the audit is one chain.
        """
        async with AsyncExitStack() as stack:
            if self._ledger.has_one_writer:
                await stack.enter_async_context(self._turn)
            named = {} if lock is None else {"lock": lock}
            opened = self._ledger.transaction(writes=True, tenant=tenant, **named)
            yield await stack.enter_async_context(opened)


def _parent_of(new: NewRun) -> str:
    """The id of the run that waits for it; empty: none does."""
    return new.content.parent.rpartition("/")[2]


def _values(new: NewRun, digest: str) -> dict[str, object]:
    return {
        "tenant": new.name.tenant,
        "id": new.name.run,
        "flow": new.name.flow,
        "version": new.version,
        "start_key": new.start_key,
        "state": RunState.QUEUED.value,
        "revision": 1,
        "executor": "",
        "source": digest,
        "concurrency": new.concurrency,
        "rate": new.rate,
        "depth": new.depth,
        "parent": _parent_of(new),
        "content": ENCODER.encode(new.content).decode(),
        "output": "",
        "error": "",
        "create_time": new.time,
    }


async def _held(connection: AsyncConnection, parent: RunName) -> None:
    """Has whoever cancels a run at the same time come before or behind; raises RunStateWrong."""
    live = update(RUNS).where(is_run(parent), RUNS.c.state.in_(LIVE))
    touched = await connection.execute(live.values(revision=RUNS.c.revision + 1))
    if touched.rowcount != 1:
        raise RunStateWrong("the run that is to wait for it has ended")


async def _put(connection: AsyncConnection, source: dict[str, object]) -> None:
    """Keeps a text that may be there already."""
    made = _kind(connection).insert(RUN_SOURCES).values(source)
    await connection.execute(made.on_conflict_do_nothing())


async def _put_steps(
    connection: AsyncConnection, name: RunName, steps: Sequence[Written], *, begins: bool
) -> None:
    values = [
        {
            "tenant": name.tenant,
            "run": name.run,
            "id": each.step.id,
            "position": each.step.position,
            "checkpoint": each.checkpoint,
            "begun": each.begun,
            "begun_time": each.time,
            "content": step_text(each.step),
        }
        for each in steps
    ]
    made = _kind(connection).insert(RUN_STEPS)
    new = made.excluded
    changed: dict[str, Any] = {each: new[each] for each in ("position", "content")}
    if begins:
        again = (RUN_STEPS.c.begun == new.begun, RUN_STEPS.c.begun_time)
        changed |= {"begun": new.begun, "begun_time": case(again, else_=new.begun_time)}
    upsert = made.on_conflict_do_update(
        index_elements=[each.name for each in RUN_STEPS.primary_key], set_=changed
    )
    await connection.execute(upsert, values)


def _kind(connection: AsyncConnection):  # type: ignore[no-untyped-def]  # noqa: ANN202 - one of two modules
    return postgresql if connection.dialect.name == "postgresql" else sqlite
