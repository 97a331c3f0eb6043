"""What the span of a call, and that of a request, says of it."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from urllib.parse import urlsplit

from facade.model.action import Action
from facade.model.call import Plan
from facade.model.ports import DEFAULT_PORTS
from facade.model.version import Version
from facade.telemetry import names
from facade.transcode.redact import traced_url

HTTP = "1.1"
"""What the wire speaks."""

SERVERS = 1024
"""Whose addresses are at hand."""


def about_call(version: Version, action: Action) -> Mapping[str, str]:
    """What is called."""
    return {
        names.CONNECTOR: version.name.connector,
        names.VERSION: version.name.version,
        names.ACTION: action.id,
    }


def about_request(plan: Plan, secrets: Sequence[str], resent: int) -> Mapping[str, str | int]:
    """What is sent, secrets and the query's values blanked (HTTP conventions).

    `resent` is how often it had been sent before.
    """
    host, port = _server(plan.origin)
    said: dict[str, str | int] = {
        names.HTTP_METHOD: plan.method,
        names.URL_TEMPLATE: plan.action.path,
        names.URL_FULL: traced_url(plan.uri, secrets),
        names.SERVER_ADDRESS: host,
        names.SERVER_PORT: port,
        names.PROTOCOL_VERSION: HTTP,
    }
    if resent:
        said[names.HTTP_RESENT] = resent
    if plan.version.destination.hops:
        said[names.HOP] = True
    return said


@lru_cache(SERVERS)
def _server(origin: str) -> tuple[str, int]:
    """The host and the port of an origin."""
    parts = urlsplit(origin)
    return parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme]
