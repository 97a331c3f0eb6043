"""portico promote: let a version serve."""

from typing import Annotated

import typer

from gateway.cli import names
from gateway.cli.command import new_app
from gateway.cli.output import say
from gateway.cli.session import DEFAULT, Ca, Certificate, Key, Server, connect
from gateway.cli.versions import Version, manage
from gateway.v1.gateway_pb2 import PromoteVersion, VersionChange

app = new_app()


@app.command()
def promote(
    name: Version,
    *,
    percent: Annotated[
        int | None,
        typer.Option(min=1, max=100, help="The share of `live` calls; all if absent."),
    ] = None,
    match: Annotated[
        list[str] | None,
        typer.Option(
            "--match",
            metavar="KEY=VALUE",
            help="Give it the `live` calls with this metadata, whatever its share: a value, or "
            "what it begins with and a *; may be given again.",
        ),
    ] = None,
    allow_breaking: Annotated[
        bool, typer.Option("--allow-breaking", help="Also if it breaks those who call now.")
    ] = False,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Let a version serve `live` calls: all of them, a share, or those with certain metadata.

    `portico promote petstore@v2 --percent 10`
    """
    promoted = PromoteVersion(
        name=names.version(name),
        traffic_percent=percent or 0,
        match_headers=dict(_pair(each) for each in match or ()),
        allow_breaking=allow_breaking,
    )
    with connect(server, ca, certificate, key) as session:
        manage(session, promoted.name, VersionChange(promote=promoted))


def _pair(text: str) -> tuple[str, str]:
    key, mark, value = text.partition("=")
    if not mark:
        say(f"--match {text}: must be KEY=VALUE", "--match x-canary=yes")
        raise typer.Exit(2)
    return key.lower(), value
