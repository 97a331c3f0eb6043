"""docs/life.md and docs/flows.md: each of their commands prints what stands there."""

import shutil

import pytest

from tests.life import FLOWS, LIFE, Page, lived, plain

pytestmark = [
    pytest.mark.skipif(shutil.which("grpcurl") is None, reason="grpcurl is not on the PATH"),
    pytest.mark.timeout(300),
]


async def test_the_whole_life_of_a_connector_is_as_the_page_tells_it() -> None:
    assert await _told_as_printed(LIFE) == 10


async def test_a_flow_from_its_file_to_its_runs_is_as_the_page_tells_it() -> None:
    assert await _told_as_printed(FLOWS) == 3


async def _told_as_printed(page: Page) -> int:
    """How many blocks a page has, each of which prints what stands there."""
    count = 0
    async for told, printed in lived(page):
        assert plain(printed) == plain(told)
        count += 1
    return count
