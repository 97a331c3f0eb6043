"""Polls: a backend is asked again and again, and what is new starts runs (P-5)."""

import asyncio
import hashlib
import json
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from msgspec import structs

from facade.catalog.catalog import Catalog
from facade.errors.expressions import ExpressionFailed
from facade.errors.fault import Fault
from facade.expressions.budget import WHOLE, Budget
from facade.expressions.exact_json import read_json
from facade.expressions.paths import compile_path
from facade.expressions.values import json_text
from facade.model.action import Action
from facade.model.call import CacheUse, Call
from facade.model.definition import Expression, Poll
from facade.model.event import Event
from facade.model.flow import Flow, FlowVersion
from facade.model.retry_after import seconds_of
from facade.model.run import TriggerKind
from facade.model.trigger import TriggerRecord, TriggerState
from facade.stores.triggers import ITEMS, SqlTriggers
from facade.transcode.arguments import argument
from facade.triggers.answers import EMPTY, Answer, Backends, answers
from facade.triggers.calls import call_of, made_id, undo_of
from facade.triggers.failures import FARTHEST, failed, told, well
from facade.triggers.ports import EventLog, Starter
from facade.triggers.starting import rfc3339, start

CONDITION: Final = "if-none-match"
"""The header parameter that an action must declare for polls to send what they know."""

POLL_FAILED: Final = "poll.failed"

STEPS: Final = 10 * WHOLE
"""Of the expressions of one poll, over all pages and items: half a second."""

STATE: Final = 2**16
"""Characters of what the next poll begins with."""


