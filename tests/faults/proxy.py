"""A TCP proxy on loopback that breaks what goes through it, as it is told while it runs."""

import asyncio
import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from random import Random
from typing import Self

from tests.fakes import RawBackend, break_off

CHUNK = 65536
TICK = 0.02
"""Seconds that a limited bandwidth is measured out by."""
QUEUE = 64
"""Chunks under way in one direction, before the sender has to wait."""

Chunks = asyncio.Queue[tuple[float, bytes]]
"""When each is due, by the loop's clock; an empty one is the end."""


class End(Enum):
    """What becomes of a connection."""

    RESET = "reset"
    """RST to both sides."""
    CLOSE = "close"
    """FIN to both sides."""
    HALF_CLOSE = "half-close"
    """FIN in this direction; the other one goes on."""
    SWALLOW = "swallow"
    """Nothing more arrives, and nothing is said of it: a black hole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """What befalls the bytes of one direction. Times are in seconds."""

    latency: float = 0.0
    jitter: float = 0.0
    """At most so much more latency, evenly drawn; the order stays."""
    bandwidth: float = 0.0
    """Bytes a second; 0: unlimited."""
    slicing: int = 0
    """Bytes in a segment; 0: as they came."""
    pause: float = 0.0
    """After each segment: one byte each 0.3 s is `slicing=1, pause=0.3`."""
    end: End | None = None
    after: int = 0
    """Bytes of a connection that still arrive before its end."""

    @property
    def segment(self) -> int:
        """Bytes sent at a time; 0: all that there are."""
        return self.slicing or math.ceil(self.bandwidth * TICK)

    @property
    def rest(self) -> float:
        """Seconds after each byte, for the bandwidth."""
        return 1.0 / self.bandwidth if self.bandwidth else 0.0


NONE = Faults()
HOLE = Faults(end=End.SWALLOW)


class Ended(Exception):
    """The connection came to the end that it was meant to have."""

    def __init__(self, end: End) -> None:
        super().__init__(end)
        self.end = end


class FaultProxy(RawBackend):
    """Stands in front of a server on 127.0.0.1 (a port) or at a Unix socket (a path).

    `up` befalls what clients send and `down` what the server sends; both may be set at any time,
    and count from the next chunk on, in connections that are open too.
    """

    def __init__(self, target: int | Path, *, at: Path | None = None, seed: int = 0) -> None:
        """Takes the server, the Unix socket to listen on in place of a port, and a seed."""
        super().__init__(self._relay)
        self._target = target
        self._at = at
        self._random = Random(seed)  # noqa: S311 - to be repeated, not to be secret
        self._open: set[asyncio.StreamWriter] = set()
        self.port = 0
        self.up = self.down = NONE

    async def __aenter__(self) -> Self:
        await self.accept()
        return self

    def set(self, faults: Faults) -> None:
        """Befalls both directions."""
        self.up = self.down = faults

    async def accept(self) -> None:
        """Listens: again at the same place, after `refuse`."""
        if self._at is not None:
            self._at.unlink(missing_ok=True)
            self._server = await asyncio.start_unix_server(self._serve, self._at)
        else:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    def refuse(self) -> None:
        """Stops to listen: nobody connects. Open connections stay; see `reset`."""
        self._server.close()

    def reset(self) -> None:
        """Ends all open connections with RST, now."""
        for writer in tuple(self._open):
            break_off(writer)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await connect(self._target)
        both = {writer, server_writer}
        self._open |= both
        up = Lane(lambda: self.up, self._due, reader, server_writer)
        down = Lane(lambda: self.down, self._due, server_reader, writer)
        try:
            async with asyncio.TaskGroup() as lanes:
                for lane in (up, down):
                    lanes.create_task(lane.read())
                    lanes.create_task(lane.write())
        except* Ended as ended:
            if any(each.end is End.RESET for each in ended.exceptions if isinstance(each, Ended)):
                break_off(writer)
                break_off(server_writer)
        except* OSError:
            pass  # either side has gone
        finally:
            self._open -= both
            server_writer.close()

    def _due(self, faults: Faults) -> float:
        """When a chunk that comes now goes on."""
        extra = self._random.uniform(0.0, faults.jitter) if faults.jitter else 0.0
        return asyncio.get_running_loop().time() + faults.latency + extra


class Lane:
    """One direction of one connection."""

    def __init__(
        self,
        faults: Callable[[], Faults],
        due: Callable[[Faults], float],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        """Takes what befalls it now, when what comes now goes on, and both ends."""
        self._faults = faults
        self._due = due
        self._reader = reader
        self._writer = writer
        self._chunks: Chunks = asyncio.Queue(QUEUE)
        self._passed = 0

    async def read(self) -> None:
        """Takes what comes, with the time at which it goes on."""
        last, chunk = 0.0, b"-"
        while chunk:
            chunk = await self._reader.read(CHUNK)
            last = max(last, self._due(self._faults()))
            await self._chunks.put((last, chunk))

    async def write(self) -> None:
        """Sends on what is due; raises Ended where the faults end the connection."""
        loop = asyncio.get_running_loop()
        while True:
            due, chunk = await self._chunks.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            if not chunk:
                break
            for piece in sliced(chunk, self._faults().segment):
                await self._send(piece)
        if self._faults().end is not End.SWALLOW:
            self._finish()

    async def _send(self, piece: bytes) -> None:
        faults = self._faults()
        room = len(piece)
        if faults.end is not None:
            room = min(room, max(0, faults.after - self._passed))
        if room:
            self._writer.write(piece[:room])
            await self._writer.drain()
            self._passed += room
        if faults.end is not None and self._passed >= faults.after:
            self._end(faults.end)
        if faults.bandwidth or faults.pause:
            await asyncio.sleep(faults.pause + room * faults.rest)

    def _end(self, end: End) -> None:
        if end is End.HALF_CLOSE:
            self._finish()
        elif end is not End.SWALLOW:
            raise Ended(end)

    def _finish(self) -> None:
        with suppress(OSError):  # the other side may be gone already
            self._writer.write_eof()


def sliced(chunk: bytes, size: int) -> Iterator[bytes]:
    """The chunk in pieces of that size, or whole."""
    for start in range(0, len(chunk), size or len(chunk)):
        yield chunk[start : start + (size or len(chunk))]


async def connect(target: int | Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to a port of 127.0.0.1 or a Unix socket."""
    if isinstance(target, Path):
        return await asyncio.open_unix_connection(target)
    return await asyncio.open_connection("127.0.0.1", target)
