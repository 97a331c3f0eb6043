"""portico alert: be told once when a figure crosses a threshold, and once when it is back."""

import re
from enum import StrEnum
from typing import Annotated, Any

import typer
from google.protobuf.field_mask_pb2 import FieldMask

from gateway.cli.command import new_app, one_of
from gateway.cli.output import Format, Output, facts, plain, say, show, show_list
from gateway.cli.session import DEFAULT, Ca, Certificate, Key, Server, connect
from gateway.v1.execution_pb2 import (
    Alert,
    CreateAlertRequest,
    DeleteAlertRequest,
    GetAlertRequest,
    ListAlertsRequest,
    MuteAlertRequest,
    UnmuteAlertRequest,
    UpdateAlertRequest,
)

app = new_app(
    help="Be told once when a figure crosses a threshold, and once when it is back.",
    no_args_is_help=True,
)

TIME = re.compile(r"([1-9][0-9]{0,4})([smhd])")
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Metric(StrEnum):
    """What an alert looks at."""

    ERROR_RATE = "error-rate"
    P95_SECONDS = "p95-seconds"
    MEAN_SECONDS = "mean-seconds"
    CALLS = "calls"
    FAILED = "failed"


Name = Annotated[str, typer.Argument(metavar="ALERT", help="The id of the alert.")]
Looks = Annotated[
    Metric | None,
    typer.Option(
        "--metric", metavar="METRIC", help=", ".join(Metric), show_default=False, **one_of(Metric)
    ),
]
Above = Annotated[
    float | None, typer.Option("--above", metavar="N", help="Fire where the figure is greater.")
]
Below = Annotated[
    float | None, typer.Option("--below", metavar="N", help="Fire where the figure is less.")
]
Connector = Annotated[
    str | None, typer.Option("--connector", metavar="ID", help="Of this connector's calls alone.")
]
Action = Annotated[
    str | None, typer.Option("--action", metavar="ID", help="Of this action of it alone.")
]
Flow = Annotated[
    str | None, typer.Option("--flow", metavar="ID", help="Of the runs of a flow, not of calls.")
]
Window = Annotated[
    str | None, typer.Option("--window", metavar="TIME", help="How far to look back: 60s to 1d.")
]
Least = Annotated[
    int | None,
    typer.Option("--least-calls", metavar="N", min=1, help="Fewer calls say nothing."),
]
Mails = Annotated[
    list[str] | None,
    typer.Option("--mail", metavar="ADDRESS", help="Who is told by mail; again for more."),
]
Webhook = Annotated[str | None, typer.Option("--webhook", metavar="URL", help="Which URL is told.")]
Secret = Annotated[
    str | None,
    typer.Option("--secret", metavar="REFERENCE", help="What signs that: secret:NAME."),
]
Title = Annotated[str | None, typer.Option("--title", metavar="TEXT", help="A line for people.")]


