"""A process that publishes without end, to be killed: forked from one that has imported all."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess

from facade.catalog.catalog import Catalog
from facade.model.change import Change, Create, Draft, Promote
from facade.model.names import ConnectorName, VersionName
from facade.spec.examination import examine
from facade.spec.limits import DEFAULT
from facade.stores.ledger import open_ledger
from tests.catalogs import no_fetch

PETS = ConnectorName("pets")

DOCUMENT = """\
openapi: 3.0.3
info: {{title: {key}}}
paths:
  /pets:
    get:
      operationId: list
      parameters: [{{name: {key}, in: query, schema: {{type: string}}}}]
      responses: {{}}
"""
"""Of one operation, with a parameter that no other version has."""


@contextmanager
def a_writer(url: str, cycle: int) -> Iterator[tuple[ForkServerProcess, Connection]]:
    """The process, and where it tells each version that was acknowledged."""
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(url, cycle, theirs))
    process.start()
    theirs.close()
    try:
        yield process, ours
    finally:
        process.kill()
        process.join()
        ours.close()


def _run(url: str, cycle: int, told: Connection) -> None:
    asyncio.run(_publish(url, cycle, told))


async def _publish(url: str, cycle: int, told: Connection) -> None:
    """Creates and promotes; every third time it goes back to the version before, in one set."""
    catalog = Catalog(await open_ledger(url), partial(examine, limits=DEFAULT), no_fetch)
    await catalog.refresh()
    before = ""
    for number in range(100_000):
        key = f"v{cycle}-{number}"
        text = DOCUMENT.format(key=key)
        name = VersionName("pets", key)
        changes: list[Change] = [
            Create(version_id=key, draft=Draft(spec_text=text)),
            Promote(name=name, allow_breaking=True),
        ]
        if number % 3 == 2:
            changes.append(Promote(name=VersionName("pets", before)))
        await catalog.manage(PETS, changes)
        before = key
        told.send(key)
