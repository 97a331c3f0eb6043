import asyncio
import threading
from collections.abc import Mapping, Sequence

import pytest

from facade.telemetry.export import Batching, Export, batching_from
from facade.telemetry.spans import Recorded, Tracing

NEVER = 3600.0


class Outlet:
    """Keeps the batches that it gets."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.arrived = threading.Event()
        self.closed = False

    def send(self, spans: Sequence[Recorded]) -> bool:
        self.batches.append([each.name for each in spans])
        self.arrived.set()
        return True

    def shutdown(self) -> None:
        self.closed = True


def give(export: Export, number: int) -> None:
    tracing = Tracing(export)
    for each in range(number):
        with tracing.client(str(each)):
            pass


def test_a_full_batch_is_sent_at_once_and_the_rest_in_the_end() -> None:
    outlet = Outlet()
    export = Export(outlet, Batching(batch=3, delay=NEVER))
    give(export, 3)
    assert outlet.arrived.wait(5)
    give(export, 2)
    asyncio.run(export.close())

    assert outlet.batches == [["0", "1", "2"], ["0", "1"]]
    assert (outlet.closed, export.dropped) == (True, 0)


def test_what_is_less_than_a_batch_is_sent_after_a_while() -> None:
    outlet = Outlet()
    export = Export(outlet, Batching(delay=0.01))
    give(export, 1)
    assert outlet.arrived.wait(5)
    asyncio.run(export.close())

    assert outlet.batches == [["0"]]


def test_no_batch_is_larger_than_it_may_be() -> None:
    outlet = Outlet()
    export = Export(outlet, Batching(batch=4, delay=NEVER))
    give(export, 30)
    asyncio.run(export.close())

    assert sum(map(len, outlet.batches)) == 30
    assert max(map(len, outlet.batches)) == 4


class Stuck(Outlet):
    """Takes a batch and does not come back until it is shut down."""

    def __init__(self) -> None:
        super().__init__()
        self._ending = threading.Event()

    def send(self, spans: Sequence[Recorded]) -> bool:
        super().send(spans)
        self._ending.wait(10)
        return False

    def shutdown(self) -> None:
        super().shutdown()
        self._ending.set()


def test_l13_what_does_not_fit_is_dropped_and_counted_and_the_end_does_not_wait(
    caplog: pytest.LogCaptureFixture,
) -> None:
    outlet = Stuck()
    export = Export(outlet, Batching(most=5, batch=2, delay=NEVER))
    give(export, 2)
    assert outlet.arrived.wait(5)
    give(export, 8)
    assert export.dropped == 3
    asyncio.run(export.close())

    assert outlet.batches == [["0", "1"]]
    assert "3 found the queue full" in caplog.text


class Broken(Outlet):
    """Fails in a way of its own, the first time."""

    def send(self, spans: Sequence[Recorded]) -> bool:
        super().send(spans)
        if len(self.batches) == 1:
            raise RuntimeError("not this time")
        return True


def test_an_outlet_that_raises_is_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    outlet = Broken()
    export = Export(outlet, Batching(batch=1, delay=NEVER))
    give(export, 2)
    asyncio.run(export.close())

    assert outlet.batches == [["0"], ["1"]]
    assert "not this time" not in caplog.text
    assert "spans are no longer lost" in caplog.text


@pytest.mark.parametrize(
    ("environ", "batching"),
    [
        ({}, Batching(most=2048, batch=512, delay=5.0)),
        (
            {
                "OTEL_BSP_MAX_QUEUE_SIZE": "100",
                "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": " 10 ",
                "OTEL_BSP_SCHEDULE_DELAY": "250",
            },
            Batching(most=100, batch=10, delay=0.25),
        ),
        (
            {
                "OTEL_BSP_MAX_QUEUE_SIZE": "0",
                "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "-1",
                "OTEL_BSP_SCHEDULE_DELAY": "soon",
            },
            Batching(),
        ),
    ],
)
def test_the_variables_say_when_spans_are_sent(
    environ: Mapping[str, str], batching: Batching
) -> None:
    assert batching_from(environ) == batching
