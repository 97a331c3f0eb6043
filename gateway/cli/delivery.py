"""portico delivery: messages that go out, and what became of them."""

from typing import Annotated

import typer

from gateway.cli.command import new_app
from gateway.cli.output import Format, Output, plain, show, show_list
from gateway.cli.session import DEFAULT, LAST, Ca, Certificate, Key, Limit, Server, connect
from gateway.v1.event_pb2 import Delivery, ListDeliveriesRequest, RedeliverDeliveryRequest

app = new_app(help="Messages that go out, and what became of them.", no_args_is_help=True)


@app.command("list")
def every(
    *,
    wanted: Annotated[
        str,
        typer.Option("--filter", "-l", metavar="FILTER", help="An AIP-160 filter: `state = DEAD`."),
    ] = "",
    limit: Limit = LAST,
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """List the last deliveries, the latest first.

    `portico delivery list --filter 'state = DEAD AND subscription = crm'`
    """
    with connect(server, ca, certificate, key) as session:
        request = ListDeliveriesRequest(filter=wanted)
        found = session.first(session.events.ListDeliveries, request, "deliveries", limit)
    columns = ("delivery", "of", "type", "state", "tries", "next", "last")
    show_list(found, "deliveries", columns, _row, output)


@app.command()
def redeliver(
    name: Annotated[str, typer.Argument(metavar="DELIVERY", help="The id of the delivery.")],
    *,
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Send a message again at once, with the same id, whatever became of it before."""
    full = f"deliveries/{name.removeprefix('deliveries/')}"
    with connect(server, ca, certificate, key) as session:
        request = RedeliverDeliveryRequest(name=full)
        again = session.ask(session.events.RedeliverDelivery, request)
    if output is Format.TABLE:
        typer.echo(f"{full.removeprefix('deliveries/')} is sent again")
    else:
        show(plain(again), output)


def _row(delivery: Delivery) -> tuple[str, ...]:
    moment = delivery.next_time.ToDatetime().strftime("%Y-%m-%d %H:%M:%S")
    return (
        delivery.name.removeprefix("deliveries/"),
        delivery.subscription.removeprefix("subscriptions/") or delivery.run,
        delivery.type,
        Delivery.State.Name(delivery.state).removeprefix("STATE_"),
        str(delivery.attempts),
        moment if delivery.HasField("next_time") else "",
        delivery.last_error or (str(delivery.last_status) if delivery.last_status else ""),
    )
