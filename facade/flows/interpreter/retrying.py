"""Retrying: one try of what a step does outside of its run, and whether another follows."""

import logging
import random
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid5

from facade.errors.fault import Effect, Fault
from facade.errors.runs import StatusRefused
from facade.errors.service import Internal
from facade.expressions.exact_json import write_json
from facade.flows.interpreter.evaluator import Evaluator
from facade.flows.interpreter.ports import Answered, Asked, Child, Notice, World
from facade.flows.interpreter.result import Result, error_of, failed, phrase_of, skipped
from facade.flows.interpreter.scope import Scope
from facade.model.definition import (
    CallAction,
    Notify,
    Retry,
    RunFlow,
    Save,
    Statuses,
    Step,
)
from facade.model.run import RunError, StepState

LOGGER = logging.getLogger(__name__)

Random = Callable[[], float]


class Retrier:
    """Does what steps do outside of their run, one try at a time; nothing is raised but Stopped."""

    def __init__(
        self, world: World, evaluator: Evaluator, run: str, chance: Random = random.random
    ) -> None:
        """Takes the run's id, of which every key is made, and what gives numbers from 0 to 1."""
        self._world = world
        self._evaluator = evaluator
        self._run = UUID(run)
        self._random = chance

    def key(self, *parts: object) -> str:
        """What makes a try happen once: the same each time that the run comes to it."""
        return str(uuid5(self._run, "/".join(map(str, parts))))

    async def call(
        self, work: CallAction, scope: Scope, key: str, seconds: float, turn: tuple[Step, int]
    ) -> Result:
        """Calls an action once; `turn` has which try it is, and of which step."""
        call, (step, number) = work.call, turn
        filled = self._evaluator.fill(call.arguments, scope, call.places)
        asked = Asked(
            action=call.action,
            connection=call.connection,
            subject=self._text(call.subject, scope),
            arguments=without_empty(filled.value) if work.ignore_empty else filled.value,
            timeout=seconds,
            key=key,
            single=step.retry is not None,
        )
        answered = await self._world.call(asked)
        result = judged(answered, work.statuses)
        result.skipped = tuple(filled.skipped)
        if result.failed and answered.again:
            result.pause = self.pause(step.tries, number, answered.retry_after)
        return result

    async def notify(self, work: Notify, scope: Scope, key: str) -> Result:
        """Sends a notification on its way."""
        filled = self._evaluator.fill(work.content, scope, work.places)
        notice = Notice(
            channel=work.channel,
            to=self._text(work.to, scope),
            secret=work.secret,
            subject=self._text(work.subject, scope),
            content=filled.value,
            key=key,
        )
        return Result(output=await self._world.notify(notice), skipped=tuple(filled.skipped))

    async def save(self, work: Save, scope: Scope) -> Result:
        """Keeps a value."""
        why = self._evaluator.lacks(work.value, scope)
        if why:
            return skipped(why)
        value = await self._evaluator.value(work.value, scope)
        await self._world.save(self._text(work.key, scope), write_json(value))
        return Result(output=value)

    async def start(self, work: RunFlow, scope: Scope, key: str) -> Result:
        """Starts another flow."""
        filled = self._evaluator.fill(work.input, scope, work.places)
        child = Child(flow=work.flow, input=filled.value, key=key)
        return Result(child=await self._world.start(child), skipped=tuple(filled.skipped))

    async def tried(self, work: Awaitable[Result], retry: Retry, number: int) -> Result:
        """What a try comes to; a bug of ours is INTERNAL, and in the log."""
        try:
            return await work
        except Fault as fault:
            result = failed(fault)
            if fault.retryable and fault.effect is Effect.NOT_EXECUTED:
                result.pause = self.pause(retry, number, fault.details.retry_after)
            return result
        except Exception:
            LOGGER.exception("a step of the run %s", self._run)
            return failed(Internal("a step failed by a bug of the gateway", effect=Effect.UNKNOWN))

    def pause(self, retry: Retry, number: int, retry_after: float | None) -> float | None:
        """Seconds before the next try: what the backend says, else full jitter; None: no more."""
        if number >= retry.attempts:
            return None
        if retry_after is not None:
            return retry_after
        return self._random() * min(retry.cap, retry.base * 2.0 ** (number - 1))

    def _text(self, slot: str, scope: Scope) -> str:
        """A slot in which a text stands."""
        if "{{" not in slot:
            return slot
        value: Any = self._evaluator.fill(slot, scope).value
        return value if isinstance(value, str) else "" if value is None else write_json(value)


def without_empty(tree: Any) -> Any:
    """A tree without the members of its objects that are null or an empty text (H-3)."""
    if not isinstance(tree, dict):
        return tree
    kept = {key: each for key, each in tree.items() if each is not None and each != ""}
    return {key: without_empty(each) for key, each in kept.items()}


def judged(answered: Answered, statuses: Statuses) -> Result:
    """What an answer comes to by the step's own statuses and messages (H-5)."""
    result = Result(output=answered.output, status=answered.status, headers=answered.headers)
    error = answered.error
    status = answered.status if answered.of_status else 0
    if status and statuses.success is not None:
        if not statuses.success or status in statuses.success:
            return result
        error = error or error_of(StatusRefused(phrase_of(status)))
    if error is None:
        return result
    result.state = StepState.FAILED
    result.error = RunError(
        reason=error.reason,
        message=_message(error, status, statuses),
        code=error.code,
        status=answered.status,
        outcome=error.outcome,
    )
    return result


def _message(error: RunError, status: int, statuses: Statuses) -> str:
    """What is said of a failure: the configured words, where there are any (H-9)."""
    configured = statuses.messages.get(status) if status else None
    is_backends = bool(status) or error.reason.startswith("BACKEND_")
    said = configured or (statuses.default if is_backends else "")
    if not said and status and (statuses.success is not None or statuses.messages):
        said = phrase_of(status)
    return said or error.message
