"""How the process logs: lines for people, or JSON with the same facts."""

import json
import logging
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson

from facade.telemetry.spans import current

QUIET = ("aiosqlite", "alembic", "asyncio", "grpc", "uvicorn")
"""Libraries that are heard from WARNING on."""

MOST = 10
"""Warnings of one kind that are told within a second."""
KINDS = 1_000
"""So many are told apart, before counting begins anew."""

MORE = "more"
"""What a record has been given that stands for others: how many."""

_BARE = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}


class Json(logging.Formatter):
    """One JSON object a line; what a record was given as `extra` stands beside the message.

    Of what is logged within a call it says of which trace and span that is.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        span = current()
        if span.trace_id:
            line |= {"trace_id": span.trace_id, "span_id": span.span_id}
        line.update((k, v) for k, v in record.__dict__.items() if k not in _BARE)
        if record.exc_info:
            line["stack"] = self.formatException(record.exc_info)
        return _escaped(_dumped(line))


class Text(logging.Formatter):
    """One line for people, whatever stands in its message; a stack follows in lines of its own."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """The record without its stack, and at its end of which trace and span it is."""
        line = super().formatMessage(record)
        more = getattr(record, MORE, 0)
        if more:
            line += f" (and {more} more like it)"
        span = current()
        if span.trace_id:
            line += f" trace={span.trace_id} span={span.span_id}"
        return _escaped(line)


class Sparing(logging.Filter):
    """Lets ten warnings of a kind through each second; the next one says how many did not pass.

    A kind is what one place in the code says, whatever it says it of.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Takes a clock in seconds."""
        super().__init__()
        self._clock = clock
        self._counts: dict[tuple[str, int, str], tuple[int, int]] = {}
        """The second, and how many came within it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is told."""
        if record.levelno < logging.WARNING:
            return True
        kind = record.name, record.levelno, str(record.msg)
        now = int(self._clock())
        second, count = self._counts.get(kind, (now, 0))
        if second == now:
            self._count(kind, now, count + 1)
            return count < MOST
        self._count(kind, now, 1)
        if count > MOST:
            setattr(record, MORE, count - MOST)
        return True

    def _count(self, kind: tuple[str, int, str], now: int, count: int) -> None:
        if len(self._counts) >= KINDS and kind not in self._counts:
            self._counts.clear()
        self._counts[kind] = now, count


def _dumped(line: dict[str, Any]) -> str:
    try:
        return orjson.dumps(line, default=str).decode()
    except orjson.JSONEncodeError:  # half a surrogate, an integer beyond 64 bits
        return json.dumps(line, default=str)


def _escaped(text: str) -> str:
    """The text with what would end the line, or steer a terminal, spelled out as JSON does."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else json.dumps(each)[1:-1] for each in text)


def open_logs(form: str, level: str) -> None:
    """Sends the log of the whole process to standard error, in `text` or `json`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(Sparing())
    if form == "json":
        handler.setFormatter(Json())
    else:
        handler.setFormatter(Text("%(asctime)s %(levelname)s %(name)s %(message)s", "%H:%M:%S"))
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
