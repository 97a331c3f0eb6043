"""What the commands that change one version have in common."""

from typing import Annotated

import typer

from gateway.cli import names
from gateway.cli.session import Session
from gateway.v1.gateway_pb2 import ManageVersionsRequest, VersionChange
from gateway.v1.version_pb2 import ConnectorVersion

Version = Annotated[str, typer.Argument(metavar="NAME", help="CONNECTOR@VERSION.")]


def manage(session: Session, name: str, change: VersionChange) -> None:
    """Makes one change, and tells how the versions stand that it touched.

    `name` is the full one of the connector, or of a version of it.
    """
    request = ManageVersionsRequest(parent=name.partition("/versions/")[0], changes=[change])
    for each in session.ask(session.gateway.ManageVersions, request, timeout=300).versions:
        state = ConnectorVersion.State.Name(each.state).removeprefix("STATE_")
        share = f" {each.traffic_percent}%" if each.traffic_percent else ""
        rules = "".join(f" {key}={value}" for key, value in sorted(each.match_headers.items()))
        typer.echo(f"{names.short(each.name)} {state}{share}{rules}")
