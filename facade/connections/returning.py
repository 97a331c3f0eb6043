"""Returning: where people may be sent once their consent is answered; pure.

Whoever may be sent anywhere can be sent astray by a link to our host (CWE-601): only addresses
that the operator has allowed are gone to.
"""

import ipaddress
import re
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit

import msgspec

from facade.config import Misconfigured
from facade.model.ports import DEFAULT_PORTS

SETTING: Final = "return_uris"

LONGEST: Final = 2048
"""Characters of an address."""

STRANGE: Final = re.compile(r"[^\x21-\x7e]|[\\<>\"`{}|^]")
"""What stands in no URL; a backslash is a slash to browsers (WHATWG URL section 4.4)."""
HOST: Final = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")
HIDDEN: Final = re.compile(r"%(2f|5c|00|0a|0d|25)", re.IGNORECASE)
"""In a path: what others than we may take for a separator, or for an end."""

CONSENT: Final = "consent"
REASON: Final = "consent_error"
GIVEN: Final = "given"
FAILED: Final = "failed"
OURS: Final = frozenset({CONSENT, REASON})
"""Parameters that say what came of a consent."""


class ReturnAddress(msgspec.Struct, frozen=True):
    """An address as far as it decides where a browser goes."""

    scheme: str
    host: str
    port: int
    path: str


class Returns:
    """The addresses that the operator allows."""

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        """Takes them; each allows what is below its path. Raises Misconfigured for what is none."""
        flaws = [f"{SETTING}: `{each}` {flaw}" for each in allowed if (flaw := _base_flaw(each))]
        if flaws:
            raise Misconfigured("\n".join(flaws))
        self._allowed = tuple(_return_address(each) for each in allowed)

    def flaw(self, uri: str) -> str:
        """Why an address is not gone to; empty where it is."""
        flaw = _flaw(uri)
        if flaw:
            return flaw
        if OURS & {name for name, _ in parse_qsl(urlsplit(uri).query, keep_blank_values=True)}:
            return f"must not have the parameters {' and '.join(sorted(OURS))} already"
        asked = _return_address(uri)
        if any(_is_below(asked, each) for each in self._allowed):
            return ""
        return f"is not among the addresses that the setting {SETTING} allows"


def address(uri: str, error: str = "") -> str:
    """Where a browser goes, told what came of the consent; empty `error`: it was given."""
    told = {CONSENT: FAILED, REASON: error} if error else {CONSENT: GIVEN}
    return f"{uri}{'&' if urlsplit(uri).query else '?'}{urlencode(told)}"


def _base_flaw(uri: str) -> str:
    return _flaw(uri) or ("must have no query" if "?" in uri else "")


def _flaw(uri: str) -> str:
    """Why a text is no address that people can be sent to."""
    return next(_flaws(uri), "")


def _flaws(uri: str) -> Iterator[str]:
    """What is wrong with it; what comes later is only true of what has nothing of before."""
    if len(uri) > LONGEST:
        yield f"must have at most {LONGEST} characters"
    if STRANGE.search(uri):
        yield "must be a URL of plain ASCII"
    parts = _split(uri)
    if parts is None or parts.scheme not in DEFAULT_PORTS:
        yield "must be an absolute https URL"
        return
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        yield "must be https; http is for loopback alone"
    if "@" in parts.netloc or "#" in uri:
        yield "must have no user and no fragment"
    if HIDDEN.search(parts.path) or {".", ".."} & set(unquote(parts.path).split("/")):
        yield "must have a plain path, without `.`, `..` or encoded separators"


def _split(uri: str) -> SplitResult | None:
    """The parts of a URL that names a host; None for what is none."""
    try:
        parts = urlsplit(uri)
        known = bool(HOST.fullmatch(parts.hostname or "")) and (
            parts.port is None or parts.port > 0
        )
    except ValueError:
        return None
    return parts if known and uri.startswith(f"{parts.scheme}://") else None


def _return_address(uri: str) -> ReturnAddress:
    parts = urlsplit(uri)
    port = parts.port or DEFAULT_PORTS[parts.scheme]
    return ReturnAddress(parts.scheme, (parts.hostname or "").lower(), port, parts.path or "/")


def _is_below(asked: ReturnAddress, base: ReturnAddress) -> bool:
    """Whether it has the same origin, and the same path or one below that, segment by segment."""
    if (asked.scheme, asked.host, asked.port) != (base.scheme, base.host, base.port):
        return False
    return asked.path == base.path or asked.path.startswith(base.path.rstrip("/") + "/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
