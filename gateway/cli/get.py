"""portico get: list connectors, versions or actions."""

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Annotated, Any

import typer

from gateway.cli import names
from gateway.cli.command import new_app, one_of
from gateway.cli.output import Format, Output, show_list
from gateway.cli.session import DEFAULT, Ca, Certificate, Key, Server, Session, connect
from gateway.v1.action_pb2 import Action
from gateway.v1.catalog_pb2 import (
    GetConnectorRequest,
    GetVersionRequest,
    ListConnectorsRequest,
    ListVersionsRequest,
)
from gateway.v1.gateway_pb2 import ListActionsRequest
from gateway.v1.version_pb2 import Connector, ConnectorVersion

app = new_app()


class Kind(StrEnum):
    """What can be listed."""

    CONNECTORS = "connectors"
    VERSIONS = "versions"
    ACTIONS = "actions"


@app.command()
def get(
    kind: Annotated[Kind, typer.Argument(metavar="KIND", help="What to list.", **one_of(Kind))],
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="Which connector or version, or whose: CONNECTOR or CONNECTOR@VERSION.",
            show_default=False,
        ),
    ] = "-",
    *,
    wanted: Annotated[
        str,
        typer.Option(
            "--filter",
            "-l",
            metavar="FILTER",
            help="An AIP-160 filter, for example 'tags:pets AND safe = true'.",
        ),
    ] = "",
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """List connectors, the versions of a connector, or the actions of a version.

    What else there is has lists of its own, such as `portico connection list`.

    `portico get connectors`

    `portico get versions petstore`

    `portico get version petstore@v1 -o yaml`

    `portico get actions petstore@v1 --filter 'safe = true'`
    """
    if kind is Kind.VERSIONS and name == "-":
        raise typer.BadParameter("whose versions? `portico get versions CONNECTOR`")
    with connect(server, ca, certificate, key) as session:
        found = list(_LISTS[kind](session, name, wanted))
    columns, row = _ROWS[kind]
    show_list(found, kind.value, columns, row, output)


def _connectors(session: Session, name: str, wanted: str) -> Iterator[Connector]:
    if name != "-":
        request = GetConnectorRequest(name=names.connector(name))
        return iter([session.ask(session.catalog.GetConnector, request)])
    listed = ListConnectorsRequest(filter=wanted)
    return session.pages(session.catalog.ListConnectors, listed, "connectors")


def _versions(session: Session, name: str, wanted: str) -> Iterator[ConnectorVersion]:
    if "@" in name:
        one = GetVersionRequest(name=names.version(name))
        return iter([session.ask(session.catalog.GetVersion, one)])
    request = ListVersionsRequest(parent=names.connector(name), filter=wanted)
    return session.pages(session.catalog.ListVersions, request, "versions")


def _actions(session: Session, name: str, wanted: str) -> Iterator[Action]:
    request = ListActionsRequest(parent=names.version(name), filter=wanted)
    return session.pages(session.gateway.ListActions, request, "actions")


def _connector_row(connector: Connector) -> tuple[str, ...]:
    live = ", ".join(names.short(each).partition("@")[2] for each in connector.live_versions)
    return names.short(connector.name), live, connector.title


def _version_row(version: ConnectorVersion) -> tuple[str, ...]:
    state = ConnectorVersion.State.Name(version.state).removeprefix("STATE_")
    share = f"{version.traffic_percent}%" if version.traffic_percent else ""
    return (
        names.short(version.name),
        state,
        share,
        str(version.action_count),
        str(len(version.problems)),
        version.create_time.ToDatetime().strftime("%Y-%m-%d %H:%M"),
    )


def _action_row(action: Action) -> tuple[str, ...]:
    title = action.title if action.callable else f"(cannot be called) {action.title}"
    return names.short(action.name), action.method, action.path, title


_LISTS: dict[Kind, Callable[[Session, str, str], Iterator[Any]]] = {
    Kind.CONNECTORS: _connectors,
    Kind.VERSIONS: _versions,
    Kind.ACTIONS: _actions,
}
_ROWS: dict[Kind, tuple[tuple[str, ...], Callable[[Any], tuple[str, ...]]]] = {
    Kind.CONNECTORS: (("name", "live", "title"), _connector_row),
    Kind.VERSIONS: (
        ("name", "state", "traffic", "actions", "problems", "created"),
        _version_row,
    ),
    Kind.ACTIONS: (("name", "method", "path", "title"), _action_row),
}
