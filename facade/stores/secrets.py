"""The sealed secrets in the ledger: whole rows in and out, nothing is opened here."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from facade.errors.service import StoreUnavailable
from facade.model.secret import SecretName
from facade.stores.audit import note_change
from facade.stores.base import Audit
from facade.stores.failing import tried_again
from facade.stores.ledger import SqlLedger
from facade.stores.schema import SECRETS
from facade.stores.scope import EVERY_TENANT


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
    """The secrets in a ledger, each tenant's by themselves. Every method raises StoreUnavailable.

    A change and its audit row are one transaction, which takes the ledger's next sequence number:
    whoever follows that number learns of it.
    """

    def __init__(self, ledger: SqlLedger) -> None:
        """Takes an open ledger."""
        self._ledger = ledger

    async def sequence(self) -> int:
        """The number of the ledger's last commit."""
        return await self._ledger.sequence()

    async def tenants(self) -> list[str]:
        """Who has secrets."""
        async with self._ledger.transaction(tenant=EVERY_TENANT) as connection:
            chosen = select(SECRETS.c.tenant).distinct().order_by(SECRETS.c.tenant)
            return list((await connection.execute(chosen)).scalars())

    async def get(self, names: Collection[SecretName]) -> dict[SecretName, SecretRow]:
        """Secrets by name, as far as they are there."""
        ids: dict[str, list[str]] = {}
        for name in names:
            ids.setdefault(name.tenant, []).append(name.secret)
        found = [await self._rows(each, SECRETS.c.id.in_(ids[each])) for each in ids]
        return {SecretName(row.id, row.tenant): row for rows in found for row in rows}

    async def page(self, tenant: str, after: str, limit: int) -> list[SecretRow]:
        """A tenant's secrets that follow an id, in order of ids."""
        return await self._rows(tenant, SECRETS.c.id > after, limit)

    async def sealed_by(
        self, tenant: str, labels: Collection[str], after: str, limit: int
    ) -> list[SecretRow]:
        """The same of those that one of some keys seals."""
        wanted = SECRETS.c.key_label.in_(list(labels))
        return await self._rows(tenant, and_(wanted, SECRETS.c.id > after), limit)

    async def count_by_key(self, tenant: str) -> dict[str, int]:
        """How many of a tenant's secrets each key seals, by the keys' labels."""
        chosen = select(SECRETS.c.key_label, func.count().label("secrets")).where(_of(tenant))
        async with self._ledger.transaction(tenant=tenant) as connection:
            rows = await connection.execute(chosen.group_by(SECRETS.c.key_label))
            return {row.key_label: row.secrets for row in rows}

    @tried_again
    async def put(self, row: SecretRow, before: SecretRow | None, audit: Audit) -> bool:
        """Writes a secret in the place of `before`, or where there is none.

        Answers whether it did: whether `before` is what was there.
        """
        values = {name: getattr(row, name) for name in SecretRow.__dataclass_fields__}
        async with self._ledger.transaction(writes=True, tenant=row.tenant) as connection:
            if await _etag(connection, row) != (before.etag if before else None):
                return False
            if before is None:
                await connection.execute(insert(SECRETS).values(values))
            else:
                await connection.execute(update(SECRETS).where(_is(row)).values(values))
            await note_change(connection, audit)
        return True

    @tried_again
    async def delete(self, row: SecretRow, audit: Audit) -> bool:
        """Deletes a secret, if it is still this one; answers whether it did."""
        async with self._ledger.transaction(writes=True, tenant=row.tenant) as connection:
            if await _etag(connection, row) != row.etag:
                return False
            await connection.execute(delete(SECRETS).where(_is(row)))
            await note_change(connection, audit)
        return True

    @tried_again
    async def rewrap(self, pairs: Sequence[tuple[SecretRow, SecretRow]], audit: Audit) -> int:
        """Changes the seals of a tenant's data keys, each where it is the old one yet; counts them.

        A value that was replaced meanwhile stays: its data key is the same.
        """
        done = 0
        async with self._ledger.transaction(writes=True, tenant=audit.tenant) as connection:
            for old, new in pairs:
                same = and_(_is(old), SECRETS.c.data_key == old.data_key)
                values = {"data_key": new.data_key, "key_label": new.key_label}
                done += (
                    await connection.execute(update(SECRETS).where(same).values(values))
                ).rowcount
            await note_change(connection, audit)
        return done

    async def _rows(
        self, tenant: str, chosen: ColumnElement[bool], limit: int | None = None
    ) -> list[SecretRow]:
        query = select(SECRETS).where(_of(tenant), chosen).order_by(SECRETS.c.id).limit(limit)
        try:
            async with self._ledger.transaction(tenant=tenant) as connection:
                return [SecretRow(**row) for row in (await connection.execute(query)).mappings()]
        except ValueError:
            raise StoreUnavailable("a stored secret is damaged; restore the database") from None


async def _etag(connection: AsyncConnection, row: SecretRow) -> str | None:
    query = select(SECRETS.c.etag).where(_is(row))
    return (await connection.execute(query)).scalar_one_or_none()


def _of(tenant: str) -> ColumnElement[bool]:
    return SECRETS.c.tenant == tenant


def _is(row: SecretRow) -> ColumnElement[bool]:
    return and_(_of(row.tenant), SECRETS.c.id == row.id)
