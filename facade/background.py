"""Background: work that goes on beside a block, and ends with it."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Self, TypeVar

T = TypeVar("T")


class Background:
    """Owns tasks for as long as it is entered; those that are under way at the end are cancelled.

    A task that fails ends the block, in a group of errors; the block's own error stays as it is.
    """

    def __init__(self) -> None:
        """Has none yet."""
        self._group = asyncio.TaskGroup()
        self._tasks: set[asyncio.Task[Any]] = set()

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        self.begin()
        return self

    async def __aexit__(self, *_error: object) -> None:
        for task in self._tasks:
            task.cancel()
        await self._group.__aexit__(None, None, None)  # else it would wrap the block's own error
        await self.end()

    @property
    def under_way(self) -> int:
        """How many have not ended."""
        return len(self._tasks)

    def start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Has something done beside the block."""
        task = self._group.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def begin(self) -> None:
        """Starts what goes on for the whole of the block."""

    async def end(self) -> None:
        """Does what is left to do once nothing is under way any more."""
