"""The number ledger: what typed services are numbered by, for versions that are there already."""

from sqlalchemy import select

from facade.model.names import ConnectorName
from facade.stores.connector_rows import is_connector
from facade.stores.failing import tried_again
from facade.stores.kept_numbers import KeptNumbers, NumbersChange
from facade.stores.ledger import SqlLedger
from facade.stores.number_rows import put_numbers
from facade.stores.schema import CONNECTORS


class SqlNumbers:
    """The numbers in a ledger, of each connector by itself. Every method raises StoreUnavailable.

    Those of a new version are written with it, by the ledger's own commit; here are those of
    versions that were made before there were numbers.
    """

    def __init__(self, ledger: SqlLedger) -> None:
        """Takes an open ledger."""
        self._ledger = ledger

    async def get(self, name: ConnectorName) -> KeptNumbers:
        """Those of one connector."""
        return await self._ledger.numbers(name)

    @tried_again
    async def put(self, change: NumbersChange) -> bool:
        """Writes those of one connector; answers whether it is there at all.

        Raises Unnumbered where others wrote some meanwhile.
        """
        name = change.connector
        async with self._ledger.transaction(writes=True, tenant=name.tenant) as connection:
            found = await connection.execute(select(CONNECTORS.c.id).where(is_connector(name)))
            if found.first() is None:
                return False
            await put_numbers(connection, change)
        return True
