"""A process that crashes leaves nothing of what was in its memory on a disk."""

import resource
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import children, facade_up, portico_up

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux tells the limits of another process"
)

OFF = (0, 0)


@pytest.fixture(autouse=True)
def dumping() -> Iterator[None]:
    """What is started may leave dumps as large as they come, unless it forbids that itself."""
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    if hard == 0:
        pytest.skip("the system that the tests run on allows no core dumps at all")
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))


def allowed(pid: int) -> tuple[int, int]:
    """Bytes of a core dump that a process may leave, and that it may allow itself."""
    if sys.platform != "linux":
        raise AssertionError(sys.platform)
    return resource.prlimit(pid, resource.RLIMIT_CORE)


async def test_l16_a_gateway_its_workers_and_what_they_start_leave_no_core_dumps(
    tmp_path: Path,
) -> None:
    flags = ("--workers", "2", "--redis", "embedded", "--grpc", "127.0.0.1:0")
    async with portico_up(tmp_path, None, *flags) as running:
        pid = running.process.pid
        family = [pid, *children(pid)]
        family += [each for child in family[1:] for each in children(child)]
        assert len(family) >= 4
        assert {allowed(each) for each in family} == {OFF}


async def test_l16_nor_does_a_facade(tmp_path: Path) -> None:
    async with facade_up(tmp_path) as (process, _):
        assert allowed(process.pid) == OFF
