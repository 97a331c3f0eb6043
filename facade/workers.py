"""Several processes behind one port: start them, keep them, stop them."""

import asyncio
import contextlib
import logging
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from facade.config import Misconfigured

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0
"""Seconds before a worker that ended is started again; doubled each time."""

HEALTHY = 10.0
"""Seconds after which a worker's next end is its first again."""

MISUSED = 2
"""The exit status that says: these settings cannot work, do not try again."""


class Supervisor:
    """Keeps a number of worker processes running until it is told to stop.

    Workers are programs of their own, started anew: gRPC and a fork do not go together.
    """

    def __init__(
        self,
        command: Sequence[str],
        count: int,
        said: bytes = b"",
        *,
        clock: Callable[[], float] = time.monotonic,
        environ: Mapping[str, str] | None = None,
        ended: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Takes the worker's command line, how many there are to be, and what each is told.

        That goes over standard input, where nobody else reads it, and must end a line. `environ`
        is their environment, where it is not this process's own; `ended` gets the number of each
        process that has ended.
        """
        self._command = command
        self._said = said
        self._count = count
        self._clock = clock
        self._environ = environ
        self._ended = ended
        self._log = logging.getLogger("portico.workers")
        self._running: set[asyncio.subprocess.Process] = set()
        self._stopping = asyncio.Event()
        self._status = 0

    @property
    def serving(self) -> bool:
        """Whether there is a worker, and it is not to end."""
        return bool(self._running) and not self._stopping.is_set()

    async def run(self) -> int:
        """Runs until SIGTERM or SIGINT, when every worker gets SIGTERM; gives the exit status.

        A worker that ends is started again after a pause; one that says that its settings cannot
        work ends them all.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        async with asyncio.TaskGroup() as group:
            for _ in range(self._count):
                group.create_task(self._keep())
        return self._status

    async def _keep(self) -> None:
        """One worker, again and again."""
        pause = FIRST_PAUSE
        while not self._stopping.is_set():
            began = self._clock()
            status = await self._once()
            if self._stopping.is_set():
                return
            if status == MISUSED:
                self._status = status
                self._stop()
                return
            pause = FIRST_PAUSE if self._clock() - began >= HEALTHY else pause
            self._log.error("a worker ended with %s; the next one in %.1f s", status, pause)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _once(self) -> int:
        # Away from the terminal, whose Ctrl-C would come beside our signal; the pipe closes
        # with this process, however that ends, which tells the worker to end too.
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            start_new_session=True,
            env=self._environ,
        )
        self._running.add(process)
        if process.stdin is not None:
            process.stdin.write(self._said)
        if self._stopping.is_set():
            _end(process)
        try:
            return await process.wait()
        finally:
            self._running.discard(process)
            self._ended(process.pid)

    def _stop(self) -> None:
        self._stopping.set()
        for process in self._running:
            _end(process)


def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()


@contextlib.contextmanager
def reserved(address: str) -> Iterator[str]:
    """Holds a port that workers can share; gives the address with the port that was found.

    Raises Misconfigured for what several processes cannot listen on.
    """
    host, _, port = address.rpartition(":")
    if address.startswith("unix") or not port.isdigit():
        raise Misconfigured(f"several workers cannot share {address}: HOST:PORT is needed")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try:
            holder.bind((host, int(port)))
        except OSError as problem:
            raise Misconfigured(f"cannot listen on {address}: {problem.strerror}") from None
        yield f"{address.rpartition(':')[0]}:{holder.getsockname()[1]}"