@dataclass(slots=True, kw_only=True)
class Found:
    """What one poll has found."""

    items: dict[str, Any] = field(default_factory=dict)
    """By the digests of their keys, in the order of the answer."""
    last: Answer | None = None
    """The last page."""
    tag: str = ""
    """Its ETag, where there is one page alone: that of a first page says nothing of the others."""
    budget: Budget = field(default_factory=lambda: Budget(STEPS))
    """What its expressions may take together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """What came of a poll: the record to keep, and the items to remember with it."""

    record: TriggerRecord
    items: Sequence[str] = ()


class Polls:
    """Asks backends for what is new, past the cache, and starts a run for it."""

    def __init__(
        self,
        engine: Backends,
        catalog: Catalog,
        runs: Starter,
        events: EventLog,
        store: SqlTriggers,
    ) -> None:
        """Takes what calls, what knows the actions, who is told, and what was found before."""
        self._engine = engine
        self._catalog = catalog
        self._runs = runs
        self._events = events
        self._store = store

    async def step(
        self, flow: Flow, version: FlowVersion, record: TriggerRecord, now: datetime
    ) -> Polled:
        """Polls once. A failure is told once for each outage, as the event `poll.failed`."""
        poll = version.definition.trigger
        assert isinstance(poll, Poll)  # noqa: S101 - the record's kind says so
        try:
            return await self._polled((flow, version, poll), record, now)
        except Fault as fault:
            if record.state is not TriggerState.ERROR:
                await self._tell(flow, fault, now)
            return Polled(record=failed(record, fault, now, poll.every))

    async def _polled(
        self, cause: tuple[Flow, FlowVersion, Poll], record: TriggerRecord, now: datetime
    ) -> Polled:
        flow, _, poll = cause
        state = read_json(record.cursor) if record.cursor else None
        asked = undo_of(poll.call, {"state": state, "env": dict(cause[1].definition.env)})
        call = call_of(asked, flow.name.tenant, flow.name.flow, use=CacheUse.BYPASS)
        action = self._catalog.resolve(call.name, call.caller)[1]
        found = await self._found(poll, action, _conditional(call, action, record.tag), record.tag)
        last = found.last
        pause = max(poll.every, _asked(last, now))
        record = structs.replace(well(record), next_time=now + timedelta(seconds=pause))
        if last is None:
            return Polled(record=record)
        seen = await self._store.seen(record.tenant, record.flow_uid, tuple(found.items))
        new = {key: item for key, item in found.items.items() if key not in seen}
        run, problem = await self._start(cause, new, now)
        if run:
            record = structs.replace(record, last_run=run, last_time=now)
        if problem:
            record = structs.replace(record, last_error=problem)
        cursor = record.cursor
        if poll.state is not None and last.status != 304:
            cursor = await asyncio.to_thread(_state, poll.state, found)
        tag = found.tag or (record.tag if last.status in EMPTY else "")
        if cursor != record.cursor:  # what is asked for next is something else
            tag = ""
        record = structs.replace(record, cursor=cursor, tag=tag)
        return Polled(record=record, items=tuple(found.items))

    async def _found(self, poll: Poll, action: Action, call: Call, tag: str) -> Found:
        """What the pages have; an answer with the ETag of the last one has nothing new."""
        found = Found()
        async with aclosing(answers(self._engine, action, call)) as pages:
            async for page in pages:
                found.last = page
                if page.status in EMPTY:
                    break
                if action.paging is None:
                    found.tag = page.headers.get("etag", "")
                    if tag and found.tag == tag:
                        break
                await asyncio.to_thread(_gather, poll, page, found)
                if len(found.items) >= ITEMS:
                    break
        return found

    async def _start(
        self, cause: tuple[Flow, FlowVersion, Poll], new: dict[str, Any], now: datetime
    ) -> tuple[str, str]:
        """Starts a run for each new item, or one for all; gives the last one's name, and why not.

        By the digests of their keys: where the process ends before they are noted, the next poll
        starts none of them again. Raises what may be gone with the next poll.
        """
        flow, version, poll = cause
        name = problem = ""
        work = {key: {"item": item} for key, item in new.items()}
        if new and not poll.each:
            work = {_digest(sorted(new)): {"items": list(new.values())}}
        for key, brought in work.items():
            try:
                kind = (flow, version, TriggerKind.POLL)
                name = str((await start(self._runs, kind, key, now, brought)).name)
            except Fault as fault:
                if fault.retryable:
                    raise
                problem = told(fault)
        return name, problem

    async def _tell(self, flow: Flow, fault: Fault, now: datetime) -> None:
        data = {"flow": str(flow.name), "reason": fault.reason, "message": fault.message}
        event = Event(
            tenant=flow.name.tenant,
            id=made_id(flow, POLL_FAILED, rfc3339(now)),
            type=POLL_FAILED,
            source=str(flow.name),
            time=now,
            data=json.dumps(data),
        )
        await self._events.publish(event)


def _conditional(call: Call, action: Action, tag: str) -> Call:
    """The call with If-None-Match, where the action takes it and does not say it itself."""
    if not tag:
        return call
    for each in action.parameters:
        if each.location == "header" and each.name.lower() == CONDITION:
            if each.key not in call.arguments:
                given = {**call.arguments, each.key: argument(tag)}
                return structs.replace(call, arguments=given)
            break
    return call


def _asked(answer: Answer | None, now: datetime) -> float:
    """Seconds after which a backend that has nothing yet asks to be asked again."""
    said = answer.headers.get("retry-after", "") if answer is not None else ""
    return seconds_of(said, FARTHEST, now.timestamp) or 0.0


def _gather(poll: Poll, page: Answer, found: Found) -> None:
    """Adds the items of a page; one whose key is null is known by the whole of it."""
    key = compile_path(poll.key) if poll.key else None
    for item in _listed(compile_path(poll.items).within(page.scope, found.budget)):
        name = key.within(item, found.budget) if key is not None else None
        found.items.setdefault(_digest(item if name is None else name), item)


def _state(expression: Expression, found: Found) -> str:
    """What the next poll begins with, as JSON; raises ExpressionFailed where it is too long."""
    assert found.last is not None  # noqa: S101 - there was a page
    text = json_text(compile_path(expression).within(found.last.scope, found.budget), found.budget)
    if len(text) > STATE:
        raise ExpressionFailed(f"`state` has more than {STATE} characters; take less of the answer")
    return text


def _listed(value: Any) -> list[Any]:
    """What a poll has found: a list as it is, nothing for null, anything else as one item."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def _digest(value: Any) -> str:
    """What an item is known by: 160 bits of its key's JSON, members in order."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:40]
