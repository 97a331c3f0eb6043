"""Answers of backends to polls: page by page, as `{status, headers, body}`."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Protocol

import msgspec

from facade.expressions.exact_json import read_json
from facade.model.action import Action
from facade.model.call import Call, Exchange, Outcome
from facade.model.paging import Ending, Paging, Resume
from facade.model.stream import Opening, Telling

PAGES: Final = 100
"""Pages of one poll at most: what is behind them comes with the next one."""

EMPTY: Final = frozenset({202, 204, 304})
"""Statuses that say that there is nothing new (P-5, RFC 9110)."""


class Backends(Protocol):
    """The engine, as triggers need it."""

    async def execute(self, call: Call) -> Outcome:
        """Executes a call."""

    def pages(self, call: Call, paging: Paging) -> Telling:
        """Executes a call and those of the pages behind its answer."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer, or one page of it."""

    status: int
    headers: dict[str, str]
    """By lower-case name; of repeats the first."""
    data: bytes
    """The body as it came; reading it takes as long as it is large."""

    @cached_property
    def scope(self) -> dict[str, Any]:
        """What the expressions of a poll begin at, read once: in a thread, not in the loop."""
        return {"status": self.status, "headers": self.headers, "body": _body(self.data)}


async def answers(engine: Backends, action: Action, call: Call) -> AsyncGenerator[Answer, None]:
    """The pages of an answer, one after the other; one where the action has no pages.

    Raises the call's fault. It must be closed.
    """
    if action.paging is None:
        outcome = await engine.execute(call)
        yield _answer(outcome.exchange, outcome.json)
        return
    resume: Resume | None = None
    for _ in range(PAGES):
        paging = Paging(max_pages=1, resume=resume)
        async with aclosing(engine.pages(call, paging)) as told:
            async for each in told:
                if isinstance(each, Opening):
                    yield _answer(each.exchange)
                elif isinstance(each, Ending):
                    resume = each.resume
        if resume is None:
            return


def _answer(exchange: Exchange, json: bytes | None = None) -> Answer:
    reply = exchange.reply
    headers: dict[str, str] = {}
    for name, text in reply.headers if reply else ():
        headers.setdefault(name.lower(), text)
    data = json if json is not None else (reply.body if reply else b"")
    return Answer(status=reply.status if reply else 0, headers=headers, data=data)


def _body(data: bytes) -> Any:
    try:
        return read_json(data) if data.strip() else None
    except (msgspec.DecodeError, RecursionError):
        return data.decode("utf-8", "replace")
