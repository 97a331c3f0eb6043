"""portico whoami: as whom the gateway knows whoever runs this, and what that one may do."""

import typer

from gateway.cli.command import new_app
from gateway.cli.grants import may
from gateway.cli.output import Format, Output, plain, show
from gateway.cli.session import DEFAULT, Ca, Certificate, Key, Server, connect
from gateway.v1.access_pb2 import WhoAmIRequest

app = new_app()


@app.command()
def whoami(
    *,
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Say as whom the gateway knows you, and what you may do.

    PORTICO_SERVER_TOKEN has the key or the token that is shown. Where the operator lets connectors
    choose the address that calls leave from, those addresses are told, too.
    """
    with connect(server, ca, certificate, key) as session:
        found = session.ask(session.access.WhoAmI, WhoAmIRequest())
    if output is not Format.TABLE:
        show(plain(found), output)
        return
    whose = f" of {found.tenant}" if found.tenant else ""
    typer.echo(f"{found.caller}{whose}")
    for each in found.grants:
        typer.echo(f"  {may(each)}")
    if found.source_addresses:
        typer.echo(f"calls may leave from {', '.join(found.source_addresses)}")
