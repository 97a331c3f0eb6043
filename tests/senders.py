"""A process that publishes events and delivers them, to be killed at any moment.

`python -m tests.senders DATABASE COUNT LEASE`: prints the id of each event once it is accepted.
"""

import asyncio
import sys
from datetime import UTC, datetime
from uuid import uuid4

from facade.egress import Egress
from facade.events.deliveries import Terms
from facade.events.opening import open_events
from facade.model.event import Event
from facade.network.tls import system_trust
from facade.sealing import Seal
from facade.stores.ledger import open_ledger
from facade.transport import Transport
from facade.wire import Wire
from tests.happenings import TENANT, secret


async def main(url: str, count: int, lease: float) -> None:
    """Publishes so many events, and delivers for as long as it lives."""
    ledger = await open_ledger(url)
    transport = Transport(Wire(Egress((), loopback=True), system_trust()))
    opened = open_events(ledger, Seal([b"k" * 32]), transport, secret, Terms(lease=lease))
    async with opened as happening:
        _say("open")
        for _ in range(count):
            event = Event(
                tenant=TENANT,
                id=str(uuid4()),
                type="order.paid",
                source="orders/7",
                time=datetime.now(UTC),
            )
            _say((await happening.events.publish(event)).id)
        _say("done")
        await asyncio.Event().wait()


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
