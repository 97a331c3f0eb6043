"""What one large document costs, in a process of its own: `python -m tests.conformance.measure`."""

import asyncio
import json
import re
import resource
import sys
import tempfile
import time
from pathlib import Path

from gateway.v1.gateway_pb2 import FAILURE_MODE_CONTINUE, ListActionsRequest
from tests.doors import a_door
from tests.fakes import HttpBackend


async def measure(text: str) -> dict[str, float]:
    """Operations, seconds to publish, MB that it took, and seconds of an action's first call."""
    with tempfile.TemporaryDirectory() as folder:
        async with HttpBackend() as backend, a_door(Path(folder)) as door:
            before = megabytes()
            start = time.perf_counter()
            answer = await door.publish("large", text, backend.origin)
            published = time.perf_counter() - start
            live = "connectors/large/versions/live"
            listed = await door.gateway.ListActions(
                ListActionsRequest(parent=live, filter="method = GET", page_size=1000)
            )
            first = 0.0
            for each in listed.actions:
                start = time.perf_counter()
                await door.execute(each.name, failure_mode=FAILURE_MODE_CONTINUE)
                first = time.perf_counter() - start
                if backend.requests:  # the others have arguments that are required
                    break
            return {
                "operations": answer.versions[0].action_count,
                "publish": published,
                "megabytes": megabytes() - before,
                "first": first,
            }


def megabytes() -> float:
    """The most that the process has ever held."""
    status = Path("/proc/self/status")
    if status.exists():  # the other figure begins with what the parent process held
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
        return int(found[1]) / 1024 if found else 0.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / 1024


if __name__ == "__main__":
    document = Path(sys.argv[1]).read_text(encoding="utf-8-sig")
    sys.stdout.write(json.dumps(asyncio.run(measure(document))))
