"""How a connector of very many versions is listed, while others write (row G18).

Argument: how many versions. Prints how long the last hundred take to make, every page of all of
them, a page of the actions of one, and that each version that stayed was listed once although
others came and went between the pages.
"""

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

from gateway.v1.catalog_pb2 import ListVersionsRequest
from gateway.v1.gateway_pb2 import (
    CreateVersion,
    DeleteVersion,
    ListActionsRequest,
    ManageVersionsRequest,
    VersionChange,
)
from gateway.v1.version_pb2 import ConnectorVersion, Direct
from tests.doors import Door, a_door, document

PARENT = "connectors/many"
SPEC = json.dumps(document({f"/a{n}": {"get": {"operationId": f"a{n}"}} for n in range(50)}))
STEP = 100


def created(key: str) -> VersionChange:
    """One more version of the same document."""
    version = ConnectorVersion(spec_text=SPEC, direct=Direct(base_uri="https://a.example"))
    return VersionChange(create=CreateVersion(version_id=key, version=version))


async def manage(door: Door, *changes: VersionChange) -> float:
    """Milliseconds that a change set takes."""
    began = time.perf_counter()
    request = ManageVersionsRequest(parent=PARENT, changes=changes)
    await door.gateway.ManageVersions(request)
    return (time.perf_counter() - began) * 1e3


async def listed(door: Door) -> tuple[list[str], list[float]]:
    """The names of all versions, and the milliseconds of each page; others write in between."""
    names: list[str] = []
    times: list[float] = []
    request = ListVersionsRequest(parent=PARENT, page_size=1000)
    while True:
        began = time.perf_counter()
        page = await door.catalog.ListVersions(request)
        times.append((time.perf_counter() - began) * 1e3)
        names += [each.name for each in page.versions]
        request.page_token = page.next_page_token
        if not request.page_token:
            return names, times
        gone = DeleteVersion(name=f"{PARENT}/versions/x{len(times):05}")
        await manage(door, created(f"y{len(times):05}"), VersionChange(delete=gone))


async def main(count: int) -> None:
    """Makes them, lists them, prints."""
    with tempfile.TemporaryDirectory() as folder:
        async with a_door(Path(folder)) as door:
            took = 0.0
            for start in range(0, count, STEP):
                took = await manage(door, *(created(f"v{start + n:05}") for n in range(STEP)))
            await manage(door, *(created(f"x{n:05}") for n in range(STEP)))
            names, times = await listed(door)
            began = time.perf_counter()
            request = ListActionsRequest(parent=f"{PARENT}/versions/v00000")
            await door.gateway.ListActions(request)
            actions = (time.perf_counter() - began) * 1e3
    stayed = [each for each in names if "/v" in each.removeprefix(PARENT).removeprefix("/versions")]
    print(f"the last {STEP} of {count}: {took:.0f} ms; a page of actions: {actions:.1f} ms")
    print(f"{len(times)} pages: {min(times):.0f} to {max(times):.0f} ms each")
    print(
        f"stayed and listed: {len(stayed)}, each once: {len(stayed) == len(set(stayed)) == count}"
    )


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
