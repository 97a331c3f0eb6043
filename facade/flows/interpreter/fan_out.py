"""Fan-out: one thing for each item of a list, so many at a time, a batch for each checkpoint."""

import asyncio
from typing import Any, Final

from facade.errors.caller import InvalidRequest
from facade.expressions.exact_json import read_json
from facade.flows.interpreter.evaluator import Evaluator
from facade.flows.interpreter.ports import Journal, World
from facade.flows.interpreter.result import Result, failed
from facade.flows.interpreter.retrying import Retrier
from facade.flows.interpreter.scope import Scope
from facade.model.definition import (
    CallAction,
    ForEach,
    Map,
    Notify,
    OnFailure,
    RunFlow,
    Step,
)
from facade.model.run import RunState, StepState

BATCH: Final = 200
"""Items between two checkpoints: after a crash no more than these are gone over again."""
PAUSE, LONGEST_PAUSE = 0.02, 0.5
"""Seconds between two looks for the end of another run; doubled each time."""


class FanOut:
    """Does the work of a fan-out."""

    def __init__(
        self, retrier: Retrier, evaluator: Evaluator, world: World, journal: Journal
    ) -> None:
        """Takes what tries once, and what says when to stop."""
        self._retrier = retrier
        self._evaluator = evaluator
        self._world = world
        self._journal = journal

    async def counted(self, work: ForEach, scope: Scope) -> Result:
        """How many items there are."""
        items = await self._evaluator.value(work.items, scope)
        if items is None:
            return Result(output=0)
        if not isinstance(items, list | tuple):
            return failed(InvalidRequest(f"for_each: `{work.items.text}` gives no list"))
        return Result(output=len(items))

    def batches(self, count: int) -> range:
        """Where each batch begins."""
        return range(0, count, BATCH)

    async def batch(self, step: Step, work: ForEach, scope: Scope, first: int) -> Result:
        """What the items of one batch come to; a failure stops the rest where the step aborts."""
        items = (await self._evaluator.value(work.items, scope))[first : first + BATCH]
        result: list[Result | None] = [None] * len(items)
        turns = iter(range(len(items)))
        aborts = step.on_failure is OnFailure.ABORT

        async def worker() -> None:
            for turn in turns:
                self._journal.check()
                below = scope.with_item(items[turn], first + turn)
                result[turn] = await self._item(step, work, below, first + turn)
                if aborts and any(each is not None and each.failed for each in result):
                    return

        async with asyncio.TaskGroup() as group:
            for _ in range(min(max(work.concurrency, 1), len(items))):
                group.create_task(worker())
        self._journal.check()  # a group goes on over workers that were stopped
        failures = [each for each in result if each is not None and each.failed]
        return Result(
            output=[None if each is None else each.output for each in result],
            error=failures[0].error if failures else None,
            failed_items=len(failures),
        )

    async def _item(self, step: Step, work: ForEach, scope: Scope, index: int) -> Result:
        """Tries one item until one try succeeds, or no other is worth it."""
        number = 0
        while True:
            number += 1
            tried = self._once(step, work.work, scope, (index, number))
            result = await self._retrier.tried(tried, step.tries, number)
            if result.pause is None or number >= step.tries.attempts:
                return result
            await asyncio.sleep(result.pause)

    async def _once(
        self,
        step: Step,
        work: CallAction | Map | RunFlow | Notify,
        scope: Scope,
        turn: tuple[int, int],
    ) -> Result:
        index, number = turn
        key = self._retrier.key(step.id, index)
        if isinstance(work, Map):
            return await self._evaluator.mapped(work, scope)
        if isinstance(work, Notify):
            return await self._retrier.notify(work, scope, key)
        if isinstance(work, RunFlow):
            return await self._flow(work, scope, key)
        key = self._retrier.key(step.id, index, number)
        return await self._retrier.call(work, scope, key, step.timeout, (step, number))

    async def _flow(self, work: RunFlow, scope: Scope, key: str) -> Result:
        result = await self._retrier.start(work, scope, key)
        pause = PAUSE
        while (ended := await self._world.ended(result.child)) is None:
            self._journal.check()
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        if ended.state is RunState.SUCCEEDED:
            output: Any = read_json(ended.output or "null")
            return Result(output=output, child=result.child)
        return Result(state=StepState.FAILED, error=ended.error, child=result.child)
