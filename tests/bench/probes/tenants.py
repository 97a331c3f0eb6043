"""How long a name of another tenant's takes to be refused, beside a name that nobody has.

Argument: how often each RPC is asked for each of the two, in turns. Prints both medians of every
RPC in microseconds and their ratio; more than 10 % apart would tell tenants of each other.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import grpc

from tests.asked import MISSING, SETTINGS, furnish, unheld
from tests.fakes import HttpBackend
from tests.tenants import Tenant, two_tenants

WARM = 20
"""Requests of each kind that are not counted."""


async def refused(tenant: Tenant, rpc: str, tree: Any) -> float:
    """Microseconds until a request is refused."""
    began = time.perf_counter()
    try:
        await tenant.asks(rpc, tree)
    except grpc.aio.AioRpcError:
        return (time.perf_counter() - began) * 1e6
    raise AssertionError(f"{rpc} was answered")


async def medians(tenant: Tenant, rpc: str, rounds: int) -> tuple[float, float]:
    """Of the refusals of one RPC: of names of the other tenant's, and of nobody's."""
    theirs: list[float] = []
    nobodys: list[float] = []
    pairs = ((theirs, MISSING[rpc]), (nobodys, unheld(MISSING[rpc])))
    for number in range(rounds + WARM):
        for times, tree in pairs if number % 2 else pairs[::-1]:
            took = await refused(tenant, rpc, tree)
            if number >= WARM:
                times.append(took)
    return statistics.median(theirs), statistics.median(nobodys)


async def main(rounds: int) -> None:
    """Asks, and prints."""
    with tempfile.TemporaryDirectory() as folder:
        async with (
            HttpBackend() as backend,
            two_tenants(Path(folder), **SETTINGS) as (shop, bank),
        ):
            await furnish(shop, bank, backend.origin)
            ratios = []
            for rpc in MISSING:
                theirs, nobodys = await medians(shop, rpc, rounds)
                ratios.append(theirs / nobodys)
                print(f"{rpc:24} {theirs:9.0f} {nobodys:9.0f} {ratios[-1]:6.3f}", flush=True)
            print(f"from {min(ratios):.3f} to {max(ratios):.3f}")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200))
