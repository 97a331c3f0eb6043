"""Opening: the triggers of a process, put together."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from facade.catalog.catalog import Catalog
from facade.engine import Engine
from facade.sealing import Seal
from facade.stores.ledger import SqlLedger
from facade.stores.trigger_endpoints import SqlEndpoints
from facade.stores.triggers import SqlTriggers
from facade.triggers.backend_webhooks import BackendWebhooks
from facade.triggers.endpoints import Endpoints
from facade.triggers.event_triggers import EventTriggers
from facade.triggers.hooks import Hooks
from facade.triggers.management import Management
from facade.triggers.polls import Polls
from facade.triggers.ports import EventLog, FlowSource, Starter
from facade.triggers.schedules import Schedules
from facade.triggers.triggers import Triggers, Workers


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggersBase:
    """What triggers stand on."""

    ledger: SqlLedger
    seal: Seal
    engine: Engine
    catalog: Catalog
    flows: FlowSource
    runs: Starter
    events: EventLog
    public_url: str = ""
    """Of the HTTP face; empty where it is not known."""
    clock: Callable[[], float] = time.time
    """Seconds since 1970."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


def make_triggers(base: TriggersBase, *, works: bool = True) -> Triggers:
    """The triggers, to be entered; `works`: whether this process runs flows."""
    clock = base.clock

    def now() -> datetime:
        return datetime.fromtimestamp(clock(), UTC)

    store = SqlTriggers(base.ledger)
    endpoints = Endpoints(SqlEndpoints(base.ledger), base.seal.derived("hooks"), clock)
    workers = Workers(
        schedules=Schedules(base.runs),
        polls=Polls(base.engine, base.catalog, base.runs, base.events, store),
        backend_webhooks=BackendWebhooks(base.engine, base.catalog, endpoints, base.public_url),
        event_triggers=EventTriggers(base.events, base.runs, now),
        hooks=Hooks(endpoints, base.flows, base.runs, store, clock),
        management=Management(base.flows, base.runs, store, endpoints, base.public_url, clock),
    )
    return Triggers(base.flows, store, workers, clock, base.sleep, works=works)
