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
        self.since: float | None = None
        """When what is being done was first begun, in seconds since the epoch."""

    def stop(self) -> None:
        """Has nothing more begin."""
        self._stopped.set()

    def check(self) -> None:
        """Raises Stopped where nothing more is to begin."""
        if self._stopped.is_set():
            raise Stopped

    async def keep(self, name: str, step: StepRun, work: Callable[[], Awaitable[Any]]) -> Any:
        """What `work` gives, done by nobody else; of what was done before, what it gave."""
        self.check()
        self._checkpoint += 1
        self._firsts.setdefault(step.id, self._checkpoint)

        async def done() -> Any:
            self.since = await self._since(step)
            with span_of(f"step {step.id}") as span:
                span.set(names.STEP, step.id)
                begun = replace(step, trace_id=current().trace_id)
                await self._written(self._store.begin_step, begun)
                return await work()

        return await self._durable.keep(name, done)

    async def rest(self, until: float) -> None:
        """Waits; one that is paused or taken over meanwhile stops."""
        while (left := until - time.time()) > 0:
            self.check()
            with suppress(TimeoutError):
                async with asyncio.timeout(min(left, LOOK)):
                    await self._stopped.wait()
            if left > LOOK:
                await self._look()
        self.check()

    async def end(self, step: StepRun) -> None:
        """Writes down what a step has come to."""
        told = replace(step, trace_id=current().trace_id)
        await self._written(self._store.end_step, told)

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

    async def _written(self, write: Callable[[Written], Awaitable[bool]], step: StepRun) -> None:
        """Has a step written down; raises Stopped where the run is not this executor's to do."""
        written = Written(
            name=self._name,
            executor=self.executor,
            step=step,
            checkpoint=self._firsts.get(step.id, self._checkpoint),
            begun=self._checkpoint,
            time=self.now(),
        )
        for turn in range(TRIES):
            try:
                if await write(written):
                    return
            except Fault:
                if turn < TRIES - 1:
                    await asyncio.sleep(PAUSE)
                    continue
            break
        raise Stopped
