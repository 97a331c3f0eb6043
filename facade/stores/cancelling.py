"""Cancelling: a run ends with the runs that it waits for, and so do their steps, all at once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import and_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from facade.model.run import RunName, RunState, StepState
from facade.stores.run_rows import STEP, is_run, step_text
from facade.stores.run_tables import RUN_STEPS, RUNS

LIVE: Final = (RunState.QUEUED.value, RunState.RUNNING.value, RunState.PAUSED.value)
"""States of runs that have not ended."""


async def cancel_run(
    connection: AsyncConnection, name: RunName, time: datetime
) -> tuple[RunName, ...]:
    """Ends a run and the runs below it; answers which they were, none where it has ended."""
    values = {"state": RunState.CANCELLED.value, "end_time": time, "revision": RUNS.c.revision + 1}
    live = RUNS.c.state.in_(LIVE)
    own = update(RUNS).where(is_run(name), live).values(values)
    if (await connection.execute(own)).rowcount != 1:
        return ()
    cancelled, level = [name], [name.run]
    while level:
        below = and_(RUNS.c.tenant == name.tenant, RUNS.c.parent.in_(level), live)
        rows = list(await connection.execute(select(RUNS.c.flow, RUNS.c.id).where(below)))
        cancelled += [RunName(row.flow, row.id, name.tenant) for row in rows]
        await connection.execute(update(RUNS).where(below).values(values))
        level = [row.id for row in rows]
    await _end_steps(connection, name.tenant, [each.run for each in cancelled], time)
    return tuple(cancelled)


async def _end_steps(
    connection: AsyncConnection, tenant: str, runs: Sequence[str], time: datetime
) -> None:
    """Writes of the steps under way that they ended; a call that still ends says so itself."""
    theirs = and_(RUN_STEPS.c.tenant == tenant, RUN_STEPS.c.run.in_(runs))
    chosen = select(RUN_STEPS.c.run, RUN_STEPS.c.id, RUN_STEPS.c.content).where(theirs)
    for row in list(await connection.execute(chosen)):
        step = STEP.decode(row.content)
        if step.state is StepState.RUNNING:
            ended = replace(step, state=StepState.CANCELLED, end_time=time)
            one = and_(theirs, RUN_STEPS.c.run == row.run, RUN_STEPS.c.id == row.id)
            await connection.execute(update(RUN_STEPS).where(one).values(content=step_text(ended)))
