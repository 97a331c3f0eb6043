"""portico trigger: what starts a flow, its secrets, and a tick at once."""

import re
from typing import Annotated

import typer
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from gateway.cli.command import new_app
from gateway.cli.output import Format, Output, facts, note, plain, say, show
from gateway.cli.session import DEFAULT, Ca, Certificate, Key, Server, connect
from gateway.v1.trigger_pb2 import (
    FireTriggerRequest,
    GetTriggerRequest,
    RotateWebhookSecretRequest,
    Trigger,
)

app = new_app(
    help="What starts a flow: where it stands, its secrets, a tick at once.",
    no_args_is_help=True,
)

Flow = Annotated[str, typer.Argument(metavar="FLOW", help="The id of the flow: `orders`.")]

TIME = re.compile(r"([0-9]{1,7})([smhd])")
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@app.command()
def get(
    flow: Flow,
    *,
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Show what starts a flow: its address, its next tick, what it started last.

    `portico trigger get orders`
    """
    with connect(server, ca, certificate, key) as session:
        found = session.ask(session.triggers.GetTrigger, GetTriggerRequest(name=_name(flow)))
    if output is not Format.TABLE:
        show(plain(found), output)
        return
    facts(_rows(found))
    if found.url.startswith("/"):
        note("this process has no HTTP face; senders need one: `--http`, and `--public-url`")


@app.command()
def rotate(
    flow: Flow,
    *,
    overlap: Annotated[
        str,
        typer.Option(
            "--overlap", metavar="TIME", help="The old secret is believed so long: 24h, 30d, 0s."
        ),
    ] = "24h",
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Make a secret for those who send to a flow, and print it: it is told once.

    `portico trigger rotate orders --overlap 1h`
    """
    request = RotateWebhookSecretRequest(name=_name(flow), overlap=_duration(overlap))
    with connect(server, ca, certificate, key) as session:
        made = session.ask(session.triggers.RotateWebhookSecret, request)
    if output is not Format.TABLE:
        show(plain(made), output)
        return
    typer.echo(made.secret)


@app.command()
def fire(
    flow: Flow,
    *,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Have a schedule tick now, or a poll ask within a second.

    `portico trigger fire orders`
    """
    with connect(server, ca, certificate, key) as session:
        done = session.ask(session.triggers.FireTrigger, FireTriggerRequest(name=_name(flow)))
    typer.echo(done.run or f"{flow} is polled now")


def _name(flow: str) -> str:
    return f"flows/{flow.removeprefix('flows/')}/trigger"


def _duration(text: str) -> Duration:
    """A time; exits with 2 for what is none."""
    found = TIME.fullmatch(text)
    if found is None:
        say(f"--overlap {text}: not a number and one of s, m, h, d", "--overlap 24h")
        raise typer.Exit(2)
    return Duration(seconds=int(found[1]) * UNITS[found[2]])


def _rows(found: Trigger) -> list[tuple[str, str]]:
    moments = _moments(found)
    state = Trigger.State.Name(found.state).removeprefix("STATE_")
    rows = [
        ("kind", found.kind),
        ("state", f"{state} {found.state_description}".strip()),
        ("url", found.url),
        ("secrets", _secrets(found)),
        ("next", moments.get("next_time", "")),
        ("last", moments.get("last_time", "")),
        ("last run", found.last_run),
        ("last error", found.last_error),
        ("cursor", found.cursor),
        ("registered", found.location),
        *(("lost", each) for each in found.lost_registrations),
    ]
    return [(name, text) for name, text in rows if text]


def _secrets(found: Trigger) -> str:
    if not found.url:
        return ""
    if not found.secret_count:
        return "none: nothing is believed; make one with `portico trigger rotate`"
    ends = _moments(found).get("old_secrets_expire_time")
    return f"{found.secret_count}" + (f", the old ones until {ends}" if ends else "")


def _moments(found: Trigger) -> dict[str, str]:
    """The moments that are told, by field."""
    return {
        field.name: moment.ToDatetime().strftime("%Y-%m-%d %H:%M:%S UTC")
        for field, moment in found.ListFields()
        if isinstance(moment, Timestamp)
    }
