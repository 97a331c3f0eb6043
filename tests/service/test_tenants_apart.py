"""Many tenants, backends that say too much, a Redis that mixes up its replies: none sees another's.

`pytest tests/service/test_tenants_apart.py --calls 200000 --log-cli-level info` makes as many calls
as the release asks for.
"""

import asyncio
import json
import logging
import random
import re
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from facade.errors.fault import Fault
from facade.model.call import CacheStatus, Caller
from facade.model.credential import Credential, Passthrough
from facade.model.policy import Breaker, Caching, Concurrency, Limit, Policy, Scope
from facade.parts import Parts
from tests.doors import document
from tests.engines import a_call, an_engine, publish
from tests.fakes import HttpBackend, answer
from tests.faults.http import HttpFault, HttpProxy
from tests.faults.resp import RespFault, RespProxy, RespRule
from tests.servers import RedisServer
from tests.token_servers import TokenServer, a_client, said

LOGGER = logging.getLogger(__name__)

AT_ONCE = 64
TENANTS = 40
CROWD, STAY = 4, 100
"""Callers at a time, of one tenant or two, and calls after which the next one comes."""
CALLERS = [
    Caller(tenant=f"t{tenant}", connection=f"c{connection}", subject=f"s{subject}")
    for tenant in range(TENANTS)
    for connection in range(2)
    for subject in range(2)
]
POISONED = {"double": HttpFault.DOUBLE, "surplus": HttpFault.SURPLUS, "late": HttpFault.LATE}
"""What befalls a twentieth of the answers of the backend of each connector."""
MIXED = "mixed"
"""The connector whose backend gives answers to whom they are not for; one tenant calls it."""
SURE = {"late": ("tenant", "connection"), MIXED: ("tenant",)}
"""What must hold where the backend itself says what is wrong. What comes late comes, at times,
when the next request of the same connection has gone out: then HTTP/1.1 takes it for its answer."""
SHARE = 0.05
SHARES = {MIXED: 0.5}
SWAPPED = (
    RespRule(fault=RespFault.SWAP, commands=frozenset({"MGET"}), share=0.5),
    RespRule(fault=RespFault.SWAP, share=0.001),
)
"""What is seen to be another's costs the connection to Redis, for a second; a value does not."""
OWN = ("", "own")
"""What callers sign with themselves."""
LANGUAGES = ("de", "en")

PATH = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
LANGUAGE = {"name": "X-Language", "in": "header", "schema": {"type": "string"}}
DOCUMENT = document(
    {
        "/things/{id}": {
            "parameters": [PATH, LANGUAGE],
            "get": {"operationId": "get", "responses": {}},
            "post": {"operationId": "change", "responses": {}},
        }
    }
)
POLICY = Policy(
    limits=(Limit(scope=Scope.SUBJECT, calls=10_000), Limit(scope=Scope.TENANT, calls=10_000)),
    concurrency=(Concurrency(scope=Scope.CONNECTION, calls=50),),
    breaker=Breaker(enabled=False),
    cache=Caching(stale_while_revalidate=1.0),
)
FIELD = re.compile(rb"\r\n([A-Za-z-]+): ([^\r]*)")


@dataclass
class Echo:
    """Says in each answer for whom it is, as the trace has it, and what was asked."""

    owners: dict[str, Caller] = field(default_factory=dict)
    """Who was first to come with a token."""

    def __call__(self, request: bytes) -> bytes:
        method, target, _ = request.split(b"\r\n", 1)[0].decode().split(" ")
        fields = {name.lower(): value.decode() for name, value in FIELD.findall(request)}
        caller = CALLERS[int(fields[b"traceparent"].split("-")[1], 16) - 1]
        token = fields[b"authorization"]
        owner = self.owners.setdefault(token, caller)
        assert (owner.tenant, owner.connection) == (caller.tenant, caller.connection)
        told = {
            "tenant": caller.tenant,
            "connection": caller.connection,
            "subject": caller.subject,
            "own": fields.get(b"x-own", ""),
            "language": fields.get(b"x-language", ""),
            "asked": f"{method} {target}",
        }
        kept = (("Cache-Control", "public, max-age=2"), ("Vary", "X-Language"))
        return answer(
            json.dumps(told).encode(), headers=(("Content-Type", "application/json"), *kept)
        )


