"""portico up: start the gateway, with the engine inside."""

from collections.abc import Sequence

import typer

from facade.config import Settings
from gateway.cli.command import new_app
from gateway.cli.options import with_settings

app = new_app()


@app.command()
@with_settings
def up(settings: Settings) -> None:
    """Start the gateway, with the engine inside; with --http the HTTP face, too.

    Prints one line when it is ready, with the engine that carries gRPC. SIGTERM and Ctrl-C
    drain it: health says NOT_SERVING, running calls finish; a second signal ends it at once.
    """
    # The whole gateway, which takes seconds to load: help and completion do without.
    from facade.run import announcing, run  # noqa: PLC0415 - see above
    from gateway.engines.choice import engine_of  # noqa: PLC0415 - the same
    from gateway.run import GATEWAY  # noqa: PLC0415 - the same

    def announce(addresses: Sequence[str]) -> None:
        announcing("portico", settings, engine_of(settings))(addresses)

    raise typer.Exit(run(GATEWAY, settings, announce))
