"""Conditions: filters as the ledger takes them, whatever it is that they are asked of."""

from collections.abc import Callable

from facade.listing.filter_syntax import (
    Comparison,
    Every,
    Node,
    Opposite,
    Search,
    Some,
    parse_tree,
)
from facade.stores import history_filter as sql


def condition_from(
    text: str, searched: tuple[str, ...], compared: Callable[[Comparison], sql.Condition]
) -> sql.Condition:
    """What a filter asks; raises InvalidRequest, which names the position.

    A word that stands alone is looked for in the columns `searched`; `compared` says what one of
    the comparisons asks.
    """

    def made(node: Node) -> sql.Condition:
        match node:
            case Every(parts):
                return sql.Every(tuple(map(made, parts)))
            case Some(parts):
                return sql.Some(tuple(map(made, parts)))
            case Opposite(part):
                return sql.Opposite(made(part))
            case Search(word):
                return sql.Contains(searched, word.text)
            case Comparison():
                return compared(node)

    return made(parse_tree(text))
