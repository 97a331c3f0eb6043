"""Conditions: CEL with places, with bounds, and with what is known before it runs."""

from decimal import Decimal
from typing import Any

import pytest

from facade.errors.expressions import ExpressionExhausted, ExpressionFailed, ExpressionInvalid
from facade.expressions.conditions import compile_condition
from facade.expressions.known import ANYTHING, known_of, object_of, scalar
from facade.model.definition import Expression, Place

SCOPE = {
    "input": {"tag": "x", "n": 5, "f": 2.0, "none": None, "list": [1, 2, 3], "wide": 2**70},
    "steps": {"a": {"state": "SUCCEEDED", "output": {"id": 3, "price": Decimal("1.25")}}},
}
KNOWN = known_of(
    {
        "type": "object",
        "properties": {
            "input": {
                "type": "object",
                "properties": {
                    "tag": {"type": "string"},
                    "list": {
                        "type": "array",
                        "items": {"type": "object", "properties": {"id": {"type": "integer"}}},
                    },
                },
            }
        },
    }
)


def condition(text: str) -> Any:
    return compile_condition(Expression(text, Place(2, 3)))


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("input.n == 5", True),
        ("input.n > 4.5 && steps.a.output.id == 3", True),
        ("input.f == 2", True),
        ("input['tag'] == 'x'", True),
        ("input.none == null", True),
        ("has(input.nope)", False),
        ("has(input.nope) && input.nope.x", False),
        ("input.list.exists(i, i > 2)", True),
        ("input.list.all(i, i > 2)", False),
        ("input.list.filter(i, i > 1).size() == 2", True),
        ("3 in input.list", True),
        ("steps.a.output.price > 1.0", True),
        ("input.wide > 1.0", True),
        ("input.tag.matches('^[a-z]{1,3}$')", True),
        ("steps.a.state == 'SUCCEEDED'", True),
        ("timestamp('2026-01-01T00:00:00Z') < timestamp('2027-01-01T00:00:00Z')", True),
    ],
)
def test_conditions_hold_as_cel_says(text: str, holds: bool) -> None:  # noqa: FBT001 - a column
    assert condition(text).evaluate(SCOPE) is holds


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("input.nope == 1", "`nope` is missing; ask with has"),
        ("input.tag", "gave STRING, not true or false"),
        ("input.n / 0 == 1", "divide by zero"),
        ("input.tag > 1", "No matching overloads"),
        ("item == 1", "item"),
    ],
)
def test_o03_what_does_not_fit_fails_in_words(text: str, said: str) -> None:
    with pytest.raises(ExpressionFailed, match=said):
        condition(text).evaluate(SCOPE)


@pytest.mark.parametrize(
    ("text", "field", "said"),
    [
        ("input.n ==", "line 2, column 13", "ends too early"),
        ("input.n = 1", "line 2, column 11", "write `==`"),
        ("input.a and input.b", "line 2, column 11", "write `&&`"),
        ("not input.b", "line 2, column 7", "write `!`"),
        ("input.a == 'x", "line 2, column 14", "has no end"),
        ("input.n + 1 > 1.5", "line 2, column 15", "`>` does not take `int, double`: write both"),
        ("input.n + 'a' == 1", "line 2, column 17", "`==` does not take `string, int`"),
        ("input.in == 1", "line 2, column 9", "Syntax error"),
        ("inptu.n == 1", "line 2, column 3", "no variable `inptu`; did you mean `input`?"),
        ("true &&\n inpt.x", "line 3, column 4", "no variable `inpt`; did you mean `input`?"),
        ("sizee(input.n) == 1", "line 2, column 3", "`sizee` takes these; did you mean `size`?"),
        ("1 + 1", "line 2, column 3", "this gives int"),
        ("input.a.matches(input.b)", "line 2, column 18", "a pattern that is written here"),
        ("'é' == 'x' && inptu.x", "line 2, column 17", "did you mean `input`?"),
        ("", "line 2, column 3", "1 to 4096 characters"),
        ("x" * 5000, "line 2, column 3", "1 to 4096 characters"),
    ],
)
def test_what_cannot_be_read_is_told_with_line_and_column(text: str, field: str, said: str) -> None:
    with pytest.raises(ExpressionInvalid) as refused:
        condition(text)
    violation = refused.value.details.violations[0]
    assert violation.field == field
    assert said in violation.description


