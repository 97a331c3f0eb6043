"""The refresh tokens in the ledger: what a server gave last, that nobody may lose (RFC 6749)."""

from datetime import UTC, datetime

from sqlalchemy import and_, delete, insert, select

from facade.stores.failing import tried_again
from facade.stores.ledger import SqlLedger
from facade.stores.schema import GRANTS


class SqlGrants:
    """Sealed refresh tokens by id, and leases of who renews one. All raise StoreUnavailable."""

    def __init__(self, ledger: SqlLedger) -> None:
        """Takes an open ledger."""
        self._ledger = ledger

    async def find(self, key: str) -> bytes | None:
        """What was kept last."""
        async with self._ledger.transaction() as connection:
            chosen = select(GRANTS.c.sealed).where(GRANTS.c.id == key)
            found = (await connection.execute(chosen)).scalar_one_or_none()
        return bytes(found) if found is not None else None

    @tried_again
    async def keep(self, key: str, sealed: bytes) -> None:
        """Keeps it in place of what was there."""
        async with self._ledger.transaction(writes=True, lock=key) as connection:
            await connection.execute(delete(GRANTS).where(GRANTS.c.id == key))
            row = {"id": key, "sealed": sealed, "time": datetime.now(UTC)}
            await connection.execute(insert(GRANTS).values(row))

    @tried_again
    async def take(self, key: str, holder: bytes, now: datetime, until: datetime) -> bool:
        """Takes a lease that nobody else has then; whether nobody has it now."""
        this = GRANTS.c.id == key
        async with self._ledger.transaction(writes=True, lock=key) as connection:
            await connection.execute(delete(GRANTS).where(this, GRANTS.c.time <= now))
            if (await connection.execute(select(GRANTS.c.id).where(this))).first() is not None:
                return False
            row = {"id": key, "sealed": holder, "time": until}
            await connection.execute(insert(GRANTS).values(row))
            return True

    async def release(self, key: str, holder: bytes) -> None:
        """Gives a lease back, where it is the holder's still."""
        own = and_(GRANTS.c.id == key, GRANTS.c.sealed == holder)
        async with self._ledger.transaction(writes=True, lock=key) as connection:
            await connection.execute(delete(GRANTS).where(own))

    async def drop(self, key: str) -> None:
        """Forgets it."""
        async with self._ledger.transaction(writes=True) as connection:
            await connection.execute(delete(GRANTS).where(GRANTS.c.id == key))
