"""Headers: the fields of answers and messages that a flow is shown, and keeps."""

import re
from collections.abc import Mapping
from typing import Final

SECRET: Final = re.compile(
    r"auth|cookie|token|secret|passw|credential|session|signature|api-?key|^x-portico-", re.ASCII
)
"""In the names of header fields that no flow is shown: they may let somebody in."""


def shown_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The header fields, by lower-case name, but for those that may let in."""
    return {name: text for name, text in headers.items() if not SECRET.search(name)}
