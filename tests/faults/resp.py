"""A proxy that knows RESP: it stands in front of a real Redis and spoils what that says."""

import asyncio
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from random import Random

from tests.fakes import RawBackend
from tests.faults.proxy import connect
from tests.faults.swap import Swap

ERRORS = {
    "LOADING": "LOADING Redis is loading the dataset in memory",
    "READONLY": "READONLY You can't write against a read only replica.",
    "OOM": "OOM command not allowed when used memory > 'maxmemory'.",
    "MISCONF": "MISCONF Redis is configured to save RDB snapshots, but it's unable to persist.",
    "NOAUTH": "NOAUTH Authentication required.",
    "NOPERM": "NOPERM this user has no permissions to run this command",
    "NOSCRIPT": "NOSCRIPT No matching script. Please use EVAL.",
    "WRONGTYPE": "WRONGTYPE Operation against a key holding the wrong kind of value",
    "MOVED": "MOVED 3999 127.0.0.1:1",
}
"""What a Redis says that cannot do what it was asked, by the word that it begins with."""

PING = b"*1\r\n$4\r\nPING\r\n"
"""Asked in place of a command that is to fail, so that the order of replies stays."""


class RespFault(Enum):
    """What befalls a reply."""

    SWAP = "swap"
    """It changes places with the next one: of its connection, or else of any."""
    DELAY = "delay"
    """It comes late, by `seconds`."""
    DROP = "drop"
    """It never comes: the next reply stands in its place."""
    CORRUPT = "corrupt"
    """A bit of its value is another."""
    TRUNCATE = "truncate"
    """Its value ends early, in a sound frame."""
    ERROR = "error"
    """The command is not run, and `error` answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RespRule:
    """Which replies a fault befalls."""

    fault: RespFault
    commands: frozenset[str] = frozenset()
    """In capitals; all if empty."""
    seconds: float = 0.0
    error: str = "LOADING"
    """A word of `ERRORS`."""
    share: float = 1.0
    """Of the replies that it could befall."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A command whose reply is awaited."""

    name: str
    rule: RespRule | None


class RespProxy(RawBackend):
    """Stands in front of a Redis at a port of 127.0.0.1 or at a Unix socket.

    The first of `rules` that fits a command counts; they may be set at any time.
    """

    def __init__(self, target: int | Path, *rules: RespRule, seed: int = 0) -> None:
        super().__init__(self._relay)
        self._target = target
        self._random = Random(seed)  # noqa: S311 - to be repeated, not to be secret
        self.rules = rules
        self.commands: list[str] = []
        """Names of all that clients have asked, in order."""
        self.befallen = 0
        """Replies so far."""
        self.swap = Swap()

    @property
    def url(self) -> str:
        """As settings name it."""
        return f"redis://127.0.0.1:{self.port}"

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await connect(self._target)
        asked: asyncio.Queue[Asked] = asyncio.Queue()
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._ask(reader, server_writer, asked))
                both.create_task(self._reply(server_reader, writer, asked))
        except* (OSError, asyncio.IncompleteReadError):
            pass  # either side has gone
        finally:
            server_writer.close()

    async def _ask(
        self,
        reader: asyncio.StreamReader,
        server: asyncio.StreamWriter,
        asked: asyncio.Queue[Asked],
    ) -> None:
        while True:
            frame = await read_frame(reader)
            name = frame.split(b"\r\n", 3)[2].decode("latin-1").upper()
            rule = self._rule(name)
            self.commands.append(name)
            self.befallen += rule is not None
            asked.put_nowait(Asked(name, rule))
            server.write(PING if rule is not None and rule.fault is RespFault.ERROR else frame)
            await server.drain()

    def _rule(self, name: str) -> RespRule | None:
        for rule in self.rules:
            if not rule.commands or name in rule.commands:
                return rule if self._random.random() < rule.share else None
        return None

    async def _reply(
        self,
        server: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        asked: asyncio.Queue[Asked],
    ) -> None:
        while True:
            frame = await read_frame(server)
            if not frame.startswith(b">") and not asked.empty():
                rule = asked.get_nowait().rule
                swaps = rule is not None and rule.fault is RespFault.SWAP
                if swaps and not asked.empty():
                    asked.get_nowait()
                    frame = await read_frame(server) + frame
                    self.swap.swapped += 1
                elif rule is not None:
                    frame = await self._befallen(rule, frame)
            writer.write(frame)
            await writer.drain()

    async def _befallen(self, rule: RespRule, frame: bytes) -> bytes:
        match rule.fault:
            case RespFault.SWAP:
                return await self.swap.trade(frame)
            case RespFault.DELAY:
                await asyncio.sleep(rule.seconds)
                return frame
            case RespFault.DROP:
                return b""
            case RespFault.ERROR:
                return f"-{ERRORS[rule.error]}\r\n".encode()
            case RespFault.CORRUPT:
                return spoiled(frame, cut=False)
            case RespFault.TRUNCATE:
                return spoiled(frame, cut=True)


async def read_frame(reader: asyncio.StreamReader) -> bytes:
    """One command or reply of RESP2 or RESP3, byte for byte; raises IncompleteReadError."""
    line = await reader.readuntil(b"\r\n")
    kind = line[:1]
    if kind not in b"$=!*~>%|":
        return line
    size = int(line[1:])
    if kind in b"$=!":
        return line + (await reader.readexactly(size + 2) if size >= 0 else b"")
    # A map has two frames each, and attributes stand before the frame that they are of.
    count = {b"%": 2 * size, b"|": 2 * size + 1}.get(kind, size)
    return line + b"".join([await read_frame(reader) for _ in range(count)])


def spoiled(frame: bytes, *, cut: bool) -> bytes:
    """The frame with its first text cut to half, or with a bit of it turned."""
    start = 0
    while start < len(frame):
        end = frame.index(b"\r\n", start)
        size = int(frame[start + 1 : end]) if frame[start : start + 1] == b"$" else 0
        if size > 0:
            text = frame[end + 2 : end + 2 + size]
            text = text[: size // 2] if cut else text[:-1] + bytes((text[-1] ^ 1,))
            return b"%b$%d\r\n%b%b" % (frame[:start], len(text), text, frame[end + 2 + size :])
        start = end + 2
    return frame
