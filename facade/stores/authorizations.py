"""The consents that are being asked for, in the ledger: each is found once, for ten minutes."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, insert, select

from facade.stores.failing import tried_again
from facade.stores.ledger import SqlLedger
from facade.stores.schema import AUTHORIZATIONS

LIFE: Final = timedelta(minutes=10)
"""How long somebody may take to consent."""


class SqlAuthorizations:
    """Sealed requests for consent by id. Every method raises StoreUnavailable."""

    def __init__(self, ledger: SqlLedger) -> None:
        """Takes an open ledger."""
        self._ledger = ledger

    @tried_again
    async def put(self, key: str, sealed: bytes, now: datetime) -> None:
        """Keeps one, and forgets those whose time is over."""
        async with self._ledger.transaction(writes=True) as connection:
            old = AUTHORIZATIONS.c.time <= now - LIFE
            await connection.execute(delete(AUTHORIZATIONS).where(old))
            row = {"id": key, "sealed": sealed, "time": now}
            await connection.execute(insert(AUTHORIZATIONS).values(row))

    @tried_again
    async def take(self, key: str, now: datetime) -> bytes | None:
        """One whose time is not over, which nobody else takes then."""
        this = AUTHORIZATIONS.c.id == key
        async with self._ledger.transaction(writes=True) as connection:
            chosen = select(AUTHORIZATIONS).where(this, AUTHORIZATIONS.c.time > now - LIFE)
            row = (await connection.execute(chosen)).first()
            if row is None:
                return None
            await connection.execute(delete(AUTHORIZATIONS).where(this))
            return bytes(row.sealed)
