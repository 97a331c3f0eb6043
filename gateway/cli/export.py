"""portico export: what a version is for others: a connector file, or what its typed service is."""

import sys
import zipfile
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli import names
from gateway.cli.command import new_app, one_of
from gateway.cli.output import note, say
from gateway.cli.session import DEFAULT, Ca, Certificate, Key, Server, Session, connect
from gateway.v1 import artifact_pb2 as pb
from gateway.v1.catalog_pb2 import ExportVersionRequest

app = new_app()


class What(StrEnum):
    """What can be exported."""

    CONNECTOR = "connector"
    PROTO = "proto"
    DESCRIPTORS = "descriptors"
    STUBS = "stubs"
    MODULE = "module"
    ENVOY = "envoy"


FORMATS = {
    What.PROTO: pb.ARTIFACT_FORMAT_PROTO,
    What.DESCRIPTORS: pb.ARTIFACT_FORMAT_DESCRIPTOR_SET,
    What.STUBS: pb.ARTIFACT_FORMAT_PYTHON_WHEEL,
    What.MODULE: pb.ARTIFACT_FORMAT_BUF_MODULE,
    What.ENVOY: pb.ARTIFACT_FORMAT_ENVOY,
}
TEXTS = (What.CONNECTOR, What.PROTO)
"""What is printed where no file is named."""
STDOUT = Path("-")
REPORT = "README.md"
"""Of an export for Envoy, the file that people read."""


@app.command()
def export(
    what: Annotated[
        What,
        typer.Argument(
            metavar="WHAT",
            help="connector, proto, descriptors, stubs (Python), module (buf) or envoy.",
            **one_of(What),
        ),
    ],
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="CONNECTOR@VERSION; what serves if absent.")
    ],
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Where to write it: a file, a folder, or -."
        ),
    ] = None,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Write a version as a connector file, or what its typed gRPC service is.

    `portico export connector petstore@v1 > petstore.json`

    `portico export proto petstore@v1`

    `portico export stubs petstore -o wheels/`

    Texts are printed; other files are written to this folder, under names of their own. Of
    `envoy`, what Envoy can carry and what not is printed as well.
    """
    with connect(server, ca, certificate, key) as session:
        file_name, data = _exported(session, what, names.version(name))
    if output == STDOUT or (output is None and what in TEXTS):
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    _write(output or Path(), file_name, data)
    if what is What.ENVOY:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            sys.stdout.write(archive.read(REPORT).decode())


def _exported(session: Session, what: What, version: str) -> tuple[str, bytes]:
    if what is What.CONNECTOR:
        document = session.ask(
            session.catalog.ExportVersion, ExportVersionRequest(name=version)
        ).document
        return f"{version.split('/')[1]}.json", document.encode()
    request = pb.ExportArtifactRequest(name=version, format=FORMATS[what])
    made = session.ask(session.artifacts.ExportArtifact, request, timeout=120)
    return made.file_name, made.data


def _write(to: Path, file_name: str, data: bytes) -> None:
    path = to / Path(file_name).name if to.is_dir() else to
    try:
        path.write_bytes(data)
    except OSError as problem:
        say(f"cannot write {path}: {problem.strerror}", "-o with another file or folder")
        raise typer.Exit(1) from None
    note(f"wrote {path}")
