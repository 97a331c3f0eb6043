"""How the process logs: lines for people, or JSON with the same facts."""

import json
import logging
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson

from facade.telemetry.gathered import SPAN, Gathered
from facade.telemetry.spans import Span, current

QUIET = ("aiosqlite", "alembic", "asyncio", "grpc", "uvicorn")
"""Libraries that are heard from WARNING on."""

MUTE = ("grpc._cython.cygrpc",)
"""Those that are not heard: of metadata that is no UTF-8 it tells all, which may be a secret."""

MOST = 10
"""Warnings of one kind that are told within a second."""
KINDS = 1_000
"""So many are told apart, before counting begins anew."""

MORE = "more"
"""What a record has been given that stands for others: how many."""

_BLANK = {**logging.makeLogRecord({}).__dict__, "levelno": logging.INFO, "levelname": "INFO"}
_BARE = frozenset(_BLANK) | {"message", "asctime", SPAN}

ACCESS = "portico.access"
"""The log that has a line for every call."""


class Line(logging.LogRecord):
    """A record of level INFO that costs a quarter of what `Logger.info` makes: for every call."""

    def __init__(self, name: str, message: str, **facts: object) -> None:
        """Takes the logger's name, the message as it is, and what stands beside it."""
        now = time.time()
        self.__dict__ = {
            **_BLANK,
            "name": name,
            "msg": message,
            "created": now,
            "msecs": int(now % 1 * 1000),
            **facts,
        }


def tell(log: logging.Logger, line: Line) -> None:
    """Has a log tell a line, of a level that it tells.

    Where the log is as `open_logs` has set it up, the line goes to its handler without what
    `Logger.handle` looks for: other handlers, filters, levels, locks.
    """
    handlers = log.handlers
    if len(handlers) == 1 and not (log.propagate or log.filters or log.disabled):
        handler = handlers[0]
        if isinstance(handler, Gathered) and not (handler.filters or handler.level):
            handler.emit(line)
            return
    log.handle(line)


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
        span = _span_of(record)
        if span.trace_id:
            line |= {"trace_id": span.trace_id, "span_id": span.span_id}
        line.update((k, v) for k, v in record.__dict__.items() if k not in _BARE)
        if record.exc_info:
            line["stack"] = self.formatException(record.exc_info)
        return _escaped(_dumped(line))


class Text(logging.Formatter):
    """One line for people, whatever stands in its message; a stack follows in lines of its own."""

    _second: tuple[int, str] = (-1, "")
    """The last one that was told of, and how it is written."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 - logging's own name
        """The second of a record: many records in a row have the same."""
        second = int(record.created)
        if second != self._second[0]:
            self._second = second, super().formatTime(record, datefmt)
        return self._second[1]

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """The record without its stack, and at its end of which trace and span it is."""
        line = super().formatMessage(record)
        more = getattr(record, MORE, 0)
        if more:
            line += f" (and {more} more like it)"
        span = _span_of(record)
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


def _span_of(record: logging.LogRecord) -> Span:
    """The span in which a record was told."""
    span: Span | None = getattr(record, SPAN, None)
    return span or current()


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
    handler, gathered = logging.StreamHandler(sys.stderr), Gathered(sys.stderr)
    text = Text("%(asctime)s %(levelname)s %(name)s %(message)s", "%H:%M:%S")
    handler.addFilter(Sparing())
    for each in (handler, gathered):
        each.setFormatter(Json() if form == "json" else text)
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    access = logging.getLogger(ACCESS)
    access.handlers[:], access.propagate = [gathered], False
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in MUTE:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    _spare_what_nobody_reads()


def _spare_what_nobody_reads() -> None:
    """Has records know neither file, line, thread nor process, of which no line of ours tells.

    It is two fifths of what a record costs (Python's logging HOWTO, Optimization).
    """
    logging._srcfile = None  # noqa: SLF001 - the switch that the HOWTO names
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
