"""Completion: how a pending action ended, told where its request said, and signed."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from facade.catalog.request import invalid
from facade.connections.hosts import allows
from facade.connections.http_request import HttpRequest, HttpRequests
from facade.connections.things.signature import Signer
from facade.errors.caller import ConnectionIncomplete
from facade.errors.fault import Fault, Violation
from facade.model.connection import Connection
from facade.transcode.server import parse

LOGGER = logging.getLogger(__name__)

PAUSES: Final = (0.0, 1.0, 10.0)
"""Seconds before each try."""


class Completion(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a pending action ended."""

    id: str
    """Of the request."""
    status: str
    """COMPLETED or FAILED."""
    error: str = ""


class Completions:
    """Tells how pending actions ended."""

    def __init__(
        self,
        requests: HttpRequests,
        signer: Signer,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Takes what sends requests of one's own, and what signs them."""
        self._requests = requests
        self._signer = signer
        self._sleep = sleep

    async def tell(self, connection: Connection, url: str, completion: Completion) -> None:
        """Sends a completion until it is taken, three times at most; what fails is logged."""
        body = msgspec.json.encode(completion)
        said = "it is refused"
        for pause in PAUSES:
            await self._sleep(pause)
            try:
                if await self._taken(connection, url, body):
                    return
            except Fault as fault:
                said = fault.reason
        LOGGER.warning("the completion of an action was not taken: %s", said)

    async def _taken(self, connection: Connection, url: str, body: bytes) -> bool:
        signed = self._signer.fields("POST", url, body)
        fields = (("content-type", "application/json"), *signed)
        request = HttpRequest(method="POST", url=url, headers=fields, body=body)
        outcome = await self._requests.execute(connection.name, request)
        reply = outcome.exchange.reply
        return reply is not None and reply.status < 300


def check_callback(connection: Connection, url: str) -> None:
    """Raises InvalidRequest for an address that a completion may not go to."""
    try:
        is_allowed = allows(connection.allowed_hosts, parse(url).origin)
    except ConnectionIncomplete:
        is_allowed = False
    if not is_allowed:
        words = "must be an absolute URL on one of the instance's `allowed_hosts`"
        raise invalid(Violation(field="callbackUrl", description=words))
