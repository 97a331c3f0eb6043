"""A gateway and a real facade in one process, and connectors that are called both ways."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facade.model.policy import Breaker, Policy, Retry
from gateway.v1.version_pb2 import Indirect
from tests.doors import PLAIN, Door, Refusal, a_door, document
from tests.engines import publish
from tests.facades import key_file
from tests.mirrors import Mirrored, a_mirror

THING = [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}]

SPEC = document(
    {
        "/things/{id}": {
            "get": {
                "operationId": "get",
                "parameters": [
                    *THING,
                    {"name": "n", "in": "query", "schema": {"type": "integer", "maximum": 9}},
                ],
                "responses": {"200": {"description": "", "content": {"application/json": {}}}},
            },
            "head": {"operationId": "head", "parameters": THING, "responses": {}},
            "post": {
                "operationId": "make",
                "parameters": THING,
                "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
                "responses": {},
            },
        },
    }
)

NAMES = (f"it{number}" for number in itertools.count())

ALONE = Policy(retry=Retry(max_attempts=1), breaker=Breaker(enabled=False))
"""No repeats, and no server left alone."""


@dataclass(frozen=True, kw_only=True)
class Twins:
    """A gateway, and the facade that it may call through."""

    door: Door
    mirror: Mirrored

    async def publish(self, origin: str, policy: Policy = ALONE, **given: Any) -> tuple[str, str]:
        """A connector's name with and without a facade before the backend."""
        name = next(NAMES)
        direct = f"{name}-direct"
        await publish(self.mirror.parts, name, SPEC, origin, policy=policy)
        there = self.served(name)
        policies = {"policy": dict(PLAIN) | given}
        await self.door.publish(direct, SPEC, origin, **policies)
        await self.door.publish(name, SPEC, "", indirect=Indirect(facade_uri=there), **policies)
        return direct, name

    def served(self, name: str) -> str:
        """Where the facade serves a connector."""
        return f"http://127.0.0.1:{self.mirror.port}/connectors/{name}/versions/v1"

    async def refused(self, origin: str, action: str, arguments: Any) -> tuple[Refusal, Refusal]:
        """What the call is told both ways."""
        one, other = await self.publish(origin)
        return (
            await self.door.refused(f"{one}/{action}", arguments),
            await self.door.refused(f"{other}/{action}", arguments),
        )


@asynccontextmanager
async def a_pair(folder: Path, **settings: Any) -> AsyncIterator[Twins]:
    """A gateway and a facade with the same key, each with a folder of its own."""
    folders = [folder / name for name in ("facade", "gateway")]
    for each in folders:
        each.mkdir()
    given = {"hop_key": key_file(folder)} | settings
    async with a_mirror(folders[0], **given) as mirror, a_door(folders[1], **given) as door:
        yield Twins(door=door, mirror=mirror)
