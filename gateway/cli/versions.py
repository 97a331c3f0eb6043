"""What the commands that change one version have in common."""

from typing import Annotated

import typer

from facade.model.change import Change
from gateway.cli import names
from gateway.cli.session import Session
from gateway.convert.client import change_to
from gateway.v1.gateway_pb2 import ManageVersionsRequest
from gateway.v1.version_pb2 import ConnectorVersion

Version = Annotated[str, typer.Argument(metavar="NAME", help="CONNECTOR@VERSION.")]


def manage(session: Session, connector: str, change: Change) -> None:
    """Makes one change, and tells how the versions stand that it touched."""
    request = ManageVersionsRequest(parent=names.connector(connector), changes=[change_to(change)])
    for each in session.ask(session.gateway.ManageVersions, request, timeout=300).versions:
        state = ConnectorVersion.State.Name(each.state).removeprefix("STATE_")
        share = f" {each.traffic_percent}%" if each.traffic_percent else ""
        rules = "".join(f" {key}={value}" for key, value in sorted(each.match_headers.items()))
        typer.echo(f"{names.short(each.name)} {state}{share}{rules}")
