"""The audit as it is read: the rows of a tenant, and whether the chain of all is whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, select

from facade.stores.chain import COLUMNS, START, digest_of
from facade.stores.ledger import SqlLedger
from facade.stores.schema import AUDIT, META
from facade.stores.scope import EVERY_TENANT

BATCH: Final = 2000
"""Rows that are read with one statement."""
TOLD: Final = 10
"""Broken rows that are told one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A row of the audit."""

    number: int
    sequence: int | None
    """Of the commit; none of a refusal."""
    time: datetime
    tenant: str
    caller: str
    method: str
    target: str
    changes: Sequence[str]
    request_id: str
    outcome: str
    before: str
    after: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotedRow:
    """A row as somebody has noted it down before, out of reach of whoever has the database."""

    number: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What the walk along the chain has found; it tells numbers and no content."""

    number: int
    """Of the last row."""
    digest: str
    """Of that row: who notes it down elsewhere sees later whether what was before it still is."""
    broken: tuple[int, ...] = ()
    """Rows that are changed, missing, or not where they were; the first ones."""
    problems: int = 0
    """How many there are in all."""

    @property
    def is_intact(self) -> bool:
        """Whether the audit is as it was written."""
        return not self.problems


@dataclass(slots=True)
class _Walk:
    """Where the walk is."""

    known: NotedRow | None
    number: int = 0
    digest: str = START
    broken: list[int] = field(default_factory=list)
    problems: int = 0

    def step(self, row: Mapping[str, Any]) -> None:
        """Takes the next row that there is."""
        number = row["number"]
        for missing in range(self.number + 1, min(number, self.number + 1 + TOLD)):
            self.note(missing)
        self.problems += max(0, number - self.number - 1 - TOLD)
        known = self.known
        is_other = known is not None and known.number == number and known.digest != row["digest"]
        if is_other or digest_of(self.digest, row) != row["digest"]:
            self.note(number)
        self.number, self.digest = number, row["digest"]

    def end(self, last: int, digest: str, highest: int) -> None:
        """Notes what is cut off, what was put behind the end, and what cannot be known yet."""
        self.problems += max(0, last - self.number - TOLD)
        for lost in range(self.number + 1, min(last, self.number + TOLD) + 1):
            self.note(lost)
        if self.number == last and self.digest != digest:
            self.note(last)
        if highest > last:
            self.note(highest)
        if self.known is not None and self.known.number > last:
            self.note(self.known.number)

    def note(self, number: int) -> None:
        self.problems += 1
        if len(self.broken) < TOLD:
            self.broken.append(number)


class Trail:
    """Reads the audit of a ledger. Every method raises StoreUnavailable."""

    def __init__(self, ledger: SqlLedger) -> None:
        """Takes an open ledger."""
        self._ledger = ledger

    async def page(self, tenant: str, before: int | None, limit: int) -> list[Entry]:
        """The rows of a tenant before a number, the latest first."""
        ours: ColumnElement[bool] = AUDIT.c.tenant == tenant
        if before is not None:
            ours = and_(ours, AUDIT.c.number < before)
        query = select(AUDIT).where(ours).order_by(AUDIT.c.number.desc()).limit(limit)
        async with self._ledger.transaction(tenant=tenant) as connection:
            return [Entry(**row) for row in (await connection.execute(query)).mappings()]

    async def verify(self, known: NotedRow | None = None) -> Verified:
        """Walks along the chain, from the first row to the one that the ledger says is the last.

        Rows that are written meanwhile are left for the next time.
        """
        last, digest, highest = await self._head()
        walk = _Walk(known)
        while rows := await self._rows(walk.number):
            for row in rows:
                if row["number"] > last:
                    break
                walk.step(row)
            if rows[-1]["number"] >= last:
                break
        walk.end(last, digest, highest)
        return Verified(
            number=last, digest=digest, broken=tuple(walk.broken), problems=walk.problems
        )

    async def _head(self) -> tuple[int, str, int]:
        """Number and digest of the last row by the ledger's word, and the highest number of all."""
        highest = select(func.coalesce(func.max(AUDIT.c.number), 0)).scalar_subquery()
        head = select(META.c.audit_number, META.c.audit_digest, highest)
        async with self._ledger.transaction(tenant=EVERY_TENANT) as connection:
            last, digest, found = (await connection.execute(head)).one()
        return last, digest, found

    async def _rows(self, after: int) -> list[dict[str, Any]]:
        columns: list[Any] = [AUDIT.c[name] for name in (*COLUMNS, "digest")]
        query = select(*columns).where(AUDIT.c.number > after).order_by(AUDIT.c.number).limit(BATCH)
        async with self._ledger.transaction(tenant=EVERY_TENANT) as connection:
            return [dict(row) for row in (await connection.execute(query)).mappings()]
