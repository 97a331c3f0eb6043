"""Slots: what fills them, what they keep, what is left out, and what is refused."""

from decimal import Decimal
from typing import Any

import pytest

from facade.errors.expressions import ExpressionFailed, ExpressionInvalid
from facade.expressions.known import known_of
from facade.expressions.slots import compile_slots
from facade.model.definition import Place

SCOPE = {
    "input": {
        "tag": "x",
        "n": 5,
        "wide": 2**70,
        "price": Decimal("1.10"),
        "none": None,
        "list": [1, {"a": 2}],
        "markup": '"}<b>&',
    },
    "steps": {
        "good": {"state": "SUCCEEDED", "output": {"id": 3}},
        "bad": {"state": "FAILED", "error": {"reason": "BACKEND_ERROR"}},
        "left": {"state": "SKIPPED"},
    },
    "run": {"time": "2026-01-02T03:04:05Z"},
}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{{ input.n }}", 5),
        ("{{ input.wide }}", 2**70),
        ("{{ input.price }}", Decimal("1.10")),
        ("{{ input.list }}", [1, {"a": 2}]),
        ("{{ input.list[1].a }}", 2),
        ("{{ input['tag'] }}", "x"),
        ("{{ input.none }}", None),
        ("{{ input.nope.deeper }}", None),
        ("n {{ input.n }}, p {{input.price}}, {{ input.nope }}.", "n 5, p 1.10, ."),
        ("{{ input.list }}!", '[1,{"a":2}]!'),
        ("{{ input.markup }} {{ input.tag }}", '"}<b>& x'),
        ("{{ input.tag | upper }}", "X"),
        ("{{ input.nope | default('w') | upper }}", "W"),
        ("{{ input.none | default(7) }}", 7),
        ("{{ run.time | date('%d.%m.%Y') }}", "02.01.2026"),
        ("{{ input.list | json }}", '[1,{"a":2}]'),
        ("{{ input.list | join('-') }}", '1-{"a":2}'),
        ("{{ input.n + 1 }}", 6),
        ("{{ 'a' if input.n > 3 else 'b' }}", "a"),
        ("{{ input.tag ~ '-' ~ input.n }}", "x-5"),
        ("{{ input.none is none }}", True),
        ("{{ '{{' }}", "{{"),
        ("no slot", "no slot"),
    ],
)
def test_a_slot_alone_keeps_the_type_and_a_text_takes_it_as_text(text: str, filled: Any) -> None:
    """H-2: what is dynamic and missing is null or empty, no error."""
    assert compile_slots({"a": text}, {}).fill(SCOPE).value == {"a": filled}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{{ input.long | string }}", "12345678901234567890"),
        ("{{ input.longer | string }}", str(10**60)),
        ("{{ input.exact | string }}", "0.1000000000000000055511151231257827"),
        ("{{ input | json }}", '{"long":12345678901234567890,"longer":%d,"exact":%s}'),
        ("{{ input.exact | default(0) }}", Decimal("0.1000000000000000055511151231257827")),
        ("{{ input.exact | round(20) }}", Decimal("0.10000000000000000555")),
        ("{{ input.longer | default('x') }}", 10**60),
        ("{{ input.none | default(input.longer) }}", 10**60),
        ("{{ input.whole | string }}", "1.0"),
        ("{{ input.whole | json }}", "1.0"),
        ("{{ input.long + 1 }}", 12345678901234567891),
        ("{{ input.long ~ '' }}", "12345678901234567890"),
        ("{{ input.exact < 1 and input.longer > 5 }}", True),
    ],
)
def test_no_digit_is_lost_in_a_slot(text: str, filled: Any) -> None:
    exact = Decimal("0.1000000000000000055511151231257827")
    scope = {"input": {"long": 12345678901234567890, "longer": 10**60, "exact": exact}}
    scope["input"] |= {"whole": 1.0} if "whole" in text else {}
    if isinstance(filled, str) and "%" in filled:
        filled %= (10**60, exact)
    assert compile_slots(text, {}).fill(scope).value == filled


@pytest.mark.parametrize("text", ["{{ input.exact ~ '' }}", "x {{ input.exact + 1 }}"])
def test_an_operator_that_would_lose_digits_fails_with_its_place(text: str) -> None:
    scope = {"input": {"exact": Decimal("0.1000000000000000055511151231257827")}}
    with pytest.raises(ExpressionFailed, match=r"line 1, column \d+: `~`.*would lose digits"):
        compile_slots(text, {}).fill(scope)


def test_h_7_of_five_fields_with_one_affected_four_are_filled() -> None:
    tree = {
        "a": "{{ input.tag }}",
        "b": {"c": ["{{ steps.bad.output.id }}"]},
        "d": "{{ steps.good.output.id }}",
        "e": "{{ steps.bad.error.reason }}",
        "f": "{{ steps.bad.output.id | default(0) }}",
    }
    filled = compile_slots(tree, {}).fill(SCOPE)
    assert filled.skipped == ("b",)
    assert filled.value == {"a": "x", "d": 3, "e": "BACKEND_ERROR", "f": 0}


