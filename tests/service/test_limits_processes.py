import subprocess
import sys
from contextlib import ExitStack

import pytest

from tests.servers import RedisServer

PROCESSES = 4
CALLS, BURST, OFFERED = 100, 20, 1000


@pytest.mark.timeout(60)
def test_j01_four_processes_together_admit_what_the_limit_says(
    redis_server: RedisServer, request: pytest.FixtureRequest
) -> None:
    """For 2 seconds; `--seconds 20` offers as long as the issue asks for."""
    redis_server.flush()
    seconds = request.config.getoption("--seconds")
    figures = (CALLS, BURST, OFFERED / PROCESSES, seconds)
    words = [sys.executable, "-m", "tests.offering", redis_server.url, *map(str, figures)]
    with ExitStack() as stack:
        children = [
            stack.enter_context(
                subprocess.Popen(  # noqa: S603 - our own words alone
                    words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
                )
            )
            for _ in range(PROCESSES)
        ]
        for child in children:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
        for child in children:
            assert child.stdin is not None
            child.stdin.write("go\n")
            child.stdin.flush()
        admitted = [int(child.communicate()[0]) for child in children]
    assert sum(admitted) == pytest.approx(CALLS * seconds + BURST, rel=0.05)
