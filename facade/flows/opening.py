"""Opening: flows and their runs, put together for as long as a process lives."""

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from facade.access.authorize import Authority
from facade.catalog.catalog import Catalog
from facade.config import MEMORY, Settings
from facade.engine import Engine
from facade.events.deliveries import Deliveries
from facade.events.events import Events
from facade.flows.checker import Checker
from facade.flows.flows import Flows
from facade.flows.running.active_runs import ActiveRunsOf
from facade.flows.running.collaborators import Collaborators
from facade.flows.running.runs import Runs, RunsBase
from facade.history.history import History
from facade.mail import Mail
from facade.stores.flows import SqlFlows
from facade.stores.ledger import SqlLedger
from facade.telemetry.meters import Meters
from facade.telemetry.spans import Tracing

FILE: Final = "flows.db"
"""In the data folder; keeps how far runs have come, where no database is set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowsBase:
    """What flows stand on."""

    settings: Settings
    ledger: SqlLedger
    tracing: Tracing
    meters: Meters
    engine: Engine
    catalog: Catalog
    authority: Authority
    events: Events
    deliveries: Deliveries
    mail: Mail
    history: History


@asynccontextmanager
async def open_flows(base: FlowsBase) -> AsyncIterator[tuple[Flows, Runs]]:
    """Opens them: runs are executed while it is entered, where the settings say so."""
    settings = base.settings
    flows = Flows(SqlFlows(base.ledger), Checker(base.catalog, base.authority))
    collaborators = Collaborators(
        flows=flows,
        events=base.events,
        deliveries=base.deliveries,
        mail=base.mail,
        note=base.history.note,
    )
    with ExitStack() as stack:
        runs_base = RunsBase(
            engine=base.engine,
            catalog=base.catalog,
            ledger=base.ledger,
            tracing=base.tracing,
            url=settings.database or f"sqlite:///{_folder(settings, stack) / FILE}",
            days=settings.history_days,
        )
        async with Runs(runs_base, collaborators, on=settings.flows) as runs:
            runs.watched(base.meters)
            flows.active_runs = ActiveRunsOf(runs)
            yield flows, runs


def _folder(settings: Settings, stack: ExitStack) -> Path:
    if settings.data != MEMORY:
        return settings.data
    # SQLite's databases in memory are of one connection: here there are several
    return Path(stack.enter_context(TemporaryDirectory(prefix="portico-flows-")))
