"""Alerts in the ledger, and what was found of them."""

from typing import Any, Final

from sqlalchemy import ColumnElement, Row, and_, delete, insert, select, update

from facade.model.execution import Alert, AlertName, AlertState, Metric
from facade.stores.audit import note_change
from facade.stores.base import Audit
from facade.stores.failing import tried_again
from facade.stores.history_tables import ALERTS
from facade.stores.ledger import SqlLedger
from facade.stores.scope import EVERY_TENANT

LOCK: Final = "alerts"


class SqlAlerts:
    """The alerts of all tenants. Every method raises StoreUnavailable."""

    def __init__(self, ledger: SqlLedger) -> None:
        """Takes an open ledger."""
        self._ledger = ledger

    async def get(self, name: AlertName) -> Alert | None:
        """An alert; None where there is none."""
        async with self._ledger.transaction(tenant=name.tenant) as connection:
            row = (await connection.execute(select(ALERTS).where(_is(name)))).first()
        return None if row is None else _alert(row)

    async def all(self, tenant: str) -> tuple[Alert, ...]:
        """The alerts of a tenant, by name."""
        chosen = select(ALERTS).where(ALERTS.c.tenant == tenant).order_by(ALERTS.c.id)
        async with self._ledger.transaction(tenant=tenant) as connection:
            return tuple(map(_alert, await connection.execute(chosen)))

    async def of_every_tenant(self) -> tuple[Alert, ...]:
        """The alerts of all tenants."""
        async with self._ledger.transaction(tenant=EVERY_TENANT) as connection:
            return tuple(map(_alert, await connection.execute(select(ALERTS))))

    @tried_again
    async def put(self, alert: Alert, before: Alert | None, audit: Audit) -> bool:
        """Writes an alert in the place of `before`, or where there is none; else answers False."""
        async with self._ledger.transaction(writes=True, tenant=alert.tenant) as connection:
            there = (await connection.execute(select(ALERTS.c.etag).where(_is(alert.name)))).first()
            if (there and there.etag) != (before and before.etag):
                return False
            if before is None:
                await connection.execute(insert(ALERTS).values(_values(alert)))
            else:
                await connection.execute(
                    update(ALERTS).where(_is(alert.name)).values(_values(alert))
                )
            await note_change(connection, audit)
        return True

    @tried_again
    async def delete(self, name: AlertName, etag: str, audit: Audit) -> bool:
        """Deletes an alert that is as it was read; answers whether it was."""
        this = and_(_is(name), ALERTS.c.etag == etag)
        async with self._ledger.transaction(writes=True, tenant=name.tenant) as connection:
            if not (await connection.execute(delete(ALERTS).where(this))).rowcount:
                return False
            await note_change(connection, audit)
        return True

    async def found(self, after: Alert, before: Alert) -> bool:
        """Notes what was found of an alert that is as it was; answers whether it is.

        What is compared is the state too, so that of several who look one alone has it cross.
        """
        same = and_(
            _is(before.name),
            ALERTS.c.etag == before.etag,
            ALERTS.c.state == before.state.value,
            ALERTS.c.untold == before.untold,
        )
        values = {
            "state": after.state.value,
            "figure": after.figure,
            "since": after.since,
            "calm": after.calm,
            "untold": after.untold,
        }
        scope = self._ledger.transaction(writes=True, tenant=after.tenant, lock=LOCK)
        async with scope as connection:
            done = await connection.execute(update(ALERTS).where(same).values(values))
            return bool(done.rowcount)


def _is(name: AlertName) -> ColumnElement[bool]:
    return and_(ALERTS.c.tenant == name.tenant, ALERTS.c.id == name.alert)


def _values(alert: Alert) -> dict[str, Any]:
    values: dict[str, Any] = {each.name: getattr(alert, each.name) for each in ALERTS.c}
    values |= {"metric": alert.metric.value, "state": alert.state.value, "mail": list(alert.mail)}
    return values


def _alert(row: Row[Any]) -> Alert:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's own name for a row by columns
    values["metric"] = Metric(values["metric"])
    values["state"] = AlertState(values["state"])
    values["mail"] = tuple(values["mail"])
    return Alert(**values)
