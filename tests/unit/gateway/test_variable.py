import pytest

from facade.errors.fault import Violation
from facade.model.action import Location
from facade.model.version import Comparison, Condition, Variable, VariableType
from gateway.convert.variable import variable_to, variables_from
from gateway.v1.version_pb2 import BackendVariable, VariableCondition

REGION = Comparison(variable="region", equals="eu")
PLAN = Comparison(variable="plan", equals="free", negated=True)


@pytest.mark.parametrize(
    "variable",
    [
        Variable(name="X-Tenant", location=Location.HEADER, value="acme"),
        Variable(name="region", location=None, value="", required=False),
        Variable(name="key", location=Location.QUERY, secret="env:KEY", overridable=True),
        Variable(
            name="count",
            location=Location.BODY,
            required=False,
            required_when=Condition(
                any_of=True,
                comparisons=(REGION,),
                conditions=(Condition(comparisons=(PLAN, REGION)),),
            ),
            type=VariableType.INTEGER,
            pattern="[0-9]+",
            choices=("1", "2"),
            title="How many",
            overridable=True,
        ),
    ],
)
def test_a_variable_comes_back_as_it_went(variable: Variable) -> None:
    problems: list[Violation] = []
    assert list(variables_from([variable_to(variable)], "v", problems)) == [variable]
    assert problems == []


def test_what_no_variable_can_say_is_named() -> None:
    message = BackendVariable(
        key="a",
        required=True,
        required_when=VariableCondition(
            conditions=[VariableCondition(operator=9)]  # type: ignore[arg-type]  # wrong on purpose
        ),
        type=8,  # type: ignore[arg-type]  # wrong on purpose
        location=7,  # type: ignore[arg-type]  # wrong on purpose
    )
    problems: list[Violation] = []
    list(variables_from([message], "v", problems))
    assert [each.field for each in problems] == [
        "v[0].location",
        "v[0].required",
        "v[0].type",
        "v[0].required_when.conditions[0].operator",
    ]
