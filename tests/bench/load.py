"""Load: h2load sends one request over and over; requests that differ come from grpc.aio."""

import asyncio
import re
import struct
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import grpc.aio

PATIENCE = 300.0
"""Seconds for a run."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """So many calls, over so many connections, so many at once on each."""

    calls: int
    clients: int
    streams: int


@dataclass(frozen=True, kw_only=True)
class Report:
    """What came of a load."""

    answered: int
    data: int
    """Bytes of all messages that came back, with the five before each."""
    rate: float
    """Calls a second."""


def send_same(port: int, method: str, request: bytes, load: Load) -> Report:
    """Sends one request over and over, with h2load: in C, it takes the least of its core."""
    with tempfile.NamedTemporaryFile() as body:
        body.write(b"\0" + struct.pack(">I", len(request)) + request)
        body.flush()
        command = ["h2load", "-n", str(load.calls), "-c", str(load.clients)]
        command += ["-m", str(load.streams), "-d", body.name]
        command += ["-H", "content-type: application/grpc", "-H", "te: trailers"]
        done = subprocess.run(
            [*command, f"http://127.0.0.1:{port}{method}"],
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE,
        )
    return parse_report(done.stdout)


def parse_report(text: str) -> Report:
    """Reads what h2load prints."""
    good = re.search(r"(\d+) succeeded", text)
    data = re.search(r"\((\d+)\) data", text)
    rate = re.search(r"finished in .*?, ([\d.]+) req/s", text)
    return Report(
        answered=int(good[1]) if good else 0,
        data=int(data[1]) if data else 0,
        rate=float(rate[1]) if rate else 0.0,
    )


def send_different(
    port: int, method: str, requests: Callable[[int], bytes], numbers: Iterator[int], load: Load
) -> Report:
    """Sends the requests of the next numbers, each once."""
    return asyncio.run(_send_different(port, method, requests, numbers, load))


async def _send_different(
    port: int, method: str, requests: Callable[[int], bytes], numbers: Iterator[int], load: Load
) -> Report:
    due = [requests(next(numbers)) for _ in range(load.calls)]
    answers: list[int] = []

    async def caller(call: Any) -> None:
        while due:
            answers.append(5 + len(await call(due.pop(), timeout=PATIENCE)))

    async with AsyncExitStack() as stack:
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for number in range(load.clients):
                options = (("grpc.use_local_subchannel_pool", 1), ("bench.client", number))
                opened = grpc.aio.insecure_channel(f"127.0.0.1:{port}", options)
                channel = await stack.enter_async_context(opened)
                for _ in range(load.streams):
                    group.create_task(caller(channel.unary_unary(method)))
        seconds = time.monotonic() - began
    return Report(answered=len(answers), data=sum(answers), rate=len(answers) / seconds)
