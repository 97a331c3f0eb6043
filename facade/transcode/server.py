"""Which server a call goes to: origin, base path and base query."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Address, IPv6Address
from typing import NoReturn
from urllib.parse import SplitResult, urljoin, urlsplit

import idna

from facade.errors.caller import ConnectionIncomplete
from facade.errors.fault import Details, Violation
from facade.model.action import Action, Server
from facade.model.ports import DEFAULT_PORTS
from facade.model.version import Balancing, Version
from facade.transcode.template import PATH, QUERY, SLOT, has_dots, literal

HOST = re.compile(r"[a-z0-9_]([a-z0-9._-]*[a-z0-9_.])?")
"""A name as DNS and container networks use it, in ASCII and lower case."""
NUMERIC = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)\.?")
"""A host that ends in a number, which resolvers take for an IPv4 address."""
UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")
ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
"""What begins with a scheme (RFC 3986 section 3.1)."""


@dataclass(frozen=True, slots=True)
class Base:
    """What the action's path is joined to."""

    origin: str
    path: str
    """Without a trailing slash."""
    query: str


def choose_all(version: Version, action: Action, variables: Mapping[str, str]) -> tuple[Base, ...]:
    """Chooses every server that the version's balancing may send a call to, in their order.

    Those that have no complete address stay out, unless all of them do: raises as `choose` does.
    """
    first = partial(choose, version, action, variables)
    if version.destination.balancing is Balancing.FIRST:
        return (first(),)
    if version.destination.uri:
        urls = (version.destination.uri, *version.destination.others)
        return tuple(parse(_fill(Server(url=each), variables)) for each in urls)
    found = []
    for each in action.servers:
        with suppress(ConnectionIncomplete):
            found.append(locate(each, version.spec_uri, variables))
    return tuple(dict.fromkeys(found)) or (first(),)


def choose(version: Version, action: Action, variables: Mapping[str, str]) -> Base:
    """Chooses the version's own address, else the document's first, its variables filled.

    Raises ConnectionIncomplete, naming `destination.uri` or the variable, where that is no
    complete http or https URL.
    """
    if version.destination.uri:
        return parse(_fill(Server(url=version.destination.uri), variables))
    if not action.servers:
        _refuse("is needed: the document names no usable server")
    return locate(action.servers[0], version.spec_uri, variables)


def locate(server: Server, document: str, variables: Mapping[str, str]) -> Base:
    """Where one server of a document is, its variables filled.

    A relative URL is relative to the document's address, which is empty where nobody knows
    it (OAS 3.2 section 4.6); an empty one is the root there, as for a document without
    servers. Raises as `choose` does.
    """
    url = _fill(server, variables) or "/"
    if ABSOLUTE.match(url) or UNSAFE.search(url):
        return parse(url)
    if not document:
        shown = "".join(each for each in url[:200] if each.isprintable())
        _refuse(f"is needed: the document's server `{shown}` is relative")
    try:
        return parse(urljoin(document, url))
    except ValueError:
        _refuse("is needed: the document's server is no URL")


def parse(url: str) -> Base:
    """Takes a URL apart; raises ConnectionIncomplete for one that calls cannot go to."""
    if UNSAFE.search(url):
        _refuse("is needed: the server's URL has characters that no URL has")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        _refuse("is needed: the server's URL has no valid host and port")
    if not parts.scheme or not parts.netloc:
        _refuse("is needed: the document's server is no absolute URL")
    if parts.scheme not in DEFAULT_PORTS:
        _refuse("must be an http or https URL")
    if "@" in parts.netloc:
        _refuse("must not hold a user or password; use `credentials`")
    if has_dots(parts.path):
        _refuse("has dot segments in its path")
    shown = "" if port in {None, DEFAULT_PORTS[parts.scheme]} else f":{port}"
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
        _refuse("is needed: the server's URL has no valid host")
    return host


def _fill(server: Server, variables: Mapping[str, str]) -> str:
    """The URL, each variable replaced once: values are never expanded again."""
    violations: list[Violation] = []

    def value(match: re.Match[str]) -> str:
        name = match[1]
        text = variables.get(name) or server.variables.get(name)
        enum = server.enums.get(name, ())
        if text is None:
            violations.append(_variable(name, "is needed: the server's URL has no default for it"))
        elif name in variables and enum and text not in enum:
            violations.append(_variable(name, f"must be one of {', '.join(enum[:20])}"))
        return text or ""

    url = SLOT.sub(value, server.url)
    if violations:
        raise ConnectionIncomplete(
            f"{violations[0].field}: {violations[0].description}",
            details=Details(violations=tuple(violations)),
        )
    return url


def _variable(name: str, description: str) -> Violation:
    return Violation(field=f"variables.{name}", description=description)


def _refuse(description: str) -> NoReturn:
    field, shown = "destination.uri", f"{description}; set the version's `direct.base_uri`"
    raise ConnectionIncomplete(
        f"{field} {shown}", details=Details(violations=(Violation(field=field, description=shown),))
    )
