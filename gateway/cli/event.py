"""portico event: what happened, watched as it happens, listed, and published."""

import json
import sys
from typing import Annotated

import typer

from gateway.cli.command import new_app
from gateway.cli.output import Format, Output, note, out, plain, say, show, show_list
from gateway.cli.session import DEFAULT, LAST, Ca, Certificate, Key, Limit, Server, connect
from gateway.v1.event_pb2 import (
    Event,
    ListEventsRequest,
    PublishEventRequest,
    WatchEventsRequest,
)

app = new_app(help="What happened, in its order.", no_args_is_help=True)


@app.command()
def watch(
    types: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TYPE…]", help="Types of events: `run.*`; all if none is named."),
    ] = None,
    *,
    condition: Annotated[
        str,
        typer.Option("--when", metavar="CEL", help="A condition over `event`, in CEL."),
    ] = "",
    token: Annotated[
        str,
        typer.Option("--resume", metavar="TOKEN", help="Go on behind what a watch told last."),
    ] = "",
    most: Annotated[
        int, typer.Option("--most", metavar="N", min=0, help="End after so many; 0: never.")
    ] = 0,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Print events as they happen: a line of JSON each, with the token that leads on behind it.

    `portico event watch 'run.*' --when 'event.data.state == "FAILED"'`
    """
    request = WatchEventsRequest(types=types or (), filter=condition, resume_token=token)
    count = 0
    with connect(server, ca, certificate, key) as session:
        told = session.events.WatchEvents(request)
        if out.is_terminal:
            note("events are printed as they happen; Ctrl-C ends it")
        with session.telling():
            for each in told:
                if each.HasField("event"):
                    count += 1
                    line = {**_tree(each.event), "resume_token": each.resume_token}
                    typer.echo(json.dumps(line, ensure_ascii=False))
                    sys.stdout.flush()
                if count == most > 0:
                    told.cancel()
                    return


@app.command("list")
def every(
    *,
    wanted: Annotated[
        str,
        typer.Option("--filter", "-l", metavar="FILTER", help="An AIP-160 filter: type, source."),
    ] = "",
    limit: Limit = LAST,
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """List the last events, the latest first.

    `portico event list --filter 'type = "run.failed"'`
    """
    with connect(server, ca, certificate, key) as session:
        request = ListEventsRequest(filter=wanted)
        found = session.first(session.events.ListEvents, request, "events", limit)
    show_list(found, "events", ("number", "time", "type", "source", "data"), _row, output)


@app.command()
def publish(
    type_: Annotated[
        str, typer.Argument(metavar="TYPE", help="A type of one's own: `order.paid`.")
    ],
    data: Annotated[
        str, typer.Argument(metavar="JSON", help="What there is to say of it, or `-` for stdin.")
    ] = "null",
    *,
    source: Annotated[
        str, typer.Option("--source", metavar="NAME", help="What it is about; else the caller.")
    ] = "",
    id_: Annotated[
        str, typer.Option("--id", metavar="UUID", help="The same id is published once.")
    ] = "",
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Publish an event of one's own.

    `portico event publish order.paid '{"number": 7}' --source orders/7`
    """
    text = sys.stdin.read() if data == "-" else data
    try:
        json.loads(text)
    except ValueError as problem:
        say(f"JSON: {problem}", "quotes around the whole of it, for the shell")
        raise typer.Exit(2) from None
    event = Event(id=id_, type=type_, source=source, data=text)
    with connect(server, ca, certificate, key) as session:
        made = session.ask(session.events.PublishEvent, PublishEventRequest(event=event))
    if output is Format.TABLE:
        typer.echo(f"{made.type} is number {made.sequence}, {made.id}")
    else:
        show(plain(made), output)


def _tree(event: Event) -> dict[str, object]:
    """An event with its data as JSON, not as a text of it."""
    return {**plain(event), "data": json.loads(event.data)}


def _row(event: Event) -> tuple[str, ...]:
    return (
        str(event.sequence),
        event.time.ToDatetime().strftime("%Y-%m-%d %H:%M:%S"),
        event.type,
        event.source,
        event.data,
    )
