"""L01 to L03: a secret of every kind, through every way to fail, is found nowhere afterwards."""

import asyncio
import base64
import json
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import grpc
import pytest
import pytest_asyncio
from grpc_status import rpc_status

from gateway.v1.gateway_pb2 import (
    CACHE_USE_REFRESH,
    EXECUTION_VIEW_FULL,
    FAILURE_MODE_CONTINUE,
    ExecuteActionRequest,
)
from gateway.v1.stream_pb2 import StreamActionRequest
from gateway.v1.stream_pb2_grpc import StreamServiceStub
from tests import canaries
from tests.canaries import CANARIES, CERTIFICATE, KEY, SCHEMES, USER, Backend, Collector, found
from tests.fakes import server_tls
from tests.processes import Running, children, portico_up, together
from tests.servers import RedisServer, redis_up

pytestmark = pytest.mark.asyncio(loop_scope="module")

RING = base64.b64encode(b"c4n4ry-key-ring-of-32-bytes-long").decode()

PLAIN: Any = {"retry": {"initialBackoff": "1ms"}, "breaker": {"enabled": False}, "timeout": "2s"}

CALLERS = (("x-user", CANARIES["passed"]), ("x-subject", CANARIES["exchange"]))

MODES = ("200", "401", "403", "409", "429", "500", "503", "cached", "moved", "cut", "silent")


@dataclass
class World:
    """Everything around a gateway, and what was seen of it."""

    backend: Backend
    running: Running
    redis: RedisServer
    folder: Path
    seen: dict[str, list[bytes]] = field(default_factory=dict)
    answers: list[bytes] = field(default_factory=list)
    """The bodies that callers were given: theirs, as they came."""

    def see(self, place: str, *texts: bytes | str) -> None:
        kept = self.seen.setdefault(place, [])
        kept.extend(each.encode() if isinstance(each, str) else each for each in texts)

    async def execute(self, action: str, mode: str = "200", **fields: Any) -> None:
        """Calls an action; what is told beside the answer's own body is seen."""
        name = f"connectors/{action.replace('/', '/versions/live/actions/')}"
        request = ExecuteActionRequest(
            name=name, parameters_json=json.dumps({"mode": mode}), **fields
        )
        call = self.running.gateway.ExecuteAction(
            request, metadata=CALLERS, timeout=0.3 if mode == "silent" else 10
        )
        try:
            answer = await call
        except grpc.aio.AioRpcError as error:
            self._failed(error)
        else:
            self.answers.append(answer.json.encode() or answer.body.data)
            self.answers.append(answer.exchange.response_body.data)
            answer.ClearField("json")
            answer.ClearField("body")
            answer.exchange.ClearField("response_body")
            self.see("answer", answer.SerializeToString())
        self.see("metadata", repr(await call.initial_metadata()))
        self.see("metadata", repr(await call.trailing_metadata()))

    async def stream(self, kind: str, mode: str) -> None:
        """The same of a stream."""
        request = StreamActionRequest(
            name=f"connectors/shop/versions/live/actions/{kind}",
            parameters_json=json.dumps({"mode": mode}),
            view=EXECUTION_VIEW_FULL,
        )
        async with grpc.aio.insecure_channel(self.running.address) as channel:
            stub: Any = StreamServiceStub(channel)
            try:
                async for message in stub.StreamAction(request, metadata=CALLERS, timeout=5):
                    if message.HasField("head"):
                        self.see("answer", message.SerializeToString())
            except grpc.aio.AioRpcError as error:
                self._failed(error)

    def _failed(self, error: grpc.aio.AioRpcError) -> None:
        status = rpc_status.from_call(error)
        self.see("error", error.details() or "", status.SerializeToString() if status else b"")

    async def commands(self) -> None:
        """What the command says; an answer's body on its output is the caller's own."""
        given = [word for key, value in CALLERS for word in ("-H", f"{key}:{value}")]
        calls = [
            self.running.portico("call", f"shop/{kind}", f"mode={mode}", *given, *flags)
            for kind, mode, *flags in (
                ("query", "200", "-x"),
                ("basic", "500"),
                ("echoed", "200"),
            )
        ]
        others = [
            self.running.portico("call", "shop/client", "mode=200", *given, "--dry-run"),
            self.running.portico("get", "versions", "shop", "-o", "yaml"),
            self.running.portico("secret", "list"),
        ]
        done = await together(*calls, *others)
        self.see(
            "command", *(each.err for each in done), *(each.out for each in done[len(calls) :])
        )

    async def each_kind(self, kind: str) -> None:
        """Everything that can become of a call that a credential signs."""
        name = f"shop/{kind}"
        for mode in MODES:
            await self.execute(name, mode)
            await self.execute(
                name, mode, view=EXECUTION_VIEW_FULL, failure_mode=FAILURE_MODE_CONTINUE
            )
        await self.execute(name, "cached", cache_use=CACHE_USE_REFRESH)
        await self.execute(name, validate_only=True)
        for mode in ("200", "500"):
            for _ in range(2):
                await self.execute(f"{name}Done", mode, request_id=f"{kind}-{mode}")
        await self.stream(kind, "stream")
        await self.stream(kind, "500")

    async def elsewhere(self, connector: str) -> None:
        """What becomes of calls by another way."""
        for kind in ("bearer", "client"):
            for _ in range(4):
                await self.execute(f"{connector}/{kind}", "503")

    def look_around(self) -> None:
        """What Redis, the ledger and the list of processes say while it all runs."""
        for key in self.redis.do("KEYS", "*"):
            self.see("redis", key, *_values(self.redis, key))
        self.see("ledger", *(each.read_bytes() for each in files_of(self.folder / "data")))
        for pid in (self.running.process.pid, *children(self.running.process.pid)):
            self.see("processes", Path(f"/proc/{pid}/cmdline").read_bytes())


