"""What an operator hears of a shared store that fails."""

import socket
import ssl

import pytest

from facade.stores.lane import Refused
from facade.stores.link import Alarm, cause
from facade.stores.shared import SharedGone


@pytest.mark.parametrize(
    ("problem", "called"),
    [
        (Refused("LOADING Redis is loading"), "LOADING"),
        (Refused("WRONGPASS invalid username-password pair"), "WRONGPASS"),
        (Refused("whatever else: secret"), "ERR"),
        (SharedGone("timeout"), "timeout"),
        (TimeoutError(), "timeout"),
        (ConnectionRefusedError(111, "Connection refused"), "Connection refused"),
        (socket.gaierror(-2, "Name or service not known"), "Name or service not known"),
        (OSError("Multiple exceptions: ..."), "no connection"),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER]"), "TLS"),
    ],
)
def test_a_failure_is_called_by_its_cause_alone(problem: Exception, called: str) -> None:
    assert cause(problem) == called


def test_each_cause_is_told_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    times = iter((0.0, 1.0, 59.0, 60.0, 61.0, 62.0))
    alarm = Alarm(lambda: next(times))
    for kind in ("timeout", "timeout", "timeout", "timeout", "timeout", "LOADING"):
        alarm.tell(kind)
    told = [record.getMessage() for record in caplog.records]
    assert ["timeout" in line for line in told] == [True, True, False]
    assert "LOADING" in told[2]
