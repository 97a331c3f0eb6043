"""The entities of a LIST, page after page of the backend's, with where each one stands."""

import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec
from msgspec import structs

from facade.catalog.request import invalid
from facade.entities.shape import items_path
from facade.errors.backend import BackendBadResponse, BackendFault
from facade.errors.fault import Violation
from facade.model.action import Action
from facade.model.call import Arguments, Call, Outcome
from facade.model.paging import COUNTED, Ending, Paging, Resume
from facade.model.stream import Element, Telling
from facade.transcode.arguments import COMPACT, argument, parse
from facade.transcode.paging.json_place import TooDeep, items_of, members_of, slice_at

PAST_THE_END = frozenset({"404", "416"})
"""What backends answer for a page behind the last one."""


PATIENCE = 30.0
"""Seconds in which further pages are called for a caller without a deadline."""


class Executor(Protocol):
    """What makes calls."""

    async def execute(self, call: Call) -> Outcome:
        """Executes one call."""

    def pages(self, call: Call, paging: Paging) -> Telling:
        """Executes a call and those of the pages behind its answer."""


class Position(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where in a listing a page of ours ended, as its token holds it."""

    version: str
    """Of the connector: a listing stays on the one that it began with."""
    index: int = 0
    """Entities of the backend's page that were gone through; of what is sorted here, of all."""
    page: int = 0
    """Pages of the backend's before it."""
    arguments: dict[str, str] = {}
    """Of the call of that page, as JSON; empty where nothing was called yet."""
    origin: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One entity, and where the listing goes on behind it."""

    json: bytes
    after: Position | None
    """None: nothing is behind it."""


@dataclass(slots=True, kw_only=True)
class Walked:
    """The entities behind a position, within the pages that one request may call."""

    engine: Executor
    action: Action
    call: Call
    begin: Position
    max_pages: int
    clock: Callable[[], float] = time.monotonic
    """In seconds: when the time of the request is over, no further page is called."""
    next: Position | None = field(default=None, init=False)
    """Where the walk goes on, once it has ended: None behind the last entity."""

    async def items(self) -> AsyncGenerator[Found, None]:
        """Gives the entities in the backend's order; raises the Fault that ends them early."""
        here: Position | None = self.begin
        given = self.call.deadline
        ends = self.clock() + (PATIENCE if given is None else given)
        for number in range(self.max_pages):
            left = ends - self.clock()
            if here is None or (number and left <= 0):
                break
            if given is not None:
                self.call = structs.replace(self.call, deadline=max(left, 0.0))
            items, following = await self._page(here)
            for index in range(here.index, len(items)):
                left = index + 1 < len(items)
                after = structs.replace(here, index=index + 1) if left else following
                yield Found(json=items[index], after=after)
            here = following
        self.next = here

    async def _page(self, here: Position) -> tuple[list[bytes], Position | None]:
        rule = self.action.paging
        if rule is None:
            return await self._whole(), None
        try:
            items, ending = await self._told(Paging(max_pages=1, resume=_resume(here)))
        except BackendFault as fault:
            behind = here.page and rule.kind in COUNTED
            if behind and fault.details.facts.get("httpStatus") in PAST_THE_END:
                return [], None
            raise
        return items, None if ending is None else _behind(here, ending.resume)

    async def _told(self, paging: Paging) -> tuple[list[bytes], Ending | None]:
        """The items of one page, and how it ends where that is told."""
        items: list[bytes] = []
        ending: Ending | None = None
        async with aclosing(self.engine.pages(self.call, paging)) as told:
            async for each in told:
                if isinstance(each, Element):
                    items.append(each.json)
                elif isinstance(each, Ending):
                    ending = each
        return items, ending

    async def _whole(self) -> list[bytes]:
        """Of a backend that has no pages: all that it answers."""
        outcome = await self.engine.execute(self.call)
        if outcome.json is None:
            return []
        path = items_path(self.action)
        try:
            found = items_of(outcome.json)
            if found is None and path:
                found = items_of(slice_at(outcome.json, path) or b"[]")
            if found is None:
                found = _only(members_of(outcome.json))
        except TooDeep:
            found = None
        if found is None:
            raise BackendBadResponse("the answer has no array that could be of the entities")
        return found


def sized(action: Action, call: Call, wanted: int) -> Call:
    """The call with the size of the backend's pages, where that is a parameter of its own."""
    rule = action.paging
    if rule is None or len(rule.size) != 1 or rule.size[0] in call.arguments:
        return call
    known = next((each for each in action.parameters if each.key == rule.size[0]), None)
    schema: Any = known.schema if known is not None else True
    if known is None or not isinstance(schema, Mapping) or schema.get("type") != "integer":
        return call
    most, least = schema.get("maximum", wanted), schema.get("minimum", 1)
    if isinstance(most, bool) or not isinstance(most, int) or not isinstance(least, int):
        return call
    size = argument(max(min(wanted, most), least))
    return structs.replace(call, arguments={**call.arguments, known.key: size})


def read_position(text: str) -> Position | None:
    """The position in a token; None for the beginning; raises InvalidRequest."""
    if not text:
        return None
    try:
        return msgspec.json.decode(text, type=Position)
    except msgspec.DecodeError:
        found = Violation(field="page_token", description="is not a token of this service")
        raise invalid(found) from None


def _resume(here: Position) -> Resume | None:
    if not here.arguments and not here.target:
        return None
    texts = ",".join(f"{COMPACT.encode(name)}:{text}" for name, text in here.arguments.items())
    return Resume(arguments=parse(f"{{{texts}}}"), origin=here.origin, target=here.target)


def _behind(here: Position, resume: Resume | None) -> Position | None:
    if resume is None:
        return None
    return Position(
        version=here.version,
        page=here.page + 1,
        arguments=texts_of(resume.arguments),
        origin=resume.origin,
        target=resume.target,
    )


def texts_of(arguments: Arguments) -> dict[str, str]:
    """Arguments as a position holds them."""
    return {name: each.text for name, each in arguments.items()}


def _only(members: Mapping[str, bytes]) -> list[bytes] | None:
    arrays = [each for each in map(items_of, members.values()) if each is not None]
    return arrays[0] if len(arrays) == 1 else None