def _values(redis: RedisServer, key: bytes) -> Iterator[bytes]:
    """Everything that is under a key."""
    kind = redis.do("TYPE", key).decode()
    reads: Mapping[str, tuple[Any, ...]] = {
        "none": ("GET", key),  # it has just run out
        "string": ("GET", key),
        "hash": ("HGETALL", key),
        "list": ("LRANGE", key, 0, -1),
        "set": ("SMEMBERS", key),
        "zset": ("ZRANGE", key, 0, -1, "WITHSCORES"),
        "stream": ("XRANGE", key, "-", "+"),
    }
    yield repr(redis.do(*reads[kind])).encode()
    value = redis.do(*reads[kind])
    yield value if isinstance(value, bytes) else b""


def login(kind: str) -> str:
    """A user's name and password, as a URL has them."""
    return f"{USER}:{quote(CANARIES[kind], safe='')}"


def files_of(folder: Path) -> Iterator[Path]:
    return (each for each in folder.rglob("*") if each.is_file())


def connectors(shop: str, other: str, mtls: str, tokens: str) -> dict[str, str]:
    """Connector files by name: of the shop, and of what cannot be reached."""
    document = canaries.the_document()
    held = canaries.credentials(tokens)
    variable = {"name": "X-Variable", "secret": "env:VARIABLE"}
    rule = {"metadata": "x-user", "header": "X-User"}
    base = {"id": "v1", "spec": document, "variables": [variable]}
    away = {**held[8], "oauth2": {**held[8]["oauth2"], "tokenUri": "http://10.255.255.1/token"}}
    certificate = {"scheme": "mtls", "mutualTls": {"certificate": "file:cert", "key": "file:key"}}
    versions: dict[str, dict[str, Any]] = {
        "shop": {"server": shop, "credentials": held, "passthrough": [rule], "policy": PLAIN},
        "broken": {"server": other, "credentials": held},
        "tls": {"server": mtls, "credentials": held, "policy": PLAIN},
        "away": {"server": "http://10.255.255.1", "credentials": held, "policy": PLAIN},
        "tokenless": {"server": shop, "credentials": [away], "policy": PLAIN},
        "proxied": {"server": shop, "credentials": held, "network": {"proxy": "corp"}},
        "mutual": {
            "server": mtls,
            "credentials": [*held, certificate],
            "network": {"ca": "file:ca"},
            "policy": PLAIN,
        },
    }
    return {
        f"{name}.yaml": json.dumps({"connector": name, "versions": [{**base, **version}]})
        for name, version in versions.items()
    }


