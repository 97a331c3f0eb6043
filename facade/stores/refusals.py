"""Refusals: what callers were not allowed, written down behind their backs."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from facade.background import Background
from facade.errors.fault import Fault
from facade.stores.audit import note_all
from facade.stores.base import Audit
from facade.stores.ledger import SqlLedger
from facade.stores.scope import EVERY_TENANT
from facade.telemetry.outage import Outage

LOGGER = logging.getLogger(__name__)

MOST = 100
"""Different refusals that one batch tells one by one; of those beyond it tells the number."""
PAUSE = 1.0
"""Seconds between two batches: with MOST, what a flood of refusals may cost the database."""
LAST = 2.0
"""Seconds that the last batch may take when the process ends."""
LONGEST = 256
"""Characters of what a caller has chosen that are kept."""


class Refused(NamedTuple):
    """Who was refused what, and why."""

    caller: str
    tenant: str
    method: str
    target: str
    reason: str


class Refusals(Background):
    """Collects refusals and writes them to the audit, in batches, for as long as it is entered.

    No call waits for it. The same refusal several times is one row that says how often, and while
    the database does not answer they are kept, as far as there is room.
    """

    def __init__(
        self,
        ledger: SqlLedger,
        clock: Callable[[], float] = time.time,
        pause: float = PAUSE,
    ) -> None:
        """Takes an open ledger, a clock that knows the date, and the seconds between batches."""
        super().__init__()
        self._ledger = ledger
        self._clock = clock
        self._pause = pause
        self._waiting: Counter[Refused] = Counter()
        self._more = 0
        self._some = asyncio.Event()

    def begin(self) -> None:
        """Writes what there is, now and then."""
        self.start(self._keep())

    async def end(self) -> None:
        """Writes what is left."""
        try:
            async with asyncio.timeout(LAST):
                await self.write()
        except (Fault, TimeoutError):
            LOGGER.warning("%d refusals are missing in the audit", self.waiting)

    @property
    def waiting(self) -> int:
        """How many are not written yet."""
        return self._waiting.total() + self._more

    def note(self, caller: str, tenant: str, method: str, target: str, reason: str) -> None:
        """Notes that a caller was refused; takes no time."""
        refused = Refused(_kept(caller), tenant, _kept(method)[:64], _kept(target), reason[:64])
        if refused in self._waiting or len(self._waiting) < MOST:
            self._waiting[refused] += 1
        else:
            self._more += 1
        self._some.set()

    async def write(self) -> None:
        """Writes what there is; raises StoreUnavailable or StoreFull, and keeps it then."""
        waiting, more = self._waiting, self._more
        if not waiting:
            return
        self._waiting, self._more = Counter(), 0
        try:
            await self._put(waiting, more)
        except BaseException:
            self._take_back(waiting, more)
            raise

    def _take_back(self, waiting: Counter[Refused], more: int) -> None:
        self._more += more
        newer, self._waiting = self._waiting, waiting
        for refused, times in newer.items():
            if refused in waiting or len(waiting) < MOST:
                waiting[refused] += times
            else:
                self._more += times

    async def _put(self, waiting: Counter[Refused], more: int) -> None:
        now = datetime.fromtimestamp(self._clock(), UTC)
        rows = [
            Audit(
                time=now,
                tenant=refused.tenant,
                caller=refused.caller,
                method=refused.method,
                target=refused.target,
                changes=(f"{times} times",) if times > 1 else (),
                outcome=refused.reason,
            )
            for refused, times in waiting.items()
        ]
        if more:
            told = (f"and {more} more",)
            rows.append(Audit(time=now, method="", target="", changes=told, outcome="REFUSED"))
        async with self._ledger.transaction(writes=True, tenant=EVERY_TENANT) as connection:
            await note_all(connection, tuple((each, None) for each in rows))

    async def _keep(self) -> None:
        outage = Outage(lambda fault: LOGGER.warning("refusals are not written now: %s", fault))
        while True:
            await self._some.wait()
            self._some.clear()
            with outage.noted(Fault):
                await self.write()
            if outage.lasts:
                self._some.set()
            await asyncio.sleep(self._pause)


def _kept(text: str) -> str:
    """What the database can keep of a caller's text: PostgreSQL has no NUL."""
    return text[:LONGEST].replace("\0", "\N{REPLACEMENT CHARACTER}")
