"""Conditions and order: what a backend sees to, and what is seen to here (G-20)."""

from typing import Any

import pytest

from facade.entities.conditions import Conditions, conditions
from facade.entities.order import column, sorting
from facade.entities.shape import shape_of
from facade.entities.value import read
from facade.errors.caller import InvalidRequest
from facade.model.action import Action
from tests.documents import spec

SHAPE = shape_of(
    {
        "type": "object",
        "properties": {
            "id": {"type": "integer"},
            "name": {"type": "string"},
            "tags": {"type": "array"},
            "owner": {"type": "object", "properties": {"age": {"type": "integer"}}},
            "free": {"type": "object"},
        },
    }
)


def listing(**query: Any) -> Action:
    parameters = [{"name": name, "in": "query", "schema": each} for name, each in query.items()]
    return spec({"paths": {"/a": {"get": {"parameters": parameters}}}}).action("get_a")


def found(text: str, **query: Any) -> Conditions:
    return conditions(text, listing(**query), SHAPE)


@pytest.mark.parametrize(
    ("text", "schema", "sent"),
    [
        ("name = Rex", {"type": "string"}, '"Rex"'),
        ('name = "a b"', {"type": "string"}, '"a b"'),
        ("name = 7", {"type": "string"}, '"7"'),
        ("name = 9007199254740993", {"type": "integer"}, "9007199254740993"),
        ("name = -0.10", {"type": "number"}, "-0.10"),
        ("name = true", {"type": "boolean"}, "true"),
        ("name = a", {"type": "array", "items": {"type": "string"}}, '["a"]'),
        ("name = a", {}, '"a"'),
    ],
)
def test_g20_an_equality_goes_to_the_parameter_of_its_name(
    text: str, schema: Any, sent: str
) -> None:
    made = found(text, name=schema)
    assert made.pushed["name"].text == sent
    assert made.predicate is None


@pytest.mark.parametrize(
    "text",
    [
        "name != Rex",
        "name = R*",
        "name > a",
        "name = a OR name = b",
        "NOT name = a",
        "id = 7",
    ],
)
def test_g20_all_else_is_seen_to_here(text: str) -> None:
    made = found(text, name={"type": "string"})
    assert not made.pushed
    assert made.predicate is not None


def test_g20_a_value_that_the_parameter_cannot_say_is_seen_to_here() -> None:
    made = found("name = seven AND id = 7", name={"type": "integer"}, id={"type": "integer"})
    assert (set(made.pushed), made.predicate is None) == ({"id"}, False)


ITEM = read(
    b'{"id": 9007199254740993, "name": "Rex", "tags": ["a", 1], "weight": 0.10, "on": true,'
    b' "owner": {"age": 30, "name": null}, "free": {"x": {"y": "z"}}, "big": 1e400}'
)


@pytest.mark.parametrize(
    ("text", "lets"),
    [
        ("", True),
        ("id = 9007199254740993", True),
        ("id = 9007199254740992", False),
        ("id > 9007199254740992", True),
        ("owner.age >= 30 AND owner.age < 30.5", True),
        ("owner.age > -1", True),
        ("name = rex", False),
        ("name = R* AND name = *x", True),
        ('name = "Rex" OR id = 1', True),
        ("NOT name = Rex", False),
        ("-name = Rex", False),
        ("tags:a", True),
        ("tags:b", False),
        ("tags:*", True),
        ("name:re", True),
        ("name < S", True),
        ("free.x.y = z", True),
        ("free:x", True),
        ("owner:age", True),
        ("REX", True),
        ("nothing", False),
        ("name = Rex id > 1", True),
        ("name = Rex AND (id = 1 OR id > 5)", True),
    ],
)
def test_g20_conditions_hold_by_exact_values(text: str, *, lets: bool) -> None:
    predicate = conditions(text, listing(), SHAPE).predicate
    assert (predicate is None or predicate(ITEM)) is lets


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nam = x", "`nam` at 1 is no field; there are free, id, name, owner, tags"),
        ("owner.size = x", "`owner.size` at 1 is no field; there are age"),
        ("name = ", "a value after `=` is expected"),
        ("(name = x", "`(` at 1 is not closed"),
        ("only > 1", "is a parameter alone: it takes `=`"),
    ],
)
def test_a_condition_that_cannot_be_is_refused_by_its_place(text: str, words: str) -> None:
    with pytest.raises(InvalidRequest, match=r"^filter: ") as refused:
        conditions(text, listing(only={"type": "integer"}), SHAPE)
    assert words in refused.value.message


def test_a_parameter_that_is_no_field_takes_an_equality() -> None:
    assert found("only = 7", only={"type": "integer"}).pushed["only"].text == "7"


def test_parameters_that_say_which_page_are_no_conditions() -> None:
    with pytest.raises(InvalidRequest):
        conditions("limit = 5", listing(limit={"type": "integer"}), SHAPE, {"limit"})


@pytest.mark.parametrize(
    ("text", "path", "descending"),
    [("name", ("name",), False), ("owner.age desc", ("owner", "age"), True)],
)
def test_g20_one_column(text: str, path: tuple[str, ...], *, descending: bool) -> None:
    made = column(text, SHAPE)
    assert made is not None
    assert (made.path, made.descending) == (path, descending)


@pytest.mark.parametrize("text", ["name, id", "name down", "nam", "name desc desc"])
def test_g20_two_columns_are_refused(text: str) -> None:
    with pytest.raises(InvalidRequest):
        column(text, SHAPE)


@pytest.mark.parametrize(
    ("text", "query", "sent"),
    [
        ("name", {"sort": {"enum": ["name", "-name"]}}, {"sort": '"name"'}),
        ("name desc", {"sort": {"enum": ["name", "-name"]}}, {"sort": '"-name"'}),
        (
            "name desc",
            {"sort_by": {"enum": ["name"]}, "order": {"enum": ["asc", "desc"]}},
            {"sort_by": '"name"', "order": '"desc"'},
        ),
        ("name desc", {"sort": {"enum": ["name"]}}, None),
        ("name", {"sort": {"type": "string"}}, None),
        ("name", {}, None),
    ],
)
def test_g20_a_backend_sorts_where_it_says_that_it_can(
    text: str, query: Any, sent: dict[str, str] | None
) -> None:
    wanted = column(text, SHAPE)
    assert wanted is not None
    made = sorting(wanted, listing(**query))
    assert (None if made is None else {key: each.text for key, each in made.items()}) == sent
