"""The sealed secrets in the ledger: whole rows in and out, nothing is opened here."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from facade.errors.service import StoreUnavailable
from facade.stores.base import Audit
from facade.stores.ledger import SqlLedger, note_audit
from facade.stores.schema import META, SECRETS


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretRow:
    """A secret as it is kept; one of revision 0 has no value yet."""

    tenant: str
    id: str
    data_key: bytes = b""
    """Sealed by the key ring; its first bytes say by which key."""
    key_label: str = ""
    """Those bytes in hex, to be found by."""
    value: bytes = b""
    """Sealed by the data key."""
    revision: int = 0
    fingerprint: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    notes: str = ""
    etag: str = ""
    create_time: datetime
    update_time: datetime


class SqlSecrets:
    """The secrets of one tenant in a ledger. Every method raises StoreUnavailable.

    A change and its audit row are one transaction, which takes the ledger's next sequence number:
    whoever follows that number learns of it.
    """

    def __init__(self, ledger: SqlLedger, tenant: str) -> None:
        """Takes an open ledger, and whose secrets they are."""
        self._ledger = ledger
        self._tenant = tenant

    @property
    def tenant(self) -> str:
        """Whose secrets they are."""
        return self._tenant

    async def sequence(self) -> int:
        """The number of the ledger's last commit."""
        return await self._ledger.sequence()

    async def get(self, ids: Collection[str]) -> dict[str, SecretRow]:
        """Secrets by id, as far as they are there."""
        return {row.id: row for row in await self._rows(SECRETS.c.id.in_(list(ids)))}

    async def page(self, after: str, limit: int) -> list[SecretRow]:
        """The secrets that follow an id, in order of ids."""
        return await self._rows(SECRETS.c.id > after, limit)

    async def sealed_by(self, labels: Collection[str], after: str, limit: int) -> list[SecretRow]:
        """The same of those that one of some keys seals."""
        wanted = SECRETS.c.key_label.in_(list(labels))
        return await self._rows(and_(wanted, SECRETS.c.id > after), limit)

    async def count_by_key(self) -> dict[str, int]:
        """How many secrets each key seals, by the keys' labels."""
        chosen = select(SECRETS.c.key_label, func.count().label("secrets")).where(self._ours())
        async with self._ledger.transaction() as connection:
            rows = await connection.execute(chosen.group_by(SECRETS.c.key_label))
            return {row.key_label: row.secrets for row in rows}

    async def put(self, row: SecretRow, before: SecretRow | None, audit: Audit) -> bool:
        """Writes a secret in the place of `before`, or where there is none.

        Answers whether it did: whether `before` is what was there.
        """
        values = {name: getattr(row, name) for name in SecretRow.__dataclass_fields__}
        async with self._ledger.transaction(writes=True) as connection:
            if await self._etag(connection, row.id) != (before.etag if before else None):
                return False
            if before is None:
                await connection.execute(insert(SECRETS).values(values))
            else:
                await connection.execute(update(SECRETS).where(self._ours(row.id)).values(values))
            await _committed(connection, audit)
        return True

    async def delete(self, row: SecretRow, audit: Audit) -> bool:
        """Deletes a secret, if it is still this one; answers whether it did."""
        async with self._ledger.transaction(writes=True) as connection:
            if await self._etag(connection, row.id) != row.etag:
                return False
            await connection.execute(delete(SECRETS).where(self._ours(row.id)))
            await _committed(connection, audit)
        return True

    async def rewrap(self, pairs: Sequence[tuple[SecretRow, SecretRow]], audit: Audit) -> int:
        """Changes the seals of data keys, each where it is still the old one; counts them.

        A value that was replaced meanwhile stays: its data key is the same.
        """
        done = 0
        async with self._ledger.transaction(writes=True) as connection:
            for old, new in pairs:
                same = and_(self._ours(old.id), SECRETS.c.data_key == old.data_key)
                values = {"data_key": new.data_key, "key_label": new.key_label}
                done += (
                    await connection.execute(update(SECRETS).where(same).values(values))
                ).rowcount
            await _committed(connection, audit)
        return done

    async def _rows(self, chosen: ColumnElement[bool], limit: int | None = None) -> list[SecretRow]:
        query = select(SECRETS).where(self._ours(), chosen).order_by(SECRETS.c.id).limit(limit)
        try:
            async with self._ledger.transaction() as connection:
                return [SecretRow(**row) for row in (await connection.execute(query)).mappings()]
        except ValueError:
            raise StoreUnavailable("a stored secret is damaged; restore the database") from None

    async def _etag(self, connection: AsyncConnection, key: str) -> str | None:
        query = select(SECRETS.c.etag).where(self._ours(key))
        return (await connection.execute(query)).scalar_one_or_none()

    def _ours(self, key: str | None = None) -> ColumnElement[bool]:
        ours = SECRETS.c.tenant == self._tenant
        return ours if key is None else and_(ours, SECRETS.c.id == key)


async def _committed(connection: AsyncConnection, audit: Audit) -> None:
    """Takes the next sequence number for what the transaction changes."""
    await connection.execute(update(META).values(sequence=META.c.sequence + 1))
    sequence = (await connection.execute(select(META.c.sequence))).scalar_one()
    await note_audit(connection, audit, sequence)
