"""The flows in the ledger: whole ones in and out."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, and_, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from facade.model.flow import FlowName, FlowVersionName
from facade.model.flow_names import number_of
from facade.stores.audit import note_change
from facade.stores.base import Audit
from facade.stores.failing import tried_again
from facade.stores.flow_rows import (
    KeptFlow,
    KeptVersion,
    flow_in,
    values_of,
    version_in,
    version_values,
)
from facade.stores.flow_tables import FLOW_VERSIONS, FLOWS
from facade.stores.ledger import SqlLedger
from facade.stores.run_tables import RECORDS
from facade.stores.scope import EVERY_TENANT


class SqlFlows:
    """The flows of all tenants in a ledger. Every method raises StoreUnavailable.

    A change and its audit row are one transaction, which takes the ledger's next sequence number:
    whoever follows that number learns of it.
    """

    def __init__(self, ledger: SqlLedger) -> None:
        """Takes an open ledger."""
        self._ledger = ledger

    async def sequence(self) -> int:
        """The number of the ledger's last commit; of others' commits at most a moment late."""
        return await self._ledger.recent_sequence()

    async def get(self, name: FlowName) -> KeptFlow | None:
        """A flow with its newest and its published version; None where there is none."""
        found = await self._chosen(name.tenant, select(FLOWS).where(_is(name)))
        return found[0] if found else None

    async def by_uid(self, tenant: str, uid: str) -> KeptFlow | None:
        """The same of the flow that has a uid."""
        chosen = select(FLOWS).where(FLOWS.c.tenant == tenant, FLOWS.c.uid == uid)
        found = await self._chosen(tenant, chosen)
        return found[0] if found else None

    async def page(self, tenant: str, after: str, limit: int) -> tuple[KeptFlow, ...]:
        """A tenant's flows that follow an id, in order of ids; each as `get` gives it."""
        chosen = select(FLOWS).where(FLOWS.c.tenant == tenant, FLOWS.c.id > after)
        return await self._chosen(tenant, chosen.order_by(FLOWS.c.id).limit(limit))

    async def published(self) -> tuple[KeptFlow, ...]:
        """The flows of all tenants that have a published version."""
        chosen = select(FLOWS).where(FLOWS.c.published > 0)
        return await self._chosen(EVERY_TENANT, chosen.order_by(FLOWS.c.tenant, FLOWS.c.id))

    async def versions(
        self, name: FlowName, before: int = 0, limit: int | None = None
    ) -> tuple[KeptVersion, ...]:
        """A flow's versions, newest first; with `before` those of smaller numbers."""
        held = FLOW_VERSIONS.c
        chosen = select(FLOW_VERSIONS).where(_of(name))
        if before:
            chosen = chosen.where(held.number < before)
        async with self._ledger.transaction(tenant=name.tenant) as database:
            rows = await database.execute(chosen.order_by(held.number.desc()).limit(limit))
            return tuple(version_in(each) for each in rows)

    async def version(self, name: FlowVersionName) -> KeptVersion | None:
        """One version; None where there is none."""
        same = and_(_of(name.parent), FLOW_VERSIONS.c.number == number_of(name.version))
        async with self._ledger.transaction(tenant=name.tenant) as database:
            row = (await database.execute(select(FLOW_VERSIONS).where(same))).first()
        return None if row is None else version_in(row)

    async def numbers(self, name: FlowName) -> tuple[int, ...]:
        """The numbers of a flow's versions, the smallest first."""
        held = FLOW_VERSIONS.c.number
        async with self._ledger.transaction(tenant=name.tenant) as database:
            chosen = select(held).where(_of(name)).order_by(held)
            return tuple((await database.execute(chosen)).scalars())

    @tried_again
    async def put(
        self,
        kept: KeptFlow,
        before: KeptFlow | None,
        audit: Audit,
        *,
        added: KeptVersion | None = None,
        dropped: Sequence[int] = (),
    ) -> bool:
        """Writes a flow in the place of `before`, or where there is none, with a new version.

        `dropped`: the numbers of the versions that go. Answers whether it did: whether `before`
        is what was there.
        """
        name = kept.flow.name
        async with self._ledger.transaction(writes=True, tenant=name.tenant) as database:
            if await _etag(database, name) != (before.flow.etag if before else None):
                return False
            if before is None:
                await database.execute(insert(FLOWS).values(values_of(kept)))
            else:
                await database.execute(update(FLOWS).where(_is(name)).values(values_of(kept)))
            if added is not None:
                await database.execute(insert(FLOW_VERSIONS).values(version_values(added)))
            if dropped:
                gone = and_(_of(name), FLOW_VERSIONS.c.number.in_(list(dropped)))
                await database.execute(delete(FLOW_VERSIONS).where(gone))
            await note_change(database, audit)
        return True

    @tried_again
    async def delete(self, kept: KeptFlow, audit: Audit) -> bool:
        """Deletes a flow, its versions and records, if it is still this one; answers whether."""
        name = kept.flow.name
        async with self._ledger.transaction(writes=True, tenant=name.tenant) as database:
            if await _etag(database, name) != kept.flow.etag:
                return False
            await database.execute(delete(FLOW_VERSIONS).where(_of(name)))
            saved = and_(RECORDS.c.tenant == name.tenant, RECORDS.c.flow == name.flow)
            await database.execute(delete(RECORDS).where(saved))
            await database.execute(delete(FLOWS).where(_is(name)))
            await note_change(database, audit)
        return True

    async def _chosen(
        self, tenant: str, chosen: Select[tuple[object, ...]]
    ) -> tuple[KeptFlow, ...]:
        """Flows, each with its newest and its published version."""
        flows = chosen.subquery()
        held = FLOW_VERSIONS.c
        joined = select(FLOW_VERSIONS).join(
            flows,
            and_(
                held.tenant == flows.c.tenant,
                held.flow == flows.c.id,
                or_(held.number == flows.c.newest, held.number == flows.c.published),
            ),
        )
        versions: dict[tuple[str, str], list[KeptVersion]] = {}
        async with self._ledger.transaction(tenant=tenant) as database:
            found = [flow_in(row) for row in (await database.execute(chosen)).mappings()]
            for row in await database.execute(joined.order_by(held.number)):
                versions.setdefault((row.tenant, row.flow), []).append(version_in(row))
        return tuple(
            KeptFlow(
                flow=each.flow,
                newest=each.newest,
                versions=tuple(versions.get((each.flow.name.tenant, each.flow.name.flow), ())),
            )
            for each in found
        )


async def _etag(database: AsyncConnection, name: FlowName) -> str | None:
    query = select(FLOWS.c.etag).where(_is(name))
    return (await database.execute(query)).scalar_one_or_none()


def _is(name: FlowName) -> ColumnElement[bool]:
    return and_(FLOWS.c.tenant == name.tenant, FLOWS.c.id == name.flow)


def _of(name: FlowName) -> ColumnElement[bool]:
    return and_(FLOW_VERSIONS.c.tenant == name.tenant, FLOW_VERSIONS.c.flow == name.flow)
