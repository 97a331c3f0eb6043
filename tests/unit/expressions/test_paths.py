"""Paths: JMESPath with the pack, by values, by what is known, and what is told of errors."""

from decimal import Decimal
from typing import Any

import pytest

from facade.errors.expressions import ExpressionFailed, ExpressionInvalid
from facade.expressions.functions import FUNCTIONS
from facade.expressions.known import ANYTHING, known_of
from facade.expressions.paths import compile_path
from facade.model.definition import Expression, Place

SEED = "{id: data.id, nombre: upper(data.name), activo: data.is_active}"
BODY = {"data": {"id": 7, "name": "Ana", "is_active": True, "ignored": "x"}}
KNOWN = known_of(
    {
        "type": "object",
        "properties": {
            "data": {
                "type": "object",
                "properties": {
                    "id": {"type": "integer"},
                    "name": {"type": "string"},
                    "is_active": {"type": "boolean"},
                    "tags": {"type": "array", "items": {"$ref": "#/$defs/tag"}},
                    "open": {"type": "object", "additionalProperties": True},
                },
            }
        },
        "$defs": {"tag": {"type": "object", "properties": {"label": {"type": "string"}}}},
    }
)


def path(text: str) -> Any:
    return compile_path(Expression(text, Place(3, 10)))


def test_i_3_the_seeds_mapping_takes_id_upper_name_and_active_out_of_data() -> None:
    assert path(SEED).evaluate(BODY) == {"id": 7, "nombre": "ANA", "activo": True}
    assert path(SEED).check(KNOWN) == ()
    assert path(SEED).reads == {("data", "id"), ("data", "name"), ("data", "is_active")}


@pytest.mark.parametrize(
    ("text", "value", "made"),
    [
        ("a.b[0].c", {"a": {"b": [{"c": 1}]}}, 1),
        ("a[-1]", {"a": [1, 2]}, 2),
        ("a[5]", {"a": [1]}, None),
        ("a[1:]", {"a": [1, 2, 3]}, [2, 3]),
        ("a[*].b", {"a": [{"b": 1}, {}, {"b": 2}]}, [1, 2]),
        ("a.*.b", {"a": {"x": {"b": 1}, "y": {"b": 2}}}, [1, 2]),
        ("a[].b[]", {"a": [{"b": [1]}, {"b": [2, 3]}]}, [1, 2, 3]),
        ("a[?b > `1`].b", {"a": [{"b": 1}, {"b": 2}]}, [2]),
        ("a || b", {"b": 3}, 3),
        ("a && b", {"a": 1, "b": 2}, 2),
        ("!a", {"a": []}, True),
        ("a == `1.0`", {"a": 1}, True),
        ("a == `true`", {"a": 1}, False),
        ("a < b", {"a": "x", "b": 1}, None),
        ("[a, b]", {"a": 1}, [1, None]),
        ("map(&a, @)", [{"a": 1}, {}], [1, None]),
        ("sort_by(@, &a)[*].a", [{"a": 2}, {"a": 1}], [1, 2]),
        ("max_by(@, &a).a", [{"a": 2}, {"a": 1}], 2),
        ("group_by(@, &k)", [{"k": "x"}, {"k": "y"}, {}], {"x": [{"k": "x"}], "y": [{"k": "y"}]}),
        ("zip(a, b)", {"a": [1, 2], "b": ["x"]}, [[1, "x"]]),
        ("merge_deep(a, b)", {"a": {"x": {"p": 1}}, "b": {"x": {"q": 2}}}, {"x": {"p": 1, "q": 2}}),
        ("from_items(items(@))", {"a": 1}, {"a": 1}),
        ("join('-', split(a, ','))", {"a": "x,y"}, "x-y"),
        ("trim(lower(a))", {"a": " X "}, "x"),
        ("replace(a, 'x', 'yy')", {"a": "axa"}, "ayya"),
        ("substring(a, `1`, `3`)", {"a": "abcd"}, "bc"),
        ("default(a, 'none')", {}, "none"),
        ("coalesce(a, b, c)", {"b": 0}, 0),
        ("to_int(a)", {"a": "12"}, 12),
        ("to_int(a)", {"a": "12.9"}, 12),
        ("to_int(a)", {"a": "x"}, None),
        ("round(a)", {"a": 2.5}, 3),
        ("round(a, `2`)", {"a": Decimal("1.005")}, 1.01),
        ("add(a, b)", {"a": 0.1, "b": 0.2}, 0.3),
        ("div(a, b)", {"a": 6, "b": 3}, 2),
        ("div(a, b)", {"a": 1, "b": 8}, 0.125),
        ("mul(a, b)", {"a": 2**63, "b": 2}, 2**64),
        ("add(a, b)", {"a": None, "b": 1}, None),
        ("sum(@)", [0.1, 0.2, 1], 1.3),
        ("avg(@)", [1, 2], 1.5),
        (
            "format_date(a, '%d.%m.%Y %H:%M', 'Europe/Berlin')",
            {"a": "2026-07-01T10:00:00Z"},
            "01.07.2026 12:00",
        ),
        ("parse_date(a, '%d.%m.%Y')", {"a": "01.07.2026"}, "2026-07-01T00:00:00Z"),
        ("upper(a)", {}, None),
        ("type(a)", {"a": Decimal("1.5")}, "number"),
        ("to_string(a)", {"a": {"b": [1, None]}}, '{"b":[1,null]}'),
    ],
)
def test_expressions_give_what_jmespath_and_the_pack_say(text: str, value: Any, made: Any) -> None:
    found = path(text).evaluate(value)
    assert found == made
    assert type(found) is type(made)


