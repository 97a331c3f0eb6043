"""The routers of versions: which action a request means, compiled once for each document."""

import asyncio

import msgspec

from facade.catalog.catalog import Catalog
from facade.model.action import Action
from facade.model.names import ActionName, ConnectionName
from facade.model.version import Serialization, Version
from facade.recent import Recent
from facade.spec.compile import METHOD
from facade.spec.spec import Spec
from facade.transcode.match import Router

KEPT = 512
"""Routers; that of a version that nobody has called for long is made anew."""


class ActionPlace(msgspec.Struct, frozen=True):
    """An action where a version serves it."""

    name: ActionName
    route: str
    """The template of its path below this server."""


class Served:
    """A version as it is mirrored: which action a request means, and where each is."""

    def __init__(self, version: Version, router: Router) -> None:
        """Takes the router of the version's document."""
        self.version = version
        self.router = router
        self.metadata = version.metadata
        """The names of the header fields that sign its calls."""
        self._places: dict[str, ActionPlace] = {}

    def place(self, action: Action) -> ActionPlace:
        """Where an action is."""
        return self._places.get(action.id) or self._placed(action)

    def _placed(self, action: Action) -> ActionPlace:
        name, connection = self.version.name, self.version.connection
        prefix = ConnectionName(connection) if connection else name
        place = self._places[action.id] = ActionPlace(
            name=ActionName(name.connector, name.version, action.id, name.tenant),
            route=f"/{prefix}{action.path}",
        )
        return place


class Routers:
    """Keeps what is compiled of each version that is called.

    The router is that of a document and a way to write parameters: versions may share it.
    """

    def __init__(self, catalog: Catalog) -> None:
        """Takes what has the documents."""
        self._catalog = catalog
        self._served: Recent[int, Served] = Recent(KEPT)
        self._kept: Recent[tuple[str, Serialization], Router] = Recent(KEPT)
        self._making = asyncio.Lock()

    def known(self, version: Version) -> Served | None:
        """The version as it is mirrored, where it has been asked for."""
        return self._served.get(id(version))

    async def get(self, version: Version) -> Served:
        """The version as it is mirrored; raises StoreUnavailable where its document is lost."""
        served = Served(version, await self._router(version))
        self._served.put(id(version), served)
        return served

    async def _router(self, version: Version) -> Router:
        key = version.spec_digest, version.serialization
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
