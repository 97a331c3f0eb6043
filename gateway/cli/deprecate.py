"""portico deprecate: tell callers to leave a version."""

from datetime import datetime
from typing import Annotated

import typer

from gateway.cli import names
from gateway.cli.command import new_app
from gateway.cli.session import DEFAULT, Ca, Certificate, Key, Server, connect
from gateway.cli.versions import Version, manage
from gateway.v1.gateway_pb2 import DeprecateVersion, VersionChange

app = new_app()


@app.command()
def deprecate(
    name: Version,
    *,
    sunset: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z"],
            help="When it is going to be deleted; answers say so.",
        ),
    ] = None,
    notes: Annotated[str, typer.Option(help="Why, and what to call instead.")] = "",
    undo: Annotated[bool, typer.Option("--undo", help="Take the mark back.")] = False,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Mark a version as one that callers should leave; it still answers, and says so.

    `portico deprecate petstore@v1 --sunset 2027-01-31`
    """
    marked = DeprecateVersion(name=names.version(name), undo=undo, notes=notes)
    if sunset is not None:
        marked.sunset_time.FromDatetime(sunset)  # UTC where it says no zone
    with connect(server, ca, certificate, key) as session:
        manage(session, marked.name, VersionChange(deprecate=marked))
