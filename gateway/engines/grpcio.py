"""gRPC's own server, which can everything, with the event loop as what takes its events.

It stands on what `grpc.server` and `grpc.aio.server` are made of. Of the latter each event of a
call wakes the loop by itself, and a call has four tasks; here the loop takes all events that there
are whenever it is woken, a call has at most one task, and an answer goes out with its metadata.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from threading import Lock, Thread
from typing import Any, TypeAlias

from grpc import ServerCredentials, StatusCode

from facade.policy.overload.holds import Holds
from gateway.engines.carried import Carried
from gateway.engines.core import CompletionQueue, CompletionType, Server, credentials_of
from gateway.interceptors.base import Endpoint, Refusal

LOGGER = logging.getLogger(__name__)

AHEAD = 64
"""Calls that may arrive before the loop takes one."""

TURN = 256
"""Events after which the loop does something else."""

SOMETHING = CompletionType.operation_complete

NOWHERE = Refusal(code=StatusCode.UNIMPLEMENTED, details="There is no such method.")

Served: TypeAlias = tuple[Endpoint, str]
"""An endpoint and its name."""

UNKNOWN = Endpoint(service="", method="", incoming=True, begin=lambda *_: NOWHERE)

Beside: TypeAlias = Iterable[Endpoint]
"""What is served and is no part of the API: health and reflection."""


class Grpcio:
    """An engine: gRPC's core."""

    def __init__(
        self,
        endpoints: Iterable[Endpoint],
        beside: Beside,
        options: Mapping[str, int],
        credentials: ServerCredentials | None = None,
        others: Endpoint = UNKNOWN,
    ) -> None:
        """Takes what it serves, and TLS if there is to be any.

        `others` is for every method that has no endpoint: its RPCs have the path as their method.
        """
        every = (*endpoints, *beside)
        self._served = {f"/{each.name}".encode(): (each, each.name) for each in every}
        self._others = others
        self._options = tuple(options.items())
        self._safe = () if credentials is None else (credentials_of(credentials),)
        self._running: Running | None = None

    async def start(self, address: str) -> int:
        """Listens."""
        queue, server = CompletionQueue(), Server(self._options, xds=False)
        server.register_completion_queue(queue)
        port: int = server.add_http2_port(address.encode(), *self._safe)
        if not port:
            server.destroy()
            raise OSError(address)
        served = self._served, self._others
        self._running = Running(queue, server, served, is_safe=bool(self._safe))
        return port

    async def stop(self, grace: float) -> None:
        """Says GOAWAY, by which callers go elsewhere, and ends."""
        if self._running is not None:
            await self._running.stop(grace)


class Running:
    """The server as it listens: a thread waits for events, and the loop takes them."""

    def __init__(
        self,
        queue: Any,
        server: Any,
        served: tuple[Mapping[bytes, Served], Endpoint],
        *,
        is_safe: bool,
    ) -> None:
        """Begins."""
        self.is_safe = is_safe
        """Whether there is TLS."""
        self._queue, self._server = queue, server
        self._served, self._others = served
        self.loop = asyncio.get_running_loop()
        self.calls: set[Carried] = set()
        """Those under way."""
        self.holds: Holds[Callable[[], None]] = Holds(_called)
        """How those end that were turned away."""
        self.ending = False
        """Whether it takes no more calls."""
        self._ended, self._left = asyncio.Event(), asyncio.Event()
        self._taken = Lock()
        self._taken.acquire()
        server.start(backup_queue=False)
        for _ in range(AHEAD):
            self._ask()
        self._waiting: Thread | None = Thread(target=self._wait, name="portico-grpc", daemon=True)
        self._waiting.start()

    async def stop(self, grace: float) -> None:
        """Gives the calls under way so many seconds, and ends."""
        if not self.ending:
            self.ending = True
            self._server.shutdown(self._queue, self._end)
        try:
            async with asyncio.timeout(grace):
                await self._ended.wait()
        except TimeoutError:
            self._server.cancel_all_calls()
            await self._ended.wait()
        if self.calls:  # what is cancelled may have to clear up
            await self._left.wait()
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            self._server.destroy()
            self._queue.shutdown()
            await asyncio.to_thread(waiting.join)

    def sent(self, _event: Any) -> None:
        """Hears that a call has its status."""
        if self.ending and not self.calls:
            self._left.set()

    def _end(self, _event: Any) -> None:
        """Hears that no connection is left."""
        self._ended.set()

    def _ask(self) -> None:
        self._server.request_call(self._queue, self._queue, self._arrive)

    def _arrive(self, event: Any) -> None:
        if not event.success:  # it ends, and nothing has arrived
            return
        if not self.ending:
            self._ask()
        call, details = event.call, event.call_details
        endpoint, name = self._served.get(details.method) or self._other(details.method)
        carried = Carried(call, details, event.invocation_metadata, endpoint, name, self)
        self.calls.add(carried)
        carried.begin()

    def _other(self, path: bytes) -> Served:
        return self._others, path.decode("latin-1")

    def _wait(self) -> None:
        """In the thread: has the loop take what there is, and waits until it has."""
        poll, wake = self._queue.poll, self.loop.call_soon_threadsafe
        with suppress(RuntimeError):  # the loop has ended without `stop`
            while (event := poll()).completion_type == SOMETHING:
                wake(self._take, event)
                event = None
                self._taken.acquire()

    def _take(self, event: Any) -> None:
        poll = self._queue.poll
        for _ in range(TURN):
            try:
                event.tag(event)
            except Exception:  # or else no event would be taken any more
                LOGGER.exception("a bug of ours between calls")
            event = poll(0)
            if event.completion_type != SOMETHING:
                self._taken.release()
                return
        self.loop.call_soon(self._take, event)


def _called(end: Callable[[], None]) -> None:
    end()
