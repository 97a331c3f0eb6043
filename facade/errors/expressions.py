"""What expressions of a definition end in: texts that cannot be, values that do not fit, bounds."""

from facade.errors.caller import CallerFault
from facade.errors.fault import Code


class ExpressionInvalid(CallerFault):
    """An expression of a definition cannot be read, or says what there is not."""

    code = Code.INVALID_ARGUMENT
    reason = "EXPRESSION_INVALID"
    cause = (
        "A JMESPath, a CEL condition or a slot `{{ }}` cannot be read, or names a function, a "
        "variable or a field that there is not."
    )
    remedy = "Correct it at the line and column that BadRequest names; docs/expressions.md helps."


class ExpressionFailed(CallerFault):
    """An expression met a value that it cannot work with."""

    code = Code.FAILED_PRECONDITION
    reason = "EXPRESSION_FAILED"
    cause = "An expression met a value of another type than it takes, or a field that is missing."
    remedy = (
        "Look at the value in the run's steps; give a default with `default(value, other)` or "
        "`not_null`, in a condition ask with `has()` first."
    )


class ExpressionExhausted(CallerFault):
    """An expression asked for more work or memory than one evaluation may have."""

    code = Code.RESOURCE_EXHAUSTED
    reason = "EXPRESSION_EXHAUSTED"
    cause = "One evaluation would have taken more steps, bytes or levels than it may."
    remedy = "Take less of the value first, by a filter or in a step before; loop with `for_each`."
