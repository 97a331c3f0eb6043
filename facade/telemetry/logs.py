"""How the process logs: lines for people, or JSON with the same facts."""

import logging
import sys
from datetime import UTC, datetime

import orjson

QUIET = ("aiosqlite", "alembic", "asyncio", "uvicorn")
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
        return orjson.dumps(line, default=str).decode()


def open_logs(form: str, level: str) -> None:
    """Sends the log of the whole process to standard error, in `text` or `json`."""
    handler = logging.StreamHandler(sys.stderr)
    if form == "json":
        handler.setFormatter(Json())
    else:
        handler.setFormatter(
            logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s", "%H:%M:%S")
        )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
