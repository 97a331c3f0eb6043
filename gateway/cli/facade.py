"""portico facade: start the HTTP face alone, with the engine inside."""

from functools import partial

import typer

from facade.config import OF_GRPC, Settings
from gateway.cli.command import new_app
from gateway.cli.options import with_settings

app = new_app()


@app.command()
@partial(with_settings, but=OF_GRPC)
def facade(settings: Settings) -> None:
    """Start the HTTP face alone, with the engine inside: the facade of gateways, or of anybody.

    Every connector is served again under its own paths, with its OpenAPI document; /docs shows
    them all. Prints one line when it is ready. SIGTERM and Ctrl-C drain it; a second signal
    ends it at once. Without --http it listens on 127.0.0.1:8080.
    """
    # The whole facade, which takes seconds to load: help and completion do without.
    from facade.run import FACADE, announcing, facade_of, run  # noqa: PLC0415 - see above

    raise typer.Exit(run(FACADE, facade_of(settings), announcing("portico facade", settings)))
