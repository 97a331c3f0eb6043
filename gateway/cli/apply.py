"""portico apply: bring connectors and flows to the state of files."""

from dataclasses import replace as replaced
from typing import Annotated

import typer

from facade.catalog.connector_file import ConnectorFile, changes_for
from facade.model.change import Change
from facade.model.version import Connector
from gateway.cli.command import new_app
from gateway.cli.connector_files import Files, Replace, for_each
from gateway.cli.flow_applying import brought, fits
from gateway.cli.flow_files import FlowFile, id_of
from gateway.cli.session import DEFAULT, Ca, Certificate, Key, Server, Session, connect
from gateway.convert.client import change_to
from gateway.v1.catalog_pb2 import UpdateConnectorRequest
from gateway.v1.gateway_pb2 import ManageVersionsRequest
from gateway.v1.version_pb2 import Connector as ConnectorMessage

app = new_app()


@app.command()
def apply(
    files: Files,
    *,
    replace: Replace = False,
    allow_breaking: Annotated[
        bool,
        typer.Option(
            "--allow-breaking", help="Promote also what breaks those who call what serves now."
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
    """Bring connectors and flows to the state of files.

    A file is a connector file, a bare OpenAPI document, or a flow file: that one's flow is called
    after the file, and is published. What is there already stays as it is.

    `portico apply -f petstore.yaml -f orders.yaml`
    """
    with connect(server, ca, certificate, key) as session:

        def bring(_file: str, wanted: ConnectorFile, known: Connector | None) -> None:
            allowed = replaced(wanted, allow_breaking=wanted.allow_breaking or allow_breaking)
            changes = changes_for(allowed, known, replace=replace)
            _manage(session, wanted, changes, dry_run=dry_run)
            described = _describe(session, wanted, known, dry_run=dry_run)
            verdict = "configured" if changes or described else "unchanged"
            say_done(wanted.name.connector, verdict if known else "created")

        def bring_flow(wanted: FlowFile) -> bool:
            well = fits(session, wanted)
            if well:
                say_done(id_of(wanted.file, ""), brought(session, wanted, dry_run=dry_run))
            return well

        def say_done(name: str, verdict: str) -> None:
            typer.echo(f"{name} {verdict}{' (dry run)' if dry_run else ''}")

        well = for_each(session, files, bring, bring_flow)
    raise typer.Exit(0 if well else 1)


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
) -> bool:
    """Brings title, description and labels over; answers whether that took a change."""
    labels = dict(wanted.labels)
    now = (current.title, current.description, dict(current.labels)) if current else ("", "", {})
    if now == (wanted.title, wanted.description, labels):
        return False
    if current is None and dry_run:
        return True
    connector = ConnectorMessage(
        name=str(wanted.name), title=wanted.title, description=wanted.description, labels=labels
    )
    request = UpdateConnectorRequest(connector=connector, validate_only=dry_run)
    request.update_mask.paths.append("*")
    session.ask(session.catalog.UpdateConnector, request)
    return True
