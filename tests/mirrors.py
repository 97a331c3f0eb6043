"""The mirror on a port of its own: real parts, real sockets, and requests byte for byte."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from facade.app.listening import Binding
from facade.app.mirror.routes import routes
from facade.app.routing import App
from facade.app.server import Server
from facade.bootstrap import open_parts
from facade.config import Settings
from facade.parts import Parts
from tests.ledgers import prepare


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer as it stood on the wire, its body without chunks."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    whole: bool = True
    """Whether it came to its end."""

    def header(self, name: str) -> str:
        return ", ".join(value for key, value in self.headers if key == name)

    @property
    def error(self) -> Any:
        """What the envelope tells."""
        return json.loads(self.body)["error"]


@dataclass(frozen=True, kw_only=True)
class Mirrored:
    """A mirror that serves."""

    parts: Parts
    port: int
    settings: Settings = field(default_factory=Settings)

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def ask(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request on a connection of its own, and its answer."""
        reader, writer = await self.open()
        try:
            writer.write(request(method, target, body, headers))
            return await read_answer(reader, method)
        finally:
            writer.close()

    async def shop(self, method: str, path: str, *more: Any, **named: Any) -> Answer:
        """The same below the live version of the connector `shop`."""
        return await self.ask(method, f"/connectors/shop/versions/live{path}", *more, **named)


def request(
    method: str,
    target: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """A request as it stands on the wire, with a length if it has a body."""
    fields = {"Host": "mirror", **(headers or {})}
    if body is not None:
        fields["Content-Length"] = str(len(body))
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{method} {target} HTTP/1.1\r\n{lines}\r\n".encode() + (body or b"")


async def read_answer(reader: asyncio.StreamReader, method: str = "GET") -> Answer:
    """Reads an answer to its end, or to where it was broken off."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    line, *fields = head.strip().split("\r\n")
    pairs = (each.partition(":") for each in fields)
    headers = tuple((name.lower(), value.strip()) for name, _, value in pairs)
    status, found = int(line.split()[1]), dict(headers)
    body, whole = b"", True
    if method != "HEAD" and status not in (204, 304):
        if "chunked" in found.get("transfer-encoding", ""):
            body, whole = await _chunks(reader)
        else:
            try:
                body = await reader.readexactly(int(found["content-length"]))
            except asyncio.IncompleteReadError as cut:
                body, whole = cut.partial, False
    return Answer(status=status, headers=headers, body=body, whole=whole)


async def _chunks(reader: asyncio.StreamReader) -> tuple[bytes, bool]:
    found = b""
    while True:
        line = await reader.readline()
        if not re.fullmatch(rb"[0-9a-f]+\r\n", line):
            return found, False
        size = int(line, 16)
        try:
            found += (await reader.readexactly(size + 2))[:size]
        except asyncio.IncompleteReadError as cut:
            return found + cut.partial, False
        if size == 0:
            return found, True


@asynccontextmanager
async def a_mirror(
    folder: Path, environ: Mapping[str, str] | None = None, **fields: Any
) -> AsyncIterator[Mirrored]:
    """A mirror in the development profile, at a port that was free."""
    settings = Settings(data=folder, dev=True, **fields)
    prepare(settings.data)
    async with open_parts(settings, environ or {}) as parts:
        app = App(routes(parts, settings))
        server = Server(app, Binding(address="127.0.0.1:0"), app.drain, settings)
        url = await server.start()
        try:
            yield Mirrored(parts=parts, port=int(url.rpartition(":")[2]), settings=settings)
        finally:
            await server.stop()
