"""What a process remembers of what it has told the others."""

import time
from typing import Any

from facade.policy.cache.peers import Peers
from facade.policy.cache.quota import Quota
from facade.policy.cache.remote import Remote
from facade.stores.alone import Alone
from tests.caches import SEAL


class Others(Alone):
    """A store that others share."""

    alone = False


def ignored(*_: Any) -> None:
    """Does nothing with what it is told."""


async def test_an_invalidation_costs_the_same_however_many_there_were() -> None:
    shared = Others()
    peers = Peers(shared, Remote(shared, SEAL, time.time, Quota(0)), ignored, ignored)
    begun = time.monotonic()
    for number in range(10_000):
        peers.invalidate(str(number % 9_000))
    assert time.monotonic() - begun < 1.0
    assert len(peers._own) == 9_000
