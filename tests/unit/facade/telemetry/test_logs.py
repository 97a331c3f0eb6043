import json
import logging

import pytest

from facade.telemetry.logs import Json, Line, Sparing, Text
from facade.telemetry.spans import Tracing

FORGERIES = (
    "a\r\n00:00:00 ERROR portico forged",
    "a\n\n\x0b\x0c\x85\u2028\u2029b",
    "\x1b[2J\x1b]0;owned\x07\x9b31m",
    "%s %d %(name)s %",
    '"}\n{"level": "ERROR", "message": "forged"}',
    "\u202egnp.exe",
    "half \ud800 of one",
    "\0",
)


def record(message: str, *args: object, **extra: object) -> logging.LogRecord:
    made = logging.makeLogRecord({"name": "portico", "levelname": "INFO", "msg": message})
    made.args = args
    made.__dict__.update(extra)
    return made


@pytest.mark.parametrize("text", FORGERIES)
def test_l10_an_event_is_one_line_of_json_whatever_its_fields_hold(text: str) -> None:
    line = Json().format(record("said: %s", text, rpc={"method": text, text: 2**70}))
    assert line.isprintable()
    told = json.loads(line)
    assert told["message"] == f"said: {text}"
    assert told["rpc"] == {"method": text, text: 2**70}
    assert told["level"] == "INFO"


@pytest.mark.parametrize("text", FORGERIES)
def test_l10_an_event_is_one_line_of_text_whatever_its_fields_hold(text: str) -> None:
    line = Text("%(levelname)s %(message)s").format(record("said: %s", text))
    assert line.isprintable()
    assert line.startswith("INFO said: ")


def test_a_text_that_does_no_harm_stays_as_it_is() -> None:
    assert Text("%(message)s").format(record("Käse \\n 100 %")) == "Käse \\n 100 %"


def test_what_is_logged_within_a_call_says_of_which_trace_it_is() -> None:
    with Tracing().server("in", {}) as span:
        told = json.loads(Json().format(record("said")))
        line = Text("%(message)s").format(record("said"))

    assert (told["trace_id"], told["span_id"]) == (span.trace_id, span.span_id)
    assert line == f"said trace={span.trace_id} span={span.span_id}"


def test_what_is_logged_outside_of_any_call_says_of_no_trace() -> None:
    assert "trace_id" not in json.loads(Json().format(record("said")))
    assert Text("%(message)s").format(record("said")) == "said"


def test_l11_ten_warnings_of_a_kind_pass_in_a_second_and_the_next_tells_how_many_did_not() -> None:
    now = [100.0]
    sparing = Sparing(lambda: now[0])

    passed = sum(
        sparing.filter(record("no %s", place, levelno=logging.WARNING)) for place in range(25)
    )
    other = sparing.filter(record("another kind", levelno=logging.WARNING))
    now[0] += 1
    next_one = record("no %s", 99, levelno=logging.WARNING)

    assert (passed, other, sparing.filter(next_one)) == (10, True, True)
    assert Text("%(message)s").format(next_one) == "no 99 (and 15 more like it)"
    assert json.loads(Json().format(next_one))["more"] == 15


def test_l11_what_is_no_warning_is_never_spared() -> None:
    sparing = Sparing(lambda: 100.0)
    assert all(sparing.filter(record("in", levelno=logging.INFO)) for _ in range(50))


@pytest.mark.parametrize("form", [Json(), Text("%(levelname)s %(name)s %(message)s")])
def test_a_line_of_a_call_reads_as_any_other_record(
    form: logging.Formatter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "portico.access")
    log = logging.getLogger("portico.access")
    message = "gateway.v1.GatewayService/ExecuteAction 100 % 0.123 ms"
    log.info(message, extra={"rpc": {"code": "OK"}})
    log.handle(Line("portico.access", message, rpc={"code": "OK"}))

    usual, line = caplog.records
    line.created = usual.created
    assert form.format(line) == form.format(usual)
    assert (line.levelno, line.getMessage()) == (usual.levelno, usual.getMessage())


def test_each_line_has_the_second_in_which_it_was_said() -> None:
    form = Text("%(asctime)s", "%H:%M:%S")
    usual = logging.Formatter("%(asctime)s", "%H:%M:%S")
    records = [record("said", created=moment) for moment in (0.1, 0.9, 1.0, 61.5, 61.9, 1.0)]

    assert [form.format(each) for each in records] == [usual.format(each) for each in records]
