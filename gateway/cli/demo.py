"""portico demo: a gateway in front of a demo backend, or of one's own, in one command."""

from typing import Annotated

import typer

from gateway.cli.command import new_app

app = new_app()


@app.command()
def demo(
    *,
    spec: Annotated[
        str, typer.Option("--spec", metavar="FILE", help="An OpenAPI document of your own.")
    ] = "",
    backend: Annotated[
        str,
        typer.Option(
            "--backend", metavar="URL", help="Where its backend is: http://HOST:PORT/BASE."
        ),
    ] = "",
    grpc: Annotated[
        str,
        typer.Option(
            "--grpc", metavar="ADDRESS", help="Address of the gateway; default 127.0.0.1:50051."
        ),
    ] = "",
    http: Annotated[
        str,
        typer.Option(
            "--http", metavar="ADDRESS", help="Address of its HTTP face; default 127.0.0.1:8080."
        ),
    ] = "",
    name: Annotated[
        str,
        typer.Option("--name", metavar="ID", help="The connector's id; default: from the file."),
    ] = "",
) -> None:
    """Start a gateway in front of a demo backend, or of your own.

    Everything is in memory or in a folder that goes away with it. Ctrl-C ends it.
    """
    if backend and not spec:
        raise typer.BadParameter("--backend needs --spec FILE, the document of that backend")
    # The whole gateway, which takes seconds to load: help and completion do without.
    from gateway.cli.exhibit import demonstrated  # noqa: PLC0415 - see above

    raise typer.Exit(demonstrated(spec, backend, name, grpc, http))
