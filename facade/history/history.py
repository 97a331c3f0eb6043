"""History: calls and runs as they end, written in batches beside them, and what they say."""

import asyncio
import logging
import time
from collections import defaultdict, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from random import random
from typing import Any, Final
from uuid import uuid4

from facade.background import Background
from facade.errors.fault import Details, Fault, Resource
from facade.errors.history import ExecutionNotFound
from facade.history import rows
from facade.history.figures import (
    COLUMNS,
    KEPT,
    KEYS,
    SKETCHES,
    begin_of,
    grouped_of,
    groups_of,
    is_of_runs,
    span_of,
    take,
)
from facade.history.noting import Noted, Notes
from facade.history.tally import Key, Sum, Tally, row_of
from facade.model.execution import Execution, FigureGroup, FigureQuery
from facade.model.time_ids import least_id
from facade.stores.figure_sums import Grouped
from facade.stores.history import SqlHistory, Stretch
from facade.stores.history_filter import Condition
from facade.stores.turns import SqlTurns

LOGGER = logging.getLogger(__name__)

PAUSE: Final = 1.0
"""Seconds between two batches."""
SUMS: Final = 5
"""Batches between two that have figures too."""
BATCH: Final = 500
"""Rows of one transaction: other writers wait so long and no longer."""
MOST: Final = 20_000
"""Calls that wait to be written; what comes beyond them is left out, and counted."""
LAST: Final = 5.0
"""Seconds that the last batches may take when the process ends."""
LARGE: Final = 200_000
"""Bytes of sketches from which a thread adds them up: calls go on meanwhile."""
SWEEP: Final = 600.0
"""Seconds between two looks at what is too old."""
TURN: Final = 2 * SWEEP
"""Seconds for which one process alone takes those looks."""
LATE: Final = 3600
"""Seconds after its end from which nobody writes figures of a stretch any more."""
WHOLE: Final = "*"
"""The writer of figures whose processes have been put together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """What is kept, by the operator's choice."""

    days: int = 30
    """0: nothing."""
    sample: float = 1.0
    """Share of those that succeed which have a row; all count."""
    bodies: bool = False


