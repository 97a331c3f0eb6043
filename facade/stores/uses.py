"""Uses: who calls which version, counted in memory and written down by day in batches."""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

from sqlalchemy import and_, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from facade.background import Background
from facade.errors.fault import Fault
from facade.model.names import VersionName
from facade.stores.ledger import SqlLedger
from facade.stores.schema import USES

LOGGER = logging.getLogger(__name__)

PAUSE: Final = 30.0
"""Seconds between two batches."""
LAST: Final = 2.0
"""Seconds that the last batch may take when the process ends."""
MOST: Final = 10_000
"""Pairs of version and caller of one batch; callers beyond it count as nobody."""
KEPT: Final = timedelta(days=90)
"""How long a day is remembered."""
SHOWN: Final = 1_000
"""Callers of a version that are told, the last to call first."""
LOCK: Final = "uses"
"""What writes uses waits for no other writer, where the database knows more than one."""
LONGEST: Final = 255
"""Characters of a caller's name."""


UseKey: TypeAlias = tuple[VersionName, str]
"""The canonical name of a version, and the name of who calls it: empty: nobody that is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """How one caller has called a version."""

    caller: str
    """The name of its identity; empty: nobody that is known."""
    last: datetime
    """Its last call, to the batch."""
    days: Mapping[str, int]
    """Calls by day (`2026-01-31`, UTC), the last first."""

    @property
    def calls(self) -> int:
        """All of them."""
        return sum(self.days.values())


class Uses(Background):
    """Counts calls, and writes them to the ledger in batches for as long as it is entered.

    No call waits for it. While the database does not answer the counts are kept.
    """

    def __init__(
        self, ledger: SqlLedger, clock: Callable[[], float] = time.time, pause: float = PAUSE
    ) -> None:
        """Takes an open ledger, a clock that knows the date, and the seconds between batches."""
        super().__init__()
        self._ledger = ledger
        self._clock = clock
        self._pause = pause
        self._counts: dict[UseKey, int] = {}
        self._writing = asyncio.Lock()

    def begin(self) -> None:
        """Writes what there is, now and then."""
        self.start(self._keep())

    async def end(self) -> None:
        """Writes what is left."""
        try:
            async with asyncio.timeout(LAST):
                await self.write()
        except (Fault, TimeoutError):
            LOGGER.warning("the last calls are missing among the uses of versions")

    def count(self, use: UseKey) -> None:
        """Counts a call."""
        try:
            self._counts[use] += 1
        except KeyError:
            self._count_new(use)

    def _count_new(self, use: UseKey) -> None:
        name, caller = use
        if len(self._counts) < MOST:
            self._counts[use] = 1
        elif caller:
            self.count((name, ""))

    async def of(self, name: VersionName) -> tuple[Use, ...]:
        """Who has called a version in the last 90 days; raises StoreUnavailable."""
        await self.write()
        ours = and_(
            USES.c.tenant == name.tenant,
            USES.c.connector == name.connector,
            USES.c.version == name.version,
        )
        chosen = select(USES).where(ours).order_by(USES.c.day.desc(), USES.c.caller)
        days: dict[str, dict[str, int]] = defaultdict(dict)
        last: dict[str, datetime] = {}
        async with self._ledger.transaction(tenant=name.tenant) as connection:
            for row in await connection.execute(chosen):
                days[row.caller][row.day] = row.calls
                last[row.caller] = max(row.last, last.get(row.caller, row.last))
        found = (Use(caller=each, last=last[each], days=days[each]) for each in days)
        return tuple(sorted(found, key=lambda each: each.last, reverse=True)[:SHOWN])

    async def write(self) -> None:
        """Writes what was counted; raises StoreUnavailable, and keeps what was not written."""
        async with self._writing:
            counts, self._counts = self._counts, {}
            now = datetime.fromtimestamp(self._clock(), UTC)
            by_tenant: dict[str, list[dict[str, Any]]] = defaultdict(list)
            for (name, caller), calls in counts.items():
                by_tenant[name.tenant].append(_row(name, caller, calls, now))
            try:
                for tenant in list(by_tenant):
                    await self._put(tenant, by_tenant[tenant], now)
                    del by_tenant[tenant]
            except BaseException:
                self._back(counts, by_tenant)
                raise

    def _back(self, counts: Mapping[UseKey, int], left: Mapping[str, Any]) -> None:
        """Takes those of some tenants up again."""
        for key, calls in counts.items():
            if key[0].tenant in left:
                self._counts[key] = self._counts.get(key, 0) + calls

    async def _put(self, tenant: str, rows: list[dict[str, Any]], now: datetime) -> None:
        past = f"{now - KEPT:%Y-%m-%d}"
        async with self._ledger.transaction(writes=True, tenant=tenant, lock=LOCK) as connection:
            await _add(connection, rows)
            old = and_(USES.c.tenant == tenant, USES.c.day < past)
            await connection.execute(delete(USES).where(old))

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(self._pause)
            try:
                await self.write()
            except Fault as fault:
                LOGGER.warning("uses of versions are not written now: %s", fault.message)


async def _add(connection: AsyncConnection, rows: list[dict[str, Any]]) -> None:
    """Adds to the counts of a day, also while other processes do."""
    kind = postgresql if connection.dialect.name == "postgresql" else sqlite
    added = kind.insert(USES)
    keys = [each.name for each in USES.primary_key]
    calls = USES.c.calls + added.excluded.calls
    upsert = added.on_conflict_do_update(
        index_elements=keys, set_={"calls": calls, "last": added.excluded.last}
    )
    await connection.execute(upsert, rows)


def _row(name: VersionName, caller: str, calls: int, now: datetime) -> dict[str, Any]:
    return {
        "tenant": name.tenant,
        "connector": name.connector,
        "version": name.version,
        "caller": caller[:LONGEST],
        "day": f"{now:%Y-%m-%d}",
        "calls": calls,
        "last": now,
    }
