import json
from datetime import UTC, datetime

import msgspec
import pytest

from facade.catalog.connector_form import VariableForm
from facade.catalog.finding import Findings
from facade.catalog.variable_draft import check_variables, variable_of
from facade.errors.fault import Violation
from facade.model.action import Location
from facade.model.names import VersionName
from facade.model.version import Comparison, Condition, Variable, VariableType, Version
from facade.stores.records import content_record, content_text


def a_form(**said: object) -> VariableForm:
    return msgspec.convert({"name": "a", **said}, VariableForm)


class Noted(Findings):
    def __init__(self) -> None:
        super().__init__("file")
        self.noted: list[tuple[str, str]] = []

    def add(self, pointer: str, description: str) -> None:
        self.noted.append((pointer, description))


def read(**said: object) -> tuple[Variable, list[tuple[str, str]]]:
    found = Noted()
    return variable_of(a_form(**said), "/v", found), found.noted


def test_a_file_says_all_of_a_variable() -> None:
    variable, wrong = read(
        **{
            "in": "query",
            "type": "integer",
            "pattern": "[0-9]+",
            "choices": ["1"],
            "title": "How many",
            "overridable": True,
            "requiredWhen": {
                "anyOf": [
                    {"variable": "region", "equals": "eu"},
                    {"allOf": [{"variable": "plan", "differs": "free"}]},
                ]
            },
        }
    )
    assert wrong == []
    assert variable == Variable(
        name="a",
        location=Location.QUERY,
        required=False,
        required_when=Condition(
            any_of=True,
            comparisons=(Comparison(variable="region", equals="eu"),),
            conditions=(
                Condition(comparisons=(Comparison(variable="plan", equals="free", negated=True),)),
            ),
        ),
        type=VariableType.INTEGER,
        pattern="[0-9]+",
        choices=("1",),
        title="How many",
        overridable=True,
    )


@pytest.mark.parametrize(
    ("when", "place", "said"),
    [
        ({}, "/v/requiredWhen", "give one of `variable`, `allOf` and `anyOf`"),
        ({"variable": "b"}, "/v/requiredWhen", "give `equals` or `differs`"),
        (
            {"anyOf": [{"variable": "b", "equals": "1", "differs": "2"}]},
            "/v/requiredWhen/anyOf/0",
            "give `equals` or `differs`",
        ),
    ],
)
def test_a_condition_that_says_nothing_is_named(when: object, place: str, said: str) -> None:
    assert (place, said) in read(requiredWhen=when)[1]


def deep(levels: int) -> Condition:
    inner = Condition(comparisons=(Comparison(variable="b", equals="1"),))
    return inner if levels == 1 else Condition(conditions=(deep(levels - 1),))


@pytest.mark.parametrize(
    ("variable", "field"),
    [
        (Variable(name="", location=None), "v[0].key"),
        (Variable(name="a", location=None, value="x", type=VariableType.INTEGER), "v[0].value"),
        (Variable(name="a", location=None, value="x", choices=("y",)), "v[0].value"),
        (Variable(name="a", location=None, pattern="(?=x)"), "v[0].pattern"),
        (Variable(name="a", location=None, required_when=deep(5)), "v[0].required_when"),
        (Variable(name="a", location=None, required_when=Condition()), "v[0].required_when"),
        (Variable(name="b", location=None, required_when=deep(1)), "v[0].required_when"),
    ],
)
def test_g14_a_variable_that_cannot_work_is_refused_by_field(
    variable: Variable, field: str
) -> None:
    other = Variable(name="b", location=None, value="1")
    found: list[Violation] = list(
        check_variables((variable, other)[: 2 - (variable.name == "b")], "v")
    )
    assert [each.field for each in found] == [field]


def test_the_ledger_keeps_all_of_a_variable() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    variable = read(requiredWhen={"variable": "b", "equals": "1"}, overridable=True)[0]
    version = Version(
        name=VersionName("c", "v"),
        spec_digest="0",
        create_time=now,
        update_time=now,
        variables=(variable,),
    )
    assert json.loads(content_text(version))["variables"]
    assert content_record(content_text(version)).variables == (variable,)