@app.command()
def create(
    name: Name,
    *,
    metric: Looks = None,
    above: Above = None,
    below: Below = None,
    connector: Connector = None,
    action: Action = None,
    flow: Flow = None,
    window: Window = None,
    least_calls: Least = None,
    mail: Mails = None,
    webhook: Webhook = None,
    secret: Secret = None,
    title: Title = None,
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Create an alert; it looks at the error rate unless told otherwise.

    `portico alert create shop-fails --connector shop --above 0.1 --mail ops@shop.example`
    """
    said = _said(
        metric=metric or Metric.ERROR_RATE,
        above=above,
        below=below,
        connector=connector,
        action=action,
        flow=flow,
        window=window,
        least_calls=least_calls,
        mail=mail,
        webhook=webhook,
        secret=secret,
        title=title,
    )
    request = CreateAlertRequest(alert_id=name, alert=Alert(**said))
    with connect(server, ca, certificate, key) as session:
        _tell(session.ask(session.history.CreateAlert, request), output)


@app.command("list")
def every(
    *,
    wanted: Annotated[
        str, typer.Option("--filter", "-l", metavar="FILTER", help="An AIP-160 filter.")
    ] = "",
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """List the alerts, and where they stand.

    `portico alert list --filter 'state = FIRING'`
    """
    with connect(server, ca, certificate, key) as session:
        request = ListAlertsRequest(filter=wanted)
        found = list(session.pages(session.history.ListAlerts, request, "alerts"))
    columns = ("alert", "state", "looks at", "figure", "title")
    show_list(found, "alerts", columns, _row, output)


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
    """Show an alert.

    `portico alert get shop-fails`
    """
    with connect(server, ca, certificate, key) as session:
        found = session.ask(session.history.GetAlert, GetAlertRequest(name=f"alerts/{name}"))
    _tell(found, output)


@app.command()
def update(
    name: Name,
    *,
    metric: Looks = None,
    above: Above = None,
    below: Below = None,
    connector: Connector = None,
    action: Action = None,
    flow: Flow = None,
    window: Window = None,
    least_calls: Least = None,
    mail: Mails = None,
    webhook: Webhook = None,
    secret: Secret = None,
    title: Title = None,
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Change what is given of an alert.

    `portico alert update shop-fails --above 0.2`
    """
    said = _said(
        metric=metric,
        above=above,
        below=below,
        connector=connector,
        action=action,
        flow=flow,
        window=window,
        least_calls=least_calls,
        mail=mail,
        webhook=webhook,
        secret=secret,
        title=title,
    )
    if not said:
        say("nothing to change is given", "`portico alert update --help`")
        raise typer.Exit(2)
    paths = [*said]
    other = {"above": "below", "below": "above"}
    paths += [other[each] for each in paths if each in other and other[each] not in said]
    request = UpdateAlertRequest(
        alert=Alert(name=f"alerts/{name}", **said), update_mask=FieldMask(paths=paths)
    )
    with connect(server, ca, certificate, key) as session:
        _tell(session.ask(session.history.UpdateAlert, request), output)


@app.command()
def delete(
    name: Name,
    *,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Delete an alert.

    `portico alert delete shop-fails`
    """
    with connect(server, ca, certificate, key) as session:
        session.ask(session.history.DeleteAlert, DeleteAlertRequest(name=f"alerts/{name}"))
    typer.echo(f"{name} deleted")


@app.command()
def mute(
    name: Name,
    *,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Have an alert tell nobody until it is unmuted.

    `portico alert mute shop-fails`
    """
    with connect(server, ca, certificate, key) as session:
        session.ask(session.history.MuteAlert, MuteAlertRequest(name=f"alerts/{name}"))
    typer.echo(f"{name} muted")


@app.command()
def unmute(
    name: Name,
    *,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Have an alert look again, as if it were new.

    `portico alert unmute shop-fails`
    """
    with connect(server, ca, certificate, key) as session:
        session.ask(session.history.UnmuteAlert, UnmuteAlertRequest(name=f"alerts/{name}"))
    typer.echo(f"{name} unmuted")


def _said(**given: Any) -> dict[str, Any]:
    """The fields of an alert that are given; exits with 2 for what is no time."""
    said = {name: each for name, each in given.items() if each is not None}
    if "metric" in said:
        said["metric"] = Alert.Metric.Value(f"METRIC_{said['metric'].name}")
    if "window" in said:
        found = TIME.fullmatch(said["window"])
        if found is None:
            say(f"--window {said['window']}: not a number and one of s, m, h, d", "--window 5m")
            raise typer.Exit(2)
        said["window"] = {"seconds": int(found[1]) * UNITS[found[2]]}
    return said


def _tell(alert: Alert, output: Format) -> None:
    if output is not Format.TABLE:
        show(plain(alert), output)
        return
    facts(
        (
            ("Alert", alert.name),
            ("Title", alert.title),
            ("State", _state(alert)),
            ("Since", f"{alert.state_time.ToDatetime():%Y-%m-%d %H:%M:%S} UTC"),
            ("Looks at", _looks_at(alert)),
            ("Figure", _figure(alert)),
            ("Mail", ", ".join(alert.mail)),
            ("Webhook", alert.webhook),
            ("Secret", alert.secret),
        )
    )


def _state(alert: Alert) -> str:
    return Alert.State.Name(alert.state).removeprefix("STATE_")


def _figure(alert: Alert) -> str:
    return f"{alert.figure:g}" if alert.HasField("figure") else ""


def _looks_at(alert: Alert) -> str:
    metric = Alert.Metric.Name(alert.metric).removeprefix("METRIC_").lower().replace("_", " ")
    whose = f"flows/{alert.flow}" if alert.flow else alert.connector or "all calls"
    action = f"/{alert.action}" if alert.action else ""
    bound = f"> {alert.above:g}" if alert.HasField("above") else f"< {alert.below:g}"
    return f"{metric} of {whose}{action} {bound} in {alert.window.seconds} s"


def _row(alert: Alert) -> tuple[str, ...]:
    return (
        alert.name.removeprefix("alerts/"),
        _state(alert),
        _looks_at(alert),
        _figure(alert),
        alert.title,
    )
