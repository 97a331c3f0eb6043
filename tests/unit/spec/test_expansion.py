"""What is cut of schemas that expand without end, or too far, upon one value."""

import pytest

from facade.spec.expansion import Edge, Expansion

Graph = dict[str, tuple[Edge, ...]]


def firm(*targets: str) -> tuple[Edge, ...]:
    return tuple(Edge(target, branch=False) for target in targets)


def branches(*targets: str) -> tuple[Edge, ...]:
    return tuple(Edge(target, branch=True) for target in targets)


def cuts(graph: Graph, order: list[str]) -> set[tuple[str, str]]:
    expansion = Expansion(lambda node: graph.get(node, ()))
    return {
        (source, edge.target)
        for source in order
        for edge in graph.get(source, ())
        if expansion.circular(source, edge) or expansion.heavy(edge.target)
    }


GRAPHS: list[tuple[Graph, set[tuple[str, str]]]] = [
    ({"a": firm("b"), "b": firm("c")}, set()),
    ({"a": firm("a")}, {("a", "a")}),
    ({"a": firm("b"), "b": firm("a")}, {("a", "b"), ("b", "a")}),
    (
        {"pet": branches("cat", "dog"), "cat": firm("pet"), "dog": firm("pet")},
        {("pet", "cat"), ("pet", "dog")},
    ),
    ({"a": branches("b", "x"), "b": branches("a"), "x": ()}, {("a", "b"), ("b", "a")}),
    ({"a": firm("b", "c"), "b": firm("d"), "c": firm("d"), "d": ()}, set()),
]


@pytest.mark.parametrize(("graph", "expected"), GRAPHS)
def test_h12_a_circle_loses_its_branches_or_else_all_of_it(
    graph: Graph, expected: set[tuple[str, str]]
) -> None:
    assert cuts(graph, list(graph)) == expected


@pytest.mark.parametrize(("graph", "expected"), GRAPHS)
def test_h12_what_is_cut_does_not_depend_on_what_is_asked_first(
    graph: Graph, expected: set[tuple[str, str]]
) -> None:
    assert cuts(graph, list(reversed(graph))) == expected


def test_h13_an_explosion_is_cut_where_it_grows_too_far() -> None:
    graph = {f"{n}": firm(f"{n + 1}", f"{n + 1}") for n in range(40)}
    expansion = Expansion(lambda node: graph.get(node, ()))
    heavy = [node for node in graph if expansion.heavy(node)]
    assert heavy
    assert not expansion.heavy("39")
    steps = {"40": 1}
    for n in reversed(range(40)):
        target = f"{n + 1}"
        steps[f"{n}"] = 1 if expansion.heavy(target) else 1 + 2 * steps[target]
    assert max(steps.values()) < 20_000


def test_h12_a_chain_of_fifty_thousand_needs_no_recursion() -> None:
    graph = {f"{n}": firm(f"{n + 1}") for n in range(50_000)}
    expansion = Expansion(lambda node: graph.get(node, ()))
    assert not expansion.circular("0", Edge("1", branch=False))
    assert not expansion.heavy("49999")
    assert any(expansion.heavy(f"{n}") for n in range(40_000, 50_000))
