"""The methods of artifacts: what is made of versions for those who would call them as services."""

from typing import Final

from starlette.responses import Response

from facade.app.api.form.form import Field, Form
from facade.app.api.form.scalar import BYTES, TEXT, choice
from facade.app.api.requests import NOTHING
from facade.app.api.route import Asked, Desk, Route
from facade.app.api.template import Template
from facade.app.api.told import data
from facade.model.artifact import Format
from facade.model.names import parse_version

SERVICE: Final = "ArtifactService"

FORMAT: Final = Field(
    "format",
    choice("ARTIFACT_FORMAT", Format, Format.PROTO),
    "What to make; the text of the .proto file if unset.",
)
EXPORT: Final = Form("ExportArtifactRequest", "What to make of a version.", (FORMAT,))
DESCRIPTOR_SET: Final = Form(
    "GetDescriptorSetResponse",
    "The descriptors of a typed service.",
    (
        Field(
            "descriptor_set",
            BYTES,
            "A google.protobuf.FileDescriptorSet; the file of the service is its last one.",
        ),
    ),
)
ARTIFACT: Final = Form(
    "ExportArtifactResponse",
    "One file.",
    (
        Field("file_name", TEXT, "What to call it: `petstore_grpc-1-py3-none-any.whl`."),
        Field("content_type", TEXT, "Its media type."),
        Field("data", BYTES, "Its bytes."),
    ),
)


async def get_descriptor_set(desk: Desk, asked: Asked) -> Response:
    """Gives the descriptors of a version's service."""
    name = parse_version(asked.name, tenant=asked.identity.tenant)
    made = await desk.artifacts.descriptor_set(name)
    return data({"descriptorSet": BYTES.write(made)})


async def export_artifact(desk: Desk, asked: Asked) -> Response:
    """Makes a file of a version's service."""
    name = parse_version(asked.name, tenant=asked.identity.tenant)
    made = await desk.artifacts.export(name, asked.fields.get("format", Format.PROTO))
    return data(ARTIFACT.write(made))


ROUTES: Final = (
    Route(
        rpc="GetDescriptorSet",
        service=SERVICE,
        about="Gives the descriptors of a version's typed service.",
        verb="GET",
        path=Template.of("/v1/{name=connectors/*/versions/*}:getDescriptorSet"),
        request=NOTHING,
        answer=DESCRIPTOR_SET,
        handler=get_descriptor_set,
    ),
    Route(
        rpc="ExportArtifact",
        service=SERVICE,
        about="Makes a file of a version's typed service: its text, descriptors, stubs.",
        verb="GET",
        path=Template.of("/v1/{name=connectors/*/versions/*}:exportArtifact"),
        request=EXPORT,
        answer=ARTIFACT,
        handler=export_artifact,
    ),
)
