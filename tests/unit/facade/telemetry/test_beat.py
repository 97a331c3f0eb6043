import asyncio
import time

from facade.telemetry.beat import BEAT, beating
from facade.telemetry.recording import Recording


def numbers(recording: Recording) -> dict[str, float]:
    lines = recording.expose("")[1].decode().splitlines()
    found = (line.rpartition(" ") for line in lines if not line.startswith("#"))
    return {name: float(value) for name, _, value in found}


async def told() -> dict[str, float]:
    recording = Recording()
    async with beating(recording):
        await asyncio.sleep(0)
        time.sleep(2 * BEAT)  # noqa: ASYNC251 - what is to be noticed
        await asyncio.sleep(0.01)
        return numbers(recording)


def test_a_process_tells_what_it_uses_and_how_late_its_loop_was() -> None:
    found = asyncio.run(told())

    assert found["process_cpu_seconds_total"] > 0
    assert found["process_resident_memory_bytes"] > 2**20
    assert 0 < found["process_open_fds"] <= found["process_max_fds"]
    assert 0.9 * BEAT < found["portico_event_loop_lag_seconds"] < 10
    assert [name for name in found if name.startswith("portico_build_info{")]
    assert 'python_gc_collections_total{generation="2"}' in found
