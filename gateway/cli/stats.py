"""portico stats: calls a day, error rates and times, as a table with a line of the course."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated

import typer
from google.protobuf.timestamp_pb2 import Timestamp

from gateway.cli.command import new_app, one_of
from gateway.cli.history import took
from gateway.cli.output import Format, Output, plain, say, show, table
from gateway.cli.session import DEFAULT, Ca, Certificate, Key, Server, connect
from gateway.v1.execution_pb2 import FigureGroup, Figures, GetFiguresRequest

app = new_app()

BARS = "▁▂▃▄▅▆▇█"
POINTS = 24
"""Of the line of one row."""

TIME = re.compile(r"([1-9][0-9]{0,3})([hd])")
LONGEST_HOURS = 48
"""Up to which the line goes by the hour."""


class By(StrEnum):
    """By what figures are told apart."""

    TOTAL = "total"
    CONNECTOR = "connector"
    VERSION = "version"
    ACTION = "action"
    FLOW = "flow"


@app.command()
def stats(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="A connector, for its actions; or flows/FLOW, for its runs; none: all connectors.",
            show_default=False,
        ),
    ] = "",
    *,
    by: Annotated[
        By | None,
        typer.Option("--by", metavar="KIND", help=", ".join(By), show_default=False, **one_of(By)),
    ] = None,
    last: Annotated[
        str, typer.Option("--last", metavar="TIME", help="How far back: 24h, 30d.")
    ] = "24h",
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Show how many calls there were, how many failed, how long they took, and the last error.

    `portico stats petstore --last 7d`
    """
    request = _request(name, by, last)
    with connect(server, ca, certificate, key) as session:
        found = list(session.ask(session.history.GetFigures, request).groups)
    if output is not Format.TABLE:
        show([plain(each) for each in found], output)
        return
    if not any(each.total.calls for each in found):
        typer.echo("no calls found", err=True)
        return
    columns = ("of", "calls", "a day", "failed", "mean", "p95", "course", "last error")
    table(columns, (_row(each) for each in found))


def _request(name: str, by: By | None, last: str) -> GetFiguresRequest:
    """What to ask for; exits with 2 for what is no time."""
    found = TIME.fullmatch(last)
    if found is None:
        say(f"--last {last}: not a number and one of h, d", "--last 7d")
        raise typer.Exit(2)
    hours = int(found[1]) * (24 if found[2] == "d" else 1)
    flow = name.removeprefix("flows/") if name.startswith("flows/") else ""
    connector = "" if flow else name.removeprefix("connectors/")
    chosen = by or (By.FLOW if flow else By.ACTION if connector else By.CONNECTOR)
    start = Timestamp()
    start.FromDatetime(datetime.now(UTC) - timedelta(hours=hours))
    by_hour = hours <= LONGEST_HOURS
    return GetFiguresRequest(
        group_by=GetFiguresRequest.Grouping.Value(f"GROUPING_{chosen.name}"),
        connector=connector,
        flow=flow,
        start_time=start,
        interval=(GetFiguresRequest.INTERVAL_HOUR if by_hour else GetFiguresRequest.INTERVAL_DAY),
    )


def course(series: Sequence[Figures]) -> str:
    """How many calls there were as time went on, as a line of bars."""
    counts = [each.calls for each in series]
    if not counts:
        return ""
    step = max(-(-len(counts) // POINTS), 1)
    sums = [sum(counts[at : at + step]) for at in range(0, len(counts), step)]
    most = max(sums)
    if not most:
        return " " * len(sums)
    last = len(BARS) - 1
    return "".join(BARS[-(-each * last // most)] if each else " " for each in sums)


def _row(group: FigureGroup) -> tuple[str, ...]:
    total = group.total
    mean = total.HasField("mean_duration")
    return (
        _of(group),
        str(total.calls),
        f"{group.calls_per_day:.0f}",
        f"{total.failed} ({total.error_rate:.1%})",
        took(total.mean_duration.ToTimedelta().total_seconds()) if mean else "",
        took(total.p95_duration.ToTimedelta().total_seconds()) if mean else "",
        course(group.series),
        total.last_error,
    )


def _of(group: FigureGroup) -> str:
    if group.flow:
        return f"flows/{group.flow}"
    version = f"@{group.version}" if group.version else ""
    action = f"/{group.action}" if group.action else ""
    return f"{group.connector}{version}{action}" or "all"
