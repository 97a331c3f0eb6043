"""portico run: the times that flows ran, watched, ended and repeated."""

from collections.abc import Callable
from typing import Annotated, Any

import typer

from gateway.cli.command import new_app
from gateway.cli.flow_files import flow_name, run_name, short
from gateway.cli.output import Format, Output, plain, show, show_list
from gateway.cli.runs_shown import follow, lost, print_run, state_of, verdict
from gateway.cli.session import (
    DEFAULT,
    LAST,
    Ca,
    Certificate,
    Key,
    Limit,
    Server,
    Session,
    connect,
)
from gateway.v1.flow_pb2 import (
    CancelRunRequest,
    GetRunRequest,
    ListRunsRequest,
    PauseRunRequest,
    ReplayRunRequest,
    ResumeRunRequest,
)
from gateway.v1.run_pb2 import Run

app = new_app(help="The times that flows ran: list, watch, end, repeat.", no_args_is_help=True)

Name = Annotated[
    str, typer.Argument(metavar="FLOW/RUN", help="The run, as `portico run list` shows it.")
]


@app.command("list")
def every(
    flow: Annotated[str, typer.Argument(metavar="FLOW", help="Of which flow; none: of all.")] = "-",
    *,
    wanted: Annotated[
        str,
        typer.Option(
            "--filter",
            "-l",
            metavar="FILTER",
            help="An AIP-160 filter, for example 'state = FAILED AND trigger = SCHEDULE'.",
        ),
    ] = "",
    limit: Limit = LAST,
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """List the last runs of a flow, or of all, newest first.

    `portico run list -l 'state = FAILED'`
    """
    with connect(server, ca, certificate, key) as session:
        request = ListRunsRequest(parent=flow_name(flow), filter=wanted)
        found = session.first(session.flows.ListRuns, request, "runs", limit)
    columns = ("run", "state", "version", "trigger", "began", "failed")
    show_list(found, "runs", columns, _row, output)


@app.command()
def get(
    name: Name,
    *,
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Show a run with its steps; -o yaml shows what each came to."""
    with connect(server, ca, certificate, key) as session:
        found = session.ask(session.flows.GetRun, GetRunRequest(name=run_name(name)))
    if output is Format.TABLE:
        print_run(found)
    else:
        show(plain(found), output)


@app.command()
def watch(
    name: Name,
    *,
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Watch a run until it has ended.

    Exits with 1 where it fails; Ctrl-C leaves it alone.
    """
    with connect(server, ca, certificate, key) as session, lost(run_name(name)):
        ended = follow(session, run_name(name), quiet=output is not Format.TABLE)
    if output is not Format.TABLE:
        show(plain(ended), output)
    verdict(ended)


@app.command()
def cancel(
    name: Name,
    *,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """End a run before its next step."""
    with connect(server, ca, certificate, key) as session:
        _turn(session, session.flows.CancelRun, CancelRunRequest(name=run_name(name)))


@app.command()
def pause(
    name: Name,
    *,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Have a run wait before its next step until it is resumed."""
    with connect(server, ca, certificate, key) as session:
        _turn(session, session.flows.PauseRun, PauseRunRequest(name=run_name(name)))


@app.command()
def resume(
    name: Name,
    *,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Let a run that was paused go on."""
    with connect(server, ca, certificate, key) as session:
        _turn(session, session.flows.ResumeRun, ResumeRunRequest(name=run_name(name)))


@app.command()
def replay(
    name: Name,
    *,
    step: Annotated[
        str, typer.Option("--from", metavar="STEP", help="The first step that is done anew.")
    ] = "",
    detach: Annotated[
        bool, typer.Option("--detach", "-d", help="Print the run's name, and do not wait.")
    ] = False,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Repeat a run that has ended, from a step of it, and watch that.

    What the steps before came to stays; without --from all is done anew.

    `portico run replay orders/0192e4d1-… --from save`
    """
    request = ReplayRunRequest(name=run_name(name), from_step=step)
    with connect(server, ca, certificate, key) as session:
        begun = session.ask(session.flows.ReplayRun, request)
        if detach:
            typer.echo(short(begun.name))
            return
        with lost(begun.name):
            ended = follow(session, begun.name)
    verdict(ended)


def _turn(session: Session, method: Callable[..., Any], request: Any) -> None:
    told = session.ask(method, request)
    typer.echo(f"{short(told.name)} {state_of(told)}")


def _row(run: Run) -> tuple[str, ...]:
    return (
        short(run.name),
        state_of(run),
        run.version.rpartition("/")[2],
        Run.Trigger.Name(run.trigger).removeprefix("TRIGGER_").lower(),
        run.create_time.ToDatetime().strftime("%Y-%m-%d %H:%M:%S"),
        run.error.reason,
    )
