"""What the list of runs answers: the last first, filtered, page by page."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import TypeVar

from facade.flows.flows import Flows
from facade.flows.running.runs import Runs
from facade.listing.filter import Field, parse_filter
from facade.listing.pages import Asked, Tokens
from facade.model.flow import FlowName
from facade.model.run import Run

T = TypeVar("T")
"""A run, in the form of the face that lists it."""

FIELDS: Mapping[str, Field[Run]] = {
    "id": Field(str, lambda run: run.name.run),
    "flow": Field(str, lambda run: run.name.flow),
    "version": Field(str, lambda run: run.version),
    "state": Field(str, lambda run: run.state.value),
    "trigger": Field(str, lambda run: run.trigger.value),
    "started_by": Field(str, lambda run: run.started_by),
    "replay_of": Field(str, lambda run: run.replay_of),
    "reason": Field(str, lambda run: run.error.reason if run.error else ""),
    "create_time": Field(str, lambda run: f"{run.create_time:%Y-%m-%dT%H:%M:%SZ}"),
}

READ = 200
"""Runs that are read at once while a page is filled."""


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
        matches = parse_filter(asked.filter, FIELDS)
        if flow is not None:
            await self._flows.get(flow)

        async def entries(after: str) -> AsyncIterator[tuple[str, T | None]]:
            id_, more = flow.flow if flow else "", True
            while more:
                found = await self._runs.page(asked.tenant, id_, after, READ)
                for each in found:
                    after = each.name.run
                    yield after, form(each) if matches(each) else None
                more = len(found) == READ

        return await self._tokens.page(asked, entries, weigh)
