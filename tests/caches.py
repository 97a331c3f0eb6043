"""Caches under test: a backend by script, a clock by hand, calls in one line."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from facade.model.action import Action
from facade.model.call import NOBODY, CacheUse, Caller, Headers, Plan, Reply
from facade.model.policy import STANDARD, Caching, Policy
from facade.model.version import Version
from facade.policy.cache.ask import Answered, Ask
from facade.policy.cache.cache import Cache
from facade.sealing import KEY, Seal
from facade.stores.alone import Alone
from facade.stores.shared import Shared
from tests.fakes import a_plan, a_version
from tests.processes import until

NOON = 1_790_000_000.0
SEAL = Seal([bytes(KEY)])


class Clock:
    """Seconds since the epoch, moved by hand."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


def said(body: bytes = b"{}", status: int = 200, **fields: str) -> Reply:
    """An answer with the given fields: `cache_control="max-age=60"`."""
    headers = tuple((name.replace("_", "-"), value) for name, value in fields.items())
    return Reply(status=status, headers=headers, body=body)


FRESH = said(cache_control="max-age=60")


@dataclass
class Backend:
    """Says what it is told to say, and remembers what it was asked."""

    says: Reply | Exception = FRESH
    pause: float = 0.0
    asked: list[Headers] = field(default_factory=list)
    """The conditions of each request."""
    at_once: int = 0
    most_at_once: int = 0

    async def __call__(self, conditions: Headers) -> Reply:
        self.asked.append(conditions)
        says = self.says
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(self.pause)
        finally:
            self.at_once -= 1
        if isinstance(says, Exception):
            raise says
        return says


VERSION = a_version()
ACTION = Action(id="get", method="GET", path="/pets/{id}", pointer="")


@dataclass
class Client:
    """Calls through a cache."""

    cache: Cache
    backend: Backend
    clock: Clock
    caching: Caching = STANDARD.cache
    version: Version = VERSION
    caller: Caller = NOBODY
    who: str = ""

    async def get(
        self, target: str = "/pets/7", *, use: CacheUse = CacheUse.POLICY, **fields: Any
    ) -> Answered:
        ask = Ask(plan=self.plan(target, **fields), who=self.who, use=use)
        return await self.cache.reply(ask, self.backend, self.backend)

    def plan(self, target: str, **fields: Any) -> Plan:
        policy = Policy(cache=self.caching)
        given = {
            "version": replace(self.version, policy=policy),
            "action": ACTION,
            "target": target,
        }
        given |= {"policy": policy, "caller": self.caller}
        return a_plan("https://shop.example", **given | fields)


@asynccontextmanager
async def a_client(shared: Shared | None = None, **fields: Any) -> AsyncIterator[Client]:
    """A client of a cache of its own, for the block."""
    clock = Clock()
    async with Cache(shared or Alone(), SEAL, clock, lambda: 0.5) as cache:
        yield Client(cache, Backend(), clock, **fields)


async def settled(client: Client, requests: int) -> None:
    """Waits until the backend was asked so often, and what it said is put to use."""

    async def done() -> bool:
        return len(client.backend.asked) >= requests and not client.backend.at_once

    await until(done, 2.0, f"the backend was asked {requests} times")
    for _ in range(10):
        await asyncio.sleep(0)
