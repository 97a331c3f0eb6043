"""Dry runs: a flow is run here and now, and nothing of it is kept; what it would send is told."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from facade.errors.runs import FlowTooDeep
from facade.expressions.exact_json import read_json, write_json
from facade.flows.interpreter.interpreter import Interpreter
from facade.flows.interpreter.ports import Answered, Asked, Child, Ended, Notice
from facade.flows.interpreter.result import Result
from facade.flows.interpreter.scope import Scope
from facade.flows.running.action_calls import ActionCalls
from facade.flows.running.new_runs import DEEPEST
from facade.model.definition import Definition
from facade.model.run import Run, RunName, RunState, StepRun, TriggerKind

Definitions = Callable[[str], Awaitable[Definition]]
"""What another flow says, by its name or the name of a version."""


class DryJournal:
    """A journal that keeps nothing and waits for nothing."""

    def __init__(self) -> None:
        """Knows no steps yet."""
        self.steps: dict[str, StepRun] = {}

    async def keep(
        self, name: str, step: StepRun, work: Callable[[], Awaitable[Any]], *, pure: bool
    ) -> Any:
        """What `work` gives, as it would be read again."""
        del name, step, pure
        return read_json(write_json(await work()))

    async def rest(self, until: float) -> None:
        """Goes on at once: who tries a flow does not wait for hours."""
        del until
        await asyncio.sleep(0)

    async def end(self, step: StepRun) -> None:
        """Remembers what a step came to."""
        self.steps[step.id] = step

    def check(self) -> None:
        """Nobody stops it but by going away."""

    def now(self) -> datetime:
        """The time."""
        return datetime.now(UTC)


class TriedOutputs:
    """What steps are said to come to, in place of being done."""

    def __init__(self, outputs: Mapping[str, Any]) -> None:
        """Takes outputs by the ids of steps."""
        self._outputs = outputs

    def get(self, step: str, /) -> Result | None:
        """What a step is said to come to."""
        return Result(output=self._outputs[step]) if step in self._outputs else None


class DryWorld:
    """Calls actions, and tells of all else what would be done."""

    def __init__(self, calls: ActionCalls, definitions: Definitions, depth: int = 0) -> None:
        """Takes what calls actions, and what knows other flows."""
        self._calls = calls
        self._definitions = definitions
        self._depth = depth
        self._ended: dict[str, Ended] = {}

    async def call(self, asked: Asked) -> Answered:
        """Calls it: a test that calls nothing would say little."""
        return await self._calls.call(asked)

    async def notify(self, notice: Notice) -> str:
        """Tells what would go out."""
        return f"not sent: {notice.channel.value} to {notice.to}"

    async def save(self, key: str, value: str) -> None:
        """Saves nothing."""

    async def start(self, child: Child) -> str:
        """Runs another flow here, to its end."""
        if self._depth + 1 >= DEEPEST:
            raise FlowTooDeep(f"{child.flow}: {DEEPEST} runs wait for each other already")
        definition = await self._definitions(child.flow)
        name = RunName(child.flow.split("/")[1], str(uuid4()))
        world = DryWorld(self._calls, self._definitions, self._depth + 1)
        begins = child.input, {"kind": TriggerKind.FLOW.value}
        ended, _ = await interpret(definition, name, begins, world)
        self._ended[str(name)] = ended
        return str(name)

    async def ended(self, child: str) -> Ended | None:
        """What it came to."""
        return self._ended[child]


async def interpret(
    definition: Definition,
    name: RunName,
    given: tuple[Any, Mapping[str, Any]],
    world: DryWorld,
    outputs: Mapping[str, Any] | None = None,
) -> tuple[Ended, Run]:
    """Runs a definition here; gives what it came to, and the run as it would be told of.

    `given` is its input, and what `trigger` is.
    """
    journal, time = DryJournal(), datetime.now(UTC)
    scope = Scope.begin(definition, name, "", time, given)
    tried = TriedOutputs(outputs or {})
    ended = await Interpreter(definition, scope, (journal, world), name.run, tried).run()
    run = Run(
        name=name,
        version="",
        state=ended.state,
        trigger=TriggerKind.TEST,
        input=write_json(given[0]),
        output=ended.output if ended.state is RunState.SUCCEEDED else "",
        error=ended.error,
        create_time=time,
        start_time=time,
        end_time=datetime.now(UTC),
        steps=tuple(sorted(journal.steps.values(), key=lambda each: each.position)),
    )
    return ended, run
