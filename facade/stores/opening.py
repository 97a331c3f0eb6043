"""Opens what processes share, by the URL of the setting."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from facade.stores.alone import Alone
from facade.stores.cluster import Cluster
from facade.stores.dialing import Slotted, parse
from facade.stores.lane import Tally
from facade.stores.link import Alarm
from facade.stores.redis import open_redis
from facade.stores.shared import Shared
from facade.stores.site import Single, Site


@asynccontextmanager
async def open_shared(url: str) -> AsyncIterator[Shared]:
    """The shared store behind a URL, for the block; none behind the empty one.

    A store that is down is waited for in the background. Raises ValueError for a URL that cannot
    be used; the message repeats nothing of it.
    """
    if not url:
        yield Alone()
        return
    place, tally, alarm = parse(url), Tally(), Alarm()
    site: Site
    if isinstance(place, Slotted):
        site = Cluster(place, tally, alarm)
    else:
        site = Single(place.dial, tally, alarm)
    async with open_redis(site, tally) as shared:
        yield shared
