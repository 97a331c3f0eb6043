"""Artifacts: what is made of a version for those who would call it as a typed service."""

import asyncio
from collections.abc import Mapping
from importlib import resources
from typing import Protocol

from facade.catalog.catalog import Catalog
from facade.errors.service import FormatUnavailable
from facade.model.artifact import Artifact, Format
from facade.model.names import VersionName
from facade.model.typed import TypedService
from facade.model.version import Version
from facade.spec.spec import Spec
from facade.spec.typed.module import module
from facade.spec.typed.naming import package_of
from facade.spec.typed.proto import proto_text


class Typed(Protocol):
    """Knows what documents become."""

    async def of(self, version: Version) -> TypedService:
        """The service of a version, numbered and named."""


class Artifacts(Protocol):
    """Makes artifacts."""

    async def export(self, name: VersionName, format_: Format) -> Artifact:
        """One of a version, by the name under which it is asked for.

        Raises ConnectorNotFound, VersionNotFound, FormatUnavailable, InvalidSpec, StoreUnavailable.
        """

    async def descriptor_set(self, name: VersionName) -> bytes:
        """Its descriptors, with those of the files that it needs; raises the same."""


class TextArtifacts:
    """What can be made without protobuf: the text, and the module of it."""

    def __init__(self, catalog: Catalog, typed: Typed) -> None:
        """Takes what knows versions, and what they become."""
        self._catalog = catalog
        self._typed = typed

    def version(self, name: VersionName) -> Version:
        """What is meant by a name: of several that are live the one that serves most calls."""
        return self._catalog.snapshot.likely(name)

    async def service(self, version: Version) -> TypedService:
        """The service of a version."""
        return await self._typed.of(version)

    async def spec(self, version: Version) -> Spec:
        """The document of a version."""
        return await self._catalog.spec(version)

    async def export(self, name: VersionName, format_: Format) -> Artifact:
        """The text of a version's service, or a module of it."""
        version, package = self.version(name), package_of(name)
        if format_ is Format.PROTO:
            text = await asyncio.to_thread(proto_text, await self.service(version), package)
            return Artifact(
                file_name=f"{name.connector}.proto",
                content_type="text/plain; charset=utf-8",
                data=text.encode(),
            )
        if format_ is Format.BUF_MODULE:
            service = await self.service(version)
            return Artifact(
                file_name=f"{name.connector}-{name.version}.zip",
                content_type="application/zip",
                data=await asyncio.to_thread(module, service, package, third_party()),
            )
        raise FormatUnavailable(f"a facade makes no {format_}")

    async def descriptor_set(self, name: VersionName) -> bytes:
        """Raises FormatUnavailable, for a version that there is."""
        self.version(name)
        raise FormatUnavailable("a facade makes no descriptors")


def third_party() -> Mapping[str, bytes]:
    """Google's files that services import, by their paths."""
    top = resources.files("facade.spec.typed").joinpath("third_party", "google", "api")
    return {
        f"google/api/{each.name}": each.read_bytes()
        for each in sorted(top.iterdir(), key=lambda each: each.name)
    }
