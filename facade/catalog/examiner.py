"""Examiner: a process beside this one that reads large documents, so that calls never wait."""

import asyncio
import logging
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, Self, TypeVar

from facade.catalog.examining import HEAD, told, understood
from facade.catalog.reading import in_thread
from facade.errors.caller import InvalidSpec

COMMAND: Final = (sys.executable, "-P", "-m", "facade.catalog.examining")
"""Without -P, modules would be those that lie in the working directory."""

SMALL: Final = 32 * 1024
"""Bytes up to which a document is read here, in a thread: sooner done than told."""

TRIES: Final = 2
"""Processes that may end over one document."""

IDLE: Final = 60.0
"""Seconds without work after which the process goes, and gives its memory back."""

PIECE: Final = 64 * 1024
"""Bytes that go to the process at once: as many as a pipe holds."""

BUFFER: Final = 2**20

T = TypeVar("T")

LOGGER = logging.getLogger(__name__)


class Examiner:
    """Runs what takes its time in a process of its own, one thing after the other.

    The process is started when it is first needed, at a low priority. It ends with this one,
    however that ends; when it has grown, or had nothing to do for long; and when nobody waits any
    more for what it does. A new one takes its place when there is work again. Where none can be
    had, threads do the work.
    """

    def __init__(self, command: tuple[str, ...] = COMMAND) -> None:
        """Takes the command of the process."""
        self._command = command
        self._turn = asyncio.Lock()
        self._process: Process | None = None
        self._rest: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._ended()

    async def run(self, size: int, function: Callable[..., T], /, *given: Any) -> T:
        """What a module's function makes of a document of so many bytes, and of other values.

        All of them must be such as can be pickled. Raises what the function raises, and InvalidSpec
        where one process after the other ends over the document.
        """
        if size <= SMALL:
            return await in_thread(size, function, *given)
        asked = told((function, given))
        async with self._turn:
            for _ in range(TRIES):
                process = await self._started()
                if process is None:
                    return await in_thread(size, function, *given)
                answer = await self._answer(process, asked)
                if answer is not None:
                    done, value = answer
                    if done:
                        return value  # type: ignore[no-any-return]  # of the function that was named
                    raise value
        raise InvalidSpec(
            "The document cannot be read: the process that reads documents has ended over it "
            f"{TRIES} times, most likely for want of memory."
        )

    async def _started(self) -> Process | None:
        """The process that runs, else a new one; None where none can be had."""
        if self._rest is not None:
            self._rest.cancel()
        if self._process is not None and self._process.returncode is None:
            return self._process
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._command, stdin=PIPE, stdout=PIPE, limit=BUFFER
            )
        except OSError as problem:
            LOGGER.warning("documents are read in a thread: %s", problem.strerror)
            return None
        return self._process

    async def _answer(self, process: Process, asked: bytes) -> tuple[bool, Any] | None:
        """Whether it was done, with what came of it or why not; None where the process ended."""
        try:
            answer = await _asked(process, asked)
        except (asyncio.IncompleteReadError, ConnectionError):
            await self._ended()
            LOGGER.warning("the process that reads documents has ended by itself")
            return None
        except BaseException:
            await self._ended()
            raise
        self._rest = asyncio.get_running_loop().call_later(IDLE, process.kill)
        return answer

    async def _ended(self) -> None:
        """Ends the process, if there is one."""
        process, self._process = self._process, None
        if self._rest is not None:
            self._rest.cancel()
        if process is not None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def _asked(process: Process, asked: bytes) -> tuple[bool, Any]:
    inward, outward = process.stdin, process.stdout
    if inward is None or outward is None:
        raise ConnectionError
    for start in range(0, len(asked), PIECE):
        inward.write(asked[start : start + PIECE])
        await inward.drain()
    (length,) = HEAD.unpack(await outward.readexactly(HEAD.size))
    answer: tuple[bool, Any] = understood(await outward.readexactly(length))
    return answer
