"""The routers of versions: which action a request means, compiled once for each document."""

import asyncio

from facade.catalog.catalog import Catalog
from facade.model.version import Serialization, Version
from facade.recent import Recent
from facade.spec.compile import METHOD
from facade.spec.spec import Spec
from facade.transcode.match import Router

KEPT = 512
"""Routers; that of a version that nobody has called for long is made anew."""


class Routers:
    """Keeps a router for each document that is called, and each way to write its parameters."""

    def __init__(self, catalog: Catalog) -> None:
        """Takes what has the documents."""
        self._catalog = catalog
        self._kept: Recent[tuple[str, Serialization], Router] = Recent(KEPT)
        self._making = asyncio.Lock()

    async def get(self, version: Version) -> Router:
        """The router of a version; raises StoreUnavailable where its document is lost."""
        key = version.spec_digest, version.serialization
        return self._kept.get(key) or await self._made(version, key)

    async def _made(self, version: Version, key: tuple[str, Serialization]) -> Router:
        async with self._making:
            router = self._kept.get(key)
            if router is None:
                spec = await self._catalog.spec(version)
                router = await asyncio.to_thread(_router, spec, version.serialization)
                self._kept.put(key, router)
        return router


def _router(spec: Spec, serialization: Serialization) -> Router:
    """Of the actions that a request can mean: some documents name what is no method."""
    found = map(spec.action, spec.ids)
    return Router((each for each in found if METHOD.fullmatch(each.method)), serialization)
