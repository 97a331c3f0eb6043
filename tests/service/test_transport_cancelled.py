"""Row D46: calls that are given up at any moment leave nothing behind."""

import asyncio
import random
from pathlib import Path

import pytest
import trustme

from facade.model.call import Plan
from facade.pool import CONNECTIONS
from facade.transport import Transport
from tests.fakes import OK, RawBackend, a_plan, ok, read_request, server_tls, trusting

HEAD = b"HTTP/1.1 200 OK\r\n"
AT_ONCE = 100
HEALTHY = 1000


async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers `/slow` piece by piece, and everything else at once."""
    while True:
        request = await read_request(reader)
        if b"/slow" in request:
            for piece in (HEAD, b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nk\r\n"):
                await asyncio.sleep(0.002)
                writer.write(piece)
            await asyncio.sleep(0.002)
            writer.write(b"0\r\n\r\n")
        else:
            writer.write(OK)


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def broken_off(transport: Transport, plan: Plan, dice: random.Random) -> None:
    call = asyncio.ensure_future(transport.send(plan))
    await asyncio.sleep(dice.random() * 0.03)
    call.cancel()
    await asyncio.wait([call])


@pytest.mark.timeout(600)
@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.asyncio(loop_factories=["asyncio", "uvloop"])
async def test_d46_calls_cancelled_at_any_time_leave_no_place_descriptor_or_task(
    request: pytest.FixtureRequest, authority: trustme.CA, *, secure: bool
) -> None:
    cancels: int = request.config.getoption("--cancels")
    dice = random.Random(46)  # noqa: S311 - no secret
    transport = trusting(authority)
    async with RawBackend(slow, server_tls(authority) if secure else None) as backend:
        await ok(transport, backend)
        before, tasks = descriptors(), len(asyncio.all_tasks())
        plans = [
            a_plan(backend.origin, target="/slow"),
            a_plan(backend.origin, target="/slow", method="POST", body=bytes(300_000)),
            a_plan(backend.origin),
        ]
        for _ in range(cancels // AT_ONCE):
            calls = (broken_off(transport, dice.choice(plans), dice) for _ in range(AT_ONCE))
            await asyncio.gather(*calls)
        async with asyncio.timeout(30):
            for _ in range(HEALTHY // AT_ONCE):
                await asyncio.gather(*(ok(transport, backend) for _ in range(AT_ONCE)))
        await asyncio.sleep(0.05)
        wire = transport._wire
        [pool] = wire.pools.values()
        assert (pool.unneeded, pool.free) == (True, CONNECTIONS)
        await transport.close()
        await asyncio.sleep(0.05)
        assert descriptors() <= before
        assert len(asyncio.all_tasks()) <= tasks
