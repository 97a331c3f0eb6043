"""portico connection: a connector made one's own, with values, credentials and limits."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli import names
from gateway.cli.arguments import pair
from gateway.cli.command import new_app
from gateway.cli.output import Format, Output, plain, show, show_list
from gateway.cli.session import DEFAULT, Ca, Certificate, Key, Server, Session, connect
from gateway.v1.connection_pb2 import (
    CheckConnectionRequest,
    CheckConnectionResponse,
    Connection,
    CreateConnectionRequest,
    DeleteConnectionRequest,
    GetConnectionRequest,
    ListConnectionsRequest,
    LockConnectionRequest,
    ResumeConnectionRequest,
    SuspendConnectionRequest,
    UnlockConnectionRequest,
    UpdateConnectionRequest,
)

app = new_app(
    help="A connector made one's own: values, credentials and limits beside its version's.",
    no_args_is_help=True,
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The connection's id.")]
File = Annotated[
    Path | None,
    typer.Option(
        "--file", "-f", metavar="FILE", help="Its fields, as YAML or JSON; - is standard input."
    ),
]
Pairs = list[str] | None
Values = Annotated[
    Pairs,
    typer.Option(
        "--set", metavar="NAME=VALUE", help="The value of a variable, in the open; repeatable."
    ),
]
Secrets = Annotated[
    Pairs,
    typer.Option(
        "--secret",
        metavar="NAME=REFERENCE",
        help="Where the secret value of a variable is, such as secret:NAME; repeatable.",
    ),
]
Of = Annotated[
    str, typer.Option("--version", metavar="VERSION", help="The version that serves it, or live.")
]
Title = Annotated[str, typer.Option("--title", metavar="TEXT", help="A line for people.")]


@app.command()
def create(
    name: Name,
    connector: Annotated[
        str, typer.Argument(metavar="CONNECTOR", help="Its connector, where no file says it.")
    ] = "",
    *,
    file: File = None,
    values: Values = None,
    secrets: Secrets = None,
    version: Of = "",
    title: Title = "",
    force: Annotated[
        bool, typer.Option("--force", help="Though its version is deprecated.")
    ] = False,
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Create a connection.

    `portico connection create berlin shop --set region=eu`

    `portico connection create berlin -f berlin.yaml`
    """
    connection, _ = _read(file)
    _put(connection, values, secrets)
    connection.connector = connector or connection.connector
    connection.version = version or connection.version
    connection.title = title or connection.title
    request = CreateConnectionRequest(
        connection_id=_short(name), connection=connection, force=force
    )
    with connect(server, ca, certificate, key) as session:
        _tell(session.ask(session.connections.CreateConnection, request), "created", output)


