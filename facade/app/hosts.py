"""Which hosts a face on loopback answers for: a name that anybody may lead there is not one."""

import ipaddress
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from facade.app.addresses import UNIX, is_local
from facade.config import Settings
from facade.errors.access import Misdirected

LOCAL: Final = "localhost"
"""A name that leads nowhere else (RFC 6761, section 6.3), as all names below it."""

KNOWN: Final = 64
"""Hosts that are remembered with what is thought of them."""


class Elsewhere(BaseRoute):
    """Every request for a host that is not this one, whatever its path.

    A page of `evil.example` may have that name lead to loopback once a browser has it (DNS
    rebinding): all that is here would be of its own origin, were the name believed.
    """

    def __init__(self, public: str) -> None:
        """Takes the host of the URL that callers know, in lower case; empty for none."""
        self._public = public
        self._believes = lru_cache(KNOWN)(self._judge)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether a request is for another host; one that names none comes from no browser."""
        return (Match.NONE if self._believes(_host(scope)) else Match.FULL), {}

    async def handle(self, _scope: Scope, _receive: Receive, _send: Send) -> None:
        """Raises Misdirected, which does not repeat the name."""
        raise Misdirected(
            "host: another name than `localhost`, an address, or the host of `public_url`"
        )

    def _judge(self, said: bytes) -> bool:
        name = _name_in(f"//{said.decode('latin-1')}").removesuffix(".")
        return name in {"", LOCAL, self._public} or name.endswith(f".{LOCAL}") or _is_address(name)


def routes(settings: Settings) -> list[BaseRoute]:
    """What refuses other hosts, where a web page's name may lead: to loopback, without TLS."""
    address = settings.http
    if settings.tls_cert or address.startswith(UNIX) or not is_local(address):
        return []
    return [Elsewhere(_name_in(settings.public_url))]


def _host(scope: Scope) -> bytes:
    found: bytes = dict(scope["headers"]).get(b"host", b"")
    return found


def _name_in(url: str) -> str:
    """The host of a URL, in lower case; of one that is none, what no host is."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return "?"


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
