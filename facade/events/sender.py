"""One try of a delivery: signed by Standard Webhooks, sent, and judged by its answer."""

import binascii
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

from facade.errors.caller import EgressDenied
from facade.errors.fault import Fault
from facade.events.backoff import LONGEST
from facade.model.call import Headers, Reply
from facade.model.event import Delivery
from facade.model.retry_after import seconds_of
from facade.transport import Post

GONE: Final = 410
TIMEOUT: Final = 15.0
"""Seconds that a target has for its whole answer."""
UNSIGNABLE: Final = "its secret is not `whsec_` and base64"

Resolve = Callable[[str, str], Awaitable[str]]
"""Gives the value of a reference of a tenant's."""


class Sends(Protocol):
    """What sends a request, under the rules for all that goes out."""

    async def post(self, post: Post) -> Reply:
        """Sends it; any status is a reply, everything else a Fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendResult:
    """What one try came to."""

    taken: bool = False
    """Whether the target said 2xx."""
    status: int = 0
    error: str = ""
    final: bool = False
    """Whether another try is in vain: 410, or an address that nothing may go to."""
    retry_after: float | None = None
    """Seconds that the target asks to be left alone."""


class Sender:
    """Makes tries. A secret is read for each of them, and is nowhere after it."""

    def __init__(self, transport: Sends, resolve: Resolve, clock: Callable[[], float]) -> None:
        """Takes what sends, what reads secrets, and a clock that knows the date."""
        self._transport = transport
        self._resolve = resolve
        self._clock = clock

    async def deliver(self, delivery: Delivery) -> SendResult:
        """Sends a delivery once, with its own id and the time of now; raises nothing."""
        now = datetime.fromtimestamp(self._clock(), UTC)
        try:
            headers = await self._headers(delivery, now)
            post = Post(
                url=delivery.url,
                headers=headers,
                body=delivery.body.encode(),
                tenant=delivery.tenant,
                timeout=TIMEOUT,
            )
            reply = await self._transport.post(post)
        except EgressDenied as fault:
            return SendResult(error=fault.reason, final=True)
        except Fault as fault:
            return _failed(fault)
        except (EmptyWebhookSecretError, binascii.Error, ValueError):
            return SendResult(error=UNSIGNABLE)
        return judged(reply, now)

    async def _headers(self, delivery: Delivery, now: datetime) -> Headers:
        kind = "application/cloudevents+json" if delivery.subscription else "application/json"
        headers = [
            ("content-type", f"{kind}; charset=utf-8"),
            ("user-agent", "portico"),
            ("webhook-id", delivery.id),
            ("webhook-timestamp", str(int(now.timestamp()))),
        ]
        if delivery.secret:
            secret = await self._resolve(delivery.secret, delivery.tenant)
            signature = Webhook(secret).sign(delivery.id, now, delivery.body)
            headers.append(("webhook-signature", signature))
        return tuple(headers)


def judged(reply: Reply, now: datetime) -> SendResult:
    """What an answer says of a delivery; a redirect is a failure, and nobody follows it."""
    if 200 <= reply.status < 300:
        return SendResult(taken=True, status=reply.status)
    return SendResult(
        status=reply.status,
        error=f"HTTP {reply.status}" + (", not followed" if 300 <= reply.status < 400 else ""),
        final=reply.status == GONE,
        retry_after=seconds_of(reply.header("retry-after") or "", LONGEST, now.timestamp),
    )


def _failed(fault: Fault) -> SendResult:
    """Of an answer that is too large the status is known: what else it says does not matter."""
    status = fault.details.facts.get("httpStatus", "")
    known = int(status) if status.isdecimal() else 0
    if 200 <= known < 300:
        return SendResult(taken=True, status=known)
    return SendResult(status=known, error=fault.reason)
