"""Active runs: those of a flow that have not ended, found and ended by its deletion."""

from contextlib import suppress
from typing import Final

from facade.errors.runs import RunStateWrong
from facade.flows.running.runs import Runs
from facade.model.access import Identity
from facade.model.flow import FlowName
from facade.model.run import Run, RunState

BATCH: Final = 200
"""Runs that are read at once."""


class ActiveRunsOf:
    """The runs of a flow that have not ended, as `Flows` asks for them."""

    def __init__(self, runs: Runs) -> None:
        """Takes where runs are."""
        self._runs = runs

    async def any(self, name: FlowName) -> bool:
        """Whether there are some."""
        return bool(await self._first(name, 1))

    async def cancel(self, name: FlowName, by: Identity) -> None:
        """Ends them."""
        while found := await self._first(name, BATCH):
            for each in found:
                with suppress(RunStateWrong):  # it has ended meanwhile
                    await self._runs.cancel(each.name, by)

    async def _first(self, name: FlowName, limit: int) -> tuple[Run, ...]:
        for state in (RunState.RUNNING, RunState.QUEUED, RunState.PAUSED):
            found = await self._runs.page(name.tenant, name.flow, "", limit, state)
            if found:
                return found
        return ()
