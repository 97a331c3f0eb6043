"""Parts by themselves: the transport beside aiohttp, limit and look-up beside redis-py."""

import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.bench.place import Place
from tests.bench.scale import Scale

BARE = Path(__file__).with_name("bare.py")


async def measure(place: Place, scale: Scale) -> Mapping[str, float]:
    """Microseconds of each part."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(BARE)),
        *map(str, (place.backend, place.redis.port, scale.calls, scale.rounds)),
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError("the parts could not be measured")
    found: dict[str, float] = json.loads(said)
    return found
