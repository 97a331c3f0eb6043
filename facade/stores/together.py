"""Together: what several callers write at the same time is one transaction, and one fsync."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from typing import Any, Final, Generic, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from facade.stores.ledger import SqlLedger

W = TypeVar("W")
"""A write, before it is made."""

MOST: Final = 64
"""Writes in one transaction: others that write wait no longer than for these."""


class Together(Generic[W]):
    """Writes to a ledger with one writer: what comes while one transaction ends is the next one.

    Those of one key are made in the order in which they were asked for, each in a transaction of
    its own. A write whose caller goes away while it waits is not made; one under way by then is.
    """

    def __init__(
        self,
        ledger: SqlLedger,
        key: Callable[[W], str],
        make: Callable[[AsyncConnection, Sequence[W]], Awaitable[Sequence[Any]]],
    ) -> None:
        """Takes an open ledger, the key of a write, and what makes writes and answers each."""
        self._ledger = ledger
        self._key = key
        self._make = make
        self._waiting: deque[tuple[W, asyncio.Future[Any]]] = deque()
        self._writer: asyncio.Task[None] | None = None

    async def write(self, wanted: W) -> Any:
        """What a write is answered, once it is kept; raises StoreUnavailable, StoreFull.

        It is made again where one beside it fails.
        """
        kept: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((wanted, kept))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_on(), context=Context())
        return await kept

    async def _write_on(self) -> None:
        while self._waiting:
            some: dict[str, tuple[W, asyncio.Future[Any]]] = {}
            while self._waiting and len(some) < MOST:
                key = self._key(self._waiting[0][0])
                if key in some:
                    break
                wanted, kept = self._waiting.popleft()
                if not kept.done():
                    some[key] = wanted, kept
            if some:
                await self._keep(list(some.values()))

    async def _keep(self, some: Sequence[tuple[W, "asyncio.Future[Any]"]]) -> None:
        """Makes writes in one transaction, or each in its own where that fails."""
        try:
            async with self._ledger.transaction(writes=True) as connection:
                answers = await self._make(connection, [wanted for wanted, _ in some])
        except Exception as problem:  # noqa: BLE001 - whoever waits for it is told
            for each in some if len(some) > 1 else ():
                await self._keep([each])
            for _, kept in some:
                if not kept.done():
                    kept.set_exception(problem)
        else:
            for (_, kept), answer in zip(some, answers, strict=True):
                if not kept.done():
                    kept.set_result(answer)
