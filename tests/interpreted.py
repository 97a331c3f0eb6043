"""Definitions that are gone through in process: nothing is kept, and a test gives the answers."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from facade.flows.definitions import read
from facade.flows.interpreter.interpreter import Interpreter
from facade.flows.interpreter.ports import Answered, Ended
from facade.flows.interpreter.scope import Scope
from facade.flows.running.dry_run import DryJournal
from facade.model.run import RunError, RunName, StepRun, StepState
from tests.fakes import FakeWorld

RUN = RunName("orders", str(UUID(int=7)))
CALL = "action: connectors/shop/versions/live/actions/getItem"


class Journal(DryJournal):
    """Remembers names in their order, and how long was waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.rests: list[float] = []

    async def keep(self, name: str, step: StepRun, work: Any, *, pure: bool) -> Any:
        self.names.append(name)
        return await super().keep(name, step, work, pure=pure)

    async def rest(self, until: float) -> None:
        self.rests.append(until - datetime.now(UTC).timestamp())


def ok(output: Any, status: int = 200) -> Answered:
    return Answered(status=status, output=output)


def fails(status: int = 500, *, again: bool = False, after: float | None = None) -> Answered:
    error = RunError(reason="BACKEND_ERROR", message="it said no", status=status)
    return Answered(status=status, error=error, again=again, retry_after=after)


class Done:
    """A run that was done, and how."""

    def __init__(self, ended: Ended, journal: Journal) -> None:
        self.ended = ended
        self.journal = journal

    def state(self, step: str) -> StepState | None:
        found = self.journal.steps.get(step)
        return found.state if found else None

    def step(self, step: str) -> StepRun:
        return self.journal.steps[step]


async def run(source: str, world: FakeWorld, given: Any = None) -> Done:
    definition = read(source)
    journal, time = Journal(), datetime(2026, 1, 1, tzinfo=UTC)
    trigger: Mapping[str, Any] = {"kind": "MANUAL"}
    scope = Scope.begin(definition, RUN, "v1", time, (given, trigger))
    interpreter = Interpreter(definition, scope, (journal, world), RUN.run, chance=lambda: 1.0)
    return Done(await interpreter.run(), journal)
