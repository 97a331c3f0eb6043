"""The names of HTTP fields that are never an argument: the wire's own, and those of credentials."""

import re

TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
"""A field's or cookie's name (RFC 9110 section 5.6.2)."""
FRAMING = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "content-type",
        "expect",
        "host",
        "http2-settings",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Fields that the wire alone sets."""
HOP = "portico-"
"""What the fields between a gateway and its facade begin with: no caller writes any of them."""
EXTERNAL_SUBJECT = "x-external-subject-id"
"""Says for which end user a request is, as its caller calls them."""
PREFIXES = ("proxy-", "grpc-", HOP, ":")
SIGNING = frozenset({"authorization", "cookie"})
"""Fields that credentials and cookie parameters make."""


def is_framing(name: str) -> bool:
    """Whether a field belongs to the wire: nobody's parameter or variable."""
    lowered = name.lower()
    return lowered in FRAMING or lowered.startswith(PREFIXES)


def is_reserved(name: str) -> bool:
    """Whether a caller's parameter may never be that field."""
    return is_framing(name) or name.lower() in SIGNING


def is_ignored(name: str) -> bool:
    """Whether a header is no parameter, whatever the document says.

    Accept, Content-Type and Authorization by OAS 3.2 section 4.12.2.1, and all else that the wire
    or a credential makes.
    """
    return name.lower() == "accept" or is_reserved(name)
