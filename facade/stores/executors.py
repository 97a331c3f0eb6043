"""Who executes which runs: leases of processes, and runs that are claimed by one of them."""

import asyncio
from collections.abc import Collection, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import and_, case, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from facade.model.run import RunName, RunState
from facade.stores.failing import tried_again
from facade.stores.ledger import SqlLedger
from facade.stores.processes import is_dead
from facade.stores.run_tables import EXECUTORS, RUNS
from facade.stores.runs import LOCK
from facade.stores.scope import EVERY_TENANT

MINUTE: Final = timedelta(minutes=1)
LOOKED_AT: Final = 1_000
"""Flows with runs in line that one look sees to; the others are seen to by the next."""
MOST_RATE: Final = 10_000
"""Runs of a flow that are looked at for its rate."""
OF_TENANT, OF_TENANT_IN_ALL = 500, 750
"""Runs of one tenant that a process does at a time: those that no run waits for, and all."""
WAITING: Final = RUNS.c.state == RunState.QUEUED.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A process that runs flows, for as long as it renews this."""

    id: str
    host: str
    pid: int
    until: datetime


class SqlExecutors:
    """The executors in a ledger. Every method raises StoreUnavailable."""

    def __init__(
        self, ledger: SqlLedger, shares: tuple[int, int] = (OF_TENANT, OF_TENANT_IN_ALL)
    ) -> None:
        """Takes an open ledger, and how many runs of one tenant an executor has at a time.

        Of these the first are those that no run waits for, the second all.
        """
        self._ledger = ledger
        self._shares = shares
        self._turn = asyncio.Lock()

    async def has_work(self) -> bool:
        """Whether any run has not ended, in whatever hands it is; not asked of a ledger away."""
        if self._ledger.is_stale:
            return False
        live = (RunState.QUEUED.value, RunState.RUNNING.value)
        chosen = select(RUNS.c.id).where(RUNS.c.state.in_(live)).limit(1)
        async with self._ledger.transaction(tenant=EVERY_TENANT) as connection:
            return (await connection.execute(chosen)).first() is not None

    @tried_again
    async def renew(self, lease: Lease) -> None:
        """Writes that a process lives on."""
        values = {"host": lease.host, "pid": lease.pid, "until": lease.until}
        async with self._writing() as connection:
            mine = EXECUTORS.c.id == lease.id
            changed = await connection.execute(update(EXECUTORS).where(mine).values(values))
            if changed.rowcount == 0:
                await connection.execute(insert(EXECUTORS).values({"id": lease.id, **values}))

    @tried_again
    async def leave(self, id_: str) -> None:
        """Writes that a process executes nothing any more: others take over at once."""
        async with self._writing() as connection:
            await connection.execute(delete(EXECUTORS).where(EXECUTORS.c.id == id_))

    @tried_again
    async def take_over(self, id_: str, now: datetime) -> tuple[RunName, ...]:
        """Gives an executor the runs of those that have died or left; answers which they are."""
        async with self._writing() as connection:
            dead = [
                row.id
                for row in await connection.execute(select(EXECUTORS))
                if row.until < now or is_dead(row.host, row.pid)
            ]
            if dead:
                await connection.execute(delete(EXECUTORS).where(EXECUTORS.c.id.in_(dead)))
            alive = select(EXECUTORS.c.id)
            left = and_(
                RUNS.c.state == RunState.RUNNING.value,
                RUNS.c.executor != id_,
                RUNS.c.executor.not_in(alive),
            )
            chosen = select(RUNS.c.tenant, RUNS.c.flow, RUNS.c.id).where(left)
            names = _names(list(await connection.execute(chosen)))
            if names:
                await _give(connection, names, id_, {})
        return names

    @tried_again
    async def claim(self, id_: str, now: datetime, most: int) -> tuple[RunName, ...]:
        """Gives an executor runs that wait in line, the oldest first, as their bounds allow.

        Who has the fewest under way comes first, and nobody has so many that others wait for them.
        """
        names: list[RunName] = []
        async with self._writing() as connection:
            for tenant, tops, share in await _shares(connection, id_, self._shares):
                room, room_of_tops = min(most - len(names), share), tops
                flows = select(RUNS.c.flow).where(RUNS.c.tenant == tenant, WAITING).distinct()
                for (flow,) in list(await connection.execute(flows.limit(LOOKED_AT))):
                    found = await _line(connection, (tenant, flow), room)
                    rows = (await _allowed(connection, found, room_of_tops, now))[:room]
                    names += _names(rows)
                    room -= len(rows)
                    room_of_tops -= sum(row.depth == 0 for row in rows)
            if names:
                begun = {"start_time": func.coalesce(RUNS.c.start_time, now)}
                await _give(connection, names, id_, begun)
        return tuple(names)

    async def held(self, id_: str) -> tuple[RunName, ...]:
        """The runs that an executor is to execute."""
        mine = and_(RUNS.c.state == RunState.RUNNING.value, RUNS.c.executor == id_)
        chosen = select(RUNS.c.tenant, RUNS.c.flow, RUNS.c.id).where(mine)
        async with self._ledger.transaction(tenant=EVERY_TENANT) as connection:
            return _names(list(await connection.execute(chosen)))

    def _writing(self) -> "_Writing":
        return _Writing(self._ledger, self._turn)


class _Writing:
    """A transaction that writes runs of all tenants, one at a time in all processes."""

    def __init__(self, ledger: SqlLedger, turn: asyncio.Lock) -> None:
        self._ledger = ledger
        self._turn = turn
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> AsyncConnection:
        await self._stack.enter_async_context(self._turn)
        opened = self._ledger.transaction(writes=True, tenant=EVERY_TENANT, lock=LOCK)
        try:
            return await self._stack.enter_async_context(opened)
        except BaseException:
            await self._stack.aclose()
            raise

    async def __aexit__(self, *error: object) -> bool | None:
        return await self._stack.__aexit__(*error)  # type: ignore[arg-type]  # as they came


async def _shares(
    connection: AsyncConnection, id_: str, most: tuple[int, int]
) -> list[tuple[str, int, int]]:
    """The tenants whose runs wait, each with how many more an executor begins of it.

    First of those that no run waits for, then of all. Those with the fewest come first.
    """
    tenants = select(RUNS.c.tenant).where(WAITING).distinct()
    waiting = [row.tenant for row in await connection.execute(tenants)]
    mine = and_(RUNS.c.state == RunState.RUNNING.value, RUNS.c.executor == id_)
    tops = func.sum(case((RUNS.c.depth == 0, 1), else_=0))
    counted = select(RUNS.c.tenant, func.count(), tops).where(mine).group_by(RUNS.c.tenant)
    held = {tenant: (count, top) for tenant, count, top in await connection.execute(counted)}
    found = [(tenant, *held.get(tenant, (0, 0))) for tenant in waiting]
    return [
        (tenant, most[0] - top, most[1] - count)
        for tenant, count, top in sorted(found, key=itemgetter(1))
    ]


async def _line(connection: AsyncConnection, flow: tuple[str, str], most: int) -> list[Any]:
    """The runs of a flow that wait, the oldest first."""
    chosen = select(
        RUNS.c.tenant, RUNS.c.flow, RUNS.c.id, RUNS.c.depth, RUNS.c.concurrency, RUNS.c.rate
    )
    theirs = and_(RUNS.c.tenant == flow[0], RUNS.c.flow == flow[1], WAITING)
    line = chosen.where(theirs).order_by(RUNS.c.id).limit(max(most, 0))
    return list(await connection.execute(line))


async def _allowed(
    connection: AsyncConnection, rows: list[Any], most: int, now: datetime
) -> list[Any]:
    """Those of one flow that may begin now; a run that another waits for always may."""
    if not rows:
        return rows
    first, line = rows[0], [row for row in rows if row.depth == 0]
    below = [row for row in rows if row.depth > 0]
    theirs = and_(RUNS.c.tenant == first.tenant, RUNS.c.flow == first.flow)
    running = and_(theirs, RUNS.c.state == RunState.RUNNING.value, RUNS.c.depth == 0)
    counted = select(func.count()).select_from(RUNS).where(running)
    under_way = int((await connection.execute(counted)).scalar_one())
    room = min(first.concurrency - under_way, most)
    if first.rate and line:
        newest = select(RUNS.c.start_time).where(theirs).order_by(RUNS.c.id.desc())
        times = (await connection.execute(newest.limit(MOST_RATE))).scalars()
        begun = sum(1 for each in times if each is not None and each > now - MINUTE)
        room = min(room, first.rate - begun)
    return below + line[: max(room, 0)]


async def _give(
    connection: AsyncConnection, names: Collection[RunName], id_: str, more: Mapping[str, object]
) -> None:
    values = {
        "state": RunState.RUNNING.value,
        "executor": id_,
        "revision": RUNS.c.revision + 1,
        **more,
    }
    ids = [each.run for each in names]
    await connection.execute(update(RUNS).where(RUNS.c.id.in_(ids)).values(values))


def _names(rows: list[Any]) -> tuple[RunName, ...]:
    return tuple(RunName(row.flow, row.id, row.tenant) for row in rows)
