"""The grammar of header fields and cookies."""

import re

from facade.model.call import Headers
from facade.model.field_names import TOKEN

FIELD = re.compile(r"[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?")
"""A field's value in ASCII, without white space at its ends (RFC 9110 section 5.5)."""
COOKIE = re.compile(r"[\x21\x23-\x3a\x3c-\x5b\x5d-\x7e]*")
"""cookie-octet (RFC 6265 section 4.1.1), and the comma that joins the members of an array."""
BREAK = re.compile(r"[;\x00-\x1f\x7f]")


def with_fields(headers: Headers, fields: Headers) -> Headers:
    """The fields with others in place of those of the same names."""
    names = {name.lower() for name, _ in fields}
    return (*(each for each in headers if each[0].lower() not in names), *fields)


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


def cookie_break(text: str) -> str:
    """Why a value could end its cookie wherever it is decoded; empty if it could not."""
    if BREAK.search(text):
        return "has `;` or control characters, which no cookie may hold, encoded or not"
    return ""
