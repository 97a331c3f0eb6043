"""A subject's token over two gateways of one database, at a server that rotates refresh tokens."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import grpc
import httpx
import pytest

from facade.policy.credentials.tokens import PAUSE
from gateway.v1.gateway_pb2 import ExecuteActionRequest
from tests.authorization_servers import SECRET, Authority, an_authority
from tests.consents import CONNECTOR, signature, the_document
from tests.fakes import JSON, HttpBackend, answer
from tests.processes import Running, portico_up
from tests.servers import RedisServer, free_port

SUBJECT = "connections/berlin/subjects/user-7"
CALL = ExecuteActionRequest(
    name="connectors/homes/versions/live/actions/act",
    connection="connections/berlin",
    subject=SUBJECT,
    parameters_json="{}",
)
PATIENCE = 40.0
REPEATED = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED})


@dataclass(kw_only=True)
class Pair:
    """Two gateways, and whom people consent at."""

    gateways: list[Running]
    authority: Authority
    stale: set[str] = field(default_factory=set)
    """Tokens that the backend takes no more, though they are not old."""

    @property
    def renewals(self) -> list[str]:
        """The refresh tokens that the server was shown."""
        return [each["refresh_token"] for each in self.authority.asked if "refresh_token" in each]

    async def end(self) -> None:
        """Has the backend take the newest token no more.

        A gateway that has just been given a new one would not take that for the token's fault.
        """
        await asyncio.sleep(PAUSE + 0.1)
        self.stale.add(f"Bearer {self.authority.given[-1].access_token}")


async def call(gateway: Running) -> None:
    """A call that the subject's token signs; raises what it comes to."""
    await gateway.gateway.ExecuteAction(CALL, timeout=20)


@asynccontextmanager
async def a_pair(folder: Path, *flags: str) -> AsyncIterator[Pair]:
    """Two gateways on one folder, and a subject who has consented."""
    stale: set[str] = set()

    def judged(request: bytes) -> bytes:
        return answer(b"", status=401) if signature(request) in stale else JSON

    async with AsyncExitStack() as stack:
        authority = stack.enter_context(an_authority())
        backend = await stack.enter_async_context(HttpBackend(judged))
        spec = folder / "openapi.json"
        spec.write_text(json.dumps(the_document()))
        file = CONNECTOR.format(
            spec=spec, server=backend.origin, issuer=authority.origin, client="portico"
        )
        (folder / "berlin.yaml").write_text("endUsers: END_USERS_REQUIRED\n")
        gateways = []
        for files in ({"homes.yaml": file}, {}):
            face = ("--http", f"127.0.0.1:{free_port()}")
            up = portico_up(folder, files, *face, *flags, env={"PORTICO_SECRET_HOMES": SECRET})
            gateways.append(await stack.enter_async_context(up))
        first = gateways[0]
        for arguments in (
            ("connection", "create", "berlin", "homes", "-f", str(folder / "berlin.yaml")),
            ("subject", "create", "berlin/user-7", "7f2c"),
        ):
            made = await first.portico(*arguments)
            assert made.status == 0, made.err
        url = await first.portico("subject", "authorize", "berlin/user-7")
        async with httpx.AsyncClient() as browser:
            assert (await browser.get(await authority.consent(url.text.strip()))).status_code == 200
        yield Pair(gateways=gateways, authority=authority, stale=stale)


async def until_good(gateway: Running) -> None:
    """Calls until that is good, as somebody does who is told that it may be repeated."""
    ends = time.monotonic() + PATIENCE
    while True:
        try:
            return await call(gateway)
        except grpc.aio.AioRpcError as error:
            if error.code() not in REPEATED or time.monotonic() >= ends:
                raise


@contextmanager
def held(authority: Authority) -> Iterator[Event]:
    """Keeps whoever asks the server for a token waiting."""
    authority.held = event = Event()
    try:
        yield event
    finally:
        event.set()
        authority.held = None


@pytest.mark.parametrize("store", ["alone", "redis"])
async def test_l08_l09_two_processes_renew_a_token_once_and_a_killed_one_loses_none(
    tmp_path: Path, redis_server: RedisServer, store: str
) -> None:
    redis_server.flush()
    flags = ("--redis", redis_server.url) if store == "redis" else ()
    async with a_pair(tmp_path, *flags) as pair:
        one, other = pair.gateways
        for each in pair.gateways:
            await call(each)
        for number in range(1, 3):
            await pair.end()
            await asyncio.gather(*(call(each) for each in pair.gateways * 10))
            assert len(pair.renewals) == len(set(pair.renewals)) == number

        await pair.end()
        with held(pair.authority):
            dying = asyncio.ensure_future(until_good(one))
            ends = time.monotonic() + PATIENCE
            while not pair.authority.waiting:
                assert time.monotonic() < ends
                await asyncio.sleep(0.02)
            one.process.kill()
            await one.process.wait()
            dying.cancel()
            await asyncio.gather(dying, return_exceptions=True)
        await until_good(other)
        assert len(pair.renewals) == len(set(pair.renewals)) == 3
        shown: Any = await other.portico("subject", "get", "berlin/user-7")
        assert "state: STATE_STARTED" in shown.text
