"""The far ends of a trace, as processes of their own: what takes telemetry, and a backend.

`python -m tests.receivers telemetry FOLDER`, or `backend FOLDER`: what is received goes into the
folder byte for byte, a file for each message.
"""

import asyncio
import json
import re
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import grpc.aio
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from tests.canaries import CANARIES
from tests.fakes import HttpBackend, answer
from tests.processes import READY, ROOT, environ, stop

OTLP = "opentelemetry.proto.collector"
JSON_TYPE = ("Content-Type", "application/json")
FLAKY = b"/pets/5"
"""The pet of which the first request of each trace fails."""
TRACE = re.compile(rb"(?i)\r\ntraceparent: 00-([0-9a-f]{32})-")


class Kept:
    """Messages in a folder, each whole as soon as it has its name."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self._numbers = count()

    def add(self, kind: str, message: bytes) -> None:
        path = self.folder / f"{next(self._numbers):06}.{kind}"
        coming = path.with_suffix(".coming")
        coming.write_bytes(message)
        coming.rename(path)

    def all(self, kind: str) -> Iterator[bytes]:
        """The messages of a kind, in the order in which they came."""
        return (each.read_bytes() for each in sorted(self.folder.glob(f"*.{kind}")))


@asynccontextmanager
async def telemetry(kept: Kept) -> AsyncIterator[str]:
    """Takes spans and metrics as OTLP over gRPC, at a URL."""
    server = grpc.aio.server()
    services = (
        ("trace.v1.TraceService", "spans", ExportTraceServiceResponse()),
        ("metrics.v1.MetricsService", "metrics", ExportMetricsServiceResponse()),
    )
    server.add_generic_rpc_handlers([_taking(kept, *each) for each in services])
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await server.stop(0)


def _taking(kept: Kept, service: str, kind: str, done: Any) -> grpc.GenericRpcHandler:
    """The service whose one method keeps its messages, and what came before them."""

    async def export(message: bytes, context: Any) -> bytes:
        kept.add("fields", repr(context.invocation_metadata()).encode())
        kept.add(kind, message)
        said: bytes = done.SerializeToString()
        return said

    method: Any = grpc.unary_unary_rpc_method_handler(export)
    return grpc.method_handlers_generic_handler(f"{OTLP}.{service}", {"Export": method})


@asynccontextmanager
async def backend(kept: Kept) -> AsyncIterator[str]:
    """A shop with an authorization server, at a URL."""
    known = set[bytes]()

    def respond(request: bytes) -> bytes:
        kept.add("request", request)
        line = request.partition(b"\r\n")[0]
        if line.startswith(b"POST /token"):
            return _said({"access_token": CANARIES["token"], "token_type": "bearer"})
        traces = set(TRACE.findall(request))
        failed = FLAKY in line and not traces <= known
        known.update(traces)
        return _said({"name": "Rex"}, 503 if failed else 200)

    async with HttpBackend(respond) as served:
        yield served.origin


def _said(body: object, status: int = 200) -> bytes:
    return answer(json.dumps(body).encode(), status=status, headers=(JSON_TYPE,))


@asynccontextmanager
async def started(role: str, folder: Path) -> AsyncIterator[tuple[Kept, str]]:
    """A process with one of the roles: what it has received, and its URL."""
    kept = Kept(folder)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.receivers", role, str(folder)),
        stdout=asyncio.subprocess.PIPE,
        env=environ(),
        cwd=ROOT,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(READY):
            url = (await process.stdout.readline()).decode().strip()
        yield kept, url
    finally:
        await stop(process)


async def main(role: AbstractAsyncContextManager[str]) -> None:
    """Serves until it is told to end."""
    ending = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ending.set)
    async with role as url:
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()
        await ending.wait()


if __name__ == "__main__":
    ROLES = {each.__name__: each for each in (telemetry, backend)}
    asyncio.run(main(ROLES[sys.argv[1]](Kept(Path(sys.argv[2])))))
