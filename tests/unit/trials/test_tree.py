"""Answers as trees: every value with its type, and the path by which a mapping reaches it."""

from decimal import Decimal

import jmespath
import pytest

from facade.trials.tree import MOST, nodes_of, type_of

BODY = {
    "data": {"id": 7, "name": "Rex", "strange key": [True, None, {"ünïcode": 1.5}]},
    "0": "digits",
}


def test_h8_the_nodes_stand_in_the_order_of_the_text_and_know_how_deep_they_are() -> None:
    nodes, cut = nodes_of(BODY)
    assert not cut
    assert [(each.name, each.depth, each.type) for each in nodes] == [
        ("", 0, "object"),
        ("data", 1, "object"),
        ("id", 2, "integer"),
        ("name", 2, "string"),
        ("strange key", 2, "array"),
        ("0", 3, "boolean"),
        ("1", 3, "null"),
        ("2", 3, "object"),
        ("ünïcode", 4, "number"),
        ("0", 1, "string"),
    ]


def test_the_path_of_each_node_leads_to_it_by_jmespath() -> None:
    nodes, _ = nodes_of(BODY)
    found = [jmespath.search(each.path, BODY) for each in nodes]
    assert [type_of(each) for each in found] == [each.type for each in nodes]
    assert found[8] == 1.5


def test_digits_stay_and_long_texts_are_cut() -> None:
    nodes, _ = nodes_of([Decimal("1.10"), 2**70, "x" * 1_000])
    assert [each.text for each in nodes[1:3]] == ["1.10", str(2**70)]
    assert len(nodes[3].text) == 200
    assert nodes[3].text.endswith("…")


def test_a_large_answer_is_cut_and_a_deep_one_ends() -> None:
    nodes, cut = nodes_of(list(range(MOST * 2)))
    assert (len(nodes), cut) == (MOST, True)
    deep: object = 1
    for _ in range(500):
        deep = [deep]
    nodes, cut = nodes_of(deep)
    assert (len(nodes), cut) == (65, False)


@pytest.mark.parametrize(
    ("value", "said"), [(True, "boolean"), (1, "integer"), (1.0, "number"), (None, "null")]
)
def test_types_are_those_of_json(value: object, said: str) -> None:
    assert type_of(value) == said
