"""Keeping: the snapshot file is as the ledger is, a moment after each change."""

import asyncio
import logging
import time
from asyncio import sleep
from collections.abc import Awaitable, Callable, Collection
from typing import Final

from sqlalchemy import select

from facade.background import Background
from facade.errors.fault import Fault
from facade.stores.ledger import BATCH, SqlLedger
from facade.stores.schema import (
    AUDIT,
    AUTHORIZATIONS,
    CALLS,
    GRANTS,
    META,
    METADATA,
    REQUESTS,
    SPECS,
    SUBJECTS,
    USES,
    VERSIONS,
)
from facade.stores.scope import EVERY_TENANT
from facade.stores.snapshot_file import Rows, SnapshotFile

LOGGER = logging.getLogger(__name__)

LEFT_OUT: Final = frozenset({AUDIT, AUTHORIZATIONS, CALLS, GRANTS, REQUESTS, SPECS, SUBJECTS, USES})
"""Tables that a snapshot does not have: what is asked of them is refused, not answered wrongly.

An old refresh token would have a server end the consent; of subjects there may be millions.
"""

TABLES: Final = tuple(each for each in METADATA.sorted_tables if each not in LEFT_OUT)

PERIOD: Final = 1.0
"""Seconds between two looks at the ledger …"""
SHARE: Final = 20
"""… and between two snapshots, in times of what one takes: they are a small part of the work."""


class Keeping(Background):
    """Writes a snapshot whenever the ledger has moved, for as long as it is entered."""

    def __init__(
        self,
        ledger: SqlLedger,
        file: SnapshotFile,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], Awaitable[None]] = sleep,
    ) -> None:
        """Takes what is kept, and where."""
        super().__init__()
        self._ledger = ledger
        self._file = file
        self._clock = clock
        self._pause = pause

    def begin(self) -> None:
        """Follows the ledger."""
        self.start(self._follow())

    async def _follow(self) -> None:
        said, rest = "", PERIOD
        while True:
            await self._pause(rest)
            began, problem = self._clock(), ""
            try:
                await self.keep()
            except Fault as fault:
                problem = fault.message
            except OSError as error:
                problem = str(error.strerror)
            if problem and problem != said:
                LOGGER.warning("the snapshot of the ledger is not kept now: %s", problem)
            said = problem
            rest = max(PERIOD, SHARE * (self._clock() - began))

    async def keep(self) -> bool:
        """Writes a snapshot where there is none of the last commit; answers whether it did.

        Raises StoreUnavailable, KeyRingMissing, OSError.
        """
        if self._ledger.is_stood_in_for:
            return False
        sequence = await self._ledger.recent_sequence()
        if await asyncio.to_thread(self._file.is_of, sequence):
            return False
        with self._file.reserved() as is_ours:
            if is_ours:
                await self._write()
        return is_ours

    async def _write(self) -> None:
        rows = await self._rows()
        digests = {row["spec_digest"] for row in rows[VERSIONS.name]}
        await self._put(digests)
        sequence = rows[META.name][0]["sequence"]
        await asyncio.to_thread(self._file.write, sequence, rows, digests)

    async def _rows(self) -> Rows:
        """The tables as they are, all of one moment."""
        rows = {}
        async with self._ledger.transaction(tenant=EVERY_TENANT) as connection:
            for table in TABLES:
                found = (await connection.execute(select(table))).mappings()
                rows[table.name] = [dict(row) for row in found]
        return rows

    async def _put(self, digests: Collection[str]) -> None:
        """Writes the documents that have no file yet."""
        lacking = await asyncio.to_thread(self._file.lacking, digests)
        for start in range(0, len(lacking), BATCH):
            texts = await self._ledger.specs(lacking[start : start + BATCH])
            await asyncio.to_thread(self._file.put, texts.values())
