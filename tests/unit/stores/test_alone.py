"""The shared store of a process that shares nothing."""

import pytest

from facade.stores.alone import Alone
from facade.stores.opening import open_shared
from facade.stores.shared import Script, Shared, SharedGone


async def test_a_process_alone_finds_nothing_that_it_put() -> None:
    shared: Shared = Alone()
    shared.put("a", b"value", 60.0)
    shared.announce("news", b"unheard")
    shared.listen("news", lambda news: pytest.fail(f"heard {news!r}"))
    assert await shared.get("a", "b") == [None, None]
    assert (shared.alone, shared.peers) == (True, 1)


async def test_a_process_alone_gets_every_lease_with_a_greater_fence() -> None:
    shared = Alone()
    first = await shared.lease("a", 1.0)
    second = await shared.lease("a", 1.0)
    assert first is not None
    assert second is not None
    assert second > first
    await shared.release("a", second)


async def test_a_process_alone_runs_no_script() -> None:
    with pytest.raises(SharedGone):
        await Alone().run(Script("one", "return 1"), ["a"], [])


async def test_no_url_opens_the_store_of_a_process_alone() -> None:
    async with open_shared("") as shared:
        assert shared.alone
