"""portico keys: make, list, revoke and delete the keys by which callers are known."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from google.protobuf.timestamp_pb2 import Timestamp

from facade.model.access import Role
from gateway.cli.command import new_app, one_of
from gateway.cli.grants import may
from gateway.cli.output import Format, Output, plain, say, show, show_list
from gateway.cli.session import DEFAULT, Ca, Certificate, Server, connect
from gateway.cli.session import Key as TlsKey
from gateway.v1.access_pb2 import (
    CreateKeyRequest,
    DeleteKeyRequest,
    Grant,
    Key,
    ListKeysRequest,
    RevokeKeyRequest,
)
from gateway.v1.access_pb2 import Role as Number

app = new_app(
    help="Keys by which callers are known; PORTICO_SERVER_TOKEN shows one to the gateway.",
    no_args_is_help=True,
)

Name = Annotated[str, typer.Argument(metavar="KEY", help="The id of the key.")]

Limits = Annotated[
    list[str] | None,
    typer.Option(metavar="ID", help="Over this alone, or `orders-*`; again for more."),
]

TIME = re.compile(r"([1-9][0-9]{0,5})([smhd])")
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@app.command()
def create(
    name: Name,
    *,
    role: Annotated[
        list[Role],
        typer.Option(
            "--role", metavar="ROLE", help=", ".join(Role) + "; several add up.", **one_of(Role)
        ),
    ],
    connector: Limits = None,
    action: Limits = None,
    connection: Limits = None,
    expires: Annotated[
        str, typer.Option("--expires", metavar="TIME", help="After 90d, 12h, …; else never.")
    ] = "",
    notes: Annotated[str, typer.Option("--notes", metavar="TEXT", help="Words for people.")] = "",
    tenant: Annotated[
        str, typer.Option("--tenant", metavar="ID", help="Whose; with --data or --database alone.")
    ] = "",
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="FOLDER", help="Of a gateway that need not run: its data."),
    ] = None,
    database: Annotated[
        str, typer.Option("--database", metavar="URL", help="The same of one in PostgreSQL.")
    ] = "",
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    tls_key: TlsKey = None,
) -> None:
    """Make a key, and print its text: it is told once.

    The first one of a gateway is made at its database, whether it runs or not:

    `portico keys create first --role admin --data portico-data`
    """
    limits = {"connectors": connector, "actions": action, "connections": connection}
    message = Key(notes=notes, grants=_grants(role, limits))
    if expires:
        message.expire_time.CopyFrom(_after(expires))
    if data is not None or database:
        # The store and all that it stands on: where a gateway is asked, they are not needed.
        from gateway.cli.at_rest import make_key  # noqa: PLC0415 - see above

        made, text = make_key(data, database, (name, tenant), message)
    elif tenant:
        say("--tenant goes with --data or --database: a key is of its maker's tenant")
        raise typer.Exit(2)
    else:
        with connect(server, ca, certificate, tls_key) as session:
            request = CreateKeyRequest(key_id=name, key=message)
            answer = session.ask(session.access.CreateKey, request)
        made, text = answer.key, answer.text
    if output is not Format.TABLE:
        show({**plain(made), "text": text}, output)
    else:
        typer.echo(text)


@app.command("list")
def every(
    *,
    wanted: Annotated[
        str, typer.Option("--filter", "-l", metavar="FILTER", help="An AIP-160 filter.")
    ] = "",
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    tls_key: TlsKey = None,
) -> None:
    """List the keys: all but their texts, which nobody has."""
    with connect(server, ca, certificate, tls_key) as session:
        request = ListKeysRequest(filter=wanted)
        found = list(session.pages(session.access.ListKeys, request, "keys"))
    show_list(found, "keys", ("key", "may", "created", "ends", "notes"), _row, output)


@app.command()
def revoke(
    name: Name,
    *,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    tls_key: TlsKey = None,
) -> None:
    """Revoke a key: it is refused everywhere within a second."""
    with connect(server, ca, certificate, tls_key) as session:
        session.ask(session.access.RevokeKey, RevokeKeyRequest(name=f"keys/{name}"))
    typer.echo(f"{name} revoked")


@app.command()
def delete(
    name: Name,
    *,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    tls_key: TlsKey = None,
) -> None:
    """Delete a key, which frees its id."""
    with connect(server, ca, certificate, tls_key) as session:
        session.ask(session.access.DeleteKey, DeleteKeyRequest(name=f"keys/{name}"))
    typer.echo(f"{name} deleted")


def _grants(roles: list[Role], limits: Mapping[str, list[str] | None]) -> list[Grant]:
    """Each role, over what all of them are limited to."""
    given = {kind: ids or () for kind, ids in limits.items()}
    return [Grant(role=Number.Value(f"ROLE_{each.name}"), **given) for each in roles]


def _after(text: str) -> Timestamp:
    """A moment from now; exits with 2 for what is no time."""
    found = TIME.fullmatch(text)
    if found is None:
        say(f"--expires {text}: not a number and one of s, m, h, d", "--expires 90d")
        raise typer.Exit(2)
    moment = Timestamp()
    moment.FromDatetime(datetime.now(UTC) + timedelta(seconds=int(found[1]) * UNITS[found[2]]))
    return moment


def _row(key: Key) -> tuple[str, ...]:
    ends = "never"
    if key.HasField("revoke_time"):
        ends = "revoked"
    elif key.HasField("expire_time"):
        ends = key.expire_time.ToDatetime().strftime("%Y-%m-%d %H:%M")
    return (
        key.name.removeprefix("keys/"),
        ", ".join(may(each) for each in key.grants),
        key.create_time.ToDatetime().strftime("%Y-%m-%d %H:%M"),
        ends,
        key.notes,
    )
