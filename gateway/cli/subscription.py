"""portico subscription: who is sent which events."""

from collections.abc import Callable
from typing import Annotated, Any

import typer
from google.protobuf.field_mask_pb2 import FieldMask

from gateway.cli.command import new_app
from gateway.cli.output import Format, Output, plain, say, show, show_list
from gateway.cli.session import DEFAULT, Ca, Certificate, Key, Server, Session, connect
from gateway.v1.event_pb2 import (
    CreateSubscriptionRequest,
    DeleteSubscriptionRequest,
    GetSubscriptionRequest,
    ListSubscriptionsRequest,
    ResumeSubscriptionRequest,
    RetrySubscriptionRequest,
    Subscription,
    SuspendSubscriptionRequest,
    UpdateSubscriptionRequest,
)

app = new_app(help="Who is sent which events, signed, at least once.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="SUBSCRIPTION", help="The id of the subscription.")]
Types = Annotated[
    list[str] | None,
    typer.Option("--type", metavar="TYPE", help="A type of events, `run.*`, `*`; again for more."),
]
Condition = Annotated[
    str | None, typer.Option("--when", metavar="CEL", help="A condition over `event`, in CEL.")
]
Url = Annotated[str | None, typer.Option("--url", metavar="URL", help="Where events are sent.")]
Secret = Annotated[
    str | None,
    typer.Option("--secret", metavar="REFERENCE", help="Of what signs them: `secret:NAME`."),
]
Title = Annotated[str | None, typer.Option("--title", metavar="TEXT", help="A line for people.")]


@app.command()
def create(
    name: Name,
    *,
    types: Types = None,
    url: Url = None,
    secret: Secret = None,
    condition: Condition = None,
    title: Title = None,
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Create a subscription to what happens from now on.

    `portico subscription create crm --type 'run.*' --url https://crm.example/in --secret
    secret:crm`
    """
    wanted = _said("", types, condition, url, secret, title)
    request = CreateSubscriptionRequest(subscription_id=name, subscription=wanted)
    with connect(server, ca, certificate, key) as session:
        _tell(session.ask(session.events.CreateSubscription, request), output)


@app.command()
def update(
    name: Name,
    *,
    types: Types = None,
    url: Url = None,
    secret: Secret = None,
    condition: Condition = None,
    title: Title = None,
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Change what is named of a subscription, and nothing else.

    `portico subscription update crm --when 'event.data.state == "ERROR"'`
    """
    given = {"types": types, "filter": condition, "url": url, "secret": secret, "title": title}
    paths = [field for field, value in given.items() if value is not None]
    if not paths:
        say("nothing is to be changed", "--type, --when, --url, --secret or --title")
        raise typer.Exit(2)
    request = UpdateSubscriptionRequest(
        subscription=_said(_full(name), types, condition, url, secret, title),
        update_mask=FieldMask(paths=paths),
    )
    with connect(server, ca, certificate, key) as session:
        _tell(session.ask(session.events.UpdateSubscription, request), output)


@app.command()
def get(
    name: Name,
    *,
    output: Output = Format.YAML,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Show a subscription."""
    with connect(server, ca, certificate, key) as session:
        request = GetSubscriptionRequest(name=_full(name))
        _tell(session.ask(session.events.GetSubscription, request), output)


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
    """List the subscriptions, each with where it stands."""
    with connect(server, ca, certificate, key) as session:
        request = ListSubscriptionsRequest(filter=wanted)
        found = list(session.pages(session.events.ListSubscriptions, request, "subscriptions"))
    show_list(found, "subscriptions", ("name", "types", "url", "state", "why"), _row, output)


@app.command()
def suspend(
    name: Name,
    *,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Have a subscription rest: events wait for it."""
    with connect(server, ca, certificate, key) as session:
        _turn(session, session.events.SuspendSubscription, SuspendSubscriptionRequest, name)


@app.command()
def resume(
    name: Name,
    *,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Have a suspended subscription go on where it stood."""
    with connect(server, ca, certificate, key) as session:
        _turn(session, session.events.ResumeSubscription, ResumeSubscriptionRequest, name)


@app.command()
def retry(
    name: Name,
    *,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Have a subscription in ERROR go on where it stood, once its target is mended."""
    with connect(server, ca, certificate, key) as session:
        _turn(session, session.events.RetrySubscription, RetrySubscriptionRequest, name)


@app.command()
def delete(
    name: Name,
    *,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Delete a subscription; what waits to be sent for it becomes a dead letter."""
    with connect(server, ca, certificate, key) as session:
        request = DeleteSubscriptionRequest(name=_full(name))
        session.ask(session.events.DeleteSubscription, request)
    typer.echo(f"{name} deleted")


def _turn(
    session: Session, method: Callable[..., Subscription], request: Callable[..., Any], name: str
) -> None:
    _tell(session.ask(method, request(name=_full(name))), Format.TABLE)


def _said(
    name: str,
    types: list[str] | None,
    condition: str | None,
    url: str | None,
    secret: str | None,
    title: str | None,
) -> Subscription:
    return Subscription(
        name=name,
        types=types or (),
        filter=condition or "",
        url=url or "",
        secret=secret or "",
        title=title or "",
    )


def _full(name: str) -> str:
    return f"subscriptions/{name.removeprefix('subscriptions/')}"


def _tell(subscription: Subscription, output: Format) -> None:
    if output is Format.TABLE:
        said = f": {subscription.state_description}" if subscription.state_description else ""
        name = subscription.name.removeprefix("subscriptions/")
        typer.echo(f"{name} is {_state(subscription)}{said}")
    else:
        show(plain(subscription), output)


def _row(subscription: Subscription) -> tuple[str, ...]:
    return (
        subscription.name.removeprefix("subscriptions/"),
        ", ".join(subscription.types),
        subscription.url,
        _state(subscription),
        subscription.state_description,
    )


def _state(subscription: Subscription) -> str:
    return Subscription.State.Name(subscription.state).removeprefix("STATE_")
