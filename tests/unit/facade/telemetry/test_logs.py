import json
import logging

import pytest

from facade.telemetry.logs import Json, Text

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
