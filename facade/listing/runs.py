"""What the list of runs answers: the newest first, filtered by the ledger, page by page."""

from collections.abc import Callable
from typing import Final, TypeVar

from facade.flows.flows import Flows
from facade.flows.running.runs import Runs
from facade.listing.conditions import condition_from
from facade.listing.filter_syntax import Comparison, refused
from facade.listing.pages import Asked, Tokens
from facade.listing.sliced import Found, sliced_page
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

        Raises InvalidRequest, FlowNotFound.
        """
        condition = condition_of(asked.filter)
        if flow is not None:
            await self._flows.get(flow)
        of = asked.tenant, flow.flow if flow else ""

        async def find(before: str, limit: int) -> Found[T]:
            found, before = await self._runs.found(of, condition, before, limit)
            return [(each.name.run, form(each)) for each in found], before

        return await sliced_page(self._tokens, asked, find, weigh, READ)


def condition_of(text: str) -> sql.Condition:
    """What a filter asks of runs; raises InvalidRequest, which names the position."""
    return condition_from(text, FIELDS, _compared)


def _compared(node: Comparison) -> sql.Condition:
    name, sign, value = node.field.text, node.operator.text, node.value.text
    if name not in FIELDS:
        known = ", ".join(FIELDS)
        raise refused(f"`{name}` at {node.field.place} is no field; there are {known}")
    if sign != ":":
        return sql.Compared(name, sign, value)
    return sql.Compared(name, "!=", "") if value == "*" else sql.Contains((name,), value)
