"""Notice: what the answers of a deprecated version say before them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from types import MappingProxyType
from typing import Final

from facade.model.version import Version

NOTHING: Final[Mapping[str, str]] = MappingProxyType({})

DEPRECATION, SUNSET, LINK = "deprecation", "sunset", "link"


def notice_of(version: Version, successor: Version | None) -> Mapping[str, str]:
    """Since when it is deprecated (RFC 9745), until when it is there (RFC 8594), and its successor.

    By lower-case name. The successor is a link (RFC 8288) to the version that serves most `live`
    calls (`successor-version`, RFC 5829).
    """
    held = version.deprecation
    if held is None:
        return NOTHING
    said = {DEPRECATION: f"@{int(held.time.timestamp())}"}
    if held.sunset is not None:
        said[SUNSET] = _date(held.sunset)
    if successor is not None and successor.name != version.name:
        said[LINK] = f'</v1/{successor.name}>; rel="successor-version"'
    return said


def _date(moment: datetime) -> str:
    """An IMF-fixdate (RFC 9110 section 5.6.7)."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)
