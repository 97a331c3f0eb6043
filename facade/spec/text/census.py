"""Counts a tree of JSON's types, level by level, at the speed of comprehensions."""

from typing import Any, Final, NamedTuple

WIDE: Final = 2.0**63
"""Beyond it a float may be what a parser made of an integer that it could not hold."""


class Census(NamedTuple):
    """What a tree is made of."""

    nodes: int
    keys: int
    depth: int
    odd_numbers: bool
    """Whether a float is so large that it may have been an integer, or is not finite."""
    odd_keys: tuple[dict[Any, Any], ...]
    """The mappings with keys that are not text."""


def count(tree: Any) -> Census:
    """Counts a tree; it must have no circles."""
    level = [tree]
    nodes, keys, depth, odd_numbers = 1, 0, 0, False
    odd_keys: list[dict[Any, Any]] = []
    while True:
        floats = [each for each in level if type(each) is float]
        odd_numbers = odd_numbers or not all(-WIDE < each < WIDE for each in floats)
        mappings = [each for each in level if type(each) is dict]
        lists = [each for each in level if type(each) is list]
        if not (mappings or lists):
            return Census(nodes, keys, depth, odd_numbers, tuple(odd_keys))
        depth += 1
        keys += sum(map(len, mappings))
        odd_keys += [each for each in mappings if {*map(type, each)} - {str}]
        level = [value for each in mappings for value in each.values()]
        level += [value for each in lists for value in each]
        nodes += len(level)