@app.command()
def update(
    name: Name,
    *,
    file: File = None,
    values: Values = None,
    secrets: Secrets = None,
    version: Of = "",
    title: Title = "",
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Change what is given of a connection, and leave the rest.

    Of a file each of its fields is changed whole; --set and --secret change single variables.

    `portico connection update berlin --set region=us`
    """
    connection, paths = _read(file)
    with connect(server, ca, certificate, key) as session:
        if values or secrets:
            now = _get(session, name)
            connection.variables.update(now.variables)
            connection.secrets.update(now.secrets)
            connection.etag = now.etag
            _put(connection, values, secrets)
            paths |= {"variables", "secrets"}
        if version:
            connection.version = version
            paths.add("version")
        if title:
            connection.title = title
            paths.add("title")
        connection.name = names.connection(name)
        request = UpdateConnectionRequest(connection=connection)
        request.update_mask.paths.extend(sorted(paths - {"name", "connector", "etag"}))
        _tell(session.ask(session.connections.UpdateConnection, request), "changed", output)


@app.command("list")
def every(
    *,
    wanted: Annotated[
        str,
        typer.Option(
            "--filter",
            "-l",
            metavar="FILTER",
            help="An AIP-160 filter, for example 'connector = shop'.",
        ),
    ] = "",
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """List the connections."""
    with connect(server, ca, certificate, key) as session:
        request = ListConnectionsRequest(filter=wanted)
        found = list(session.pages(session.connections.ListConnections, request, "connections"))
    columns = ("name", "connector", "version", "state", "revision", "title")
    show_list(found, "connections", columns, _row, output)


@app.command()
def get(
    name: Name,
    *,
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Show a connection; secrets are references."""
    with connect(server, ca, certificate, key) as session:
        show(plain(_get(session, name)), Format.YAML if output is Format.TABLE else output)


@app.command()
def delete(
    name: Name,
    *,
    force: Annotated[bool, typer.Option("--force", help="With its subjects.")] = False,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Delete a connection."""
    with connect(server, ca, certificate, key) as session:
        request = DeleteConnectionRequest(name=names.connection(name), force=force)
        session.ask(session.connections.DeleteConnection, request)
    typer.echo(f"{_short(name)} deleted")


@app.command()
def suspend(
    name: Name,
    *,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Refuse the calls of a connection until it is resumed."""
    with connect(server, ca, certificate, key) as session:
        request = SuspendConnectionRequest(name=names.connection(name))
        _tell(session.ask(session.connections.SuspendConnection, request), "suspended")


@app.command()
def resume(
    name: Name,
    *,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Let the calls of a connection go on."""
    with connect(server, ca, certificate, key) as session:
        request = ResumeConnectionRequest(name=names.connection(name))
        _tell(session.ask(session.connections.ResumeConnection, request), "resumed")


@app.command()
def lock(
    name: Name,
    reason: Annotated[
        str, typer.Argument(metavar="REASON", help="Why: whoever would change it is told.")
    ],
    *,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Keep a connection from being changed; its calls go on."""
    with connect(server, ca, certificate, key) as session:
        request = LockConnectionRequest(name=names.connection(name), reason=reason)
        _tell(session.ask(session.connections.LockConnection, request), "locked")


@app.command()
def unlock(
    name: Name,
    *,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Let a connection be changed again."""
    with connect(server, ca, certificate, key) as session:
        request = UnlockConnectionRequest(name=names.connection(name))
        _tell(session.ask(session.connections.UnlockConnection, request), "unlocked")


@app.command()
def check(
    name: Name,
    *,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Say whether calls through a connection would work now.

    Exits with 1 where not.
    """
    with connect(server, ca, certificate, key) as session:
        request = CheckConnectionRequest(name=names.connection(name))
        found = session.ask(session.connections.CheckConnection, request)
    state = CheckConnectionResponse.State.Name(found.state).removeprefix("STATE_")
    typer.echo(f"{_short(name)} {state}" + (f": {found.description}" if found.description else ""))
    if found.state != CheckConnectionResponse.STATE_ACTIVE:
        raise typer.Exit(1)


def _read(file: Path | None) -> tuple[Connection, set[str]]:
    """The connection in a file, and which fields it gives; exits with 2 where it is none."""
    if file is None:
        return Connection(), set()
    # What reads YAML and protobuf's JSON: connections are rarely made of files.
    from gateway.cli.connection_file import read_connection  # noqa: PLC0415 - see above

    return read_connection(file)


def _put(connection: Connection, values: Pairs, secrets: Pairs) -> None:
    """A variable has a value or a secret: what is given takes the place of the other."""
    for held, other, pairs, option in (
        (connection.variables, connection.secrets, values, "--set"),
        (connection.secrets, connection.variables, secrets, "--secret"),
    ):
        for each in pairs or ():
            name, value = pair(each, option)
            other.pop(name, None)
            held[name] = value


def _get(session: Session, name: str) -> Connection:
    method: Callable[..., Any] = session.connections.GetConnection
    found: Connection = session.ask(method, GetConnectionRequest(name=names.connection(name)))
    return found


def _tell(connection: Connection, done: str, output: Format = Format.TABLE) -> None:
    if output is not Format.TABLE:
        show(plain(connection), output)
        return
    typer.echo(f"{_short(connection.name)} {done}, revision {connection.revision}")


def _row(connection: Connection) -> tuple[str, ...]:
    locked = ", locked" if connection.HasField("lock") else ""
    return (
        _short(connection.name),
        connection.connector,
        connection.version,
        Connection.State.Name(connection.state).removeprefix("STATE_") + locked,
        str(connection.revision),
        connection.title,
    )


def _short(name: str) -> str:
    return name.removeprefix("connections/")
