"""Guards: the policies that stand around every call, in the order in which a call meets them."""

from dataclasses import dataclass

from facade.policy.balance import Balance
from facade.policy.breaker import Breakers
from facade.policy.bulkhead import Bulkheads
from facade.policy.cache.cache import Cache
from facade.policy.credentials.credentials import Credentials
from facade.policy.limits.admission import Limits
from facade.policy.once import Once
from facade.policy.pacing.pacing import Pacing
from facade.policy.retry import Retries
from facade.telemetry import instruments as table
from facade.telemetry.meters import Meters


@dataclass(frozen=True, slots=True, kw_only=True)
class Guards:
    """One part for each policy; `facade.bootstrap` opens them."""

    once: Once
    """A call with a request_id happens once."""
    limits: Limits
    """So many calls, and so many at once, for each caller."""
    cache: Cache
    """What is remembered is not asked for again."""
    retries: Retries
    """Which failures are worth another try, and when."""
    balance: Balance
    """At which server."""
    breakers: Breakers
    """A server that fails is left alone."""
    bulkheads: Bulkheads
    """No server takes more than its share of this process."""
    pacing: Pacing
    """A backend that asks for a pause gets it."""
    credentials: Credentials
    """Each try is signed anew."""

    def watch(self, meters: Meters) -> None:
        """Has the meters ask the policies how full they are, and what they have counted."""
        limits, cache = self.limits, self.cache
        meters.watch(table.LIMIT_WAITS, lambda: {(): limits.waits})
        meters.watch(table.LIMIT_WAIT_TIME, lambda: {(): limits.waited})
        meters.watch(table.CACHE_FOREIGN, lambda: {(): cache.foreign})
        meters.watch(table.BREAKERS, self.breakers.states)
        meters.watch(table.BREAKER_OPENINGS, self.breakers.openings)
        meters.watch(table.BULKHEAD_PLACES, self.bulkheads.places)
        meters.watch(table.BULKHEAD_WAITING, self.bulkheads.waiting)
