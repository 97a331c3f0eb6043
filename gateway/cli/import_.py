"""portico import: a connector, or a version, of what `portico export connector` printed."""

from typing import Annotated

import typer

from gateway.cli import names
from gateway.cli.command import new_app
from gateway.cli.session import DEFAULT, Ca, Certificate, Key, Server, connect, read_text
from gateway.v1.catalog_pb2 import ImportConnectorRequest

app = new_app()


@app.command("import")
def import_(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The document, or - (stdin).")],
    *,
    name: Annotated[
        str,
        typer.Option(
            metavar="CONNECTOR[@VERSION]", help="Its ids, in place of those in the document."
        ),
    ] = "",
    as_new_version: Annotated[
        bool,
        typer.Option("--as-new-version", help="Add it to a connector that is there."),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check, and change nothing.")] = False,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Make a connector of an exported version, or one more version of a connector.

    `portico import petstore.json --name pets`
    """
    connector, _, version = name.partition("@")
    request = ImportConnectorRequest(
        document=read_text(file),
        connector_id=connector,
        version_id=version,
        as_new_version=as_new_version,
        validate_only=dry_run,
    )
    with connect(server, ca, certificate, key) as session:
        made = session.ask(session.catalog.ImportConnector, request, timeout=300)
    typer.echo(f"{name or names.short(made.name)} imported{' (dry run)' if dry_run else ''}")
