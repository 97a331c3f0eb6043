"""Exits: the proxies and source addresses that the operator offers to connectors."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Self
from urllib.parse import unquote, urlsplit

from facade.errors.caller import ConnectionIncomplete
from facade.errors.fault import Details, Violation
from facade.model.ports import DEFAULT_PORTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """An HTTP proxy of the operator's."""

    secure: bool
    """Whether TLS is spoken with it."""
    host: str
    port: int
    authorization: str = field(default="", repr=False)
    """The value of Proxy-Authorization; empty: none."""

    @property
    def url(self) -> str:
        """Where it is, without what it is told to be let in."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.secure else 'http'}://{host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exits:
    """How connections may leave this machine, besides the usual way."""

    proxies: Mapping[str, Proxy] = field(default_factory=dict)
    source_addresses: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, proxies: tuple[str, ...], source_addresses: tuple[str, ...]) -> Self:
        """Reads `NAME=URL` and addresses; raises ValueError, which tells no URL."""
        named = (each.partition("=") for each in proxies)
        return cls(
            proxies={name: _proxy(name, url) for name, _, url in named},
            source_addresses=frozenset(str(ip_address(each)) for each in source_addresses),
        )

    def proxy(self, name: str) -> Proxy | None:
        """The proxy of that name, none for an empty one; raises ConnectionIncomplete."""
        if name and name not in self.proxies:
            raise _unknown("proxy", f"`{name}` is no proxy that the operator has set")
        return self.proxies.get(name)

    def source(self, address: str) -> str:
        """The address, if the operator offers it; raises ConnectionIncomplete."""
        if not address:
            return ""
        try:
            spelt = str(ip_address(address))
        except ValueError:
            spelt = ""
        if spelt not in self.source_addresses:
            raise _unknown(
                "source_address", f"`{address}` is no address that the operator lets connectors use"
            )
        return spelt


def _proxy(name: str, url: str) -> Proxy:
    problem = ValueError(f"`{name}`: an address like http://USER:PASSWORD@HOST:PORT is expected")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise problem from None
    if (
        parts.scheme not in DEFAULT_PORTS
        or not parts.hostname
        or parts.path not in {"", "/"}
        or parts.query
        or parts.fragment
    ):
        raise problem
    authorization = ""
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        authorization = "Basic " + base64.b64encode(pair.encode()).decode("ascii")
    return Proxy(
        secure=parts.scheme == "https",
        host=parts.hostname,
        port=port or DEFAULT_PORTS[parts.scheme],
        authorization=authorization,
    )


def _unknown(field: str, description: str) -> ConnectionIncomplete:
    problem = Violation(field=f"network.{field}", description=description)
    return ConnectionIncomplete(
        f"{problem.field}: {description}", details=Details(violations=(problem,))
    )
