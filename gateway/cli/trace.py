"""portico trace: show what a call did, hop by hop, or list the last calls."""

import re
from typing import Annotated

import typer

from gateway.cli import names
from gateway.cli.command import new_app
from gateway.cli.output import Format, Output, line, note, out, plain, say, show, show_list
from gateway.cli.session import DEFAULT, Ca, Certificate, Key, Server, Session, connect
from gateway.cli.waterfall import Row, bar, hops, rows
from gateway.v1.trace_pb2 import GetTraceRequest, ListTracesRequest, Trace

app = new_app()

ID = re.compile(r"(?:traces/)?([0-9a-f]{32})")
PARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")

WIDTH = 32
"""Places of the longest bar."""

OTHERS = "NOT title:TraceService"
"""Filters out the traces of this command."""


@app.command()
def trace(
    name: Annotated[
        str,
        typer.Argument(
            metavar="ID",
            help="Which trace: its 32 digits, or the traceparent of the call; none: list the last.",
            show_default=False,
        ),
    ] = "",
    *,
    wanted: Annotated[
        str,
        typer.Option(
            "--filter",
            "-l",
            metavar="FILTER",
            help="Without ID: an AIP-160 filter over id, title, action and error_reason, for "
            "example 'action:petstore error_reason:*'.",
        ),
    ] = OTHERS,
    most: Annotated[
        int,
        typer.Option(
            "--most", "-n", metavar="N", help="Without ID: list no more.", min=1, max=1000
        ),
    ] = 20,
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Show what a call did, hop by hop, or list the last calls.

    A line for each step: when and how long, of which service, and what came of it. Each
    process keeps its last traces (`--traces`); what facades know is fetched from them.

    `portico trace`

    `portico trace 4bf92f3577b34da6a3ce929d0e0e4736`

    `portico trace -l 'error_reason:*' -n 5`
    """
    with connect(server, ca, certificate, key) as session:
        if name:
            _show_one(session, name, output)
        else:
            _show_last(session, wanted, most, output)


def _show_one(session: Session, name: str, output: Format) -> None:
    found = ID.fullmatch(name) or PARENT.fullmatch(name)
    if found is None:
        say(f"`{name}` is no trace id", "the 32 digits that `portico call --exchange` shows")
        raise typer.Exit(2)
    told = session.ask(session.traces.GetTrace, GetTraceRequest(name=f"traces/{found[1]}"))
    if output is not Format.TABLE:
        show(plain(told), output)
        return
    _print(told)
    for each in told.missing:
        note(f"the steps of a facade are missing: {each}")


def _show_last(session: Session, wanted: str, most: int, output: Format) -> None:
    request = ListTracesRequest(filter=wanted, page_size=most)
    traces = session.ask(session.traces.ListTraces, request).traces
    show_list(traces, "traces", ("trace", "began", "ms", "what", "failed"), _row, output)


def _row(told: Trace) -> tuple[str, ...]:
    return (
        told.name.removeprefix("traces/"),
        told.start_time.ToDatetime().strftime("%H:%M:%S.%f")[:-3],
        f"{told.duration.ToNanoseconds() / 1e6:.1f}",
        names.short(told.action) if told.action else told.title,
        told.error_reason,
    )


def _print(told: Trace) -> None:
    """The waterfall, and the time of each hop."""
    total = told.duration.ToNanoseconds() / 1e6
    shown = rows(told)
    width = max((len(each.name) + 2 * each.depth for each in shown), default=0)
    owner = max((len(each.service) for each in shown), default=0)
    began = told.start_time.ToDatetime().strftime("%Y-%m-%d %H:%M:%S UTC")
    what = names.short(told.action) if told.action else told.title
    line((told.name.removeprefix("traces/"), "bold"), f"  {what}  {began}")
    for each in shown:
        _print_step(each, total, width, owner)
    parts = ", ".join(f"{who} {spent:.1f}" for who, spent in hops(told))
    line(("total", "bold"), f" {total:.1f} ms: {parts}")


def _print_step(row: Row, total: float, width: int, owner: int) -> None:
    sign, colour = ("━", "red" if row.failed else "green") if out.is_terminal else ("=", "")
    name = f"{'  ' * row.depth}{row.name}".ljust(width)
    line(
        (bar(row, total, WIDTH, sign), colour),
        f" {row.lasts:9.1f} ms  {name}  ",
        (row.service.ljust(owner) if row.result else row.service, "dim"),
        (f"  {row.result}" if row.result else "", "red" if row.failed else ""),
    )
