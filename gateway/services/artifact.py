"""ArtifactService: what is made of versions for those who would call them as typed services."""

from types import MappingProxyType

from facade.catalog.artifacts import Artifacts
from facade.catalog.request import invalid
from facade.errors.fault import Violation
from facade.model.artifact import Format
from facade.model.names import parse_version
from gateway.interceptors.base import Rpc
from gateway.v1 import artifact_pb2 as pb

FORMATS = MappingProxyType(
    {
        pb.ARTIFACT_FORMAT_UNSPECIFIED: Format.PROTO,
        pb.ARTIFACT_FORMAT_PROTO: Format.PROTO,
        pb.ARTIFACT_FORMAT_DESCRIPTOR_SET: Format.DESCRIPTOR_SET,
        pb.ARTIFACT_FORMAT_BUF_MODULE: Format.BUF_MODULE,
        pb.ARTIFACT_FORMAT_PYTHON_WHEEL: Format.PYTHON_WHEEL,
        pb.ARTIFACT_FORMAT_ENVOY: Format.ENVOY,
    }
)


class ArtifactService:
    """The methods of gateway.v1.ArtifactService."""

    def __init__(self, artifacts: Artifacts) -> None:
        """Takes what makes them."""
        self._artifacts = artifacts

    async def get_descriptor_set(
        self, request: pb.GetDescriptorSetRequest, rpc: Rpc
    ) -> pb.GetDescriptorSetResponse:
        """Gives the descriptors of a version's service."""
        name = parse_version(request.name, tenant=rpc.identity.tenant)
        return pb.GetDescriptorSetResponse(
            descriptor_set=await self._artifacts.descriptor_set(name)
        )

    async def export_artifact(
        self, request: pb.ExportArtifactRequest, rpc: Rpc
    ) -> pb.ExportArtifactResponse:
        """Makes a file of a version's service."""
        name = parse_version(request.name, tenant=rpc.identity.tenant)
        format_ = FORMATS.get(request.format)
        if format_ is None:
            description = f"{request.format} is none of its values"
            raise invalid(Violation(field="format", description=description))
        made = await self._artifacts.export(name, format_)
        return pb.ExportArtifactResponse(
            file_name=made.file_name, content_type=made.content_type, data=made.data
        )
