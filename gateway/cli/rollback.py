"""portico rollback: have those serve again that served before."""

from typing import Annotated

import typer

from gateway.cli import names
from gateway.cli.command import new_app
from gateway.cli.session import DEFAULT, Ca, Certificate, Key, Server, connect
from gateway.cli.versions import manage
from gateway.v1.gateway_pb2 import RollbackVersions, VersionChange

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
    owner = names.connector(connector)
    back = RollbackVersions(to=f"{owner}/versions/{to}" if to else "")
    with connect(server, ca, certificate, key) as session:
        manage(session, owner, VersionChange(rollback=back))
