"""What is cut of schemas that expand without end, or too far, upon one value."""

import pytest

from facade.spec.schemas.expansion import Expansion
from facade.spec.schemas.site import Edge, Site

Graph = dict[str, tuple[Edge, ...]]


def firm(*targets: str) -> tuple[Edge, ...]:
    return tuple(Edge(Site(target), branch=False) for target in targets)


def branches(*targets: str) -> tuple[Edge, ...]:
    return tuple(Edge(Site(target), branch=True) for target in targets)


def expansion_of(graph: Graph) -> Expansion:
    return Expansion(lambda site: graph.get(site.pointer, ()))


def ends(graph: Graph, order: list[str]) -> set[str]:
    """Every reference that is not followed as it stands: cut, or as a base."""
    expansion = expansion_of(graph)
    found = set()
    for source in [site for each in order for site in (Site(each), Site(each, base=True))]:
        for edge in graph.get(source.pointer, ()):
            end = expansion.end(source, edge)
            mark = "*" if source.base else ""
            if end is None or expansion.heavy(end):
                found.add(f"{source.pointer}{mark}-{edge.target.pointer}")
            elif end.base:
                found.add(f"{source.pointer}{mark}>{edge.target.pointer}")
    return found


GRAPHS: list[tuple[Graph, set[str]]] = [
    ({"a": firm("b"), "b": firm("c")}, set()),
    ({"a": firm("a")}, {"a-a", "a*-a"}),
    ({"a": firm("b"), "b": firm("a")}, {"a-b", "b-a", "a*-b", "b*-a"}),
    (
        {"pet": branches("cat", "dog"), "cat": firm("pet"), "dog": firm("pet")},
        {"cat>pet", "dog>pet", "cat*>pet", "dog*>pet", "pet*-cat", "pet*-dog"},
    ),
    (
        {"a": branches("b", "x"), "b": branches("a"), "x": ()},
        {"a-b", "b-a", "a*-b", "b*-a"},
    ),
    ({"a": firm("b", "c"), "b": firm("d"), "c": firm("d"), "d": ()}, set()),
]


@pytest.mark.parametrize(("graph", "expected"), GRAPHS)
def test_h12_a_circle_of_both_kinds_goes_through_bases_and_one_of_one_kind_is_cut(
    graph: Graph, expected: set[str]
) -> None:
    assert ends(graph, list(graph)) == expected


@pytest.mark.parametrize(("graph", "expected"), GRAPHS)
def test_h12_what_is_cut_does_not_depend_on_what_is_asked_first(
    graph: Graph, expected: set[str]
) -> None:
    assert ends(graph, list(reversed(graph))) == expected


def test_h13_an_explosion_is_cut_where_it_grows_too_far() -> None:
    graph = {f"{n}": firm(f"{n + 1}", f"{n + 1}") for n in range(40)}
    expansion = expansion_of(graph)
    heavy = [node for node in graph if expansion.heavy(Site(node))]
    assert heavy
    assert not expansion.heavy(Site("39"))
    steps = {"40": 1}
    for n in reversed(range(40)):
        target = f"{n + 1}"
        steps[f"{n}"] = 1 if expansion.heavy(Site(target)) else 1 + 2 * steps[target]
    assert max(steps.values()) < 20_000


def test_h12_a_chain_of_fifty_thousand_needs_no_recursion() -> None:
    graph = {f"{n}": firm(f"{n + 1}") for n in range(50_000)}
    expansion = expansion_of(graph)
    assert expansion.end(Site("0"), graph["0"][0]) == Site("1")
    assert not expansion.heavy(Site("49999"))
    assert any(expansion.heavy(Site(f"{n}")) for n in range(40_000, 50_000))
