"""Gathered: lines of a log that are written many at a time, soon after they were told."""

import logging
import threading
from collections import deque
from typing import TextIO

from facade.telemetry.spans import current

MOST = 200
"""Lines that wait at most; whoever tells the next one writes them all."""

SOON = 0.1
"""Seconds that a line waits at most."""

SPAN = "span"
"""What a record has been given that is written later: the span in which it was told."""


class Gathered(logging.StreamHandler[TextIO]):
    """Keeps records, of which nothing may change any more, and formats and writes them at once.

    What waits is written when the process ends well, or by an error. Killed, it loses the lines
    of its last tenth of a second.
    """

    def __init__(self, stream: TextIO, most: int = MOST, seconds: float = SOON) -> None:
        """Takes where to write, how many records may wait, and for how long."""
        super().__init__(stream)
        self._most = most
        self._seconds = seconds
        self._waiting: deque[logging.LogRecord] = deque()
        self._timer = threading.Timer(seconds, self.flush)

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps one; needs no lock."""
        if SPAN not in record.__dict__:
            setattr(record, SPAN, current())
        waiting = self._waiting
        waiting.append(record)
        told = len(waiting)
        if told >= self._most:
            self.flush()
        elif told == 1:
            self._timer = threading.Timer(self._seconds, self.flush)
            self._timer.daemon = True
            self._timer.start()

    def flush(self) -> None:
        """Writes what waits."""
        if self.lock is None:
            return
        with self.lock:
            self._timer.cancel()
            waiting = self._waiting
            records = [waiting.popleft() for _ in range(len(waiting))]
            if records:
                self._write(records)

    def _write(self, records: list[logging.LogRecord]) -> None:
        try:
            self.stream.write("".join([self.format(each) + self.terminator for each in records]))
            self.stream.flush()
        except Exception:  # noqa: BLE001 - as in every handler: a log never breaks what it tells of
            self.handleError(records[0])
