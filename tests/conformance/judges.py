"""Independent judges of requests: mock servers that validate what they are sent."""

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.fakes import RawBackend, read_request

STEADY = "@stdy/cli-linux-x64/bin/steady"
PRISM = "@stoplight/prism-cli/dist/index.js"
START = 45.0
"""Seconds that a judge has to listen."""
SETTLED = 0.1
"""Seconds after which one that dies of its document has done so."""
ANSWER = 10.0
"""Seconds that it has for one answer."""
BRACKETED: Mapping[str, tuple[str, ...]] = {
    "apis-guru__stripe.com.json": (
        "--validator-form-object-format=brackets",
        "--validator-form-array-format=brackets",
        "--validator-query-array-format=brackets",
    ),
}
"""What Steady has to be told of a deepObject in forms, and of one that is an array."""


OF_REQUESTS = frozenset(
    {
        "INVALID_CONTENT_TYPE",
        "NOT_ACCEPTABLE",
        "NO_METHOD_MATCHED_ERROR",
        "NO_PATH_MATCHED_ERROR",
        "UNAUTHORIZED",
        "UNPROCESSABLE_ENTITY",
    }
)
"""The errors of Prism that are about requests; others are about the answer that it cannot make."""


class NoVerdict(Exception):
    """The judge does not start with the document, or died over the request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One request as it came over the wire, and what the judge answered."""

    request: bytes
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """The first field of that lower-case name, or nothing."""
        return next((text for key, text in self.headers if key == name), "")


@dataclass(slots=True, kw_only=True)
class Judge:
    """A process that serves one document, started anew when it has died."""

    command: tuple[str, ...]
    port: int
    process: asyncio.subprocess.Process | None = None
    heard: list[Heard] = field(default_factory=list)
    origin: str = ""
    """Of the relay before it, which is where the gateway calls."""

    async def start(self) -> None:
        """Starts it and waits until it listens; raises NoVerdict."""
        self.process = await asyncio.create_subprocess_exec(
            *self.command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        for _ in range(int(START / 0.05)):
            if self.process.returncode is not None:
                raise NoVerdict("it does not start with the document")
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.close()
                await asyncio.sleep(SETTLED)
                if self.process.returncode is None:
                    return
            await asyncio.sleep(0.05)
        raise NoVerdict("it does not start in time")

    async def stop(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    async def relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hands one request on, hears the answer, and hands it back."""
        request = await read_request(reader)
        try:
            data = await asyncio.wait_for(self._ask(request), ANSWER)
        except (OSError, TimeoutError):
            data = b""
        self.heard.append(parse_answer(request, data))
        if self.process is None or self.process.returncode is not None:
            await self.start()
        writer.write(data)
        await writer.drain()

    async def _ask(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(request.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
            await writer.drain()
            return await reader.read(-1)
        finally:
            writer.close()


def parse_answer(request: bytes, data: bytes) -> Heard:
    """Takes an answer apart; status 0 where none came."""
    head, _, body = data.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    fields = (line.partition(":") for line in lines)
    found = re.match(r"HTTP/1\.\d (\d{3})", status)
    return Heard(
        request=request,
        status=int(found[1]) if found else 0,
        headers=tuple((name.lower(), text.strip()) for name, _, text in fields),
        body=body,
    )


@asynccontextmanager
async def a_judge(folder: Path, document: Path, *, steady: bool) -> AsyncIterator[Judge]:
    """A judge that serves the document, with its relay; `folder` is a node_modules."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    where = ("--host", "127.0.0.1", "-p", str(port))
    command: tuple[str, ...] = ("node", str(folder / PRISM), "mock", "--errors", *where)
    if steady:
        options = BRACKETED.get(document.name, ())
        command = (str(folder / STEADY), *where, "--no-color", "-q", *options)
    judge = Judge(command=(*command, str(document)), port=port)
    try:
        await judge.start()
        async with RawBackend(judge.relay) as relay:
            judge.origin = relay.origin
            yield judge
    finally:
        await judge.stop()


def complaints_of_steady(heard: Heard, path: str) -> list[str]:
    """What Steady finds wrong with a request that should be for the path."""
    count = int(heard.header("x-steady-error-count") or 0)
    found = [
        " ".join(
            heard.header(f"x-steady-error-{index}-{key}") for key in ("code", "path", "message")
        )
        for index in range(1, count + 1)
    ]
    matched = heard.header("x-steady-matched-path")
    if not found and matched != path:
        found.append(f"matched {matched!r} ({heard.status})")
    return found


def complaints_of_prism(heard: Heard) -> list[str]:
    """What Prism finds wrong with a request."""
    if heard.status == 0:
        return ["died"]
    said = heard.header("sl-violations")
    if not said and b"stoplight.io/prism/errors" in heard.body:
        said = heard.body.decode(errors="replace")
    if not said:
        return []
    try:
        listed = json.loads(said)
    except ValueError:
        return [said[:300]]
    if isinstance(listed, dict):
        kind = str(listed.get("type", "")).rpartition("#")[2]
        if kind not in OF_REQUESTS:
            return []
        listed = listed.get("validation") or [{"message": kind + " " + str(listed.get("detail"))}]
    return [
        f"{'.'.join(map(str, each.get('location', [])))}: {each.get('message')}"
        for each in listed
        if (each.get("location") or ["request"])[0] != "response"
    ]
