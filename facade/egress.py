"""Egress: which addresses calls may go to."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import TypeAlias

from facade.errors.caller import EgressDenied
from facade.model.names import ID
from facade.model.ports import DEFAULT_PORTS

Address: TypeAlias = IPv4Address | IPv6Address

PORTS = frozenset({80, 443, 8080, 8443})
"""What a public backend may listen on without being named."""

GLOBAL_UNICAST = IPv6Network("2000::/3")
"""All of IPv6 that is routed between networks (IANA, RFC 4291 section 2.4)."""

SPECIAL = (
    IPv4Network("0.0.0.0/8"),
    IPv4Network("100.64.0.0/10"),  # shared between carriers and clouds, RFC 6598
    IPv4Network("192.0.0.0/24"),  # protocol assignments, RFC 6890
    IPv4Network("192.88.99.0/24"),  # 6to4 relays, RFC 7526
    IPv4Network("198.18.0.0/15"),  # benchmarks, RFC 2544
    IPv4Network("224.0.0.0/4"),
    IPv4Network("240.0.0.0/4"),
    IPv4Network("168.63.129.16/32"),  # Azure's host, which has a public address
    IPv6Network("2001::/23"),  # protocol assignments, Teredo among them, RFC 6890
    IPv6Network("2002::/16"),  # 6to4, RFC 3056
    IPv6Network("3fff::/20"),  # documentation, RFC 9637
)
"""What Python 3.11's `is_global` lets through, or newer registries add."""

EMBEDDING = (
    IPv6Network("::/96"),
    IPv6Network("64:ff9b::/96"),
    IPv6Network("64:ff9b:1::/48"),
)
"""IPv6 networks whose last four bytes are an IPv4 address (RFC 4291, 6052, 8215)."""

LOCAL_NAMES = frozenset({"localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback"})

METADATA_NAMES = frozenset({"metadata", "metadata.google.internal", "metadata.goog"})

_ORIGIN = re.compile(r"([a-z]+)://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([0-9]{1,5}))?", re.IGNORECASE)
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


@dataclass(frozen=True, slots=True)
class _Rule:
    """One entry of the operator's list."""

    network: IPv4Network | IPv6Network | None
    name: str
    """Empty where a network is given; a leading dot stands for every name below."""
    port: int | None

    def matches_name(self, host: str, port: int) -> bool:
        """Whether it allows the name on that port, whatever its address."""
        if not self.name or self.port not in {None, port}:
            return False
        return host.endswith(self.name) if self.name.startswith(".") else host == self.name

    def matches_address(self, address: Address, port: int) -> bool:
        """Whether it allows the address on that port."""
        return self.network is not None and self.port in {None, port} and address in self.network


class Egress:
    """The policy on where calls may go: public https, and what the operator allows.

    It judges twice. `check_origin` refuses before any I/O what can be refused
    by its spelling; `check_address` judges the address that a socket is about
    to connect to, after DNS, so that no name can be rebound behind its back.
    The refusal is one uniform text: it does not tell closed from forbidden.
    """

    def __init__(self, allow: tuple[str, ...], *, loopback: bool) -> None:
        """Takes networks, addresses, hosts, `HOST:PORT` and `*.SUFFIX`.

        With `CONNECTOR=` before it an entry holds for that connector alone. `loopback` allows
        this machine itself (the development profile). Raises ValueError naming an entry that is
        none of these.
        """
        common = tuple(entry for entry in allow if "=" not in entry)
        self._rules = tuple(_rule(entry) for entry in common)
        self._loopback = loopback
        own: dict[str, tuple[str, ...]] = {}
        for connector, _, entry in (each.rpartition("=") for each in allow if "=" in each):
            if not ID.fullmatch(connector):
                raise ValueError(f"`{connector}={entry}`: `{connector}` is no name of a connector")
            own[connector] = (*own.get(connector, ()), entry)
        self._own = {
            connector: Egress((*common, *entries), loopback=loopback)
            for connector, entries in own.items()
        }

    def of(self, connector: str) -> "Egress":
        """The policy for the calls of one connector; an empty name has no rules of its own."""
        return self._own.get(connector, self)

    def check_origin(self, origin: str) -> None:
        """Judges `scheme://host[:port]` by its text; raises EgressDenied.

        A plain-http origin or an unusual port passes here only where a rule
        may still allow the address that the name turns out to have.
        """
        parts = _ORIGIN.fullmatch(origin)
        if parts is None:
            raise _denied()
        scheme = parts[1].lower()
        host = _host(parts[2])
        port = int(parts[3]) if parts[3] else DEFAULT_PORTS.get(scheme, 0)
        if scheme not in DEFAULT_PORTS or not host or not 0 < port < 65536:
            raise _denied()
        address = _literal(host)
        if address is not None:
            self.check_address(host, str(address), port, secure=scheme == "https")
        elif not self._may_look_up(host, port, secure=scheme == "https"):
            raise _denied()

    def check_address(self, host: str, ip: str, port: int, *, secure: bool) -> None:
        """Judges the address that `host` led to, just before the socket connects.

        `secure` says whether TLS will be spoken there. Raises EgressDenied.
        """
        if self.names(host, port):
            return
        address = ip_address(ip.partition("%")[0])
        usual = secure and port in PORTS
        for form in _forms(address):
            allowed = any(rule.matches_address(form, port) for rule in self._rules)
            near = self._loopback and form.is_loopback
            if not (allowed or near or (usual and _public(form))):
                raise _denied()

    def names(self, host: str, port: int) -> bool:
        """Whether the operator has named the host, so that it is allowed at any address."""
        host = _host(host)
        return any(rule.matches_name(host, port) for rule in self._rules)

    def _may_look_up(self, host: str, port: int, *, secure: bool) -> bool:
        """Whether a name is worth looking up."""
        if self.names(host, port):
            return True
        if host in LOCAL_NAMES or host.endswith(".localhost"):
            return self._loopback or any(rule.network for rule in self._rules)
        if host in METADATA_NAMES:
            return False
        by_address = any(rule.network and rule.port in {None, port} for rule in self._rules)
        return by_address or (secure and port in PORTS)


