"""Opening: history and its alerts as the settings say, for the process that keeps them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from facade.config import Settings
from facade.history.alerts import Alerts
from facade.history.history import History, Keeping
from facade.history.notifier import Notifier
from facade.stores.alerts import SqlAlerts
from facade.stores.history import SqlHistory
from facade.stores.ledger import SqlLedger
from facade.stores.turns import SqlTurns
from facade.telemetry import instruments as table
from facade.telemetry.meters import Meters


@asynccontextmanager
async def open_history(
    settings: Settings, ledger: SqlLedger, meters: Meters
) -> AsyncIterator[History]:
    """History for the block; what is left is written when it ends."""
    keeping = Keeping(
        days=settings.history_days,
        sample=settings.history_sample,
        bodies=settings.history_bodies,
    )
    async with History(SqlHistory(ledger), SqlTurns(ledger), keeping) as history:
        meters.watch(table.HISTORY_DROPPED, lambda: {(): history.dropped})
        meters.watch(table.HISTORY_WAITING, lambda: {(): history.waiting})
        yield history


def alerts_of(ledger: SqlLedger, history: History, notifier: Notifier) -> Alerts:
    """The alerts that look at a history; to be entered."""
    return Alerts(SqlAlerts(ledger), SqlTurns(ledger), history, notifier)