def test_h_7_a_text_that_needs_a_skipped_step_is_skipped_whole() -> None:
    filled = compile_slots("id {{ steps.left.output.id }}", {}).fill(SCOPE)
    assert filled.skipped == ("",)
    assert filled.value is None


def test_h_2_what_a_good_step_has_not_is_null() -> None:
    filled = compile_slots({"a": "{{ steps.good.output.nope }}"}, {}).fill(SCOPE)
    assert filled.value == {"a": None}
    assert filled.skipped == ()


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("{{ input.tag", 5, "has no end"),
        ("{{ }}", 7, "the slot is empty"),
        ("{{ input" + ".a" * 1_100 + " }}", 5, "within 2048 characters"),
        ("{{ input.a" + " | upper" * 20 + " }}", 144, "16 operators and filters"),
        ("{{ '" + "\\'" * 20_000 + " }}", 5, "has no end"),
        ("{{ input.a }}." * 1_001, 5, "a text has less than 1000 slots"),
        ("{{ inptu.x }}", 8, "no variable `inptu`; did you mean `input`?"),
        ("{{ input.a | uper }}", 18, "no filter `uper`; did you mean `upper`?"),
        ("{% for x in y %}", 5, "only slots"),
        ("{{ input.items() }}", 19, "a slot calls nothing"),
        ("{{ (input.a, input.b) }}", 16, "makes no lists"),
        ("{{ input.a | replace((1, 2), 'x') }}", 28, "makes no lists"),
        ("{{- input.a }}", 7, "put a blank between `-` and the braces"),
        ("{{ input.a -}}", 16, "put a blank between `-` and the braces"),
        ("{{ null }}", 8, "write `none`"),
        ("{{ range(10) }}", 8, "no variable `range`"),
        ("{{ input.a * 5 }}", 16, "`*` has no place"),
        ("{{ input.a b }}", 16, "no variable `b`"),
        ("{{ input.a and }}", 20, "unexpected end"),
        ("{{ input.a is callable }}", 19, "no test `callable`"),
        ("{{ 'x' | format }}", 14, "no filter `format`"),
        ("{{ input.a | map('x') }}", 18, "no filter `map`"),
    ],
)
def test_what_cannot_be_read_is_told_with_line_and_column(
    text: str, column: int, said: str
) -> None:
    with pytest.raises(ExpressionInvalid) as refused:
        compile_slots({"x": ["ok", text]}, {"/x/1": Place(9, 5)})
    (violation,) = refused.value.details.violations
    assert violation.field == f"line 9, column {column}"
    assert said in violation.description


def test_all_wrong_slots_are_told_at_once() -> None:
    tree = {"a": "{{ }}", "b/c": "{{ x }}"}
    with pytest.raises(ExpressionInvalid) as refused:
        compile_slots(tree, {"/a": Place(1, 1), "/b~1c": Place(2, 1)})
    fields = [each.field for each in refused.value.details.violations]
    assert fields == ["line 1, column 3", "line 2, column 4"]


@pytest.mark.parametrize(
    "text",
    [
        "{{ input.__class__ }}",
        "{{ input['__class__'] }}",
        "{{ input.tag.__class__.__mro__ }}",
        "{{ self }}",
        "{{ debug() }}",
        "{{ namespace(a=1) }}",
        "{{ input.list.append(4) }}",
        "{{ ''.join(input.list) }}",
        "{% include 'x' %}",
    ],
)
def test_o02_nothing_but_json_can_be_reached(text: str) -> None:
    with pytest.raises(ExpressionInvalid):
        compile_slots(text, {})


def test_o03_a_value_that_a_filter_cannot_take_names_the_place() -> None:
    with pytest.raises(ExpressionFailed, match="line 4, column 9: int takes a number"):
        compile_slots({"a": "a {{ input.tag | int }}"}, {"/a": Place(4, 5)}).fill(SCOPE)


def test_a_value_that_fills_a_slot_is_no_template_itself() -> None:
    scope = {"input": {"evil": "{{ steps.bad }} {% raw %}"}}
    filled = compile_slots({"a": "x {{ input.evil }}"}, {}).fill(scope)
    assert filled.value == {"a": "x {{ steps.bad }} {% raw %}"}


def test_what_is_certainly_not_there_is_found_before_it_runs() -> None:
    known = known_of(
        {
            "type": "object",
            "properties": {"input": {"type": "object", "properties": {"tag": {"type": "string"}}}},
        }
    )
    slots = compile_slots({"a": "x {{ input.tga }}", "b": "{{ input.tag }}"}, {"/a": Place(3, 8)})
    (finding,) = slots.check(known)
    assert finding.place == Place(3, 19)
    assert finding.message == "`tga` is no field of `input`; did you mean `tag`?"
    assert slots.reads == {("input", "tga"), ("input", "tag")}
