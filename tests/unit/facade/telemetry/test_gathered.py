import io
import logging
import time

import pytest

from facade.telemetry.gathered import Gathered
from facade.telemetry.logs import Line, Text
from facade.telemetry.spans import Tracing

NEVER = 3600.0


def gathered(stream: io.StringIO, **given: float) -> Gathered:
    handler = Gathered(stream, **given)  # type: ignore[arg-type] # one is a count
    handler.setFormatter(Text("%(message)s"))
    return handler


def test_lines_wait_until_there_are_enough_and_come_in_their_order() -> None:
    stream = io.StringIO()
    handler = gathered(stream, most=3, seconds=NEVER)
    for each in ("a", "b"):
        handler.handle(Line("portico.access", each))
    assert stream.getvalue() == ""
    handler.handle(Line("portico.access", "c"))
    assert stream.getvalue() == "a\nb\nc\n"


def test_a_line_alone_does_not_wait_for_long() -> None:
    stream = io.StringIO()
    gathered(stream, seconds=0.001).handle(Line("portico.access", "a"))
    until = time.monotonic() + 5
    while not stream.getvalue() and time.monotonic() < until:
        time.sleep(0.001)
    assert stream.getvalue() == "a\n"


def test_the_end_of_the_process_loses_nothing() -> None:
    stream = io.StringIO()
    handler = gathered(stream, seconds=NEVER)
    handler.handle(Line("portico.access", "a"))
    logging.shutdown([lambda: handler])
    assert stream.getvalue() == "a\n"


def test_a_line_tells_of_the_span_in_which_it_was_told() -> None:
    stream = io.StringIO()
    handler = gathered(stream, seconds=NEVER)
    with Tracing().server("in", {}) as span:
        handler.handle(Line("portico.access", "a"))
    with Tracing().server("another", {}):
        handler.flush()
    assert stream.getvalue() == f"a trace={span.trace_id} span={span.span_id}\n"


def test_a_stream_that_is_closed_breaks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)
    stream = io.StringIO()
    handler = gathered(stream, most=1)
    stream.close()
    handler.handle(Line("portico.access", "a"))
