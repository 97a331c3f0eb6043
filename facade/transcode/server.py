"""Which server a call goes to: origin, base path and base query."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import NoReturn
from urllib.parse import SplitResult, urlsplit

import idna

from facade.errors.caller import ConnectionIncomplete
from facade.errors.fault import Details, Violation
from facade.model.action import Action, Server
from facade.model.version import Version
from facade.transcode.template import PATH, QUERY, SLOT, has_dots, literal

HOST = re.compile(r"[a-z0-9_]([a-z0-9._-]*[a-z0-9_.])?")
"""A name as DNS and container networks use it, in ASCII and lower case."""
NUMERIC = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)\.?")
"""A host that ends in a number, which resolvers take for an IPv4 address."""
UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")
PORTS: Mapping[str, int] = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Base:
    """What the action's path is joined to."""

    origin: str
    path: str
    """Without a trailing slash."""
    query: str


def choose(version: Version, action: Action, variables: Mapping[str, str]) -> Base:
    """Chooses the version's own address, else the document's first, its variables filled.

    Raises ConnectionIncomplete, naming `destination.uri` or the variable, where that is no
    complete http or https URL.
    """
    if version.destination.uri:
        return parse(_fill(Server(url=version.destination.uri), variables))
    if not action.servers:
        _refuse("destination.uri", "is needed: the document names no server")
    return parse(_fill(action.servers[0], variables))


def parse(url: str) -> Base:
    """Takes a URL apart; raises ConnectionIncomplete for one that calls cannot go to."""
    if UNSAFE.search(url):
        _refuse("destination.uri", "is needed: the server's URL has characters that no URL holds")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        _refuse("destination.uri", "is needed: the server's URL has no valid host and port")
    if not parts.scheme or not parts.netloc:
        _refuse("destination.uri", "is needed: the document's server is no absolute URL")
    if parts.scheme not in PORTS:
        _refuse("destination.uri", "must be an http or https URL")
    if "@" in parts.netloc:
        _refuse("destination.uri", "must not hold a user or password; use `credentials`")
    if has_dots(parts.path):
        _refuse("destination.uri", "has dot segments in its path")
    shown = "" if port in {None, PORTS[parts.scheme]} else f":{port}"
    return Base(
        f"{parts.scheme}://{_host(parts)}{shown}",
        literal(parts.path, PATH + "/").rstrip("/"),
        literal(parts.query, QUERY),
    )


def _host(parts: SplitResult) -> str:
    """The host in ASCII and lower case (RFC 5891); addresses only as they are usually written."""
    host = parts.hostname or ""
    try:
        if ":" in host:
            return f"[{IPv6Address(host).compressed}]"
        if not host.isascii():
            host = idna.encode(host, uts46=True).decode()
        if NUMERIC.fullmatch(host):
            return str(IPv4Address(host))
    except (ValueError, idna.IDNAError):
        host = ""
    if not HOST.fullmatch(host) or ".." in host:
        _refuse("destination.uri", "is needed: the server's URL has no valid host")
    return host


def _fill(server: Server, variables: Mapping[str, str]) -> str:
    """The URL, each variable replaced once: values are never expanded again."""
    violations: list[Violation] = []

    def value(match: re.Match[str]) -> str:
        name = match[1]
        text = variables.get(name) or server.variables.get(name, "")
        enum = server.enums.get(name, ())
        if not text:
            violations.append(_variable(name, "is needed: the server's URL has no default for it"))
        elif name in variables and enum and text not in enum:
            violations.append(_variable(name, f"must be one of {', '.join(enum[:20])}"))
        return text

    url = SLOT.sub(value, server.url)
    if violations:
        raise ConnectionIncomplete(
            f"{violations[0].field}: {violations[0].description}",
            details=Details(violations=tuple(violations)),
        )
    return url


def _variable(name: str, description: str) -> Violation:
    return Violation(field=f"variables.{name}", description=description)


def _refuse(field: str, description: str) -> NoReturn:
    raise ConnectionIncomplete(
        f"{field} {description}",
        details=Details(violations=(Violation(field=field, description=description),)),
    )
