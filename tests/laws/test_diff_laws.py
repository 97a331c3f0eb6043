"""Laws of the contract diff: what it calls safe is safe, whatever the schemas are."""

from typing import Any

import jsonschema_rs
from hypothesis import given, settings
from hypothesis import strategies as st

from facade.model.difference import Verdict
from facade.spec.schemas.schema import Direction, validator
from tests.documents import Tree, answering, differ, sending, spec

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 6), st.sampled_from(["", "a", "ab", "abc", 1.5])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
    ),
    max_leaves=5,
)
NUMBERS = st.fixed_dictionaries(
    {"type": st.sampled_from(["integer", "number"])},
    optional={
        "minimum": st.integers(-2, 2),
        "maximum": st.integers(2, 5),
        "exclusiveMaximum": st.integers(3, 5),
        "multipleOf": st.sampled_from([1, 2, 0.5]),
    },
)
TEXTS = st.fixed_dictionaries(
    {"type": st.sampled_from(["string", ["string", "null"]])},
    optional={
        "minLength": st.integers(0, 2),
        "maxLength": st.integers(1, 3),
        "pattern": st.sampled_from(["^a", "b$", "^ab"]),
    },
)
LISTED = st.fixed_dictionaries({"enum": st.lists(SCALARS, min_size=1, max_size=4)})


def containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    both = st.fixed_dictionaries({"a": inner, "b": inner})
    required = st.lists(st.sampled_from("ab"), unique=True)
    objects = st.fixed_dictionaries(
        {"type": st.just("object"), "properties": both},
        optional={"required": required, "additionalProperties": st.just(value=False)},
    )
    arrays = st.fixed_dictionaries(
        {"type": st.just("array")},
        optional={
            "items": inner,
            "maxItems": st.integers(1, 2),
            "uniqueItems": st.just(value=True),
        },
    )
    joined = st.fixed_dictionaries({"allOf": st.lists(inner, min_size=1, max_size=2)})
    either = st.fixed_dictionaries({"anyOf": st.lists(inner, min_size=1, max_size=3)})
    negated = st.builds(lambda base, other: {**base, "not": other}, TEXTS, LISTED)
    return st.one_of(objects, arrays, joined, either, negated)


EXAMPLES = 250
SCHEMAS = st.recursive(st.one_of(NUMBERS, TEXTS, LISTED, st.just({})), containers, max_leaves=4)
"""Objects declare both properties that values have: what is undeclared is not counted on."""


def around(pair: tuple[Any, Any]) -> st.SearchStrategy[tuple[Any, Any]]:
    """Two schemas as they are, or as parts of others that are the same."""
    return st.sampled_from(range(5)).map(lambda way: (within(way, pair[0]), within(way, pair[1])))


def within(way: int, schema: Any) -> Any:
    return (
        schema,
        {"type": "object", "properties": {"a": schema, "b": {}}, "required": ["a"]},
        {"type": "array", "items": schema},
        {"allOf": [{"minLength": 1}, schema]},
        {"anyOf": [{"type": "boolean"}, schema]},
    )[way]


GROWN = st.builds(lambda old, more: (old, {**old, **more}), SCHEMAS, SCHEMAS)
PAIRS = st.one_of(
    st.tuples(SCHEMAS, SCHEMAS), GROWN, GROWN.map(lambda pair: (pair[1], pair[0]))
).flatmap(around)


def read(tree: Tree, direction: Direction) -> jsonschema_rs.Draft202012Validator:
    """What Portico holds the value to."""
    action = spec(tree).action("make")
    bodies = action.body if direction is Direction.REQUEST else action.responses[0]
    return validator(bodies.media[0].schema if bodies else True)


@settings(max_examples=EXAMPLES)
@given(PAIRS, st.lists(VALUES, min_size=10, max_size=30))
def test_where_a_change_is_safe_what_was_sent_is_still_taken(
    pair: tuple[Any, Any], values: list[Any]
) -> None:
    old, new = pair
    if differ(sending(old), sending(new)).verdict is Verdict.SAFE:
        before, after = (read(sending(each), Direction.REQUEST) for each in pair)
        assert all(after.is_valid(each) for each in values if before.is_valid(each))


@settings(max_examples=EXAMPLES)
@given(PAIRS, st.lists(VALUES, min_size=10, max_size=30))
def test_where_a_change_is_safe_what_is_answered_was_promised(
    pair: tuple[Any, Any], values: list[Any]
) -> None:
    old, new = pair
    if differ(answering(old), answering(new)).verdict is Verdict.SAFE:
        before, after = (read(answering(each), Direction.RESPONSE) for each in pair)
        assert all(before.is_valid(each) for each in values if after.is_valid(each))


@given(SCHEMAS)
def test_a_document_is_the_same_as_itself(schema: Any) -> None:
    for way in (sending, answering):
        found = differ(way(schema), way(schema))
        assert (found.findings, found.verdict, found.step) == ((), Verdict.SAFE, "")


@given(SCHEMAS, SCHEMAS)
def test_the_same_documents_always_give_the_same_answer(old: Any, new: Any) -> None:
    assert differ(sending(old), sending(new)) == differ(sending(old), sending(new))


@given(SCHEMAS)
def test_what_is_added_and_may_be_left_out_is_safe(schema: Any) -> None:
    known = {"known": {"type": "string"}}
    old: Tree = sending({"type": "object", "properties": known})
    new: Tree = sending({"type": "object", "properties": {**known, "more": schema}})
    found = differ(old, new)
    assert (found.verdict, found.step) == (Verdict.SAFE, "minor")