@pytest.mark.parametrize(
    "text", ["input.__class__ == 1", "input['__class__'] == 1 || input.x.__dict__ == 1"]
)
def test_o02_what_python_has_is_refused_when_it_is_compiled(text: str) -> None:
    with pytest.raises(ExpressionInvalid, match="expressions see JSON alone"):
        condition(text)


@pytest.mark.parametrize("text", ["open('/etc/passwd') == ''", "env('HOME') == ''", "os.environ"])
def test_o02_nothing_of_the_process_can_be_named(text: str) -> None:
    with pytest.raises(ExpressionInvalid):
        condition(text)


@pytest.mark.parametrize(
    ("text", "said", "place"),
    [
        ("input.tga == 'x'", "`tga` is no field of `input`; did you mean `tag`?", Place(2, 9)),
        ("input.list.exists(i, i.idd == 1)", "did you mean `id`?", Place(2, 26)),
        ("steps.a.output == 1", "there is no `steps` here", Place(2, 3)),
        ("input['tga'] == 'x'", "did you mean `tag`?", Place(2, 9)),
    ],
)
def test_what_is_certainly_not_there_is_found_before_it_runs(
    text: str, said: str, place: Place
) -> None:
    (finding,) = condition(text).check(KNOWN)
    assert said in finding.message
    assert finding.place == place


def test_what_is_only_asked_for_need_not_be_there() -> None:
    assert condition("has(input.tga) && input.list.exists(i, i.id == 1)").check(KNOWN) == ()


def test_a_condition_is_given_what_it_reads_alone() -> None:
    scope = {"input": {"n": 5, "huge": list(range(100_000))}}
    assert condition("input.n == 5").evaluate(scope)
    assert condition("input.n == 5").reads == {("input", "n")}
    with pytest.raises(ExpressionExhausted, match="with a map step"):
        condition("size(input.huge) == 5").evaluate(scope)


def test_lists_that_map_would_copy_too_often_are_refused_by_their_length() -> None:
    text = "input.list.map(i, i).size() > 0"
    assert condition(text).evaluate({"input": {"list": list(range(1_000))}})
    with pytest.raises(ExpressionExhausted, match="may take too long"):
        condition(text).evaluate({"input": {"list": list(range(4_000))}})


def test_long_lists_are_looked_through_where_that_is_linear() -> None:
    scope = {"input": {"list": [{"id": i} for i in range(5_000)]}}
    assert condition("input.list.exists(i, i.id == 4999)").evaluate(scope)


@pytest.mark.parametrize("text", ["input.n > 1", "input == input", "dyn(input).n == 7"])
def test_a_number_that_is_larger_than_any_double_is_told_of_and_no_bug(text: str) -> None:
    """JSON has it, CEL has not: whoever sends it must not end what reads events for others."""
    with pytest.raises(ExpressionFailed, match="too large"):
        compile_condition(Expression(text)).evaluate({"input": {"n": 10**400}})


def test_an_error_of_syntax_is_told_once_without_those_that_it_brings() -> None:
    with pytest.raises(ExpressionInvalid) as refused:
        condition("input.n = 1 ? 2 and")
    (violation,) = refused.value.details.violations
    assert violation.description == "`=` compares nothing; write `==`"


@pytest.mark.parametrize(
    "text",
    ["type(input.n) == int", "type(input.s) == string", "type(input.l) != map"],
)
def test_types_are_names_that_a_condition_may_have(text: str) -> None:
    made = condition(text)
    assert made.check(object_of({"input": ANYTHING})) == ()
    assert made.evaluate({"input": {"n": 1, "s": "a", "l": []}}) is True


def test_a_value_that_is_certainly_not_true_or_false_is_no_condition() -> None:
    known = object_of({"input": object_of({"n": scalar("integer", "null"), "b": ANYTHING})})
    (found,) = condition("input.n").check(known)
    assert found.message == "a condition gives true or false; this gives integer or null"
    assert condition("input.b").check(known) == ()
