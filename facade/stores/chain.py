"""The chain of the audit: each row's digest holds the one before it; pure."""

import hashlib
from collections.abc import Mapping
from datetime import UTC
from typing import Any, Final

import msgspec

START: Final = ""
"""What the first row is chained to."""

COLUMNS: Final = (
    "number",
    "sequence",
    "time",
    "tenant",
    "caller",
    "method",
    "target",
    "changes",
    "request_id",
    "outcome",
    "before",
    "after",
)


def digest_of(previous: str, row: Mapping[str, Any]) -> str:
    """SHA-256 in hex of a row of the audit and the digest before it."""
    time = row["time"].astimezone(UTC).isoformat(timespec="microseconds")
    content = [previous, *(time if name == "time" else row[name] for name in COLUMNS)]
    return hashlib.sha256(msgspec.json.encode(content)).hexdigest()
