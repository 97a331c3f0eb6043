"""Traces: the last ones, with what the facades that they went through have kept of them."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from facade.catalog.request import invalid
from facade.errors.caller import TraceNotFound
from facade.errors.fault import Details, Fault, Resource, Violation
from facade.hop.traces import Elsewhere, origin_of
from facade.listing.filter import Field, parse_filter
from facade.listing.pages import Asked, Tokens
from facade.model.names import parse_action
from facade.telemetry import names
from facade.telemetry.ring import Ring, Step, Told

T = TypeVar("T")
"""A trace, in the form of the face that tells it."""

TYPE = "gateway.v1/Trace"
NAME = re.compile(r"traces/([0-9a-f]{32})")

PATIENCE = 2.0
"""Seconds that facades have for what they know."""

FIELDS: Mapping[str, Field[Told]] = {
    "id": Field(str, lambda told: told.trace_id),
    "title": Field(str, lambda told: told.title),
    "action": Field(str, lambda told: told.action),
    "error_reason": Field(str, lambda told: told.error_reason),
}


class Traces:
    """Tells of the last traces."""

    def __init__(self, ring: Ring, elsewhere: Elsewhere, tokens: Tokens) -> None:
        """Takes what is kept here, who knows the rest, and the tokens from page to page."""
        self._ring = ring
        self._elsewhere = elsewhere
        self._tokens = tokens

    async def get(self, name: str, tenant: str, *, alone: bool = False) -> Told:
        """One trace of a tenant's; `alone`: as a gateway of ours asks for what is known here.

        That one knows whose it is, and what others know. Raises InvalidRequest and TraceNotFound.
        """
        found = NAME.fullmatch(name)
        if found is None:
            problem = "must be traces/ and 32 hexadecimal digits"
            raise invalid(Violation(field="name", description=problem))
        told = self._ring.whole(found[1]) if alone else self._ring.get(found[1], tenant)
        if told is None:
            resource = Resource(type=TYPE, name=name)
            raise TraceNotFound(f"no trace `{name}`", details=Details(resource=resource))
        facades = {} if alone else _facades(told)
        async with asyncio.TaskGroup() as group:
            asked = [
                group.create_task(self._asked(origin, action, told.trace_id, tenant))
                for origin, action in facades.items()
            ]
        answers = [each.result() for each in asked]
        steps = {each.span_id: each for found, _ in answers for each in found}
        steps |= {each.span_id: each for each in told.steps}
        first = steps.pop(told.steps[0].span_id)  # whatever other clocks say
        return replace(
            told,
            steps=(first, *sorted(steps.values(), key=lambda each: each.start)),
            missing=tuple(problem for _, problem in answers if problem),
        )

    async def page(
        self, asked: Asked, form: Callable[[Told], T], weigh: Callable[[T], int]
    ) -> tuple[tuple[T, ...], str]:
        """The traces of a page, latest first, and the next token; raises InvalidRequest."""
        matches = parse_filter(asked.filter, FIELDS)

        async def entries(after: str) -> AsyncIterator[tuple[str, T | None]]:
            for each in self._ring.latest(asked.tenant):
                place = f"{2**64 - each.start:020} {each.trace_id}"
                if place > after:
                    yield place, form(each) if matches(each) else None

        return await self._tokens.page(asked, entries, weigh)

    async def _asked(
        self, origin: str, action: str, trace_id: str, tenant: str
    ) -> tuple[tuple[Step, ...], str]:
        """What a facade knows, or why that is missing."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._elsewhere.steps(
                    origin, parse_action(action, tenant=tenant), trace_id
                ), ""
        except Fault as fault:
            return (), f"{origin}: {fault.reason}"
        except TimeoutError:
            return (), f"{origin}: no answer in {PATIENCE:g} s"


def _facades(told: Told) -> dict[str, str]:
    """The facades that the trace went on to, of which nothing is known here: action by origin."""
    known = {each.parent_id for each in told.steps}
    steps = {each.span_id: each for each in told.steps}
    hops = (each for each in told.steps if names.HOP in each.attributes)
    return {
        origin_of(each.attributes[names.URL_FULL]): _action_of(each, steps)
        for each in hops
        if each.span_id not in known
    }


def _action_of(step: Step, steps: Mapping[str, Step]) -> str:
    """The action of which a step is a part; empty where none is known."""
    while not step.action and step.parent_id in steps:
        step = steps[step.parent_id]
    return step.action
