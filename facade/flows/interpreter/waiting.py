"""Waiting: until when a step waits."""

from datetime import datetime, timedelta

from facade.errors.caller import InvalidRequest
from facade.flows.interpreter.evaluator import Evaluator
from facade.flows.interpreter.result import Result, failed
from facade.flows.interpreter.scope import Scope
from facade.model.definition import Wait


async def woken_at(work: Wait, evaluator: Evaluator, scope: Scope, now: datetime) -> Result:
    """The time at which a run goes on, as RFC 3339."""
    if work.until is None:
        return Result(output=(now + timedelta(seconds=work.seconds)).isoformat())
    said = await evaluator.value(work.until, scope)
    try:
        time = datetime.fromisoformat(str(said))
    except ValueError:
        return failed(InvalidRequest(f"until: `{str(said)[:64]}` is no time of RFC 3339"))
    if time.tzinfo is None:
        return failed(InvalidRequest(f"until: `{str(said)[:64]}` has no time zone"))
    return Result(output=time.isoformat())
