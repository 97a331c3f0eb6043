"""Connector and flow files on the command line, and the connectors that they are about."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeAlias

import grpc
import typer

from facade.catalog.connector_file import ConnectorFile, parse
from facade.catalog.folder import Folder
from facade.errors.caller import InvalidRequest, InvalidSpec, VersionImmutable
from facade.errors.fault import Fault
from facade.model.change import Draft
from facade.model.version import Connector
from gateway.cli.flow_files import FlowFile
from gateway.cli.kinds import is_flow
from gateway.cli.output import say
from gateway.cli.session import Session, read_text
from gateway.convert.client import known_connector
from gateway.v1.catalog_pb2 import (
    GetConnectorRequest,
    ListVersionsRequest,
    ListVersionsResponse,
)
from gateway.v1.catalog_pb2_grpc import CatalogServiceStub
from gateway.v1.version_pb2 import Connector as ConnectorMessage
from gateway.v1.version_pb2 import ConnectorVersion

SUFFIXES = (".yaml", ".yml", ".json")

Files = Annotated[
    list[str],
    typer.Option(
        "--filename",
        "-f",
        metavar="FILE",
        help="A connector file, a flow file, a folder of them, or - (stdin); may be given again.",
    ),
]
Replace = Annotated[
    bool,
    typer.Option(
        "--replace", help="Publish changed versions anew under their ids, and drop the others."
    ),
]

Said: TypeAlias = ConnectorFile | FlowFile | Fault
"""What a file says, or what is wrong with it."""

Doing: TypeAlias = Callable[[str, ConnectorFile, Connector | None], None]
"""Takes a file, what it says, and the connector as it is now; may raise the Fault of the file."""

DoingFlow: TypeAlias = Callable[[FlowFile], bool]
"""Takes a flow file; answers whether it could be done, and says why not."""


def for_each(session: Session, files: list[str], do: Doing, do_flow: DoingFlow) -> bool:
    """Does something for each connector file, then for each flow file, since flows call actions.

    Says which cannot be applied; answers whether all can.
    """
    well = True
    found = [each for given in files for each in read_files(given)]
    for file, said in sorted(found, key=lambda each: isinstance(each[1], FlowFile)):
        if isinstance(said, FlowFile):
            well = do_flow(said) and well
            continue
        try:
            wanted = _sound(said)
            do(file, wanted, current(session, str(wanted.name)))
        except Fault as fault:
            well = False
            _refuse(file, fault)
    return well


def _sound(said: ConnectorFile | Fault) -> ConnectorFile:
    if isinstance(said, Fault):
        raise said
    return said


def read_files(given: str) -> list[tuple[str, Said]]:
    """The files that an argument names: what they say, or what is wrong with them.

    The document of another file is no connector of its own.
    """
    folder = Path(given)
    if not folder.is_dir():
        return [(given, _parsed(given, set()))]
    files = sorted(
        each
        for each in folder.iterdir()
        if each.suffix in SUFFIXES and not each.name.startswith(".") and each.is_file()
    )
    if not files:
        return _below(folder)
    documents: set[Path] = set()
    found = [(each, _parsed(str(each), documents)) for each in files]
    return [(str(file), said) for file, said in found if file.resolve() not in documents]


def _below(top: Path) -> list[tuple[str, Said]]:
    """The documents in the folders of a folder; a single one is called after that."""
    folder = Folder(top)
    try:
        names = folder.documents()
        sources = [top.resolve().name] if len(names) == 1 else names
        found: list[tuple[str, Said]] = [
            (str(top / name), _document(folder, name, source))
            for name, source in zip(names, sources, strict=True)
        ]
    except InvalidSpec as fault:
        return [(str(top), fault)]
    if not found:
        say(
            f"{top} has no connector file and no flow file",
            f"files that end in {', '.join(SUFFIXES)}",
        )
        raise typer.Exit(2)
    return found


def _document(folder: Folder, name: str, source: str) -> ConnectorFile | Fault:
    try:
        text = folder.files(name).text(name)
        return parse(text, source, lambda _path, _root: folder.spec(name))
    except Fault as fault:
        return fault


def _parsed(file: str, documents: set[Path]) -> Said:
    """Reads a file; adds the documents that it names."""
    path = Path(file)
    folder = Folder(Path() if file == "-" else path.parent)
    text = read_text(file)
    if is_flow(text):
        return FlowFile(file, text)

    def read_spec(name: str, root: str) -> Draft:
        return Draft(spec_text=text) if name == file == "-" else folder.spec(name, root)

    try:
        return _applicable(parse(text, path.name, read_spec))
    except Fault as fault:
        return fault
    finally:
        documents |= folder.read - {path.resolve()}


def _applicable(file: ConnectorFile) -> ConnectorFile:
    """The file; raises InvalidRequest where requests of changes cannot say what it does."""
    if any(each.spec_text and each.spec_uri for each in file.drafts.values()):
        said = f"{file.source}: is an export: `portico import` it, or leave `specUri` out"
        raise InvalidRequest(said)
    return file


def _refuse(file: str, fault: Fault) -> None:
    """Says why a file is not applied."""
    if isinstance(fault, VersionImmutable) or not fault.details.violations:
        say(f"{file}: {fault.message}", "--replace" if isinstance(fault, VersionImmutable) else "")
        return
    for each in fault.details.violations:
        say(f"{each.field or '/'}: {each.description}")


def current(session: Session, name: str) -> Connector | None:
    """The connector as it is now, with its versions; exits with 1 where nobody tells."""
    try:
        return published(session.catalog, name)
    except grpc.RpcError as failure:
        session.fail(failure)


def published(catalog: CatalogServiceStub, name: str) -> Connector | None:
    """The same; raises grpc.RpcError."""
    get: Callable[..., ConnectorMessage] = catalog.GetConnector
    versions: Callable[..., ListVersionsResponse] = catalog.ListVersions
    try:
        connector = get(GetConnectorRequest(name=name), timeout=60)
    except grpc.RpcError as failure:
        if failure.code() is grpc.StatusCode.NOT_FOUND:
            return None
        raise
    request = ListVersionsRequest(parent=name, page_size=1000)
    found: list[ConnectorVersion] = []
    while True:
        page = versions(request, timeout=60)
        found += page.versions
        request.page_token = page.next_page_token
        if not request.page_token:
            return known_connector(connector, found)
