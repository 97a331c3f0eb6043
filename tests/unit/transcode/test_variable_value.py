from typing import Any

import pytest

from facade.model.action import Location
from facade.model.version import Comparison, Condition, Variable, VariableType
from facade.transcode.variable_value import Flaw, flaw_of, holds, is_pattern, settle


def a_variable(name: str = "a", **said: Any) -> Variable:
    return Variable(name=name, location=Location.HEADER, **said)


@pytest.mark.parametrize(
    ("said", "text", "flaw"),
    [
        ({"type": VariableType.INTEGER}, "-7", ""),
        ({"type": VariableType.INTEGER}, "7.0", "must be an integer"),
        ({"type": VariableType.NUMBER}, "1e5", ""),
        ({"type": VariableType.NUMBER}, "01", "must be a number"),
        ({"type": VariableType.NUMBER}, "NaN", "must be a number"),
        ({"type": VariableType.BOOLEAN}, "true", ""),
        ({"type": VariableType.BOOLEAN}, "True", "must be true or false"),
        ({"choices": ("eu", "us")}, "us", ""),
        ({"choices": ("eu", "us")}, "cn", "must be one of eu, us"),
        ({"pattern": "[a-z]+"}, "abc", ""),
        ({"pattern": "[a-z]+"}, "abc1", "must match `[a-z]+`"),
        ({"pattern": "a|b"}, "ab", "must match `a|b`"),
        ({"pattern": "a"}, "a\n", "must match `a`"),
    ],
)
def test_g14_a_value_is_held_to_type_choices_and_pattern(
    said: dict[str, Any], text: str, flaw: str
) -> None:
    assert flaw_of(a_variable(**said), text) == flaw


def test_g14_a_pattern_runs_in_linear_time_or_is_none() -> None:
    assert is_pattern("(a+)+b")
    assert flaw_of(a_variable(pattern="(a+)+b"), "a" * 50_000)
    assert not is_pattern("(?=a)b")
    assert not is_pattern("(")


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Condition(comparisons=(Comparison(variable="x", equals="1"),)), True),
        (Condition(comparisons=(Comparison(variable="x", equals="2"),)), False),
        (Condition(comparisons=(Comparison(variable="x", equals="2", negated=True),)), True),
        (Condition(comparisons=(Comparison(variable="none", equals="1", negated=True),)), True),
        (
            Condition(
                comparisons=(
                    Comparison(variable="x", equals="1"),
                    Comparison(variable="y", equals="9"),
                )
            ),
            False,
        ),
        (
            Condition(
                any_of=True,
                comparisons=(Comparison(variable="x", equals="9"),),
                conditions=(Condition(comparisons=(Comparison(variable="y", equals="2"),)),),
            ),
            True,
        ),
    ],
)
def test_g14_a_condition_is_a_tree_of_and_and_or(condition: Condition, expected: bool) -> None:  # noqa: FBT001 - a column
    assert holds(condition, {"x": "1", "y": "2"}) is expected


def test_g14_what_is_required_by_a_condition_is_missed_only_then() -> None:
    condition = Condition(comparisons=(Comparison(variable="region", equals="eu"),))
    key = a_variable("key", required=False, required_when=condition)
    for region, missed in (("eu", ["key"]), ("us", [])):
        texts, flaws = settle((a_variable("region", value=region), key), {}, {})
        assert [each.name for each, _ in texts] == ["region"]
        assert [each.name for each in flaws] == missed


def test_g14_a_caller_gives_only_what_he_may() -> None:
    mine = a_variable("mine", value="1")
    theirs = a_variable("theirs", value="1", overridable=True)
    texts, flaws = settle((mine, theirs), {}, {"theirs": "2", "mine": "3", "none": "4"})
    assert [(each.name, text) for each, text in texts] == [("mine", "1"), ("theirs", "2")]
    said = "is no variable that a caller may set"
    assert flaws == [Flaw("mine", said, given=True), Flaw("none", said, given=True)]


def test_no_flaw_holds_a_value() -> None:
    secret = a_variable("s", secret="env:S", type=VariableType.INTEGER)
    _, flaws = settle((secret,), {"s": "hunter2"}, {})
    assert flaws == [Flaw("s", "must be an integer", given=False)]
