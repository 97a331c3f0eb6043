"""How the process logs: lines for people, or JSON with the same facts."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

import orjson

QUIET = ("aiosqlite", "alembic", "asyncio", "grpc", "uvicorn")
"""Libraries that are heard from WARNING on."""

_BARE = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}


class Json(logging.Formatter):
    """One JSON object a line; what a record was given as `extra` stands beside the message."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update((k, v) for k, v in record.__dict__.items() if k not in _BARE)
        if record.exc_info:
            line["stack"] = self.formatException(record.exc_info)
        return _escaped(_dumped(line))


class Text(logging.Formatter):
    """One line for people, whatever stands in its message; a stack follows in lines of its own."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """The record without its stack."""
        return _escaped(super().formatMessage(record))


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
    if form == "json":
        handler.setFormatter(Json())
    else:
        handler.setFormatter(Text("%(asctime)s %(levelname)s %(name)s %(message)s", "%H:%M:%S"))
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
