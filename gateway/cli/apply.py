"""portico apply: bring connectors to the state of files."""

from pathlib import Path
from typing import Annotated

import grpc
import typer

from facade.catalog.connector_file import ConnectorFile, changes_for, parse
from facade.catalog.folder import Folder
from facade.errors.caller import InvalidSpec, VersionImmutable
from facade.errors.fault import Fault
from facade.model.change import Change, Draft
from facade.model.version import Connector
from gateway.cli.command import new_app
from gateway.cli.output import say
from gateway.cli.session import DEFAULT, Ca, Certificate, Key, Server, Session, connect, read_text
from gateway.convert.client import change_to, known_connector
from gateway.v1.catalog_pb2 import GetConnectorRequest, ListVersionsRequest, UpdateConnectorRequest
from gateway.v1.gateway_pb2 import ManageVersionsRequest
from gateway.v1.version_pb2 import Connector as ConnectorMessage

app = new_app()

SUFFIXES = (".yaml", ".yml", ".json")


@app.command()
def apply(
    files: Annotated[
        list[str],
        typer.Option(
            "--filename",
            "-f",
            metavar="FILE",
            help="A connector file, a folder of them, or - (stdin); may be given again.",
        ),
    ],
    *,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace", help="Publish changed versions anew under their ids, and drop the others."
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Have the gateway check it, and change nothing.")
    ] = False,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Bring connectors to the state of files: a connector file, or a bare OpenAPI document.

    What is there already stays as it is. `portico apply -f petstore.yaml`
    """
    failed = False
    with connect(server, ca, certificate, key) as session:
        for file, wanted in [each for given in files for each in _read(given)]:
            if isinstance(wanted, Fault):
                failed = True
                _refuse(file, wanted)
                continue
            current = _current(session, str(wanted.name))
            try:
                changes = changes_for(wanted, current, replace=replace)
            except Fault as fault:
                failed = True
                _refuse(file, fault)
                continue
            _manage(session, wanted, changes, dry_run=dry_run)
            described = _describe(session, wanted, current, dry_run=dry_run)
            verdict = "configured" if changes or described else "unchanged"
            verdict = verdict if current else "created"
            typer.echo(f"{wanted.name.connector} {verdict}{' (dry run)' if dry_run else ''}")
    raise typer.Exit(int(failed))


def _read(given: str) -> list[tuple[str, ConnectorFile | Fault]]:
    """The connector files that an argument names: what they say, or what is wrong with them.

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


def _below(top: Path) -> list[tuple[str, ConnectorFile | Fault]]:
    """The documents in the folders of a folder; a single one is called after that."""
    folder = Folder(top)
    try:
        names = folder.documents()
        sources = [top.resolve().name] if len(names) == 1 else names
        found = [
            (str(top / name), _document(folder, name, source))
            for name, source in zip(names, sources, strict=True)
        ]
    except InvalidSpec as fault:
        return [(str(top), fault)]
    if not found:
        say(f"{top} has no connector file", f"files that end in {', '.join(SUFFIXES)}")
        raise typer.Exit(2)
    return found


def _document(folder: Folder, name: str, source: str) -> ConnectorFile | Fault:
    try:
        text = folder.files(name).text(name)
        return parse(text, source, lambda _path, _root: folder.spec(name))
    except Fault as fault:
        return fault


def _parsed(file: str, documents: set[Path]) -> ConnectorFile | Fault:
    """Reads a file; adds the documents that it names."""
    path = Path(file)
    folder = Folder(Path() if file == "-" else path.parent)
    text = read_text(file)

    def read_spec(name: str, root: str) -> Draft:
        return Draft(spec_text=text) if name == file == "-" else folder.spec(name, root)

    try:
        return parse(text, path.name, read_spec)
    except Fault as fault:
        return fault
    finally:
        documents |= folder.read - {path.resolve()}


def _refuse(file: str, fault: Fault) -> None:
    if isinstance(fault, VersionImmutable) or not fault.details.violations:
        say(f"{file}: {fault.message}", "--replace" if isinstance(fault, VersionImmutable) else "")
        return
    for each in fault.details.violations:
        say(f"{each.field or '/'}: {each.description}")


def _current(session: Session, name: str) -> Connector | None:
    """The connector as it is now, with its versions."""
    try:
        connector = session.catalog.GetConnector(GetConnectorRequest(name=name), timeout=60)
    except grpc.RpcError as failure:
        if failure.code() is grpc.StatusCode.NOT_FOUND:
            return None
        session.fail(failure)
    request = ListVersionsRequest(parent=name, page_size=1000)
    versions = session.ask(session.catalog.ListVersions, request).versions
    return known_connector(connector, versions)


def _manage(
    session: Session, wanted: ConnectorFile, changes: list[Change], *, dry_run: bool
) -> None:
    if changes:
        request = ManageVersionsRequest(
            parent=str(wanted.name),
            changes=[change_to(each) for each in changes],
            validate_only=dry_run,
        )
        session.ask(session.gateway.ManageVersions, request, timeout=300)


def _describe(
    session: Session, wanted: ConnectorFile, current: Connector | None, *, dry_run: bool
) -> int:
    """Brings title, description and labels over; gives how many changes that took."""
    labels = dict(wanted.labels)
    now = (current.title, current.description, dict(current.labels)) if current else ("", "", {})
    if now == (wanted.title, wanted.description, labels):
        return 0
    if current is None and dry_run:
        return 1
    connector = ConnectorMessage(
        name=str(wanted.name), title=wanted.title, description=wanted.description, labels=labels
    )
    request = UpdateConnectorRequest(connector=connector, validate_only=dry_run)
    request.update_mask.paths.append("*")
    session.ask(session.catalog.UpdateConnector, request)
    return 1