@dataclass
class Market:
    """Two engines on one ledger and one Redis, and all that is wrong around them."""

    engines: list[Parts]
    store: RespProxy
    proxies: list[HttpProxy]
    echo: Echo
    ends: Counter[str] = field(default_factory=Counter)

    async def one(self, dice: random.Random) -> None:
        """A call of anybody's to anything; what it is told is for it alone."""
        number = (sum(self.ends.values()) // STAY + dice.randrange(CROWD)) % len(CALLERS)
        caller, own, language = CALLERS[number], dice.choice(OWN), dice.choice(LANGUAGES)
        connectors = (*POISONED, MIXED) if caller.tenant == "t0" else (*POISONED,)
        connector, thing = dice.choice(connectors), dice.randrange(2)
        action, method = ("change", "POST") if dice.random() < 0.1 else ("get", "GET")
        call = a_call(
            f"{connector}/{action}",
            {"id": thing, "X-Language": language},
            caller=caller,
            metadata={"x-own": own} if own else {},
            hops=1,  # of a gateway's: who has connections and subjects is for it to know
        )
        parts = dice.choice(self.engines)
        trace = {"traceparent": f"00-{number + 1:032x}-{1:016x}-01"}
        try:
            with parts.tracing.server("call", trace):
                outcome = await parts.engine.execute(call)
        except Fault as fault:
            self.ends[fault.reason] += 1
            return
        assert outcome.exchange is not None
        self.ends[outcome.exchange.cache or CacheStatus.BYPASS] += 1
        told = json.loads(outcome.json or b"")
        expected = {
            "tenant": caller.tenant,
            "connection": caller.connection,
            "subject": caller.subject,
            "own": own,
            "language": language,
            "asked": f"{method} /things/{thing}",
        }
        for name in SURE.get(connector, tuple(expected)):
            assert told[name] == expected[name], (connector, told, expected)

    async def some(self, calls: int, dice: random.Random) -> None:
        for _ in range(calls):
            await self.one(dice)


@asynccontextmanager
async def a_market(folder: Path, redis: RedisServer) -> AsyncIterator[Market]:
    async with AsyncExitStack() as stack:
        echo = Echo()
        backend = await stack.enter_async_context(HttpBackend(echo))
        server = await stack.enter_async_context(TokenServer(expires_in=100))
        store = await stack.enter_async_context(RespProxy(redis.port, *SWAPPED))
        engines = [
            await stack.enter_async_context(
                an_engine(folder, {"SECRET": "s"}, redis=store.url, tenant_limit="10000/1s")
            )
            for _ in range(2)
        ]
        tokens = await stack.enter_async_context(HttpProxy(server.port))
        tokens.fault, tokens.share = HttpFault.DOUBLE, SHARE
        tokens.poison = said({"access_token": "poison", "token_type": "bearer"})
        fields: dict[str, Any] = {
            "policy": POLICY,
            "credentials": (Credential(scheme="oauth", kind=a_client(f"{tokens.origin}/token")),),
            "passthrough": (Passthrough(metadata="x-own", header="X-Own"),),
        }
        proxies = []
        for connector, fault in (*POISONED.items(), (MIXED, HttpFault.SWAP)):
            proxy = await stack.enter_async_context(HttpProxy(backend.port))
            proxy.fault, proxy.share, proxy.poison = fault, SHARES.get(connector, SHARE), b""
            proxies.append(proxy)
            await publish(engines[0], connector, DOCUMENT, proxy.origin, **fields)
        await engines[1].catalog.refresh()
        yield Market(engines, store, proxies, echo)


@pytest.mark.timeout(1800)
async def test_i01_i02_f09_d26_d27_d28_nobody_is_told_what_is_for_another(
    request: pytest.FixtureRequest, tmp_path: Path, redis_server: RedisServer
) -> None:
    calls: int = request.config.getoption("--calls")
    redis_server.flush()
    async with a_market(tmp_path, redis_server) as market:
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for seed in range(AT_ONCE):
                dice = random.Random(seed)  # noqa: S311 - no secret
                group.create_task(market.some(calls // AT_ONCE, dice))
        foreign = sum(each.engine._guards.cache.foreign for each in market.engines)
        LOGGER.info(
            "%.0f calls/s, %s, %d answers poisoned, %d replies swapped, %d foreign values refused",
            calls / (time.monotonic() - began),
            dict(market.ends),
            sum(each.befallen for each in market.proxies),
            *(market.store.befallen, foreign),
        )
    assert "Bearer poison" not in market.echo.owners
    assert market.ends[CacheStatus.HIT] > calls / 20
    assert all(each.befallen for each in market.proxies)
    assert market.store.befallen
    told = sum(market.ends[each] for each in CacheStatus)
    assert told > 0.9 * calls
