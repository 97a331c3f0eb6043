"""What a tenant has of its calls while another one floods, beside what it has while all is quiet.

Arguments: seconds of each part, and the limit of a tenant in calls a second. One tenant offers half
of that, the other twenty times, each whether or not others were answered. Prints how many calls of
the first succeeded, and its times.
"""

import asyncio
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, NamedTuple

import grpc.aio

from facade.access.keys import Keys
from facade.ground import DATABASE
from facade.model.access import Grant, Identity, Role
from facade.model.key import KeyName
from facade.stores.keys import SqlKeys
from facade.stores.ledger import open_ledger
from gateway.v1.gateway_pb2 import (
    CreateVersion,
    ExecuteActionRequest,
    ManageVersionsRequest,
    PromoteVersion,
    VersionChange,
)
from gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from gateway.v1.version_pb2 import ConnectorVersion
from tests.doors import document
from tests.fakes import HttpBackend
from tests.processes import portico_up

FLOOD, HALF = 20.0, 0.5
"""Times the limit that each of the two offers."""
CONNECTIONS = 8
"""Of the one that floods."""
GIVEN = 2.0
"""Seconds for a call."""

SHOP = document({"/things": {"get": {"operationId": "list", "responses": {}}}})
CALL = ExecuteActionRequest(name="connectors/shop/versions/live/actions/list")
ADMIN = (Grant(role=Role.ADMIN),)


class Tenant(NamedTuple):
    """One tenant's ways to the gateway, and what makes it known."""

    stubs: Sequence[Any]
    shown: tuple[tuple[str, str], ...]


async def key_of(folder: Path, tenant: str) -> str:
    """A key of a tenant's administrator."""
    ledger = await open_ledger(f"sqlite+aiosqlite:///{folder / DATABASE}")
    by = Identity(tenant=tenant, name="operator", grants=ADMIN)
    try:
        return (await Keys(SqlKeys(ledger)).create(KeyName("admin", tenant), ADMIN, by=by))[1]
    finally:
        await ledger.close()


async def publish(tenant: Tenant, origin: str) -> None:
    """Publishes the shop of a tenant."""
    version = ConnectorVersion(spec_text=json.dumps(SHOP))
    version.direct.base_uri = origin
    promoted = PromoteVersion(name="connectors/shop/versions/v1")
    changes = [
        VersionChange(create=CreateVersion(version_id="v1", version=version)),
        VersionChange(promote=promoted),
    ]
    request = ManageVersionsRequest(parent="connectors/shop", changes=changes)
    await tenant.stubs[0].ManageVersions(request, metadata=tenant.shown)


async def offer(tenant: Tenant, rate: float, seconds: float) -> tuple[Counter[str], list[float]]:
    """What became of calls that begin at a rate, and the milliseconds of those that succeeded."""
    loop, codes, times = asyncio.get_running_loop(), Counter[str](), list[float]()

    async def one(number: int) -> None:
        began = loop.time()
        stub = tenant.stubs[number % len(tenant.stubs)]
        try:
            await stub.ExecuteAction(CALL, timeout=GIVEN, metadata=tenant.shown)
        except grpc.aio.AioRpcError as error:
            codes[error.code().name] += 1
        else:
            codes["OK"] += 1
            times.append(1000 * (loop.time() - began))

    first, calls = loop.time(), []
    for number in range(int(rate * seconds)):
        await asyncio.sleep(first + number / rate - loop.time())
        calls.append(asyncio.create_task(one(number)))
    await asyncio.gather(*calls)
    return codes, sorted(times)


def tell(what: str, codes: Counter[str], times: list[float]) -> None:
    """Prints a line."""
    good = 100 * codes["OK"] / codes.total()
    middle, late = times[len(times) // 2], times[int(0.99 * len(times))]
    print(f"{what:28} {good:7.2f} %  p50 {middle:6.2f} ms  p99 {late:6.2f} ms  {dict(codes)}")


async def main(seconds: float, limit: float) -> None:
    """Measures, and prints."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "data").mkdir()
        names = ("flooding", "other")
        keys = [await key_of(folder / "data", name) for name in names]
        backend = await stack.enter_async_context(HttpBackend())
        flags = ("--callers", "known", "--tenant-limit", f"{limit:.0f}/1s", "--log-level", "error")
        running = await stack.enter_async_context(portico_up(folder, {}, *flags))

        async def tenant(key: str, connections: int) -> Tenant:
            stubs = []
            for _ in range(connections):
                options = [("grpc.use_local_subchannel_pool", 1)]
                opened = grpc.aio.insecure_channel(running.address, options=options)
                stubs.append(GatewayServiceStub(await stack.enter_async_context(opened)))
            return Tenant(stubs, (("authorization", f"Bearer {key}"),))

        flooding, other = await tenant(keys[0], CONNECTIONS), await tenant(keys[1], 1)
        for each in (flooding, other):
            await publish(each, backend.origin)
        await offer(other, HALF * limit, 1.0)
        tell("the other one, quiet", *await offer(other, HALF * limit, seconds))
        flood = asyncio.create_task(offer(flooding, FLOOD * limit, seconds + 1))
        await asyncio.sleep(0.5)
        tell("the other one, in the flood", *await offer(other, HALF * limit, seconds))
        tell("the one that floods", *await flood)


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]), float(sys.argv[2])))
