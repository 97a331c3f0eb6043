"""Which node of a cluster has which slots."""

from typing import Any

import pytest

from facade.stores.cluster import parts


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ([], {}),
        (
            [
                [0, 8191, [b"10.0.0.1", 7000, b"id", []], [b"10.0.0.3", 7000, b"id"]],
                [8192, 16383, [b"node-2", 7001, b"id"]],
            ],
            {range(8192): ("10.0.0.1", 7000), range(8192, 16384): ("node-2", 7001)},
        ),
        ([[5, 5, [b"", 7000, b"id"]]], {range(5, 6): ("asked", 7000)}),
        ([[5, 5, [None, 7000, b"id"]]], {range(5, 6): ("asked", 7000)}),
        ([[5, 16384, [b"a", 7000]]], {}),
        ([[6, 5, [b"a", 7000]]], {}),
        ([[-1, 5, [b"a", 7000]]], {}),
        ([[b"0", b"5", [b"a", 7000]], 7, [], [0, 5], [0, 5, [b"a"]]], {}),
        (b"OK", {}),
        (None, {}),
    ],
)
def test_slots_are_those_that_a_node_tells_and_what_makes_no_sense_is_left_out(
    told: Any, found: Any
) -> None:
    assert parts(told, "asked") == found
