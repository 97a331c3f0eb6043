"""What breaks stubs alone is told by its rule, and nothing is told twice."""

import pytest

from facade.model.difference import Verdict
from facade.spec.diff.rules import CATALOGUE, TYPED
from tests.documents import (
    Tree,
    differ,
    document,
    in_json,
    query,
    rules,
    sending,
    spec,
    with_parameters,
)
from tests.typed_breaks import CAT, INTEGER, NULLABLE, PAIRS, STRING, holding, linked


def holding_other() -> Tree:
    return linked("Pet", {"properties": {"other": STRING}})


@pytest.mark.parametrize(("rule", "old", "new"), PAIRS)
def test_what_breaks_stubs_is_told_where_it_stands(rule: str, old: Tree, new: Tree) -> None:
    found = differ(old, new)
    (typed,) = (each for each in found.findings if each.rule in TYPED)
    assert (typed.rule, typed.action) == (rule, "make")
    assert found.verdict is typed.verdict is CATALOGUE[rule].verdict
    assert found.actions["make"] is typed.verdict
    assert in_json(found).rank < typed.verdict.rank
    for place, tree in ((typed.old, old), (typed.new, new)):
        if place is not None:
            assert spec(tree).document.find(place.pointer) is not None
            assert place.pointer != ""


def test_every_rule_has_its_pair() -> None:
    assert {rule for rule, _, _ in PAIRS} | {"method-streaming-changed"} == {*TYPED}


SAID: list[tuple[str, Tree, Tree]] = [
    ("operation-removed", document(), {**document(), "paths": {}}),
    (
        "response-optional-property-removed",
        linked("Pet", {"properties": {"part": STRING, "other": STRING}}),
        holding_other(),
    ),
    ("request-type-narrowed", sending({"type": "number"}), sending(INTEGER)),
    ("request-type-narrowed", sending(STRING), sending(INTEGER)),
    ("response-type-widened", linked("Pet", INTEGER), linked("Pet", {"type": "number"})),
    (
        "request-type-narrowed",
        with_parameters(query(schema=STRING)),
        with_parameters(query(schema=INTEGER)),
    ),
    ("parameter-removed", with_parameters(query(), query("r")), with_parameters(query())),
    ("response-null-widened", holding(STRING), holding(NULLABLE)),
    ("response-body-removed", linked("Cat", CAT), document({"responses": {"200": {}}})),
]


@pytest.mark.parametrize(("rule", "old", "new"), SAID)
def test_what_was_said_already_is_not_told_twice(rule: str, old: Tree, new: Tree) -> None:
    assert rules(differ(old, new)) == {rule}


def test_what_is_worse_for_stubs_is_told_beside_what_is_not() -> None:
    found = differ(sending(INTEGER), sending({"type": "number"}))
    assert rules(found) == {"request-type-widened", "field-type-changed"}
    assert (found.verdict, found.step) == (Verdict.WIRE_BREAKING, "major")


def test_an_operation_beside_is_not_touched() -> None:
    other = {"get": {"operationId": "look", "responses": {}}}
    old, new = sending(INTEGER), sending({"type": "number"})
    for each in (old, new):
        each["paths"] = {**each["paths"], "/other": other}
    assert differ(old, new).actions == {"make": Verdict.WIRE_BREAKING}


def test_a_type_is_called_by_its_name() -> None:
    cat = {"title": "Cat", **CAT}
    dog = {"title": "Dog", "type": "object", "properties": {"age": INTEGER}}
    found = differ(sending({"oneOf": [cat]}), sending({"oneOf": [dog, cat]}))
    (typed,) = (each for each in found.findings if each.rule == "field-type-changed")
    assert "is google.protobuf.Value now, no longer `MakeRequestBody`" in typed.message