def test_numbers_keep_every_digit() -> None:
    value = {"big": 9007199254740993, "price": Decimal("12345678901234567890.123456789")}
    assert path("{b: big, p: price}").evaluate(value) == {"b": value["big"], "p": value["price"]}
    assert path("to_string(price)").evaluate(value) == "12345678901234567890.123456789"
    assert path("add(price, `1`)").evaluate(value) == Decimal("12345678901234567891.123456789")
    assert path("`12345678901234567890.123456789`").evaluate({}) == value["price"]


def test_o03_a_missing_field_is_null_and_a_wrong_type_names_the_function_and_its_place() -> None:
    assert path("{a: data.none, b: default(data.none, 'x')}").evaluate(BODY) == {
        "a": None,
        "b": "x",
    }
    with pytest.raises(ExpressionFailed) as failed:
        path("{a: data.id,\n b: upper(data.id)}").evaluate(BODY)
    assert failed.value.message == (
        "line 4, column 14: upper() takes null or string and was given number"
    )


@pytest.mark.parametrize(
    ("text", "field", "said"),
    [
        ("uper(a)", "line 3, column 10", "there is no function `uper`; did you mean `upper`?"),
        ("{a: b,\n c: lowr(d)}", "line 4, column 14", "no function `lowr`"),
        ("{a: b, c: {a: d}, a: e}", "line 3, column 28", "the key `a` stands here twice"),
        ('{a: b, "a": c}', "line 3, column 17", "the key `a` stands here twice"),
        ("{a: b c: d}", "line 3, column 16", "unexpected `c`"),
        ("upper(a, b)", "line 3, column 10", "upper() is called as `upper(text)`"),
        ("sort_by(a, b)", "line 3, column 10", "sort_by() is called as `sort_by(list, &key)`"),
        ("a.", "line 3, column 12", "the expression ends too early"),
        ("a\n.b..c", "line 4, column 13", "unexpected `.`"),
        ("a[?b == 5]", "line 3, column 18", "a number stands between backticks"),
        ("a == -5", "line 3, column 15", "a number stands between backticks"),
        ("a + b", "line 3, column 12", "add() adds"),
        ("a-b", "line 3, column 11", "a name with `-` stands in double quotes"),
        ("a[?b = 'x']", "line 3, column 15", "`==` compares"),
        ("$.a", "line 3, column 10", "without `$`"),
        ("", "line 3, column 10", "the expression is empty"),
        ("`{`", "line 3, column 10", "no JSON"),
        ("'abc", "line 3, column 10", "Unclosed ' delimiter"),
        ("&a", "line 3, column 10", "stands before an argument"),
        ("a[::0]", "line 3, column 10", "the step of a slice is not 0"),
        ("(" * 100, "line 3, column 74", "64 expressions within one another"),
        ("a" + " | a" * 100, "line 3, column 10", "64 expressions within one another"),
        ("a" * 20_000, "line 3, column 10", "up to 4096 characters"),
    ],
)
def test_what_cannot_be_read_is_told_with_line_and_column(text: str, field: str, said: str) -> None:
    with pytest.raises(ExpressionInvalid) as refused:
        path(text)
    (violation,) = refused.value.details.violations
    assert violation.field == field
    assert said in violation.description


