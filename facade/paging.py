"""Pages: the items of one answer after another, each page called when the last item was taken."""

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from msgspec import structs

from facade.errors.backend import BackendBadResponse
from facade.errors.fault import Effect, Fault
from facade.errors.service import DeadlineExceeded
from facade.journey import Journey
from facade.model.action import Action
from facade.model.call import Call, Outcome
from facade.model.paging import Ending, Paging, Resume
from facade.model.stream import Element, Framing, Opening, Telling
from facade.model.version import Version
from facade.transcode.paging.next_target import Place
from facade.transcode.paging.rule import settle_rule
from facade.transcode.paging.walk import Page, Turn, Walk
from facade.transcode.server import choose_all
from facade.transcode.variables import bind

Execute: TypeAlias = Callable[[Journey, Place | None], Awaitable[Outcome]]
"""One call; at a place in place of where its arguments make it go. Raises its Fault."""


class Pages:
    """Walks over the pages of actions, each page an ordinary call."""

    def __init__(self, execute: Execute, clock: Callable[[], float] = time.monotonic) -> None:
        """Takes what makes the calls, and the clock of their deadline in seconds."""
        self._execute = execute
        self._clock = clock

    async def items(self, call: Call, paging: Paging, walk: Walk) -> Telling:
        """Gives an Opening, the items of all pages, and an Ending.

        Raises the Fault that ends the walk early, behind the items before it.
        """
        ends = None if call.deadline is None else self._clock() + call.deadline
        told, opened = 0, False
        while walk.turn is not None and walk.pages < paging.max_pages:
            left = None if ends is None else ends - self._clock()
            if left is not None and left <= 0:
                raise _late(walk)
            journey = Journey(structs.replace(call, arguments=walk.turn.arguments, deadline=left))
            outcome, items = await self._page(journey, walk, walk.turn)
            if not opened:
                opened = True
                yield _opening(outcome, journey, walk)
            for item in items:
                yield Element(json=item)
                told += 1
                if told == paging.max_items:
                    more = told < walk.items or walk.turn is not None
                    yield Ending(pages=walk.pages, items=told, more=more)
                    return
        resume = None if walk.turn is None else _resume(walk.turn)
        yield Ending(pages=walk.pages, items=told, more=resume is not None, resume=resume)

    async def _page(self, journey: Journey, walk: Walk, turn: Turn) -> tuple[Outcome, list[bytes]]:
        """One page; none where the backend has no page of that number."""
        number = walk.pages + 1
        try:
            outcome = await self._execute(journey, turn.place)
            if outcome.body is not None:
                raise BackendBadResponse(f"page {number} is not JSON")
            reply = journey.reply
            headers = reply.headers if reply else ()
            server = journey.hop.server if journey.hop else ""
            page = Page(json=outcome.json, headers=headers, url=journey.url, server=server)
            return outcome, walk.take(page)
        except Fault as fault:
            if journey.reply and walk.is_behind(journey.reply.status):
                walk.turn = None
                return Outcome(exchange=journey.exchange()), []
            fault.add({**journey.facts(), "page": str(number)})
            raise


def begin(
    version: Version, action: Action, call: Call, paging: Paging, values: Mapping[str, str]
) -> Walk:
    """Prepares a walk; `values` are the secrets of the version's variables.

    Raises InvalidParameters where there is no rule to walk by, ConnectionIncomplete.
    """
    rule = settle_rule(action, paging.rule)
    bound = bind(version, action, values, call)
    return Walk(
        rule=rule,
        action=action,
        bases=choose_all(version, action, bound.server),
        added=bound.query,
        turn=Turn(arguments=call.arguments) if paging.resume is None else _turn(paging.resume),
    )


def _resume(turn: Turn) -> Resume:
    origin, target = turn.place or ("", "")
    return Resume(arguments=turn.arguments, origin=origin, target=target)


def _turn(resume: Resume) -> Turn:
    place = Place(resume.origin, resume.target) if resume.target else None
    return Turn(arguments=resume.arguments, place=place)


def _late(walk: Walk) -> DeadlineExceeded:
    """The deadline that passes while the caller reads, or before anything is called."""
    text = f"the deadline passed before page {walk.pages + 1} was called"
    return DeadlineExceeded(text, effect=Effect.EXECUTED if walk.pages else None)


def _opening(outcome: Outcome, journey: Journey, walk: Walk) -> Opening:
    plan, reply = journey.plan, journey.reply
    assert plan is not None  # noqa: S101 - a page was answered
    assert reply is not None  # noqa: S101 - the same
    exchange = journey.whole(plan)
    said = reply.header("content-type")
    return Opening(
        exchange=structs.replace(exchange, warnings=outcome.exchange.warnings),
        framing=Framing.ELEMENTS,
        content_type=said or "",
        rule=walk.rule,
        headers=journey.headers,
    )
