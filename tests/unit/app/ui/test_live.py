"""What changes while somebody looks ends with what lets them look."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from facade.app.ui.live import attentive
from facade.errors.access import CallerUnknown


async def _numbers(ended: list[bool]) -> AsyncGenerator[int, None]:
    try:
        yield 1
        yield 2
        await asyncio.Event().wait()
    finally:
        ended.append(True)


async def test_a_stream_ends_soon_after_its_key_was_revoked() -> None:
    ended: list[bool] = []
    held = True
    told = attentive(_numbers(ended), lambda: held, pause=0.001)
    assert [await anext(told) for _ in range(3)] == [1, 2, None]
    held = False
    with pytest.raises(CallerUnknown):
        await anext(told)
    assert ended == [True]


async def test_a_stream_ends_with_its_source() -> None:
    async def few() -> AsyncGenerator[int, None]:
        yield 1

    assert [each async for each in attentive(few(), lambda: True)] == [1]


async def test_whoever_leaves_ends_the_source() -> None:
    ended: list[bool] = []
    told = attentive(_numbers(ended), lambda: True, pause=0.001)
    assert await anext(told) == 1
    await told.aclose()
    assert ended == [True]
