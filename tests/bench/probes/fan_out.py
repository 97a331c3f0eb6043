"""Probe: a fan-out of many real calls through a gateway, and how long other calls wait meanwhile.

`python tests/bench/probes/fan_out.py --items 10000`, from the root. Prints, second by second, the
calls that arrived at the backend and the gateway's memory; then what other calls took, those that
only call and those that the ledger keeps (`request_id`), beside nothing and beside the fan-out.
"""

import argparse
import asyncio
import json
import os
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc.aio

from gateway.v1.flow_pb2 import GetRunRequest, RunFlowRequest
from gateway.v1.flow_pb2_grpc import FlowServiceStub
from gateway.v1.gateway_pb2 import ExecuteActionRequest
from gateway.v1.run_pb2 import Run
from tests.bench.backend import FIRST, Static
from tests.bench.place import cpu
from tests.processes import Running, portico_up

SIZE = 200
"""Bytes of an answer, about."""
RATES = {"calls": 50, "kept calls": 10}
"""Other calls of each kind in a second."""
PATIENCE = 900.0
"""Seconds after which the fan-out counts as stalled."""

PARAMETER = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
OPERATION = {"parameters": [PARAMETER], "responses": {"200": {"description": "ok"}}}
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Items", "version": "1"},
    "paths": {
        f"/items/{SIZE}/{{id}}": {"get": {"operationId": "getItem", **OPERATION}},
        f"/others/{SIZE}/{{id}}": {"get": {"operationId": "getOther", **OPERATION}},
    },
}
ACTIONS = "connectors/shop/versions/live/actions"


def source(at_a_time: int) -> str:
    """A flow that calls an action for each item."""
    return f"""\
bounds: {{steps: 20000}}
steps:
  - id: each
    for_each: input
    concurrency: {at_a_time}
    do: {{action: shop/getItem, arguments: {{id: "{{{{ item }}}}"}}}}
result: "length(steps.each.output)"
"""


class Counting(Static):
    """The backend; it counts the calls of the fan-out."""

    arrived = 0

    def data_received(self, data: bytes) -> None:
        """Answers, as ever."""
        Counting.arrived += data.count(b"GET /items/")
        super().data_received(data)


@dataclass
class Waits:
    """Milliseconds that other calls took, and how many failed."""

    took: list[float] = field(default_factory=list)
    failed: int = 0

    def __str__(self) -> str:
        """Their quantiles."""
        times = sorted(self.took) or [0.0]
        middle, late = times[len(times) // 2], times[int(len(times) * 0.99)]
        return (
            f"{len(self.took):6} calls, p50 {middle:7.2f} ms, p99 {late:7.2f} ms, "
            f"at most {times[-1]:8.2f} ms, {self.failed} failed"
        )


async def others(running: Running, kind: str, waits: Waits) -> None:
    """Calls of a kind at a steady rate for as long as it is let."""
    began, number = time.perf_counter(), 0
    async with asyncio.TaskGroup() as group:
        while True:
            number += 1
            group.create_task(other(running, kind, number, waits))
            await asyncio.sleep(began + number / RATES[kind] - time.perf_counter())


async def other(running: Running, kind: str, number: int, waits: Waits) -> None:
    """One other call."""
    request = ExecuteActionRequest(
        name=f"{ACTIONS}/getOther",
        parameters_json=json.dumps({"id": FIRST + number}),
        request_id=str(uuid4()) if kind == "kept calls" else "",
    )
    began = time.perf_counter()
    try:
        await running.gateway.ExecuteAction(request, timeout=30)
    except grpc.aio.AioRpcError:
        waits.failed += 1
    else:
        waits.took.append((time.perf_counter() - began) * 1000)


@asynccontextmanager
async def beside(running: Running, title: str) -> AsyncIterator[None]:
    """Has other calls be made for the block, and says what they took."""
    measured = {kind: Waits() for kind in RATES}
    tasks = [asyncio.create_task(others(running, *each)) for each in measured.items()]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for kind, waits in measured.items():
        print(f"{title:8} {kind:10} {waits}", flush=True)


def resident(pid: int) -> int:
    """Bytes of a process in memory."""
    pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


async def watched(look: Callable[[], Awaitable[Run]], pid: int) -> tuple[Run, int]:
    """Waits for the end of a run, and tells its rate; gives the most memory that it took, too."""
    last, most, began = Counting.arrived, 0, time.perf_counter()
    while True:
        await asyncio.sleep(1)
        run = await look()
        memory = resident(pid)
        most, seconds = max(most, memory), time.perf_counter() - began
        arrived = Counting.arrived
        print(f"{seconds:6.1f} s {arrived:7} arrived, {arrived - last:5}/s, {memory / 1e6:6.0f} MB")
        last = arrived
        if run.end_time.seconds:
            return run, most
        if seconds > PATIENCE:
            raise TimeoutError


async def probe(folder: Path, items: int, at_a_time: int, idle: float) -> None:
    """Measures beside nothing, then beside the fan-out."""
    loop = asyncio.get_running_loop()
    backend = await loop.create_server(Counting, "127.0.0.1", 0, backlog=1024)
    origin = f"http://127.0.0.1:{backend.sockets[0].getsockname()[1]}"
    version = {"id": "v1", "server": origin, "spec": DOCUMENT}
    files = {"shop.yaml": json.dumps({"connector": "shop", "versions": [version]})}
    file = folder / "many.yaml"
    file.write_text(source(at_a_time), encoding="utf-8")
    async with portico_up(folder, files, log=folder / "log") as running:
        for words in (("create", file), ("publish", "many")):
            done = await running.portico("flow", *words)
            assert done.status == 0, done.err
        own = (("grpc.use_local_subchannel_pool", 1),)  # others may have all streams of theirs
        async with grpc.aio.insecure_channel(running.address, options=own) as channel:
            flows: Any = FlowServiceStub(channel)
            warm = RunFlowRequest(name="flows/many", input=f"[{FIRST}]", wait=True)
            await flows.RunFlow(warm, timeout=60)
            async with beside(running, "idle"):
                await asyncio.sleep(idle)
            pid, Counting.arrived = running.process.pid, 0
            before, spent, began = resident(pid), cpu(pid), time.perf_counter()
            async with beside(running, "fan-out"):
                request = RunFlowRequest(
                    name="flows/many", input=json.dumps(list(range(FIRST, FIRST + items)))
                )
                asked = GetRunRequest(name=(await flows.RunFlow(request, timeout=60)).name)
                run, most = await watched(lambda: flows.GetRun(asked, timeout=60), pid)
            took = (run.end_time.ToMilliseconds() - run.start_time.ToMilliseconds()) / 1000
            cores = (cpu(pid) - spent) / (time.perf_counter() - began)
            print(
                f"{run.output} items in {took:.1f} s, {items / took:.0f}/s; "
                f"{Counting.arrived} calls arrived; "
                f"{cores:.0%} of a core; "
                f"memory {before / 1e6:.0f} MB before, {most / 1e6:.0f} MB at most"
            )
    backend.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--at-a-time", type=int, default=16)
    parser.add_argument("--idle", type=float, default=10.0)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(probe(Path(name), chosen.items, chosen.at_a_time, chosen.idle))
        size = sum(each.stat().st_size for each in Path(name).rglob("*.db*")) / 1e6
        print(f"the databases have {size:.1f} MB")
