"""The refresh tokens in the ledger: what a server gave last, that nobody may lose (RFC 6749)."""

from datetime import UTC, datetime

from sqlalchemy import delete, insert, select

from facade.stores.ledger import SqlLedger
from facade.stores.schema import GRANTS


class SqlGrants:
    """Sealed refresh tokens by id. Every method raises StoreUnavailable."""

    def __init__(self, ledger: SqlLedger) -> None:
        """Takes an open ledger."""
        self._ledger = ledger

    async def find(self, key: str) -> bytes | None:
        """What was kept last."""
        async with self._ledger.transaction() as connection:
            chosen = select(GRANTS.c.sealed).where(GRANTS.c.id == key)
            found = (await connection.execute(chosen)).scalar_one_or_none()
        return bytes(found) if found is not None else None

    async def keep(self, key: str, sealed: bytes) -> None:
        """Keeps it in place of what was there."""
        async with self._ledger.transaction(writes=True) as connection:
            await connection.execute(delete(GRANTS).where(GRANTS.c.id == key))
            row = {"id": key, "sealed": sealed, "time": datetime.now(UTC)}
            await connection.execute(insert(GRANTS).values(row))
