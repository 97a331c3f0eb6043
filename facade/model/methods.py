"""Methods: by which ones the HTTP faces of this product can be asked."""

from typing import Final

READ: Final = frozenset(
    {"ACL", "BIND", "CHECKOUT", "CONNECT", "COPY", "DELETE", "GET", "HEAD", "LINK", "LOCK"}
    | {"M-SEARCH", "MERGE", "MKACTIVITY", "MKCALENDAR", "MKCOL", "MOVE", "NOTIFY", "OPTIONS"}
    | {"PATCH", "POST", "PROPFIND", "PROPPATCH", "PURGE", "PUT", "QUERY", "REBIND", "REPORT"}
    | {"SEARCH", "SOURCE", "SUBSCRIBE", "TRACE", "UNBIND", "UNLINK", "UNLOCK", "UNSUBSCRIBE"}
)
"""Those that llhttp knows (RFC 9110, 4918, 3253, 5323, 5789, 5842 and others); a request by any
other one, in lower case for one, is no HTTP to it."""


def unread(method: str) -> str:
    """Why a facade cannot be asked by a method; empty where it can."""
    if method in READ:
        return ""
    return f"The facade reads no requests by the method `{method[:50]}`; the gateway sends them."
