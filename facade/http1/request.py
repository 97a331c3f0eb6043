"""Request: the head of a request, as one piece of bytes (RFC 9112 sections 2 to 6)."""

import re

import msgspec

from facade.coding import CODINGS
from facade.errors.caller import InvalidParameters
from facade.model.call import Headers

USER_AGENT = "user-agent: portico\r\n"
"""Said where the request says nothing: some backends refuse a request without any."""

LONGEST = 65280
"""Characters of a target: more is refused by every server."""

SAYING_LENGTH = frozenset({"POST", "PUT", "PATCH"})
"""Methods that say the length of no body, too (RFC 9110 section 8.6)."""

CHUNKED = "Transfer-Encoding: chunked\r\n"

_CODINGS = f"accept-encoding: {CODINGS.decode('ascii')}\r\n"
_OURS = _CODINGS + USER_AGENT
_LINE = "%s: %s\r\n".__mod__
_TARGET = re.compile(f"[!-~]{{0,{LONGEST}}}")


def framing_of(method: str, body: bytes | None) -> str:
    """What is said of a body that is known; nothing of none, where nobody expects one."""
    if body is None and method not in SAYING_LENGTH:
        return ""
    return f"Content-Length: {len(body or b'')}\r\n"


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """What the requests to one origin have in common."""

    host: str
    """Of the field Host (RFC 9110 section 7.2)."""
    prefix: str = ""
    """Before each target: the origin, where a proxy reads it (RFC 9112 section 3.2.2)."""
    proxied: str = ""
    """The line that lets requests into the proxy; empty: none is needed."""

    def head(self, method: str, target: str, headers: Headers, framing: str) -> bytes:
        """The head with the fields, and those that the wire sets; `framing` is for the body.

        Raises InvalidParameters where it could be read as another request.
        """
        lines, count = "".join(map(_LINE, headers)), len(headers)
        if (
            lines.count("\n") != count
            or lines.count("\r") != count
            or "\0" in lines
            or not _TARGET.fullmatch(target)
        ):
            raise InvalidParameters("the arguments make an address that is too long")
        ours, lowered = _OURS, lines.lower()
        if "user-agent:" in lowered or "accept-encoding:" in lowered:
            lines, ours = _settled(headers)
        return (
            f"{method} {self.prefix}{target} HTTP/1.1\r\nHost: {self.host}\r\n"
            f"{lines}{ours}{self.proxied}{framing}\r\n"
        ).encode()


def _settled(headers: Headers) -> tuple[str, str]:
    """The field lines but for the codings, which are ours; and ours for the agent, if none is."""
    mine = any(name.lower() == "user-agent" for name, _ in headers)
    kept = [each for each in headers if each[0].lower() != "accept-encoding"]
    return "".join(map(_LINE, kept)), _CODINGS if mine else _OURS
