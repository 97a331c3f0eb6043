"""Messages to flows: what of them a flow sees; pure."""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from facade.catalog.request import invalid
from facade.errors.fault import Violation

SECRET: Final = re.compile(
    r"auth|cookie|token|secret|passw|credential|session|signature|api-?key|^x-portico-", re.ASCII
)
"""In the names of header fields that no flow is shown: they may let somebody in."""

JSON: Final = re.compile(r"application/(?:json|[!-~]+\+json)\s*(?:;.*)?", re.IGNORECASE)

FORM: Final = "must be JSON as its content-type says, or text in UTF-8"


def shown_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The header fields of a message, by lower-case name, but for those that may let in."""
    return {name: text for name, text in headers.items() if not SECRET.search(name)}


def shown_body(body: bytes, content_type: str) -> Any:
    """The body as a flow sees it: JSON as what it says, else a text; None where there is none.

    Raises InvalidRequest for what is neither.
    """
    if not body:
        return None
    try:
        if JSON.fullmatch(content_type.strip()):
            return msgspec.json.decode(body)
        return body.decode()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise invalid(Violation(field="body", description=FORM)) from None
