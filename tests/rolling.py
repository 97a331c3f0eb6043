"""Portico in several processes whose addresses stay over restarts, and a load that counts."""

import asyncio
import json
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc.aio

from gateway.v1.gateway_pb2 import ExecuteActionRequest
from gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from tests.doors import document, named
from tests.fakes import answer
from tests.faults.backends import CountingBackend, Request, Said
from tests.processes import start, stop
from tests.servers import free_port

FACES = {"up": "--grpc", "facade": "--http"}

PATIENCE = 10.0
"""Seconds that a call may take."""

PAUSE = 0.01
"""Seconds from one call of a caller to the next."""

CONFIG = {
    "loadBalancingConfig": [{"round_robin": {}}],
    "healthCheckConfig": {"serviceName": "gateway.v1.GatewayService"},
    "methodConfig": [
        {
            "name": [{"service": "gateway.v1.GatewayService", "method": "ExecuteAction"}],
            "retryPolicy": {
                "maxAttempts": 4,
                "initialBackoff": "0.1s",
                "maxBackoff": "1s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ],
}
"""What a client is told that shall not notice the restart of a gateway: to leave one that says
NOT_SERVING, and to repeat what was UNAVAILABLE."""

ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}

DOCUMENT = document(
    {
        "/items/{id}": {"get": {"operationId": "getItem", "parameters": [ID], "responses": {}}},
        "/orders/{id}": {"post": {"operationId": "order", "parameters": [ID], "responses": {}}},
    }
)


class Shop(CountingBackend):
    """Counts what it is asked by method and path, and keeps the fields that it was sent."""

    def __init__(self) -> None:
        super().__init__(self._say, lambda request: f"{request.method} {request.path}")
        self.status = 200
        self.delay = 0.005
        self.fields = Counter[str]()

    def made(self, number: str) -> int:
        """How often an order came in."""
        return self.keys.total[f"POST /orders/{number}"]

    def _say(self, request: Request) -> Said:
        head = request.raw.partition(b"\r\n\r\n")[0].decode("latin-1")
        self.fields.update(line.partition(":")[0].lower() for line in head.split("\r\n")[1:])
        told = json.dumps({"path": request.path, "pad": "x" * 100}).encode()
        fields = (("Content-Type", "application/json"),)
        return Said(answer(told, status=self.status, headers=fields), self.delay)


def connector(name: str = "shop", **version: Any) -> dict[str, str]:
    """The connector file of a shop."""
    file = {"connector": name, "versions": [{"id": "v1", "spec": DOCUMENT, **version}]}
    return {f"{name}.yaml": json.dumps(file)}


class Replica:
    """`portico up` or `portico facade` at an address that it keeps."""

    def __init__(self, command: str, folder: Path, *flags: str, **env: str) -> None:
        """Takes a folder, where others of its kind may be too, with the connector files."""
        self.address = f"127.0.0.1:{free_port()}"
        listens = (command, "--dev", FACES[command], self.address, "--drain-delay", "0")
        folders = ("--data", folder / "data", "--connectors", folder / "connectors")
        self._command: tuple[str | Path, ...] = (*listens, *folders, *flags)
        self._env = env
        self._log = folder / "log"

    async def start(self) -> None:
        """Starts it, and returns when it is ready."""
        self.process, self.url = await start(*self._command, env=self._env, log=self._log)

    async def restart(self) -> None:
        """Ends it as an operator does, and starts it again."""
        assert await stop(self.process) == 0
        await self.start()

    async def kill(self) -> None:
        """Ends it without a word."""
        self.process.kill()
        await self.process.wait()

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """It stands still for the block: connections are made, and nothing is answered."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def served(self, name: str = "shop") -> str:
        """Where a facade serves a connector."""
        return f"{self.url}/connectors/{name}/versions/v1"


@asynccontextmanager
async def replicas(
    command: str, folder: Path, files: Mapping[str, str], number: int, *flags: str, **env: str
) -> AsyncIterator[list[Replica]]:
    """So many of a kind, on one folder."""
    (folder / "connectors").mkdir(parents=True)
    for name, text in files.items():
        (folder / "connectors" / name).write_text(text)
    started = [Replica(command, folder, *flags, **env) for _ in range(number)]
    await asyncio.gather(*(each.start() for each in started))
    try:
        yield started
    finally:
        await asyncio.gather(*(stop(each.process) for each in started))


@asynccontextmanager
async def client_of(
    addresses: Sequence[str], *, retries: bool
) -> AsyncIterator[GatewayServiceStub]:
    """A client of gateways in turn, which repeats what was UNAVAILABLE, or does not.

    It soon tries again to reach one that was restarted, while another one still serves.
    """
    config = {key: value for key, value in CONFIG.items() if retries or key != "methodConfig"}
    options = (
        ("grpc.service_config", json.dumps(config)),
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.max_reconnect_backoff_ms", 200),
        ("grpc.min_reconnect_backoff_ms", 200),
        ("grpc.use_local_subchannel_pool", 1),
    )
    async with grpc.aio.insecure_channel(f"ipv4:{','.join(addresses)}", options) as channel:
        yield GatewayServiceStub(channel)


class Load:
    """Callers who read and order in turn, and note what they are told."""

    def __init__(self, stub: Any) -> None:
        """Takes the client."""
        self.done: list[str] = []
        self.orders: list[str] = []
        """All that were tried."""
        self.failed: list[str] = []
        self.calls = 0
        self.ending = False
        self.slowest = 0.0
        self._stub = stub
        name = uuid4().hex
        self._ids = (f"{name}-{number}" for number in count())

    async def run(self) -> None:
        """Makes one call after the other, until it is time to end."""
        for number in self._ids:
            if self.ending:
                break
            await self._call("getItem", number)
            self.orders.append(number)
            if await self._call("order", number):
                self.done.append(number)
            await asyncio.sleep(PAUSE)

    async def _call(self, action: str, number: str) -> bool:
        request = ExecuteActionRequest(
            name=named(f"shop/{action}"),
            parameters_json=json.dumps({"id": number}),
            request_id=str(uuid4()) if action == "order" else "",
        )
        began = time.monotonic()
        self.calls += 1
        try:
            said = await self._stub.ExecuteAction(request, timeout=PATIENCE)
        except grpc.aio.AioRpcError as error:
            self.failed.append(f"{action} {error.code().name}: {error.details()}")
            return False
        finally:
            self.slowest = max(self.slowest, time.monotonic() - began)
        assert json.loads(said.json)["path"].endswith(f"/{number}")
        return True
