"""What the lists of flows, their versions and their records answer: filtered, page by page."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import TypeVar

from facade.flows.flows import Flows
from facade.flows.running.runs import Runs
from facade.listing.filter import Field, parse_filter
from facade.listing.pages import Asked, Tokens
from facade.model.definition import (
    BackendWebhook,
    Manual,
    OnEvent,
    Poll,
    Schedule,
    Trigger,
    Webhook,
)
from facade.model.flow import Flow, FlowName, FlowVersion
from facade.model.flow_names import number_of
from facade.model.run import FlowRecord

T = TypeVar("T")
"""What is listed, in the form of the face that lists it."""

TRIGGERS: Mapping[type[Trigger], str] = {
    Manual: "manual",
    Schedule: "schedule",
    Webhook: "webhook",
    BackendWebhook: "backend_webhook",
    Poll: "poll",
    OnEvent: "event",
}
"""As flows write them."""


def _trigger(flow: Flow) -> str:
    """By what it is started: of its published version, else of its newest."""
    shown = flow.version(flow.published) or (flow.versions[-1] if flow.versions else None)
    return TRIGGERS[type(shown.definition.trigger)] if shown else ""


FIELDS: Mapping[str, Field[Flow]] = {
    "id": Field(str, lambda flow: flow.name.flow),
    "uid": Field(str, lambda flow: flow.uid),
    "title": Field(str, lambda flow: flow.title),
    "description": Field(str, lambda flow: flow.description),
    "labels": Field(dict, lambda flow: flow.labels),
    "state": Field(str, lambda flow: flow.state.value),
    "trigger": Field(str, _trigger),
    "published": Field(bool, lambda flow: bool(flow.published)),
}

READ = 100
"""Flows that are read at once while a page is filled."""


class FlowList:
    """Lists the flows of a tenant, and what they have."""

    def __init__(self, flows: Flows, runs: Runs, tokens: Tokens) -> None:
        """Takes where they are, and the tokens that lead from page to page."""
        self._flows = flows
        self._runs = runs
        self._tokens = tokens

    async def page(
        self, tenant: str, asked: Asked, form: Callable[[Flow], T], weigh: Callable[[T], int]
    ) -> tuple[tuple[T, ...], str]:
        """The flows of a page by name, and the next token; raises InvalidRequest."""
        matches = parse_filter(asked.filter, FIELDS)

        async def entries(after: str) -> AsyncIterator[tuple[str, T | None]]:
            more = True
            while more:
                found = await self._flows.page(tenant, after, READ)
                for each in found:
                    after = each.name.flow
                    yield after, form(each) if matches(each) else None
                more = len(found) == READ

        return await self._tokens.page(asked, entries, weigh)

    async def versions(
        self,
        name: FlowName,
        asked: Asked,
        form: Callable[[FlowVersion], T],
        weigh: Callable[[T], int],
    ) -> tuple[tuple[T, ...], str]:
        """The versions of a page, newest first, and the next token.

        Raises InvalidRequest, FlowNotFound.
        """

        async def entries(after: str) -> AsyncIterator[tuple[str, T | None]]:
            for each in await self._flows.versions(name, number_of(after)):
                yield each.name.version, form(each)

        return await self._tokens.page(asked, entries, weigh)

    async def records(
        self,
        name: FlowName,
        asked: Asked,
        form: Callable[[FlowRecord], T],
        weigh: Callable[[T], int],
    ) -> tuple[tuple[T, ...], str]:
        """What a flow's runs have saved, by key, and the next token.

        Raises InvalidRequest, FlowNotFound.
        """
        await self._flows.get(name)

        async def entries(after: str) -> AsyncIterator[tuple[str, T | None]]:
            for each in await self._runs.records(name.tenant, name.flow):
                if each.key > after:
                    yield each.key, form(each)

        return await self._tokens.page(asked, entries, weigh)
