"""Interpreter: one run from its first step to its end; the same steps in the same order each time.

What it does outside of the run it does through `World`, within a `Journal` that keeps what came of
it: a run that is taken up again goes over its steps, and does what was not done.
"""

import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from http import HTTPStatus
from typing import Any, Final

import msgspec

from facade.errors.fault import Code, Fault
from facade.errors.runs import RunExhausted
from facade.expressions.exact_json import read_json, write_json
from facade.flows.interpreter.evaluator import Evaluator
from facade.flows.interpreter.fan_out import LONGEST_PAUSE, PAUSE, FanOut
from facade.flows.interpreter.ports import Ended, Given, Journal, World
from facade.flows.interpreter.result import CUT, Result, error_of, failed, skipped
from facade.flows.interpreter.retrying import Random, Retrier
from facade.flows.interpreter.scope import Budget, Scope
from facade.flows.interpreter.validation import validated
from facade.flows.interpreter.waiting import woken_at
from facade.model.definition import (
    CallAction,
    Choose,
    Definition,
    ForEach,
    Map,
    Notify,
    OnFailure,
    Retry,
    RunFlow,
    Save,
    Step,
    Validate,
    Wait,
    Work,
)
from facade.model.run import RunError, RunState, StepRun, StepState


class Aborted(Exception):
    """A step failed that the run does not go on over."""

    def __init__(self, error: RunError) -> None:
        """Takes why."""
        super().__init__(error.reason)
        self.error = error


