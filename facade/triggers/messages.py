"""Messages to flows: what of them a flow sees; pure."""

import re
from typing import Any, Final

import msgspec

from facade.catalog.request import invalid
from facade.errors.fault import Violation
from facade.expressions.exact_json import read_json

JSON: Final = re.compile(r"application/(?:json|[!-~]+\+json)\s*(?:;.*)?", re.IGNORECASE)

FORM: Final = "must be JSON as its content-type says, or text in UTF-8"


def shown_body(body: bytes, content_type: str) -> Any:
    """The body as a flow sees it: JSON as what it says, else a text; None where there is none.

    Raises InvalidRequest for what is neither.
    """
    if not body:
        return None
    try:
        if JSON.fullmatch(content_type.strip()):
            return read_json(body)
        return body.decode()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise invalid(Violation(field="body", description=FORM)) from None