class History(Notes, Background):
    """Keeps executions and figures for as long as it is entered. No call waits for it.

    While the ledger does not answer, what fits is kept in memory.
    """

    def __init__(
        self,
        store: SqlHistory,
        turns: SqlTurns,
        keeping: Keeping,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Takes where it is kept, whose turn it is to sweep, and what is kept."""
        super().__init__()
        self.keeps = keeping.days > 0
        self.bodies = keeping.bodies
        self.dropped = 0
        """Calls and runs that were left out: more came than could be written."""
        self._store = store
        self._turns = turns
        self._keeping = keeping
        self._clock = clock
        self._id = str(uuid4())
        self._notes: deque[Noted | Execution] = deque()
        self._pending: list[dict[str, Any]] = []
        self._tally = Tally(self._id)
        self._writing = asyncio.Lock()

    def begin(self) -> None:
        """Writes what there is, now and then, and forgets what is too old."""
        if self.keeps:
            self.start(self._keep())
            self.start(self._sweep_on())

    async def end(self) -> None:
        """Writes what is left."""
        try:
            async with asyncio.timeout(LAST):
                await self.write()
        except (Fault, TimeoutError):
            LOGGER.warning("the last calls are missing in history")

    @property
    def waiting(self) -> int:
        """How many wait to be written."""
        return len(self._notes) + len(self._pending)

    def took(self, noted: Noted) -> None:
        """Takes down a call that has ended."""
        if len(self._notes) < MOST:
            self._notes.append(noted)
        else:
            self.dropped += 1

    def note(self, execution: Execution) -> None:
        """Takes down a run, or a call that no engine has made; its id is a UUID of version 7."""
        if not self.keeps:
            return
        if len(self._notes) < MOST:
            self._notes.append(execution)
        else:
            self.dropped += 1

    async def get(self, tenant: str, id_: str) -> Execution:
        """An execution; raises ExecutionNotFound."""
        await self._caught_up()
        found = await self._store.get(tenant, id_)
        if found is None:
            about = Resource(type="gateway.v1/Execution", name=f"executions/{id_[:63]}")
            said = f"no execution `{about.name}`"
            raise ExecutionNotFound(said, details=Details(resource=about))
        return found

    async def page(
        self, tenant: str, condition: Condition, before: str, limit: int
    ) -> tuple[tuple[Execution, ...], str]:
        """Executions that a condition lets through, the newest first, older than an id.

        And the id before which to go on, empty where all were looked at: there may be less than
        the limit, or none, where much had to be looked at.
        """
        if not before:
            await self._caught_up()
        return await self._store.page(tenant, condition, before, limit)

    async def figures(self, tenant: str, query: FigureQuery) -> tuple[FigureGroup, ...]:
        """What a tenant's executions say together, those with the most calls first."""
        await self._caught_up()
        span = span_of(query, self._clock())
        stretch = Stretch(
            tenant=tenant,
            span=span,
            start=begin_of(query, span),
            end=int(query.end_time.timestamp()) + 1,
            scope=query.scope,
            runs=is_of_runs(query),
        )
        found = await self._store.figures(stretch, KEYS[query.grouping], grouped_of(query))
        if sum(len(row[SKETCHES]) for row in found) < LARGE:
            return groups_of(found, query, span)
        return await asyncio.to_thread(groups_of, found, query, span)

    async def write(self, *, sums: bool = True) -> None:
        """Writes what there is, with the figures if asked; raises StoreUnavailable."""
        async with self._writing:
            while self._notes or self._pending or (sums and self._tally.changed):
                self._take()
                figures = self._tally.rows() if sums and not self._notes else []
                await self._store.write(self._pending[:BATCH], figures)
                del self._pending[:BATCH]
                if figures:
                    self._tally.written(self._clock())

    def _take(self) -> None:
        """Makes rows of the next ones that wait, as far as they fit a batch, and counts them."""
        counted: dict[tuple[Key, int], Sum] = defaultdict(Sum)
        notes, keep, sample = self._notes, self._pending.append, self._keeping.sample
        for _ in range(min(len(notes), BATCH - len(self._pending))):
            noted = notes.popleft()
            if is_call := isinstance(noted, Noted):
                row, ended = rows.of_call(noted), noted.time
            else:
                row, ended = rows.of_execution(noted), noted.time.timestamp()
            minute = int(ended / 60) * 60
            counted[rows.key_of(row), minute].count(row["seconds"], rows.error_of(row), ended)
            if sample >= 1 or not (is_call and row["ok"]) or random() < sample:  # noqa: S311 - no secret
                keep(row)
        self._tally.add(counted)

    async def _caught_up(self) -> None:
        """What has ended here until now can be read, where the ledger takes it."""
        with suppress(Fault):
            await self.write()

    async def _keep(self) -> None:
        turn = 0
        while True:
            await asyncio.sleep(PAUSE)
            turn += 1
            try:
                await self.write(sums=turn % SUMS == 0)
            except Fault as fault:
                LOGGER.warning("history is not written now: %s", fault.message)

    async def _sweep_on(self) -> None:
        while True:
            await asyncio.sleep(SWEEP)
            try:
                now = self._clock()
                if await self._turns.take("history", self._id, now, now + TURN):
                    await self.sweep()
            except Fault as fault:
                LOGGER.warning("history is not cleared up now: %s", fault.message)

    async def sweep(self) -> None:
        """Forgets what is too old, and puts the figures of several processes together."""
        now = self._clock()
        past = now - self._keeping.days * 86400
        oldest = least_id(datetime.fromtimestamp(past, UTC))
        for tenant in await self._store.tenants():
            more = True
            while more:
                more = await self._store.forget(tenant, oldest)
            for span, kept in (*KEPT.items(), (86400, self._keeping.days * 86400)):
                await self._store.drop_figures(tenant, span, int(now - kept) - span)
            for span in (3600, 86400):
                await self._join(tenant, span, now)

    async def _join(self, tenant: str, span: int, now: float) -> None:
        """One row for each key, of the stretches that nobody writes any more."""
        end = int(now) - LATE - span
        end -= end % span
        for runs in (False, True):
            stretch = Stretch(
                tenant=tenant, span=span, start=end - 2 * span, end=end + 1, runs=runs
            )
            found = await self._store.figures(stretch, Key._fields, Grouped.NOT)
            await self._join_rows(stretch, found)

    async def _join_rows(self, stretch: Stretch, found: Any) -> None:
        by_start: dict[int, dict[Key, list[Any]]] = defaultdict(lambda: defaultdict(list))
        for row in found:
            by_start[row[0]][Key(*row[COLUMNS:])].append(row)
        for start, keys in by_start.items():
            if all(len(each) == 1 for each in keys.values()):
                continue
            joined = []
            for key, each in keys.items():
                total = Sum()
                for row in each:
                    take(total, row)
                joined.append(row_of(key, stretch.span, start, WHOLE, total))
            await self._store.replace_figures(replace(stretch, start=start, end=start + 1), joined)
