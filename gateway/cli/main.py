"""The command `portico`: what there is to type, each loaded when it is typed."""

import difflib
import importlib
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from gateway.cli.command import Group, new_app

COMMANDS = {
    "up": ("gateway.cli.up", "Start the gateway, with the engine inside."),
    "facade": ("gateway.cli.facade", "Start the HTTP face alone: connectors over HTTP, /docs."),
    "demo": ("gateway.cli.demo", "Start a gateway in front of a demo backend, or of your own."),
    "apply": ("gateway.cli.apply", "Bring connectors and flows to the state of files."),
    "plan": ("gateway.cli.plan", "Say what apply would change, and what was changed beside it."),
    "get": ("gateway.cli.get", "List connectors, versions or actions."),
    "describe": ("gateway.cli.describe", "Show a connector, a version or an action in full."),
    "call": ("gateway.cli.call", "Call an action and print what the backend answered."),
    "trigger": ("gateway.cli.trigger", "What starts a flow: its address, secrets, next tick."),
    "test": ("gateway.cli.trial", "Try an action with test data, and see its answer in pieces."),
    "trace": ("gateway.cli.trace", "Show what a call did, hop by hop, or list the last calls."),
    "promote": ("gateway.cli.promote", "Let a version serve `live` calls: all, a share, some."),
    "deprecate": ("gateway.cli.deprecate", "Tell the callers of a version to leave it."),
    "rollback": ("gateway.cli.rollback", "Have those versions serve again that served before."),
    "delete": ("gateway.cli.delete", "Delete a connector or a version."),
    "export": ("gateway.cli.export", "Write a version as a connector file, protos or stubs."),
    "import": ("gateway.cli.import_", "Make a connector of an exported version."),
    "connection": (
        "gateway.cli.connection",
        "Connectors made one's own: create, update, check, lock.",
    ),
    "subject": ("gateway.cli.subject", "End users of connections: create, list, authorize."),
    "flow": ("gateway.cli.flow", "What runs by itself: write, check, publish, run."),
    "run": ("gateway.cli.flow_runs", "The times that flows ran: list, watch, end, repeat."),
    "secret": ("gateway.cli.secret", "Keep secrets sealed: set, list, delete, rotate."),
    "event": ("gateway.cli.event", "What happened: watch, list, publish."),
    "subscription": (
        "gateway.cli.subscription",
        "Who is sent which events: create, update, suspend, retry.",
    ),
    "delivery": ("gateway.cli.delivery", "Messages that go out: list, redeliver."),
    "entity": ("gateway.cli.entity", "List, read and change what backends have."),
    "tools": ("gateway.cli.tools", "List actions as tools of language models."),
    "keys": ("gateway.cli.keys", "Keys of callers: create, list, revoke, delete."),
    "whoami": ("gateway.cli.whoami", "Say as whom the gateway knows you, and what you may do."),
    "history": ("gateway.cli.history", "List calls and runs that were, and show one in full."),
    "stats": ("gateway.cli.stats", "Show calls a day, error rates and times, as a table."),
    "alert": ("gateway.cli.alert", "Be told when a figure crosses a threshold."),
    "errors": ("gateway.cli.errors", "Say what an error means, and what helps."),
    "audit": ("gateway.cli.audit", "See who did what, and whether that is as it was written."),
    "lint": ("gateway.cli.lint", "Say what is wrong or doubtful in OpenAPI documents."),
    "diff": ("gateway.cli.diff", "Say what a new document breaks for those who call today."),
    "docs": ("gateway.cli.docs", "Write the documentation of an integration."),
    "doctor": ("gateway.cli.doctor", "Check this installation and its gateway."),
}


class Commands(Group):
    """The commands by name; help and completion name them without loading them."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names, in the order of the table."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A stand-in that carries the help line."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        return TyperCommand(cmd_name, help=COMMANDS[cmd_name][1])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Loads the command that was typed."""
        if args[0] not in COMMANDS:
            close = difflib.get_close_matches(args[0], COMMANDS, n=1)
            meant = f" Did you mean '{close[0]}'?" if close else ""
            ctx.fail(f"No such command '{args[0]}'.{meant}")
        module = importlib.import_module(COMMANDS[args[0]][0])
        command = typer.main.get_command(module.app)
        command.name = args[0]
        return args[0], command, args[1:]


app = new_app(
    cls=Commands,
    name="portico",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
)


def _version(*, wanted: bool) -> None:
    if wanted:
        typer.echo(f"portico {version()}")
        raise typer.Exit


def version() -> str:
    """The version of the distribution, or `dev` in a checkout that was not installed."""
    # It reads what is installed as mails are read: a fifth of the time of `--help`.
    from importlib import metadata  # noqa: PLC0415 - see above

    try:
        return metadata.version("portico-gateway")
    except metadata.PackageNotFoundError:
        return "dev"


@app.callback()
def portico(
    *,
    _: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """One typed, guarded gRPC front before any REST backend that has an OpenAPI document."""


def main(arguments: list[str] | None = None) -> Any:
    """Runs the command line; exits 0, 1 for a failure, 2 for wrong usage."""
    return app(args=sys.argv[1:] if arguments is None else arguments, prog_name="portico")
