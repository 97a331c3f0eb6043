"""The grammar of header fields and cookies, the reserved names, and the Accept field."""

import re

from facade.model.action import Action
from facade.transcode.media_type import parse

TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
"""A field's or cookie's name (RFC 9110 section 5.6.2)."""
FIELD = re.compile(r"[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?")
"""A field's value in ASCII, without white space at its ends (RFC 9110 section 5.5)."""
COOKIE = re.compile(r"[\x21\x23-\x3a\x3c-\x5b\x5d-\x7e]*")
"""cookie-octet (RFC 6265 section 4.1.1), and the comma that joins the members of an array."""
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
PREFIXES = ("proxy-", "grpc-", ":")
SIGNING = frozenset({"authorization", "cookie"})
"""Fields that credentials and cookie parameters make."""


def is_framing(name: str) -> bool:
    """Whether a field belongs to the wire: nobody's parameter or variable."""
    lowered = name.lower()
    return lowered in FRAMING or lowered.startswith(PREFIXES)


def is_reserved(name: str) -> bool:
    """Whether a caller's parameter may never be that field."""
    return is_framing(name) or name.lower() in SIGNING


def name_flaw(name: str) -> str:
    """Why a text is no name of a field or cookie; empty if it is one."""
    return "" if TOKEN.fullmatch(name) else "has a name that HTTP does not allow"


def value_flaw(text: str) -> str:
    """Why a text is no value of a field; empty if it is one."""
    if not text or FIELD.fullmatch(text):
        return ""
    if not text.isascii():
        return "has characters beyond ASCII, which a header field does not carry"
    if text != text.strip(" \t"):
        return "begins or ends with white space, which a header field loses"
    return "has control characters or line breaks, which no header field may hold"


def cookie_flaw(text: str) -> str:
    """Why a text is no value of a cookie; empty if it is one."""
    if COOKIE.fullmatch(text):
        return ""
    return (
        "has characters that no cookie may hold: white space, quotes, `;`, `\\`, "
        "control characters, or any beyond ASCII"
    )


def accept(action: Action) -> str:
    """The Accept field: the types of the declared successes in the document's order.

    Where JSON is among them the others weigh 0.5; anything else is welcome at 0.1, since errors
    and undeclared answers have types of their own. Without declared types: anything.
    """
    successes = [each for each in action.responses if each.status.startswith("2")]
    declared = successes or [each for each in action.responses if each.status == "default"]
    types = dict.fromkeys(media.type.strip() for each in declared for media in each.media)
    known = [each for each in map(parse, types) if each and each.essence != "*/*"]
    has_json = any(each.is_json for each in known)
    ranges = [
        f"{each.text};q=0.5" if has_json and not each.is_json else each.text for each in known
    ]
    return ", ".join([*ranges, "*/*;q=0.1"]) if ranges else "*/*"