class Interpreter:
    """Does one run."""

    def __init__(
        self,
        definition: Definition,
        scope: Scope,
        ports: tuple[Journal, World],
        run: str,
        given: Given | None = None,
        chance: Random = random.random,
    ) -> None:
        """Takes what the run begins with, and the id of which its keys are made."""
        self._definition = definition
        self._scope = scope
        self._journal, self._world = ports
        self._given = given
        self._evaluator = Evaluator()
        self._retrier = Retrier(self._world, self._evaluator, run, chance)
        self._fan_out = FanOut(self._retrier, self._evaluator, self._world, self._journal)
        self._budget = Budget(definition.bounds)
        self._position = 0
        self._status = 0
        """Of the last call."""

    async def run(self) -> Ended:
        """Does all steps, then what is put out; gives what the run has come to."""
        last: Any = None
        try:
            for step in self._definition.steps:
                result = await self._step(step)
                last = result.output
            error = await self._put_out()
            output = write_json(await self._result(last))
        except Aborted as aborted:
            return Ended(state=RunState.FAILED, error=aborted.error)
        except Fault as fault:
            return Ended(state=RunState.FAILED, error=error_of(fault))
        state = RunState.SUCCEEDED if error is None else RunState.FAILED
        return Ended(state=state, output=output, error=error)

    async def _put_out(self) -> RunError | None:
        """Each does its work though another fails (I-10); gives the first failure that counts."""
        first: RunError | None = None
        for step in self._definition.output:
            try:
                await self._step(step)
            except Aborted as aborted:
                first = first or aborted.error
        return first

    async def _result(self, last: Any) -> Any:
        result = self._definition.result
        if result is None:
            return last
        return await self._evaluator.value(result, self._scope)

    async def _step(self, step: Step) -> Result:
        """Does one step and tells of it; raises Aborted where it fails and the run ends by it."""
        begun = StepRun(id=step.id, position=self._position, start_time=self._journal.now())
        self._position += 1
        doing = _Doing(step, begun)
        try:
            result = await self._done(doing)
        except Aborted as aborted:
            result = Result(state=StepState.FAILED, error=aborted.error)
        except RunExhausted as fault:
            await self._tell(doing, failed(fault))
            raise
        self._scope.add(step.id, result)
        await self._tell(doing, result)
        self._budget.keeps(result.output)
        if result.failed and result.error is not None and step.on_failure is OnFailure.ABORT:
            raise Aborted(result.error)
        return result

    async def _done(self, doing: "_Doing") -> Result:
        result = await self._decided(doing)
        if result is None and self._given is not None:
            result = self._given.get(doing.step.id)
            if result is not None and isinstance(doing.step.work, CallAction):
                result.status = self._status = HTTPStatus.OK.value
        return result or await self._worked(doing, doing.step.work)

    async def _worked(self, doing: "_Doing", work: Work) -> Result:
        if isinstance(work, Choose):
            return await self._choose(doing, work)
        self._budget.step()
        match work:
            case ForEach():
                return await self._for_each(doing, work)
            case Wait():
                return await self._wait(doing, work)
            case RunFlow():
                return await self._flow(doing, work)
            case Map() | Validate():
                return await self._kept(doing, "", partial(self._pure, work), PURE)
        return await self._outside(doing, work)

    async def _decided(self, doing: "_Doing") -> Result | None:
        """What a step comes to whose condition does not hold; None: it does."""
        when = doing.step.when
        if when is None:
            return None

        async def decide() -> Result:
            why = self._evaluator.lacks(when, self._scope, condition=True)
            if why:
                return skipped(why)
            holds = self._evaluator.holds(when, self._scope)
            return Result() if holds else skipped("its condition is false")

        result = await self._kept(doing, "when", decide, PURE)
        return None if result.state is StepState.SUCCEEDED else result

    async def _pure(self, work: Map | Validate) -> Result:
        if isinstance(work, Map):
            return await self._evaluator.mapped(work, self._scope)
        return await validated(work, self._evaluator, self._scope, self._status)

    async def _outside(self, doing: "_Doing", work: CallAction | Notify | Save) -> Result:
        """Tries until one try succeeds, or no other is worth it."""
        step, number = doing.step, 0
        while True:
            number += 1
            tried = partial(self._try, step, work, number)
            result = await self._kept(doing, f"try {number}", tried, Turn(step.tries, number))
            doing.attempts = number
            if result.status:
                self._status = result.status
            if result.pause is None or number >= step.tries.attempts:
                return result
            await self._journal.rest(doing.ended.timestamp() + result.pause)

    async def _try(self, step: Step, work: CallAction | Notify | Save, number: int) -> Result:
        if isinstance(work, CallAction):
            timeout = max(min(step.timeout, self._budget.left), 0.001)
            key = self._retrier.key(step.id, number)
            return await self._retrier.call(work, self._scope, key, timeout, (step, number))
        if isinstance(work, Notify):
            return await self._retrier.notify(work, self._scope, self._retrier.key(step.id))
        return await self._retrier.save(work, self._scope)

    async def _wait(self, doing: "_Doing", work: Wait) -> Result:
        async def until() -> Result:
            why = self._evaluator.lacks(work.until, self._scope)
            if why:
                return skipped(why)
            return await woken_at(work, self._evaluator, self._scope, self._journal.now())

        result = await self._kept(doing, "until", until, ONCE)
        if result.state is StepState.SUCCEEDED:
            woken = datetime.fromisoformat(result.output)
            await self._journal.rest(woken.timestamp())
            doing.ended = max(doing.ended, woken)
        return result

    async def _flow(self, doing: "_Doing", work: RunFlow) -> Result:
        """Starts another flow and waits for its end, however long that takes."""
        key = self._retrier.key(doing.step.id)
        start = partial(self._retrier.start, work, self._scope, key)
        result = await self._kept(doing, "start", start, ONCE)
        if not result.child:
            return result
        name, pause = result.child, PAUSE
        while (ended := await self._world.ended(name)) is None:
            await self._journal.rest(self._journal.now().timestamp() + pause)
            pause = min(2 * pause, LONGEST_PAUSE)

        async def said() -> Result:
            return child_result(name, ended)

        return await self._kept(doing, "end", said, PURE)

    async def _choose(self, doing: "_Doing", work: Choose) -> Result:
        async def pick() -> Result:
            for index, branch in enumerate(work.branches):
                if branch.when is None or self._evaluator.holds(branch.when, self._scope):
                    return Result(output=index)
            return skipped("no branch fits")

        result = await self._kept(doing, "branch", pick, PURE)
        if result.state is not StepState.SUCCEEDED:
            return result
        last: Any = None
        for step in work.branches[result.output].steps:
            last = (await self._step(step)).output
        return Result(output=last)

    async def _for_each(self, doing: "_Doing", work: ForEach) -> Result:
        """All items, a batch at a time; nothing is kept of the next before the last one is."""
        why = self._evaluator.lacks(work.items, self._scope)
        if why:
            return skipped(why)
        step, error, lost = doing.step, None, 0
        outputs: list[Any] = []
        counted = partial(self._fan_out.counted, work, self._scope)
        count = await self._kept(doing, "items", counted, PURE)
        if count.state is not StepState.SUCCEEDED:
            return count
        self._budget.step(count.output)
        turn = PURE if isinstance(work.work, Map) else ONCE
        for start in self._fan_out.batches(count.output):
            done = partial(self._fan_out.batch, step, work, self._scope, start)
            batch = await self._kept(doing, f"items {start}", done, turn)
            outputs += batch.output or []
            error, lost = error or batch.error, lost + batch.failed_items
            if error is not None and step.on_failure is OnFailure.ABORT:
                break
        result = Result(output=outputs, error=error, items=count.output, failed_items=lost)
        if error is not None and (step.on_failure is OnFailure.ABORT or lost == count.output):
            result.state = StepState.FAILED
        return result

    async def _kept(
        self,
        doing: "_Doing",
        part: str,
        work: Callable[[], Awaitable[Result]],
        turn: "Turn",
    ) -> Result:
        """What a part of a step comes to, with the time that it took when it was done."""

        async def timed() -> dict[str, Any]:
            begun = self._journal.now()
            result = await self._retrier.tried(work(), turn.retry, turn.number)
            seconds = (self._journal.now() - begun).total_seconds()
            told = msgspec.to_builtins(result, builtin_types=(Decimal,))
            return {"begun": begun.isoformat(), "seconds": seconds, "came": told}

        name = f"{doing.step.id} {part}".rstrip()
        kept = await self._journal.keep(name, doing.begun, timed, pure=turn.pure)
        began, seconds = datetime.fromisoformat(kept["begun"]), float(kept["seconds"])
        doing.first = doing.first or began
        doing.ended = began + timedelta(seconds=seconds)
        self._budget.took(seconds)
        return msgspec.convert(kept["came"], Result)

    async def _tell(self, doing: "_Doing", result: Result) -> None:
        begun = doing.begun
        output = "" if result.output is None else write_json(result.output)
        told = replace(
            begun,
            state=result.state,
            attempts=doing.attempts,
            start_time=doing.first or begun.start_time,
            end_time=max(doing.ended, doing.first or doing.ended),
            status=result.status,
            output=output[:CUT],
            error=result.error,
            reason=result.reason,
            skipped_fields=result.skipped,
            items=result.items,
            failed_items=result.failed_items,
            child=result.child,
        )
        await self._journal.end(told)


class Turn(msgspec.Struct, frozen=True):
    """Which try of how many."""

    retry: Retry
    number: int
    pure: bool = False
    """Whether it does nothing outside of the run, so that it may be done again."""


ONCE: Final = Turn(Retry(), 1)
PURE: Final = Turn(Retry(), 1, pure=True)


class _Doing:
    """A step that is being done."""

    def __init__(self, step: Step, begun: StepRun) -> None:
        self.step = step
        self.begun = begun
        self.first: datetime | None = None
        self.ended = begun.start_time
        self.attempts = 0


def child_result(name: str, ended: Ended) -> Result:
    """What the run of another flow comes to for the step that started it."""
    if ended.state is RunState.SUCCEEDED:
        return Result(output=read_json(ended.output or "null"), child=name)
    said = ended.error.message if ended.error else f"the run was {ended.state.value.lower()}"
    reason = ended.error.reason if ended.error else "RUN_STATE_WRONG"
    code = ended.error.code if ended.error else int(Code.FAILED_PRECONDITION)
    error = RunError(reason=reason, message=f"{name}: {said}", code=code)
    return Result(state=StepState.FAILED, error=error, child=name)
