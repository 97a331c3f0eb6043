"""A process that offers calls to a limit: `python -m tests.offering URL LIMIT BURST RATE SECONDS`.

It says `ready`, waits for a line, offers, and says how many calls were admitted.
"""

import asyncio
import sys
import time

from facade.errors.service import QuotaExceeded
from facade.model.policy import Limit, Policy
from facade.policy.limits.admission import Limits
from facade.sealing import Seal
from facade.stores.opening import open_shared
from tests.fakes import a_plan

SEAL = Seal([b"k" * 32])


async def offered(limits: Limits, limit: Limit, rate: float, seconds: float) -> int:
    """How many calls are admitted within the seconds, of those that come at a steady rate.

    A machine that is too busy to offer all of them in time offers fewer, and not for longer.
    """
    plan = a_plan("https://x.test", policy=Policy(limits=(limit,)))
    begun, admitted = time.monotonic(), 0
    for number in range(int(rate * seconds)):
        pause = begun + number / rate - time.monotonic()
        if pause > 0:
            await asyncio.sleep(pause)
        elif time.monotonic() - begun > seconds:
            break
        try:
            async with limits.admitted(plan, 0.0):
                admitted += 1
        except QuotaExceeded:
            pass
    return admitted


def tell(said: object) -> None:
    sys.stdout.write(f"{said}\n")
    sys.stdout.flush()


async def main(url: str, calls: int, burst: int, rate: float, seconds: float) -> None:
    async with open_shared(url) as shared:
        limits, loop = Limits(shared, SEAL), asyncio.get_running_loop()
        tell("ready")
        await loop.run_in_executor(None, sys.stdin.readline)
        tell(await offered(limits, Limit(calls=calls, burst=burst), rate, seconds))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], *map(int, sys.argv[2:4]), *map(float, sys.argv[4:6])))
