"""portico delete: a connector or a version."""

import sys
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated

import typer

from gateway.cli import names
from gateway.cli.command import new_app, one_of
from gateway.cli.session import DEFAULT, Ca, Certificate, Key, Server, Session, connect
from gateway.v1.catalog_pb2 import DeleteConnectorRequest, ListVersionUsesRequest
from gateway.v1.gateway_pb2 import DeleteVersion, ManageVersionsRequest, VersionChange

app = new_app()

RECENT = timedelta(days=1)
"""How long ago a caller counts as one who still calls."""


class Kind(StrEnum):
    """What can be deleted."""

    CONNECTOR = "connector"
    VERSION = "version"


@app.command()
def delete(
    kind: Annotated[Kind, typer.Argument(metavar="KIND", help="What to delete.", **one_of(Kind))],
    name: Annotated[str, typer.Argument(metavar="NAME", help="CONNECTOR or CONNECTOR@VERSION.")],
    *,
    force: Annotated[
        bool, typer.Option("--force", help="A connector with its versions; a version that serves.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check, and delete nothing.")] = False,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Delete a connector or a version.

    `portico delete version petstore@v1`

    `portico delete connector petstore --force`
    """
    with connect(server, ca, certificate, key) as session:
        if kind is Kind.CONNECTOR:
            full = names.connector(name)
            session.ask(
                session.catalog.DeleteConnector,
                DeleteConnectorRequest(name=full, force=force, validate_only=dry_run),
            )
        else:
            full = names.version(name)
            if not force:
                _ask(session, full, is_rehearsal=dry_run)
            change = VersionChange(delete=DeleteVersion(name=full, force=force))
            session.ask(
                session.gateway.ManageVersions,
                ManageVersionsRequest(
                    parent="/".join(full.split("/")[:2]), changes=[change], validate_only=dry_run
                ),
            )
    typer.echo(f"{names.short(full)} {'would be ' if dry_run else ''}deleted")


def _ask(session: Session, name: str, *, is_rehearsal: bool) -> None:
    """Says who has called a version within a day; at a terminal asks whether to go on."""
    request = ListVersionUsesRequest(parent=name)
    uses = session.ask(session.catalog.ListVersionUses, request).uses
    since = datetime.now(UTC) - RECENT
    callers = [
        each.caller or "anyone" for each in uses if each.last_call_time.ToDatetime(UTC) >= since
    ]
    if not callers:
        return
    typer.echo(f"{names.short(name)} was called within a day by {', '.join(callers)}", err=True)
    if sys.stdin.isatty() and not is_rehearsal:
        typer.confirm("Delete it?", abort=True)
