"""Triggers over a real ledger, in virtual time: flows and runs stand in a list each."""

import base64
import hmac
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from uuid import NAMESPACE_URL, uuid5

from facade.catalog.catalog import Catalog
from facade.engine import Engine
from facade.errors.caller import ConnectorNotFound
from facade.model.access import ANYONE, Identity
from facade.model.definition import Definition, Trigger
from facade.model.event import Event
from facade.model.flow import Flow, FlowName, FlowState, FlowVersion, FlowVersionName
from facade.model.run import Run, RunName, TriggerKind
from facade.sealing import Seal
from facade.stores.ledger import SqlLedger
from facade.triggers.opening import TriggersBase, make_triggers
from facade.triggers.triggers import Triggers
from tests.fakes import FakeClock
from tests.gateways import a_ledger

BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = b"k" * 32


def a_flow(trigger: Trigger, *, flow: str = "orders", tenant: str = "", **fields: Any) -> Flow:
    """A flow whose version v1 has the trigger and is published."""
    name = FlowName(flow, tenant)
    version = a_flow_version(name, "v1", trigger)
    given: dict[str, Any] = {
        "uid": str(uuid5(NAMESPACE_URL, f"{tenant}/{flow}")),
        "versions": (version,),
        "published": "v1",
        "state": FlowState.ACTIVE,
        "create_time": BEGIN,
        "update_time": BEGIN,
    }
    return Flow(name=name, **given | fields)


def a_flow_version(name: FlowName, id_: str, trigger: Trigger) -> FlowVersion:
    """A version that does nothing but to be triggered."""
    return FlowVersion(
        name=FlowVersionName(name.flow, id_, name.tenant),
        source="",
        definition=Definition(trigger=trigger),
        create_time=BEGIN,
    )


class FakeFlows:
    """The flows of a test."""

    def __init__(self, *flows: Flow) -> None:
        self.kept = {flow.name: flow for flow in flows}
        self.asked = 0

    async def get(self, name: FlowName) -> Flow:
        if name not in self.kept:
            raise ConnectorNotFound(f"no flow `{name}`")
        return self.kept[name]

    async def published(self) -> tuple[Flow, ...]:
        self.asked += 1
        return tuple(flow for flow in self.kept.values() if flow.published)

    def put(self, flow: Flow, **fields: Any) -> Flow:
        """Changes a flow."""
        self.kept[flow.name] = replace(flow, **fields)
        return self.kept[flow.name]


class FakeRuns:
    """Runs that are started, each trigger's id once, and do nothing."""

    def __init__(self) -> None:
        self.started: dict[tuple[str, TriggerKind, str], Mapping[str, Any]] = {}
        self.told_by: list[str] = []
        """Of each start the run whose event it is from."""
        self.asked = 0
        self.fails: Exception | None = None

    async def start(
        self,
        flow: Flow,
        version: FlowVersion,
        input: str,  # noqa: A002 - as runs have it
        *,
        trigger: TriggerKind,
        trigger_id: str = "",
        values: Mapping[str, Any] = {},
        by: Identity = ANYONE,
        told_by: str = "",
    ) -> Run:
        self.asked += 1
        if self.fails is not None:
            raise self.fails
        key = flow.uid, trigger, trigger_id
        self.started.setdefault(key, values)
        self.told_by.append(told_by)
        id_ = str(uuid5(NAMESPACE_URL, "\n".join(key)))
        return Run(
            name=RunName(flow.name.flow, id_, flow.name.tenant),
            version=version.name.version,
            trigger=trigger,
            trigger_id=trigger_id,
            input=input,
            started_by=by.name,
            create_time=BEGIN,
        )

    @property
    def ids(self) -> list[str]:
        """By what they were started, in their order."""
        return [id_ for _, _, id_ in self.started]


class FakeEvents:
    """Events that are told to nobody."""

    def __init__(self) -> None:
        self.published: list[Event] = []

    async def publish(self, event: Event) -> Event:
        self.published.append(event)
        return event


class House:
    """One ledger, and as many processes on it as a test makes."""

    def __init__(self, ledger: SqlLedger, stack: AsyncExitStack, *flows: Flow) -> None:
        self.ledger = ledger
        self._stack = stack
        self.flows = FakeFlows(*flows)
        self.runs = FakeRuns()
        self.events = FakeEvents()
        self.clock = FakeClock(BEGIN)

    async def replica(self, **fields: Any) -> Triggers:
        """One process's triggers."""
        given: dict[str, Any] = {
            "engine": cast("Engine", None),
            "catalog": cast("Catalog", None),
            "events": self.events,
            "runs": self.runs,
            "public_url": "https://portico.example",
        }
        base = TriggersBase(
            ledger=self.ledger,
            seal=Seal([KEY]),
            flows=self.flows,
            clock=self.clock,
            sleep=self.clock.sleep,
            **given | fields,
        )
        return await self._stack.enter_async_context(make_triggers(base, works=False))

    async def pass_by(self, seconds: float, *replicas: Triggers, step: float = 1.0) -> None:
        """Lets time pass, in which every replica looks at each step."""
        for _ in range(round(seconds / step)):
            self.clock.advance(step)
            for each in replicas:
                await each.tend()
                await each.settled()


@asynccontextmanager
async def a_house(folder: Path, *flows: Flow) -> AsyncIterator[House]:
    """A house with a ledger of its own."""
    async with a_ledger(folder) as ledger, AsyncExitStack() as stack:
        yield House(ledger, stack, *flows)


def sign(key: bytes, id_: str, time: int, body: bytes) -> str:
    """What the field `webhook-signature` says of a message."""
    made = hmac.digest(key, f"{id_}.{time}.".encode() + body, "sha256")
    return f"v1,{base64.b64encode(made).decode()}"
