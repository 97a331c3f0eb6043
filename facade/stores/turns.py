"""Turns: work that one process at a time does for all that share a ledger."""

from typing import Final

from sqlalchemy import and_, insert, or_, select, update

from facade.stores.history_tables import TURNS
from facade.stores.ledger import SqlLedger

LOCK: Final = "turns"


class SqlTurns:
    """Whose turn it is, by the name of the work. Raises StoreUnavailable."""

    def __init__(self, ledger: SqlLedger) -> None:
        """Takes an open ledger."""
        self._ledger = ledger

    async def take(self, work: str, holder: str, now: float, until: float) -> bool:
        """Whether some work is this holder's to do until a moment, in seconds since 1970.

        A holder that has it keeps it; another gets it once that moment has passed.
        """
        free = and_(TURNS.c.id == work, or_(TURNS.c.holder == holder, TURNS.c.until <= now))
        taken = update(TURNS).where(free).values(holder=holder, until=until)
        known = select(TURNS.c.id).where(TURNS.c.id == work)
        async with self._ledger.transaction(writes=True, lock=LOCK) as connection:
            if (await connection.execute(taken)).rowcount:
                return True
            if (await connection.execute(known)).first() is not None:
                return False
            values = {"id": work, "holder": holder, "until": until}
            await connection.execute(insert(TURNS).values(values))
        return True
