"""Outline: what is known of a document's operations once all of it was gone through."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from facade.model.action import Problem
from facade.spec.document import Document
from facade.spec.naming import Address, assign_aliases, assign_ids
from facade.spec.path import Row, operations, row_of
from facade.spec.security import asks


@dataclass(frozen=True, slots=True)
class Outline:
    """Where the operations stand, what they are called, and what they have to do with each other.

    All of it is plain values, so that it can be written down and read back at once.
    """

    rows: Mapping[str, Row]
    """The operations by the ids of their actions, in the document's order."""
    aliases: Mapping[str, str]
    """By id; empty where there is none."""
    names: Mapping[str, str]
    """Every name that an action answers to, with its id: ids go before all others."""
    asking: bool
    """Whether any operation says what signs it."""
    hidden: tuple[Problem, ...]
    """What keeps operations from sight, or paths from being told apart."""


def outline(document: Document) -> Outline:
    """Goes through a document's paths, and reads where the operations stand and no more."""
    found, hidden = operations(document)
    addresses = [Address(each.method, each.path, each.operation_id) for each in found]
    ids = assign_ids(addresses)
    rows = dict(zip(ids, map(row_of, found), strict=True))
    aliases = dict(zip(ids, assign_aliases((each.path for each in found), ids), strict=True))
    return Outline(
        rows=rows,
        aliases=aliases,
        names=_names(
            {key: each.operation_id for key, each in zip(ids, found, strict=True)}, aliases
        ),
        asking=asks(found),
        hidden=tuple(hidden),
    )


def _names(declared: Mapping[str, str], aliases: Mapping[str, str]) -> dict[str, str]:
    counts = Counter(declared.values())
    names = {each: key for key, each in declared.items() if each and counts[each] == 1}
    names.update({alias: key for key, alias in aliases.items() if alias})
    names.update({key: key for key in declared})
    return names