def secrets_in(folder: Path) -> Path:
    """A folder with the secrets that are files, the Vault's token and the key ring."""
    folder.mkdir()
    texts = {
        "digest": CANARIES["digest"],
        "cookie": CANARIES["cookie"],
        "key": KEY,
        "cert": b"".join(each.bytes() for each in CERTIFICATE.cert_chain_pems).decode(),
        "ca": canaries.AUTHORITY.cert_pem.bytes().decode(),
        "vault-token": CANARIES["vaulttoken"],
        "key-ring": RING,
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
    return folder


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["text", "json"])
async def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    folder = tmp_path_factory.mktemp("canary")
    tls = server_tls(canaries.AUTHORITY)
    canaries.AUTHORITY.configure_trust(tls)
    tls.verify_mode = ssl.CERT_REQUIRED
    async with AsyncExitStack() as stack:
        redis = stack.enter_context(redis_up())
        redis.do("ACL", "SETUSER", USER, "on", f">{CANARIES['redis']}", "~*", "&*", "+@all")
        enter = stack.enter_async_context
        shop, other, mutual = [await enter(each) for each in (Backend(), Backend(), Backend(tls))]
        authority, collector = [await enter(each) for each in (canaries.authority(), Collector())]
        proxy = await enter(canaries.proxy())
        files = connectors(shop.origin, other.origin, mutual.origin, authority.origin)
        secrets = secrets_in(folder / "secrets")
        env = {
            **{name.upper(): text for name, text in CANARIES.items()},
            "AWS_ID": "canary-id",
            "PORTICO_REDIS": f"redis://{login('redis')}@127.0.0.1:{redis.port}/0",
            "PORTICO_PROXIES": f"corp=http://{login('proxy')}@127.0.0.1:{proxy.port}",
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.origin,
            "OTEL_BSP_SCHEDULE_DELAY": "200",
        }
        flags = (
            *("--log-level", "debug", "--log-format", request.param),
            *("--file-secrets", str(secrets), "--key-ring", str(secrets / "key-ring")),
            *("--vault", authority.origin, "--vault-token", str(secrets / "vault-token")),
        )
        log = folder / "log"
        async with portico_up(folder, files, *flags, env=env, log=log) as running:
            world = World(shop, running, redis, folder)
            for kind in ("header", "client"):
                await running.portico("secret", "set", kind, given=CANARIES[kind].encode())
            await asyncio.gather(*(world.each_kind(kind) for kind in SCHEMES))
            others = ("broken", "tls", "away", "tokenless", "proxied", "mutual")
            await asyncio.gather(*(world.elsewhere(each) for each in others))
            await world.commands()
            world.look_around()
        world.see("log", log.read_bytes())
        world.see("spans", *(each.partition(b"\r\n\r\n")[2] for each in collector.requests))
        world.see("ledger", *(each.read_bytes() for each in files_of(folder / "data")))
        world.see("mutual", *mutual.requests)
        world.see("authority", *authority.requests)
        yield world


PLACES = ("log", "spans", "error", "answer", "metadata", "command", "redis", "ledger", "processes")


@pytest.mark.parametrize("place", PLACES)
async def test_l01_no_secret_is_found(world: World, place: str) -> None:
    looked_at = world.seen[place]
    assert sum(map(len, looked_at)) > 100
    assert [text for text in looked_at if found(text) or RING.encode() in text] == []


async def test_l02_each_was_sent_and_the_callers_body_is_as_it_came(world: World) -> None:
    """Else the other tests would find nothing in a gateway that does nothing."""
    sent = found(b"".join(world.backend.requests))
    assert sent >= {"basic", "bearer", "header", "query", "cookie", "headers", "token"}
    assert sent >= {"passed", "variable"}
    asked = found(b"".join(world.seen["authority"]))
    assert asked >= {"client", "post", "password", "refresh", "exchange", "vaulttoken"}
    assert found(b"".join(world.answers)) >= sent - {"vaulttoken"}
    assert b"AWS4-HMAC-SHA256" in b"".join(world.backend.requests)
    assert world.seen["mutual"]


async def test_l03_a_key_in_a_query_is_stars_in_spans_and_answers(world: World) -> None:
    assert b"api_key=***" in b"".join(world.seen["spans"])
    assert b"api_key=***" in b"".join(world.seen["answer"])


async def test_l01_a_server_of_our_own_inherits_no_secret(tmp_path: Path) -> None:
    env = {"PORTICO_SECRET_A": CANARIES["bearer"], "VAULT_TOKEN": CANARIES["vaulttoken"]}
    async with portico_up(tmp_path, {}, "--redis", "embedded", env=env) as running:
        started = children(running.process.pid)
        started += [each for pid in started for each in children(pid)]
        assert started
        for pid in started:
            proc = Path(f"/proc/{pid}")
            assert not found((proc / "cmdline").read_bytes() + (proc / "environ").read_bytes())
