"""Executor: the runs that this process does, those in line, and those that others have left."""

import asyncio
import importlib
import logging
import os
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from facade.background import Background
from facade.errors.fault import Effect, Fault
from facade.errors.runs import FlowsOff, RunNotFound
from facade.errors.service import Internal
from facade.model.run import RunName, RunState
from facade.stores.executors import Lease, SqlExecutors
from facade.stores.processes import HERE
from facade.stores.run_rows import Job
from facade.stores.runs import SqlRuns
from facade.telemetry import names
from facade.telemetry.spans import Tracing

if TYPE_CHECKING:
    from facade.flows.interpreter.ports import Ended, World
    from facade.flows.running.durable import Durable
    from facade.flows.running.journal import DurableJournal

LOGGER = logging.getLogger(__name__)

IDLE: Final = 5.0
"""Seconds between two looks for runs, in a process that has none."""
LOOK: Final = 1.0
"""The same in one that had some: how late a run of a dead process of this machine goes on."""
LEASE: Final = 20.0
"""Seconds after which a process that says nothing is taken for dead …"""
RENEWED: Final = 4.0
"""… and after which it says so again."""
MOST: Final = 1_000
"""Runs that one process does at a time, those that wait among them."""
DRAIN: Final = 10.0
"""Seconds that steps which are under way have at the end of the process."""
GRACE: Final = 10.0
"""Seconds after which a run that is this process's, and that it does not do, is begun again."""

Surround = Callable[[Job, "DurableJournal"], "World"]
"""Makes the outside of a run."""
Tell = Callable[[Job, "Ended"], Awaitable[None]]
"""Tells others that a run has ended."""


