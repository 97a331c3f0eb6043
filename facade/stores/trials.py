"""The last trials of people in the ledger: sealed, whole rows in and out."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, delete, insert, select

from facade.stores.failing import tried_again
from facade.stores.ledger import SqlLedger
from facade.stores.trial_tables import TRIALS

KEPT: Final = timedelta(days=90)
"""How long a trial is remembered."""


class SqlTrials:
    """Sealed trials by tenant and id. Every method raises StoreUnavailable."""

    def __init__(self, ledger: SqlLedger) -> None:
        """Takes an open ledger."""
        self._ledger = ledger

    @tried_again
    async def put(self, tenant: str, key: str, sealed: bytes, now: datetime) -> None:
        """Keeps one in the place of an earlier one, and forgets those of long ago."""
        this = and_(TRIALS.c.tenant == tenant, TRIALS.c.id == key)
        old = and_(TRIALS.c.tenant == tenant, TRIALS.c.time <= now - KEPT)
        row = {"tenant": tenant, "id": key, "sealed": sealed, "time": now}
        async with self._ledger.transaction(writes=True, tenant=tenant) as connection:
            await connection.execute(delete(TRIALS).where(this | old))
            await connection.execute(insert(TRIALS).values(row))

    async def find(self, tenant: str, key: str, now: datetime) -> tuple[bytes, datetime] | None:
        """One that is still remembered."""
        chosen = select(TRIALS).where(
            TRIALS.c.tenant == tenant, TRIALS.c.id == key, TRIALS.c.time > now - KEPT
        )
        async with self._ledger.transaction(tenant=tenant) as connection:
            row = (await connection.execute(chosen)).first()
        return None if row is None else (bytes(row.sealed), row.time)
