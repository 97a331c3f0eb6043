"""World: what a run that is kept does outside of itself, each thing once for its key."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final

import msgspec

from facade.errors.caller import InvalidRequest
from facade.expressions.exact_json import write_json
from facade.flows.interpreter.ports import Answered, Asked, Child, Ended, Notice, Stopped
from facade.flows.running.action_calls import ActionCalls
from facade.flows.running.child_flow import child_version
from facade.flows.running.collaborators import Collaborators
from facade.flows.running.journal import DurableJournal
from facade.model.definition import Channel
from facade.model.event import Delivery, Event
from facade.model.flow import Flow, FlowVersion
from facade.model.flow_names import parse_run
from facade.model.run import ENDED, FlowRecord, Run
from facade.stores.run_rows import Job
from facade.stores.runs import SqlRuns

LONGEST: Final = 255
"""Characters of a record's key."""
TYPE: Final = "flow.notification"
"""Of deliveries that a step sends."""


class ChildStart(msgspec.Struct, frozen=True, kw_only=True):
    """A run of another flow that is to be started."""

    flow: Flow
    version: FlowVersion
    input: str
    key: str
    parent: Job


Starts = Callable[[ChildStart], Awaitable[Run]]


class DurableWorld:
    """The outside of a run that outlives its process."""

    def __init__(
        self,
        job: Job,
        journal: DurableJournal,
        calls: ActionCalls,
        store: SqlRuns,
        collaborators: Collaborators,
        starts: Starts,
    ) -> None:
        """Takes the run, and all that it speaks to."""
        self._job = job
        self._journal = journal
        self._calls = calls
        self._store = store
        self._collaborators = collaborators
        self._starts = starts

    async def call(self, asked: Asked) -> Answered:
        """Calls an action."""
        return await self._calls.call(asked, self._journal.since)

    async def notify(self, notice: Notice) -> str:
        """Sends a notification on its way: a webhook and an event go out once, mails as a rule."""
        if notice.channel is Channel.WEBHOOK:
            return await self._webhook(notice)
        if notice.channel is Channel.EVENT:
            return await self._event(notice)
        content = notice.content
        text = content if isinstance(content, str) else write_json(content)
        for address in notice.to.split(","):
            await self._collaborators.mail.send(address.strip(), notice.subject, text)
        return notice.key

    async def save(self, key: str, value: str) -> None:
        """Keeps a record of the flow."""
        if not key or len(key) > LONGEST or not key.isprintable():
            raise InvalidRequest(f"save: the key must have 1 to {LONGEST} characters in a line")
        record = FlowRecord(
            flow=self._job.name.parent,
            key=key,
            value=value,
            run=self._job.name.run,
            update_time=_now(),
        )
        if not await self._store.save(record, self._journal.executor):
            raise Stopped

    async def start(self, child: Child) -> str:
        """Starts a run of another flow."""
        flows, tenant = self._collaborators.flows, self._job.name.tenant
        flow, version = await child_version(flows, child.flow, tenant)
        text = write_json(child.input)
        start = ChildStart(flow=flow, version=version, input=text, key=child.key, parent=self._job)
        return str((await self._starts(start)).name)

    async def ended(self, child: str) -> Ended | None:
        """What that run has come to."""
        name = parse_run(child, "child", self._job.name.tenant)
        run = await self._store.find(name)
        if run is None:
            raise InvalidRequest(f"child: `{child}` is there no more")
        if run.state not in ENDED:
            return None
        return Ended(state=run.state, output=run.output, error=run.error)

    async def _webhook(self, notice: Notice) -> str:
        now = _now()
        delivery = Delivery(
            id=notice.key,
            tenant=self._job.name.tenant,
            run=str(self._job.name),
            url=notice.to,
            secret=notice.secret,
            type=TYPE,
            body=write_json(notice.content),
            create_time=now,
            update_time=now,
        )
        return (await self._collaborators.deliveries.send(delivery)).id

    async def _event(self, notice: Notice) -> str:
        event = Event(
            tenant=self._job.name.tenant,
            id=notice.key,
            type=notice.to,
            source=str(self._job.name),
            time=_now(),
            data=write_json(notice.content),
        )
        return (await self._collaborators.events.publish(event)).id


def _now() -> datetime:
    return datetime.now(UTC)