class Executor(Background):
    """Does runs for as long as it is entered; the first one opens what they are kept by."""

    def __init__(
        self,
        url: str,
        stores: tuple[SqlRuns, SqlExecutors],
        tracing: Tracing,
        surround: Surround,
        tell: Tell,
    ) -> None:
        """Takes where it is kept how far runs have come, and what they speak to."""
        super().__init__()
        self._url = url
        self._store, self._executors = stores
        self._tracing = tracing
        self._surround = surround
        self._tell = tell
        self.id = str(uuid4())
        self.under_way_by_flow: Counter[str] = Counter()
        self.ended: Counter[tuple[str, str]] = Counter()
        self.seconds: dict[str, float] = {}
        self._durable: Durable | None = None
        self._opening = asyncio.Lock()
        self._kicked = asyncio.Event()
        self._journals: dict[str, tuple[asyncio.Task[Any], DurableJournal]] = {}
        self._handed: dict[str, float] = {}
        self._ending = False
        self._renewed = 0.0
        self._trouble = ""

    def begin(self) -> None:
        """Looks for runs: at once, for those that the last process has left, and now and then."""
        self.kick()
        self.start(self._go_on())

    def kick(self) -> None:
        """Has runs be looked for at once."""
        self._kicked.set()

    def stop(self, run: str) -> None:
        """Has a run that is done here stop before its next step."""
        if run in self._journals:
            self._journals[run][1].stop()

    async def durable(self) -> "Durable":
        """What runs are kept by, opened once; raises FlowsOff."""
        async with self._opening:
            if self._durable is None:
                self._durable = await self._opened()
        return self._durable

    async def end(self) -> None:
        """Lets steps that are under way end, and leaves the runs to others."""
        self._ending = True
        if self._durable is None:
            return
        tasks = [task for task, _ in self._journals.values()]
        for _, journal in self._journals.values():
            journal.stop()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=DRAIN)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        try:
            await self._executors.leave(self.id)
        except Fault as fault:
            LOGGER.warning("others take over the runs of this process later: %s", fault.message)
        await self._durable.close()

    async def execute(self, tenant: str, run: str) -> None:
        """Does a run to its end; called by what keeps runs, here or where it was begun anew.

        What keeps it from its end is told in the log, and the run is begun again after a while:
        whoever calls says nothing, and would take it for one that has ended.
        """
        from facade.flows.interpreter.ports import Stopped  # noqa: PLC0415 - with the first run

        try:
            await self._execute(tenant, run)
        except Fault as fault:
            LOGGER.warning("the run %s waits: %s", run, fault.message)
            raise Stopped from fault
        except Exception as problem:
            LOGGER.exception("the run %s is begun again", run)
            raise Stopped from problem

    async def _execute(self, tenant: str, run: str) -> None:
        from facade.flows.interpreter.ports import Stopped  # noqa: PLC0415 - with the first run
        from facade.flows.running.journal import DurableJournal  # noqa: PLC0415 - the same

        job = await self._store.job(tenant, run)
        if self._ending or job is None or not await self._store.adopt(job.name, self.id):
            raise Stopped
        journal = DurableJournal(job, self.id, self._store, await self.durable())
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine of a loop
        self._journals[run] = (task, journal)
        self._handed.pop(run, None)
        flow = job.name.flow
        self.under_way_by_flow[flow] += 1
        begun = time.monotonic()
        try:
            ended = await self._traced(job, journal)
            await journal.settle()
            await self._finish(job, ended)
        except Stopped:
            with suppress(Stopped):
                await journal.settle()
            raise
        finally:
            self.under_way_by_flow[flow] -= 1
            self.seconds[flow] = self.seconds.get(flow, 0.0) + time.monotonic() - begun
            if self._journals.get(run, (None,))[0] is task:
                del self._journals[run]
            self.kick()

    async def _traced(self, job: Job, journal: "DurableJournal") -> "Ended":
        name = f"flow {job.name.flow}"
        with self._tracing.taken_up(name, job.content.trace_id) as span:
            span.belong(job.name.tenant)
            span.set(names.FLOW, job.name.flow)
            span.set(names.RUN, str(job.name))
            ended = await self._interpreted(job, journal)
            if ended.error is not None:
                span.fail(ended.error.reason)
            return ended

    async def _interpreted(self, job: Job, journal: "DurableJournal") -> "Ended":
        from facade.expressions.exact_json import read_json  # noqa: PLC0415 - with the first run
        from facade.flows.definitions import read  # noqa: PLC0415 - the same
        from facade.flows.interpreter.interpreter import Interpreter  # noqa: PLC0415 - the same
        from facade.flows.interpreter.ports import Ended  # noqa: PLC0415 - the same
        from facade.flows.interpreter.result import error_of  # noqa: PLC0415 - the same
        from facade.flows.interpreter.scope import Scope  # noqa: PLC0415 - the same

        try:
            definition = read(job.source)
            given = (read_json(job.content.input), read_json(job.content.given))
            scope = Scope.begin(definition, job.name, job.version, job.create_time, given)
            ports = (journal, self._surround(job, journal))
            return await Interpreter(definition, scope, ports, job.name.run).run()
        except Fault as fault:
            return Ended(state=RunState.FAILED, error=error_of(fault))
        except Exception:
            LOGGER.exception("the run %s", job.name)
            bug = Internal("the run failed by a bug of the gateway", effect=Effect.UNKNOWN)
            return Ended(state=RunState.FAILED, error=error_of(bug))

    async def _finish(self, job: Job, ended: "Ended") -> None:
        await self._tell(job, ended)
        now = datetime.now(UTC)
        name, output = job.name, ended.output
        if await self._store.end(name, self.id, ended.state, output, ended.error, now):
            self.ended[name.flow, ended.state.value] += 1

    async def _opened(self) -> "Durable":
        # heavy, and a thread's work: DBOS is imported with the first run
        module = await asyncio.to_thread(importlib.import_module, "facade.flows.running.durable")
        made: Durable = module.Durable(self._url, self.id, self.execute)
        await made.open()
        await self._renew()
        return made

    async def _go_on(self) -> None:
        while True:
            pause = IDLE if self._durable is None else LOOK
            try:
                async with asyncio.timeout(pause):
                    await self._kicked.wait()
            except TimeoutError:
                pass
            self._kicked.clear()
            try:
                await self._look()
                self._trouble = ""
            except Fault as fault:
                self._complain(fault)
                await asyncio.sleep(IDLE if isinstance(fault, FlowsOff) else LOOK)

    def _complain(self, fault: Fault) -> None:
        """Says what is wrong: once, not at each look."""
        if fault.message != self._trouble:
            self._trouble = fault.message
            LOGGER.warning("runs of flows are not done now: %s", fault.message)

    async def _look(self) -> None:
        if self._durable is None and not await self._executors.has_work():
            return
        await self.durable()
        if time.monotonic() - self._renewed > RENEWED:
            await self._renew()
        now = datetime.now(UTC)
        for name in await self._executors.take_over(self.id, now):
            await self._hand(name)
        room = MOST - len(self._journals)
        for name in await self._executors.claim(self.id, now, room) if room > 0 else ():
            await self._hand(name, fresh=True)
        for name in await self._executors.held(self.id):
            handed = self._handed.setdefault(name.run, time.monotonic())
            if name.run not in self._journals and time.monotonic() - handed > GRACE:
                await self._hand(name)

    async def _hand(self, name: RunName, *, fresh: bool = False) -> None:
        """Has a run that is this process's be begun, or gone on with where it is not fresh."""
        self._handed[name.run] = time.monotonic()
        durable = await self.durable()
        if not fresh and await durable.resume(name.run):
            return
        job = await self._store.job(name.tenant, name.run)
        if job is None:
            return
        before, checkpoint = job.content.replay_of, job.content.replay_step
        if not checkpoint:
            await durable.start(name.tenant, name.run)
        elif not await durable.fork(name.run, before.rpartition("/")[2], checkpoint):
            await self._finish(job, _lost(before))

    async def _renew(self) -> None:
        until = datetime.now(UTC) + timedelta(seconds=LEASE)
        await self._executors.renew(Lease(id=self.id, host=HERE, pid=os.getpid(), until=until))
        self._renewed = time.monotonic()

    def readings(self) -> Mapping[tuple[str, ...], float]:
        """Runs that have ended, by flow and state."""
        return {(flow, state): count for (flow, state), count in self.ended.items()}


def _lost(before: str) -> "Ended":
    """What becomes of a replay of which nobody knows any more what came before it."""
    from facade.flows.interpreter.ports import Ended  # noqa: PLC0415 - with the first run
    from facade.flows.interpreter.result import error_of  # noqa: PLC0415 - the same

    gone = RunNotFound(f"`{before}` has been taken away: run the flow again")
    return Ended(state=RunState.FAILED, error=error_of(gone))
