"""portico up: start the gateway, with the engine inside."""

import typer

from facade.config import Settings
from gateway.cli.command import new_app
from gateway.cli.options import with_settings
from gateway.run import run

app = new_app()


@app.command()
@with_settings
def up(settings: Settings) -> None:
    """Start the gateway, with the engine inside.

    Prints one line when it is ready. SIGTERM and Ctrl-C drain it: health says
    NOT_SERVING, running calls finish; a second signal ends it at once.
    """

    def announce(address: str) -> None:
        profile = ", development profile" if settings.dev else ""
        typer.echo(f"portico is ready on {address}{profile}")

    raise typer.Exit(run(settings, announce))