@pytest.mark.parametrize(
    "text",
    [
        "format_date('9999-12-31T23:59:59Z', '%Y', 'Asia/Tokyo')",
        "format_date('2026-01-01', '%c')",
        "format_date('2026-01-01', '%Y', '../../passwd')",
        "parse_date('2026-01-01', '%Y%Y')",
        "div(`1`, `0`)",
        "join('', [`1`])",
        "from_items([[`1`, `2`]])",
        "sort([`1`, 'a'])",
        "round(`1.5`, `-1`)",
    ],
)
def test_o03_what_a_function_cannot_do_fails_with_its_place(text: str) -> None:
    with pytest.raises(ExpressionFailed, match=r"^line 3, column 10: "):
        path(text).evaluate({})


@pytest.mark.parametrize("text", ["a.__class__", "__builtins__", 'a."__class__"', "*.__dict__"])
def test_o02_what_python_has_is_refused_when_it_is_compiled(text: str) -> None:
    with pytest.raises(ExpressionInvalid, match="expressions see JSON alone"):
        path(text)


@pytest.mark.parametrize("text", ["open('x')", "env('HOME')", "eval('1')", "now()", "import('os')"])
def test_o02_no_function_reaches_files_environment_network_or_clock(text: str) -> None:
    with pytest.raises(ExpressionInvalid, match="there is no function"):
        path(text)


@pytest.mark.parametrize(
    ("text", "said", "place"),
    [
        ("data.idd", "`idd` is no field of `data`; did you mean `id`?", Place(3, 15)),
        (
            "{a: data.id,\n b: dat.name}",
            "`dat` is no field of the value; did you mean `data`?",
            Place(4, 14),
        ),
        ("upper(data.id)", "upper() takes null or string; `data.id` is number", Place(3, 10)),
        (
            "data.tags[*].lable",
            "`lable` is no field of `data.tags`; did you mean `label`?",
            Place(3, 23),
        ),
        ("data.tags.label", "which is array; `[*]` or `[0]` leads to its items", Place(3, 20)),
        ("{x: data.id} | y", "`y` is not among the fields made", Place(3, 25)),
        ("sort_by(data.tags, &lable)", "did you mean `label`?", Place(3, 30)),
    ],
)
def test_what_is_certainly_not_there_is_found_before_it_runs(
    text: str, said: str, place: Place
) -> None:
    (finding,) = path(text).check(KNOWN)
    assert said in finding.message
    assert finding.place == place


@pytest.mark.parametrize(
    "text", [SEED, "data.open.anything.at.all", "data.tags[?label == 'x'] | [0].label", "data.*.x"]
)
def test_what_may_be_there_is_not_found(text: str) -> None:
    assert path(text).check(KNOWN) == ()
    assert path(text).check(ANYTHING) == ()


def test_what_an_expression_gives_is_known_to_the_next() -> None:
    known = path("data.tags[*].{name: upper(label), n: length(label)}").known(KNOWN)
    assert known.types == {"array"}
    assert known.items().field("nome") is None
    name = known.items().field("name")
    assert name
    assert name.types == {"string", "null"}


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("steps.a.output | {x: id, y: name}", {"steps.a.output.id", "steps.a.output.name"}),
        ("steps.a.output.items[?ok].id", {"steps.a.output.items.ok", "steps.a.output.items.id"}),
        ("length(steps.a.output)", {"steps.a.output"}),
        ("merge(steps.a.output, {z: input.q})", {"steps.a.output", "input.q"}),
        ("steps.a.output[*]", {"steps.a.output"}),
        ("map(&name, input.list)", {"input.list.name", "input.list"}),
        ("`1`", set()),
    ],
)
def test_what_is_read_is_told_field_by_field(text: str, reads: set[str]) -> None:
    assert {".".join(each) for each in path(text).reads} == reads


def test_every_function_says_how_it_is_called() -> None:
    for name, function in FUNCTIONS.items():
        assert function.usage.startswith(f"{name}(")
        assert function.help