def _denied() -> EgressDenied:
    return EgressDenied(
        "the backend's address is not public https on a usual port, and the operator has not"
        " allowed it (`--egress-allow` takes networks, hosts, HOST:PORT and *.SUFFIX)"
    )


def _host(text: str) -> str:
    """A host in one spelling; empty where it is none (RFC 1123, RFC 5891 in its ASCII form)."""
    host = text.lower().removesuffix(".")
    if ":" in host:
        return host.strip("[]")
    labels = host.split(".")
    return host if len(host) <= 253 and all(map(_LABEL.fullmatch, labels)) else ""


def _literal(host: str) -> Address | None:
    """The address that a host spells; None for a name.

    Anything that a resolver could read as a number without being a dotted quad
    (`127.1`, `2130706433`, `0x7f.1`, `0177.0.0.1`) is refused, as browsers
    read it one way and C libraries another (WHATWG URL section 3.5).
    """
    if ":" not in host and not _NUMBER.fullmatch(host.rpartition(".")[2]):
        return None
    try:
        return ip_address(host)
    except ValueError:
        raise _denied() from None


def _forms(address: Address) -> Iterator[Address]:
    """An address and those that it carries inside: all of them must be allowed."""
    if isinstance(address, IPv4Address):
        yield address
    elif address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    else:
        yield address
        yield from address.teredo or ()
        if address.sixtofour is not None:
            yield address.sixtofour
        if not address.is_loopback and any(address in network for network in EMBEDDING):
            yield IPv4Address(int(address) & 0xFFFFFFFF)


def _public(address: Address) -> bool:
    if not address.is_global or address.is_multicast:
        return False
    if isinstance(address, IPv6Address) and address not in GLOBAL_UNICAST:
        return False
    return not any(address in network for network in SPECIAL)


def _rule(entry: str) -> _Rule:
    """Reads one entry of the operator's list; raises ValueError."""
    try:
        return _Rule(ip_network(entry), "", None)
    except ValueError:
        if "/" in entry:
            raise
    host, port = _split(entry.lower())
    try:
        return _Rule(ip_network(re.sub(r"\[(.*)\]", r"\1", host)), "", port)
    except ValueError:
        name = host.removeprefix("*").removesuffix(".")
    known = ":" not in name and _host(name.removeprefix("."))
    number = _NUMBER.fullmatch(name.rpartition(".")[2])
    if not known or number or host.startswith("*") != name.startswith("."):
        raise ValueError(f"`{entry}` is no network, address, host, HOST:PORT or *.SUFFIX") from None
    return _Rule(None, name, port)


def _split(entry: str) -> tuple[str, int | None]:
    """Host and port of an entry; the port is None where it has none."""
    host, colon, port = entry.rpartition(":")
    if not colon or host.startswith("[") > host.endswith("]"):
        return entry, None
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError(f"`{entry}`: `{port}` is no port")
    return host, int(port)
