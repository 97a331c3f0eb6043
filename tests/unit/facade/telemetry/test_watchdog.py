"""The watchdog: a loop that stands still is told of, with where it stands."""

import asyncio
import logging
import time

import pytest

from facade.telemetry.watchdog import LOOK, Watchdog


def stand_still(seconds: float) -> None:
    time.sleep(seconds)


async def test_m07_a_loop_that_stands_still_is_told_of_within_a_second_and_where_it_stands(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING, "portico.watchdog"), Watchdog():
        began = time.time()
        stand_still(1.3)
        ended = time.time()
        await asyncio.sleep(2.5 * LOOK)
    first, last = caplog.records
    assert began < first.created < min(began + 1.2, ended)
    assert "in stand_still" in first.getMessage()
    assert last.getMessage().startswith("the event loop goes on; it stood still for at least")


async def test_a_loop_that_goes_on_is_not_told_of_and_the_thread_ends(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with Watchdog() as watchdog:
        await asyncio.sleep(2.5 * LOOK)
    assert not caplog.records
    assert not watchdog._thread.is_alive()
