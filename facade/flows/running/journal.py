"""Journal: what a run has done is kept, and its steps are told of in the ledger."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from facade.errors.fault import Fault
from facade.flows.interpreter.ports import Stopped
from facade.flows.running.durable import Durable
from facade.model.run import RunState, StepRun
from facade.stores.run_rows import Job
from facade.stores.runs import SqlRuns, Written
from facade.telemetry import names
from facade.telemetry.spans import current
from facade.telemetry.spans import step as span_of

OLD: Final = timedelta(hours=20)
"""Age of a run from which on it may have begun calls that nobody knows of any more."""
LOOK: Final = 2.0
"""Seconds between two looks, by a run that waits, whether it is still to go on."""
TRIES: Final = 10
"""How often what is to be written of a step is tried while the ledger does not answer …"""
PAUSE: Final = 0.5
"""… and how many seconds lie between."""
LATE: Final = 1.0
"""Seconds after which steps are told of at the latest, unless one begins that does something."""
MOST: Final = 20
"""Steps that wait to be told of, at most."""


class DurableJournal:
    """The journal of a run that outlives its process."""

    def __init__(self, job: Job, executor: str, store: SqlRuns, durable: Durable) -> None:
        """Takes a run, who executes it, and where both are written down."""
        self._name = job.name
        self._is_old = self.now() - job.create_time > OLD
        self.executor = executor
        self._store = store
        self._durable = durable
        self._checkpoint = 0
        self._firsts: dict[str, int] = {}
        self._stopped = asyncio.Event()
        self._told: dict[str, Written] = {}
        """Steps that are still to be told of, by id …"""
        self._waits_since = 0.0
        """… and since when the first one is, by the monotonic clock."""
        self.since: float | None = None
        """When what is being done was first begun, in seconds since the epoch."""

    def stop(self) -> None:
        """Has nothing more begin."""
        self._stopped.set()

    def check(self) -> None:
        """Raises Stopped where nothing more is to begin."""
        if self._stopped.is_set():
            raise Stopped

    async def keep(
        self, name: str, step: StepRun, work: Callable[[], Awaitable[Any]], *, pure: bool
    ) -> Any:
        """What `work` gives, done by nobody else; of what was done before, what it gave.

        What is pure is told of with what comes later: it may be done again without harm.
        """
        self.check()
        self._checkpoint += 1
        self._firsts.setdefault(step.id, self._checkpoint)

        async def done() -> Any:
            with span_of(f"step {step.id}") as span:
                span.set(names.STEP, step.id)
                begun = self._written(replace(step, trace_id=current().trace_id))
                if pure:
                    await self._tell(begun)
                else:
                    self.since = await self._since(step)
                    await self._write(begun)
                return await work()

        return await self._durable.keep(name, done)

    async def rest(self, until: float) -> None:
        """Waits; one that is paused or taken over meanwhile stops."""
        await self.settle()
        while (left := until - time.time()) > 0:
            self.check()
            with suppress(TimeoutError):
                async with asyncio.timeout(min(left, LOOK)):
                    await self._stopped.wait()
            if left > LOOK:
                await self._look()
        self.check()

    async def end(self, step: StepRun) -> None:
        """Tells what a step has come to, at the latest with the next one that does something."""
        await self._tell(self._written(replace(step, trace_id=current().trace_id)))

    async def settle(self) -> None:
        """Writes down what is still to be told; raises Stopped where the run is not to go on."""
        if self._told:
            await self._write(None)

    def now(self) -> datetime:
        """The time."""
        return datetime.now(UTC)

    async def _since(self, step: StepRun) -> float | None:
        """When what is to be done was first begun, where so long ago that it may matter."""
        if not self._is_old:
            return None
        for _ in range(TRIES):
            try:
                began = await self._store.begun(self._name, step.id, self._checkpoint)
            except Fault:
                await asyncio.sleep(PAUSE)
            else:
                return began.timestamp() if began else None
        raise Stopped

    async def _look(self) -> None:
        with suppress(Fault):
            found = await self._store.state(self._name)
            if found != (RunState.RUNNING.value, self.executor):
                raise Stopped

    def _written(self, step: StepRun) -> Written:
        return Written(
            step=step,
            checkpoint=self._firsts.get(step.id, self._checkpoint),
            begun=self._checkpoint,
            time=self.now(),
        )

    async def _tell(self, written: Written) -> None:
        """Has a step be told of soon: steps that do nothing outside are told of together."""
        now = time.monotonic()
        self._waits_since = self._waits_since if self._told else now
        self._told[written.step.id] = written
        if len(self._told) >= MOST or now - self._waits_since > LATE:
            await self.settle()

    async def _write(self, begun: Written | None) -> None:
        """Has steps be written down; raises Stopped where the run is not this executor's to do."""
        if begun is not None:
            self._told.pop(begun.step.id, None)
        told = tuple(self._told.values())
        for turn in range(TRIES):
            try:
                goes_on = await self._store.write_steps(self._name, self.executor, told, begun)
            except Fault:
                if turn < TRIES - 1:
                    await asyncio.sleep(PAUSE)
                    continue
                break
            self._told.clear()
            if goes_on:
                return
            break
        raise Stopped
