"""A facade on a socket with connectors behind it, asked for tools as clients of MCP ask."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from facade.app.app import build_app
from facade.app.listening import Binding
from facade.app.server import Server
from facade.bootstrap import open_parts
from facade.config import Settings
from facade.parts import Parts
from tests.carriers import carried
from tests.engines import publish
from tests.ledgers import prepare

TWO = {"accept": "application/json, text/event-stream"}


@dataclass(frozen=True, kw_only=True)
class Tooled:
    """A facade, by its address and its parts."""

    parts: Parts
    url: str
    http: httpx.AsyncClient

    async def publish(
        self, connector: str, tree: Mapping[str, Any], base: str, **fields: Any
    ) -> None:
        """Makes version v1 of a connector, and promotes it."""
        await publish(self.parts, connector, tree, base, **fields)

    async def post(self, body: object, path: str = "/mcp", **headers: str) -> httpx.Response:
        """One request, whose body is JSON or bytes as they are."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        fields = {"content-type": "application/json", **TWO}
        fields |= {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.post(path, content=content, headers=fields)

    async def ask(self, method: str, path: str = "/mcp", **params: Any) -> Any:
        """A request by handshake, and the whole of what is answered."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        return (await self.post(body, path)).json()

    async def call(self, tool: str, arguments: Any = None, path: str = "/mcp") -> Any:
        """What a tool comes to."""
        told = await self.ask("tools/call", path, name=tool, arguments=arguments or {})
        return told["result"]


@asynccontextmanager
async def a_tooled_facade(folder: Path, **settings: Any) -> AsyncIterator[Tooled]:
    """A facade in the development profile."""
    chosen: dict[str, Any] = {"http": "127.0.0.1:0", "data": folder, "dev": True} | settings
    made = Settings(**carried({"drain_delay": 0.0, "drain_grace": 1.0} | chosen))
    prepare(made.data)
    async with open_parts(made, {}) as parts:
        app = build_app(parts, made, lambda: True)
        server = Server(app, Binding(address=made.http, tls=None), app.drain, made)
        try:
            url = await server.start()
            async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
                yield Tooled(parts=parts, url=url, http=http)
        finally:
            await server.stop()
