"""Pages: what is known becomes HTML, by the templates of this folder."""

import json
import math
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from facade.errors.caller import InvalidRequest
from facade.model.names import parse_action
from facade.model.run import Run

if TYPE_CHECKING:
    from minijinja import Environment

TEMPLATES: Final = Path(__file__).with_name("templates")

POLICY: Final = (
    "default-src 'none'; script-src 'nonce-{}'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Own files alone, and of scripts those that the page names: backends answer from this host, too.
Nothing in a page is a script or a style, whatever a document or an answer says."""

HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "cache-control": "no-store",
        "content-type": "text/html; charset=utf-8",
        "cross-origin-opener-policy": "same-origin",
        "referrer-policy": "same-origin",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
    }
)


class Pages:
    """Writes pages; everything that a template is given is escaped."""

    def __init__(self, version: str) -> None:
        """Takes the version of the files that pages need."""
        self._version = version
        self._made: Environment | None = None

    def write(self, template: str, known: Mapping[str, Any]) -> str:
        """A page, or a part of one."""
        return self._environment().render_template(f"{template}.html", **known)

    def whole(self, template: str, known: Mapping[str, Any]) -> tuple[str, Mapping[str, str]]:
        """A whole page, and the header fields that hold for it."""
        nonce = secrets.token_urlsafe(16)
        text = self.write(template, {**known, "nonce": nonce, "assets": self._version})
        return text, {**HEADERS, "content-security-policy": POLICY.format(nonce)}

    def _environment(self) -> "Environment":
        if self._made is None:
            # Only whoever opens a page pays for what writes it.
            from minijinja import Environment  # noqa: PLC0415 - see above

            self._made = Environment(
                loader=_source,
                filters=dict(FILTERS),
                undefined_behavior="strict",
                trim_blocks=True,
                lstrip_blocks=True,
                debug=False,
            )
        return self._made


def _source(name: str) -> str | None:
    path = TEMPLATES / name
    return path.read_text(encoding="utf-8") if path.is_file() else None


def moment(time: datetime | None) -> str:
    """`2026-01-31 12:00:00`, in UTC."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if time is not None else ""


def iso(time: datetime | None) -> str:
    """As RFC 3339 has it, for `<time>`."""
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if time is not None else ""


def day(time: datetime) -> str:
    """`2026-01-31`, in UTC."""
    return f"{time.astimezone(UTC):%Y-%m-%d}"


def milliseconds(seconds: float | None) -> str:
    """A number to be drawn; empty where there is none."""
    return f"{seconds * 1000:.2f}" if seconds is not None else ""


def clock(nanoseconds: int) -> str:
    """`2026-01-31 12:00:00.123`, of nanoseconds since 1970."""
    time = datetime.fromtimestamp(nanoseconds // 1_000_000_000, UTC)
    return f"{time:%Y-%m-%d %H:%M:%S}.{nanoseconds // 1_000_000 % 1000:03}"


def span(seconds: float | None) -> str:
    """How long something took: `12.3 ms`, `1.25 s`, `3 min`."""
    if seconds is None:
        return "\N{EN DASH}"
    if seconds < 1:
        return f"{seconds * 1000:.1f} ms"
    if seconds < 120:
        return f"{seconds:.2f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def took(run: Run) -> float | None:
    """Seconds between a run's start and its end; None where one of them is to come."""
    if run.start_time is None or run.end_time is None:
        return None
    return (run.end_time - run.start_time).total_seconds()


def brief(name: str) -> str:
    """`petstore/getPet v1`, of an action's full name; any other text as it is."""
    try:
        action = parse_action(name, "name")
    except InvalidRequest:
        return name
    return f"{action.connector}/{action.action} {action.version}"


def percent(share: float) -> str:
    """`0 %`, `0.4 %`, `12 %`."""
    value = share * 100
    return f"{value:.0f} %" if value == 0 or value >= 10 else f"{value:.1f} %"


def count(number: int) -> str:
    """`12 345`, with narrow spaces that do not break."""
    return f"{number:,}".replace(",", "\u202f")


def figure(number: float) -> str:
    """`4`, `0.05`: four digits of a number whose unit stands beside it."""
    return f"{number:.4g}"


def size(number: int) -> str:
    """`512 B`, `1.4 KiB`."""
    if number < 1024:
        return f"{number} B"
    power = min(int(math.log(number, 1024)), 3)
    return f"{number / 1024**power:.1f} {('B', 'KiB', 'MiB', 'GiB')[power]}"


def segment(text: str) -> str:
    """A text as one segment of a path."""
    return quote(text, safe="")


def pretty(text: str) -> str:
    """JSON in lines; any other text as it is."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


FILTERS: Final[Mapping[str, Callable[..., Any]]] = MappingProxyType(
    {
        "moment": moment,
        "iso": iso,
        "clock": clock,
        "day": day,
        "milliseconds": milliseconds,
        "span": span,
        "took": took,
        "brief": brief,
        "percent": percent,
        "number": count,
        "figure": figure,
        "size": size,
        "segment": segment,
        "pretty": pretty,
    }
)
"""What templates write values with."""
