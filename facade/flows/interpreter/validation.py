"""Validation: the rules of a validation step, in their order (I-4)."""

from typing import Any, Final

from facade.errors.runs import ValidationFailed
from facade.flows.interpreter.evaluator import Evaluator
from facade.flows.interpreter.result import Result, failed, skipped
from facade.flows.interpreter.scope import Scope
from facade.model.definition import Rule, RuleKind, Validate

KINDS: Final = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list, tuple),
    "object": (dict,),
    "null": (type(None),),
}


async def validated(work: Validate, evaluator: Evaluator, scope: Scope, status: int) -> Result:
    """Gives the source on, or the first rule that does not hold; `status` is the last call's."""
    why = evaluator.lacks(work.source, scope)
    if why:
        return skipped(why)
    source = scope.values if work.source is None else await evaluator.value(work.source, scope)
    for rule in work.rules:
        problem = await _problem(rule, evaluator, scope, (source, status))
        if problem:
            message = rule.message or f"{rule.name or rule.kind.value}: {problem}"
            return failed(ValidationFailed(message))
    return Result(output=None if work.source is None else source)


async def _problem(
    rule: Rule, evaluator: Evaluator, scope: Scope, looked_at: tuple[Any, int]
) -> str:
    """What is wrong; empty: nothing."""
    source, status = looked_at
    if rule.condition is not None:
        return "" if evaluator.holds(rule.condition, scope) else "does not hold"
    value: Any = status
    if rule.value is not None:
        value = await evaluator.found(rule.value, source)
    if rule.kind is RuleKind.STATUS:
        return "" if value in rule.statuses else f"the status is {value}"
    if rule.kind is RuleKind.REQUIRED:
        return "is missing" if value is None else ""
    if rule.kind is RuleKind.TYPE:
        return "" if _is(value, rule.type) else f"is no {rule.type}"
    return _out_of_range(rule, value)


def _is(value: Any, kind: str) -> bool:
    """Whether a value is of a JSON type: true is no number, 1.0 is an integer."""
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer" and not isinstance(value, int):
        return _is_number(value) and value == int(value)
    return _is_number(value) if kind == "number" else isinstance(value, KINDS.get(kind, ()))


def _is_number(value: Any) -> bool:
    return hasattr(value, "__float__") and not isinstance(value, bool | str)


def _out_of_range(rule: Rule, value: Any) -> str:
    if not _is_number(value):
        return "is no number"
    if rule.least is not None and value < rule.least:
        return f"is less than {rule.least:g}"
    if rule.most is not None and value > rule.most:
        return f"is more than {rule.most:g}"
    return ""
