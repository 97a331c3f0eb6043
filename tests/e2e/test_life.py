"""docs/life.md: each of its commands prints what stands there."""

import shutil

import pytest

from tests.life import PAGE, lived, plain

pytestmark = [
    pytest.mark.skipif(shutil.which("grpcurl") is None, reason="grpcurl is not on the PATH"),
    pytest.mark.timeout(300),
]


async def test_the_whole_life_of_a_connector_is_as_the_page_tells_it() -> None:
    count = 0
    async for told, printed in lived(PAGE.read_text(encoding="utf-8")):
        assert plain(printed) == plain(told)
        count += 1
    assert count == 10
