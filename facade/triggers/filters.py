"""Filters: which messages and events start a run."""

from collections.abc import Mapping
from typing import Any

from facade.errors.expressions import ExpressionFailed
from facade.expressions.conditions import compile_condition
from facade.model.definition import Expression


def fits(filter_: Expression | None, scope: Mapping[str, Any]) -> bool:
    """Whether what came starts a run; a filter that fails on it (a field is not there) is no.

    Raises ExpressionInvalid, ExpressionExhausted.
    """
    if filter_ is None:
        return True
    try:
        return compile_condition(filter_).evaluate(scope)
    except ExpressionFailed:
        return False
