"""The keys of callers in the ledger: digests alone, never what is secret of them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, and_, delete, insert, select, update

from facade.errors.service import StoreUnavailable
from facade.model.access import Grant
from facade.model.key import Key, KeyName
from facade.stores.audit import note_change
from facade.stores.base import Audit
from facade.stores.failing import tried_again
from facade.stores.ledger import SqlLedger
from facade.stores.schema import KEYS, META
from facade.stores.scope import EVERY_TENANT


class SqlKeys:
    """The keys of every tenant. Every method raises StoreUnavailable.

    A change and its audit row are one transaction, which takes the ledger's next sequence number:
    whoever follows that number learns of it.
    """

    def __init__(self, ledger: SqlLedger) -> None:
        """Takes an open ledger."""
        self._ledger = ledger

    async def sequence(self) -> int:
        """The number of the ledger's last commit."""
        return await self._ledger.sequence()

    async def moved(self, seconds: float) -> None:
        """Waits for a commit that is announced, and no longer than that."""
        await self._ledger.moved(seconds)

    async def read(self) -> tuple[int, Mapping[str, Key]]:
        """Every key by its digest, and the number of the last commit."""
        query = select(KEYS).order_by(KEYS.c.tenant, KEYS.c.id)
        async with self._ledger.transaction(tenant=EVERY_TENANT) as connection:
            sequence = (await connection.execute(select(META.c.sequence))).scalar_one()
            rows = (await connection.execute(query)).mappings().all()
        try:
            return sequence, {row["digest"]: _key(row) for row in rows}
        except msgspec.ValidationError:
            raise StoreUnavailable("a stored key is damaged; restore the database") from None

    @tried_again
    async def add(self, key: Key, digest: str, audit: Audit) -> bool:
        """Writes a new key; answers whether its name was free."""
        values = {
            "tenant": key.name.tenant,
            "id": key.name.key,
            "digest": digest,
            "grants": msgspec.to_builtins(key.grants),
            "notes": key.notes,
            "create_time": key.create_time,
            "expire_time": key.expire_time,
            "revoke_time": key.revoke_time,
        }
        async with self._ledger.transaction(writes=True, tenant=key.name.tenant) as connection:
            known = select(KEYS.c.id).where(_is(key.name))
            if (await connection.execute(known)).first() is not None:
                return False
            await connection.execute(insert(KEYS).values(values))
            await note_change(connection, audit)
        return True

    @tried_again
    async def revoke(self, name: KeyName, time: datetime, audit: Audit) -> bool:
        """Revokes a key; answers whether it was there and not revoked yet."""
        chosen = and_(_is(name), KEYS.c.revoke_time.is_(None))
        async with self._ledger.transaction(writes=True, tenant=name.tenant) as connection:
            done = await connection.execute(update(KEYS).where(chosen).values(revoke_time=time))
            if not done.rowcount:
                return False
            await note_change(connection, audit)
        return True

    @tried_again
    async def delete(self, name: KeyName, audit: Audit) -> bool:
        """Deletes a key; answers whether it was there."""
        async with self._ledger.transaction(writes=True, tenant=name.tenant) as connection:
            done = await connection.execute(delete(KEYS).where(_is(name)))
            if not done.rowcount:
                return False
            await note_change(connection, audit)
        return True


def _is(name: KeyName) -> ColumnElement[bool]:
    return and_(KEYS.c.tenant == name.tenant, KEYS.c.id == name.key)


def _key(row: Mapping[Any, Any]) -> Key:
    return Key(
        name=KeyName(row["id"], row["tenant"]),
        grants=msgspec.convert(row["grants"], tuple[Grant, ...]),
        notes=row["notes"],
        create_time=row["create_time"],
        expire_time=row["expire_time"],
        revoke_time=row["revoke_time"],
    )
