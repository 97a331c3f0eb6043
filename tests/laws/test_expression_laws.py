"""Laws of expressions: nothing but Faults, no more than a budget, checks that can be trusted."""

import contextlib
from typing import Any

import jmespath
from hypothesis import given
from hypothesis import strategies as st

from facade.errors.expressions import ExpressionExhausted, ExpressionFailed, ExpressionInvalid
from facade.errors.fault import Fault
from facade.expressions.budget import Budget, measure
from facade.expressions.compiling import Compiler
from facade.expressions.conditions import compile_condition
from facade.expressions.functions import FUNCTIONS
from facade.expressions.known import known_of
from facade.expressions.parsing import parse
from facade.expressions.paths import compile_path
from facade.expressions.signature import EXPRESSION
from facade.expressions.slots import compile_slots
from facade.model.definition import Expression

NAMES = ("a", "b", "c")
NUMBERS = (
    st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.decimals(allow_nan=False, allow_infinity=False)
)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=8),
    lambda below: (
        st.lists(below, max_size=4) | st.dictionaries(st.sampled_from(NAMES), below, max_size=3)
    ),
    max_leaves=20,
)
ROOTS = st.dictionaries(st.sampled_from(NAMES), VALUES, min_size=1)


def calls(below: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Calls of every function with arguments of any type."""

    @st.composite
    def call(draw: st.DrawFn) -> str:
        name = draw(st.sampled_from(sorted(FUNCTIONS)))
        function = FUNCTIONS[name]
        count = len(function.takes) - draw(st.integers(0, function.optional))
        given_ = [
            f"&{draw(below)}" if function.taken(at) == EXPRESSION else draw(below)
            for at in range(count)
        ]
        return f"{name}({', '.join(given_)})"

    return call()


TEXTS = st.recursive(
    st.sampled_from([*NAMES, "@", "`1`", "`[1,2]`", "'x'", "a.b", "a[0]", "b[*].c", "*", "a[]"]),
    lambda below: (
        calls(below)
        | st.builds("{} | {}".format, below, below)
        | st.builds("[{}, {}]".format, below, below)
        | st.builds("{{x: {}, y: {}}}".format, below, below)
        | st.builds("({}) || ({})".format, below, below)
        | st.builds("({}) == ({})".format, below, below)
        | st.builds("a[?{}].b".format, below)
        | st.builds("b[*].[{}][]".format, below)
    ),
    max_leaves=12,
)


@given(TEXTS, ROOTS)
def test_o01_an_expression_ends_in_a_value_or_in_a_fault_and_never_beyond_its_budget(
    text: str, root: dict[str, Any]
) -> None:
    expression = Expression(text)
    try:
        tree = parse(expression)
        compiled = Compiler(expression).make(tree)
    except ExpressionInvalid:
        return
    budget = Budget(2_000)
    try:
        budget.spend(compiled.weight)
        compiled.run(root, budget)
    except (ExpressionFailed, ExpressionExhausted):
        return
    assert budget.spent <= 2_000


@given(TEXTS, ROOTS)
def test_evaluating_changes_nothing_and_gives_the_same_again(
    text: str, root: dict[str, Any]
) -> None:
    before = repr(root)
    made = []
    for _ in range(2):
        with contextlib.suppress(Fault):
            made.append(repr(compile_path(Expression(text)).evaluate(root)))
    assert repr(root) == before
    assert len(set(made)) <= 1


PLAIN = st.recursive(
    st.none() | st.integers(2, 9) | st.sampled_from(["", "x", "y"]),
    lambda below: (
        st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(NAMES), below, max_size=3)
    ),
    max_leaves=15,
)
STANDARD = st.recursive(
    st.sampled_from(
        [
            *(*NAMES, "@", "`2`", "'x'", "a.b", "a[0]", "a[-1]", "b[*].c", "*", "*.a", "a[]"),
            *(
                "a[1:]",
                "a[::-1]",
                "b[?c == `3`]",
                "b[?a].c",
                "length(@)",
                "type(a)",
                "not_null(a, b)",
            ),
            *(
                "to_array(a)",
                "to_string(b)",
                "keys(@)",
                "sort_by(@, &a)",
                "map(&a, @)",
                "reverse(a)",
            ),
        ]
    ),
    lambda below: (
        st.builds("{} | {}".format, below, below)
        | st.builds("[{}, {}]".format, below, below)
        | st.builds("{{a: {}, b: {}}}".format, below, below)
        | st.builds("({}) || ({})".format, below, below)
        | st.builds("({}) && ({})".format, below, below)
        | st.builds("!({})".format, below)
        | st.builds("({}) == ({})".format, below, below)
        | st.builds("({})[*].[{}][]".format, below, below)
    ),
    max_leaves=6,
)


@given(STANDARD, st.dictionaries(st.sampled_from(NAMES), PLAIN, min_size=1))
def test_what_the_library_gives_is_given_here_too(text: str, root: dict[str, Any]) -> None:
    try:
        expected = jmespath.search(text, root)
    except ValueError:
        return
    assert compile_path(Expression(text)).evaluate(root) == expected


@given(st.text(max_size=60), ROOTS)
def test_any_text_at_all_is_read_or_refused(text: str, root: dict[str, Any]) -> None:
    with contextlib.suppress(Fault):
        compile_path(Expression(text)).evaluate(root)
    with contextlib.suppress(Fault):
        compile_condition(Expression(text)).evaluate({"input": root})
    with contextlib.suppress(Fault):
        compile_slots({"a": text, "b": "{{" + text + "}}"}, {}).fill({"input": root})


CONDITIONS = st.sampled_from(
    [
        *("input.a == input.b", "input.a > 1", "has(input.a.b)", "input.a.exists(i, i == input.b)"),
        *("input.a.map(i, i).size() > 0", "size(input.a) == 2", "input.a in input.b", "input.a"),
        *("input.a + input.b == input.c", "input.a.contains('x')", "string(input.a) == 'x'"),
    ]
)


@given(CONDITIONS, ROOTS)
def test_a_condition_is_true_false_or_a_fault(text: str, root: dict[str, Any]) -> None:
    with contextlib.suppress(Fault):
        assert compile_condition(Expression(text)).evaluate({"input": root}) in {True, False}


SCALARS: dict[str, Any] = {"string": "x", "integer": 3, "boolean": False}


@st.composite
def schemas(draw: st.DrawFn, depth: int = 3) -> tuple[dict[str, Any], Any]:
    """A schema all of whose fields are required, and a value of it."""
    if depth == 0 or draw(st.booleans()):
        kind = draw(st.sampled_from(sorted(SCALARS)))
        return {"type": kind}, SCALARS[kind]
    if draw(st.booleans()):
        item, value = draw(schemas(depth - 1))
        return {"type": "array", "items": item}, [value]
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, unique=True))
    below = {name: draw(schemas(depth - 1)) for name in names}
    return (
        {
            "type": "object",
            "required": names,
            "properties": {name: schema for name, (schema, _) in below.items()},
        },
        {name: value for name, (_, value) in below.items()},
    )


STEPS = st.lists(st.sampled_from([*(f".{name}" for name in NAMES), "[0]"]), max_size=4).map("".join)


@given(schemas(), STEPS, st.sampled_from(NAMES))
def test_a_path_without_a_finding_never_reads_what_is_not_there(
    declared: tuple[dict[str, Any], Any], steps: str, name: str
) -> None:
    schema, value = declared
    compiled = compile_path(Expression(f"root.{name}{steps}"))
    known = known_of({"type": "object", "required": ["root"], "properties": {"root": schema}})
    missing = compiled.evaluate({"root": value}) is None
    if "[0]" not in steps:
        assert missing == bool(compiled.check(known))
    elif compiled.check(known):
        assert missing


@given(VALUES)
def test_what_is_measured_is_at_least_what_there_is(value: Any) -> None:
    budget = Budget()
    measure([value], budget)
    assert budget.spent > 0
