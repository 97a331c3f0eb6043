"""A variable of a connector file as the model's, and what is wrong with one."""

from collections.abc import Iterator, Sequence

from msgspec import UnsetType

from facade.catalog.connector_form import ConditionForm, VariableForm
from facade.catalog.credential_check import check_reference
from facade.catalog.finding import Findings
from facade.errors.fault import Violation
from facade.model.action import Location
from facade.model.version import Comparison, Condition, Variable, VariableType
from facade.transcode.variable_value import compared, depth, flaw_of, is_pattern

MAX_DEPTH = 4
"""Conditions within one another."""


def variable_of(form: VariableForm, pointer: str, found: Findings) -> Variable:
    """A variable, and notes what no variable can say."""
    when = form.required_when
    return Variable(
        name=form.name,
        location=None if form.location == "server" else Location(form.location),
        value=form.value if isinstance(form.value, str) else None,
        secret=form.secret if isinstance(form.secret, str) else None,
        required=form.required and isinstance(when, UnsetType),
        required_when=None
        if isinstance(when, UnsetType)
        else _condition(when, f"{pointer}/requiredWhen", found),
        type=VariableType(form.type),
        pattern=form.pattern,
        choices=tuple(form.choices),
        title=form.title,
        overridable=form.overridable,
    )


def check_variables(variables: Sequence[Variable], field: str) -> Iterator[Violation]:
    """What is wrong with the variables of a draft, by field; values are never told."""
    names = {each.name for each in variables}
    for number, each in enumerate(variables):
        place = f"{field}[{number}]"
        yield from _check_value(each, place)
        if each.pattern and not is_pattern(each.pattern):
            wrong = "is no regular expression of RE2: look-around and references are not in it"
            yield Violation(field=f"{place}.pattern", description=wrong)
        if each.required_when is not None:
            yield from _check_condition(each, names, f"{place}.required_when")


def _check_value(variable: Variable, field: str) -> Iterator[Violation]:
    if not variable.name:
        yield Violation(field=f"{field}.key", description="a name is required")
    if variable.value is not None and variable.secret is not None:
        yield Violation(field=field, description="give a value or a secret, not both")
    if variable.secret is not None:
        yield from check_reference(variable.secret, f"{field}.secret")
    if variable.value is not None and is_pattern(variable.pattern):
        flaw = flaw_of(variable, variable.value)
        if flaw:
            yield Violation(field=f"{field}.value", description=flaw)


def _check_condition(variable: Variable, names: set[str], field: str) -> Iterator[Violation]:
    condition = variable.required_when
    assert condition is not None  # noqa: S101 - its caller has looked
    if depth(condition) > MAX_DEPTH:
        yield Violation(field=field, description=f"at most {MAX_DEPTH} conditions in one another")
    for name in sorted(set(compared(condition)) - (names - {variable.name})):
        yield Violation(field=field, description=f"`{name[:63]}` is no other variable")
    if not any(compared(condition)):
        yield Violation(field=field, description="a condition compares at least one variable")


def _condition(form: ConditionForm, pointer: str, found: Findings) -> Condition:
    """The tree that an object stands for, which says one of three things."""
    said = [bool(form.variable), bool(form.all_of), bool(form.any_of)]
    if said.count(True) != 1:
        found.add(pointer, "give one of `variable`, `allOf` and `anyOf`")
    if form.variable:
        return Condition(comparisons=tuple(_comparison(form, pointer, found)))
    key, forms = ("anyOf", form.any_of) if form.any_of else ("allOf", form.all_of)
    parts = [(f"{pointer}/{key}/{number}", each) for number, each in enumerate(forms)]
    return Condition(
        any_of=bool(form.any_of),
        comparisons=tuple(
            comparison
            for place, each in parts
            if each.variable
            for comparison in _comparison(each, place, found)
        ),
        conditions=tuple(
            _condition(each, place, found) for place, each in parts if not each.variable
        ),
    )


def _comparison(form: ConditionForm, pointer: str, found: Findings) -> Iterator[Comparison]:
    equals, differs = form.equals, form.differs
    if isinstance(equals, UnsetType) == isinstance(differs, UnsetType):
        found.add(pointer, "give `equals` or `differs`")
        return
    if isinstance(equals, str):
        yield Comparison(variable=form.variable, equals=equals)
    if isinstance(differs, str):
        yield Comparison(variable=form.variable, equals=differs, negated=True)
