"""Artifacts of versions that are made with protobuf: descriptors, and stubs for Python."""

import asyncio

from google.protobuf.descriptor_pb2 import FileDescriptorSet

from facade.catalog.artifacts import TextArtifacts, third_party
from facade.model.artifact import Artifact, Format
from facade.model.names import VersionName
from facade.model.typed import TypedService
from facade.spec.typed.naming import file_of, package_of
from facade.spec.typed.proto import proto_text
from gateway.typed.descriptors import file_proto, imported
from gateway.typed.envoy.export import envoy
from gateway.typed.stub_types import stub_types
from gateway.typed.stubs import stubs
from gateway.typed.wheel import wheel


def descriptor_set(service: TypedService, package: str) -> bytes:
    """A FileDescriptorSet of a service's file, behind those that it needs."""
    file = file_proto(service, package)
    return FileDescriptorSet(file=(*imported(file), file)).SerializeToString(deterministic=True)


class WireArtifacts:
    """Every format."""

    def __init__(self, text: TextArtifacts) -> None:
        """Takes what makes those that need no protobuf."""
        self._text = text
        self._compiling = asyncio.Semaphore(1)

    async def export(self, name: VersionName, format_: Format) -> Artifact:
        """One artifact; of what takes long, one after the other is made."""
        if format_ is Format.DESCRIPTOR_SET:
            return Artifact(
                file_name=f"{name.connector}-{name.version}.binpb",
                content_type="application/x-protobuf",
                data=await self.descriptor_set(name),
            )
        if format_ is Format.PYTHON_WHEEL:
            async with self._compiling:
                return await self._wheel(name)
        if format_ is Format.ENVOY:
            async with self._compiling:
                return await self._envoy(name)
        return await self._text.export(name, format_)

    async def descriptor_set(self, name: VersionName) -> bytes:
        """The descriptors of a version's service."""
        service = await self._text.service(self._text.version(name))
        return await asyncio.to_thread(descriptor_set, service, package_of(name))

    async def _envoy(self, name: VersionName) -> Artifact:
        version = self._text.version(name)
        spec, service = await self._text.spec(version), await self._text.service(version)
        return Artifact(
            file_name=f"{name.connector}-{name.version}-envoy.zip",
            content_type="application/zip",
            data=await asyncio.to_thread(envoy, version, spec, service, package_of(name)),
        )

    async def _wheel(self, name: VersionName) -> Artifact:
        package = package_of(name)
        service, file = await self._text.service(self._text.version(name)), file_of(package)
        text = await asyncio.to_thread(proto_text, service, package)
        modules = await stubs(file, {**third_party(), file: text.encode()})
        path, types = stub_types(service, file)
        file_name, data = await asyncio.to_thread(wheel, name, package, {**modules, path: types})
        return Artifact(file_name=file_name, content_type="application/zip", data=data)
