"""portico rollback: have those serve again that served before."""

from typing import Annotated

import typer

from facade.model.change import Rollback
from facade.model.names import parse_version
from gateway.cli import names
from gateway.cli.command import new_app
from gateway.cli.session import DEFAULT, Ca, Certificate, Key, Server, connect
from gateway.cli.versions import manage

app = new_app()


@app.command()
def rollback(
    connector: Annotated[str, typer.Argument(metavar="CONNECTOR", help="The connector's id.")],
    *,
    to: Annotated[
        str, typer.Option(metavar="VERSION", help="A version that served; the last ones if absent.")
    ] = "",
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Have those versions serve again that served before, with their shares.

    `portico rollback petstore`
    """
    target = parse_version(names.version(f"{connector}@{to}")) if to else None
    with connect(server, ca, certificate, key) as session:
        manage(session, connector, Rollback(to=target))
