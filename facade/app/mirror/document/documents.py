"""The documents of versions as the facade serves them, kept as long as they are asked for."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TypeAlias

from facade.app.mirror.document.served import served
from facade.catalog.catalog import Catalog
from facade.config import Settings
from facade.model.names import LIVE, ConnectionName, VersionName
from facade.model.version import Version
from facade.recent import Recent
from facade.spec.limits import Limits
from facade.spec.spec import Spec

KEPT = 32
"""Documents in memory; the others are made anew when they are asked for."""

DocumentKey: TypeAlias = tuple[VersionName, datetime, str]
"""A version, when it was created, and what it was asked for as: `live`, or a connection as it was
at that etag."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A document, and the tag by which its next reader knows that it is the same."""

    body: bytes
    etag: str


class Documents:
    """Makes the documents of versions."""

    def __init__(self, catalog: Catalog, settings: Settings) -> None:
        """Takes what has the versions' own documents, and where callers find the facade."""
        self._catalog = catalog
        self._limits = Limits(size=settings.max_spec_bytes)
        self._root = settings.public_url.rstrip("/")
        self._kept: Recent[DocumentKey, Served] = Recent(KEPT)
        self._making = asyncio.Lock()

    async def get(self, name: VersionName) -> Served:
        """The document of a version; of `live`, with `live` in its address too.

        Raises ConnectorNotFound, VersionNotFound, and StoreUnavailable.
        """
        version = self._catalog.snapshot.likely(name)
        alias = LIVE if name.version == LIVE else ""
        return await self._known((version.name, version.create_time, alias), version, str(name))

    async def through(self, name: ConnectionName) -> Served:
        """The document of what serves a connection, for calls through it.

        Raises ConnectionNotFound, ConnectorNotFound, VersionNotFound, ConnectionIncomplete and
        StoreUnavailable.
        """
        connection = self._catalog.connection(name)
        version = self._catalog.connecting.serving(connection)
        alias = f"{connection.uid} {connection.etag}"
        return await self._known((version.name, version.create_time, alias), version, str(name))

    async def _known(self, key: DocumentKey, version: Version, place: str) -> Served:
        """What is kept under a key, made where it is not; `place` is where its paths begin."""
        found = self._kept.get(key)
        if found is not None:
            return found
        async with self._making:
            found = self._kept.get(key)
            if found is None:
                found = await self._made(version, f"{self._root}/{place}")
                self._kept.put(key, found)
        return found

    async def _made(self, version: Version, url: str) -> Served:
        text = await self._catalog.text(version)
        spec = await self._catalog.spec(version)
        return await asyncio.to_thread(_tagged, text, version, spec, url, self._limits)


def _tagged(text: str, version: Version, spec: Spec, url: str, limits: Limits) -> Served:
    body = served(text, version, spec, url, limits)
    return Served(body=body, etag=f'"{sha256(body).hexdigest()[:32]}"')
