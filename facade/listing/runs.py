"""What the list of runs answers: the newest first, filtered by the ledger, page by page."""

from collections.abc import AsyncIterator, Callable
from typing import Final, TypeVar

from facade.flows.flows import Flows
from facade.flows.running.runs import Runs
from facade.listing.filter_syntax import (
    Comparison,
    Every,
    Node,
    Opposite,
    Search,
    Some,
    parse_tree,
    refused,
)
from facade.listing.pages import Asked, Tokens
from facade.model.flow import FlowName
from facade.model.run import Run
from facade.stores import history_filter as sql

T = TypeVar("T")
"""A run, in the form of the face that lists it."""

FIELDS: Final = (
    "create_time",
    "flow",
    "id",
    "reason",
    "replay_of",
    "started_by",
    "state",
    "trigger",
    "version",
)
"""What can be asked for: texts all of them."""

READ: Final = 50
"""Runs that are read at once while a page is filled: what one came to may be large."""


class RunList:
    """Lists the runs of a tenant."""

    def __init__(self, flows: Flows, runs: Runs, tokens: Tokens) -> None:
        """Takes where they and their flows are, and the tokens that lead from page to page."""
        self._flows = flows
        self._runs = runs
        self._tokens = tokens

    async def page(
        self,
        flow: FlowName | None,
        asked: Asked,
        form: Callable[[Run], T],
        weigh: Callable[[T], int],
    ) -> tuple[tuple[T, ...], str]:
        """The runs of a page, of one flow or of all, and the next token.

        A page has less than it may, or nothing, where much was looked at: its token goes on.
        Raises InvalidRequest, FlowNotFound.
        """
        condition = condition_of(parse_tree(asked.filter))
        if flow is not None:
            await self._flows.get(flow)
        of, looked_at = (asked.tenant, flow.flow if flow else ""), ""

        async def entries(before: str) -> AsyncIterator[tuple[str, T | None]]:
            nonlocal looked_at
            more = True
            while more:
                found, before = await self._runs.found(of, condition, before, READ)
                for each in found:
                    yield each.name.run, form(each)
                more = len(found) == READ
            looked_at = before

        items, token = await self._tokens.page(asked, entries, weigh)
        return items, token or self._tokens.seal(asked.held_to, looked_at)


def condition_of(node: Node) -> sql.Condition:
    """What a filter asks of runs; raises InvalidRequest, which names the position."""
    match node:
        case Every(parts):
            return sql.Every(tuple(map(condition_of, parts)))
        case Some(parts):
            return sql.Some(tuple(map(condition_of, parts)))
        case Opposite(part):
            return sql.Opposite(condition_of(part))
        case Search(text):
            return sql.Contains(FIELDS, text.text)
        case Comparison():
            return _compared(node)


def _compared(node: Comparison) -> sql.Condition:
    name, sign, value = node.field.text, node.operator.text, node.value.text
    if name not in FIELDS:
        known = ", ".join(FIELDS)
        raise refused(f"`{name}` at {node.field.place} is no field; there are {known}")
    if sign != ":":
        return sql.Compared(name, sign, value)
    return sql.Compared(name, "!=", "") if value == "*" else sql.Contains((name,), value)
