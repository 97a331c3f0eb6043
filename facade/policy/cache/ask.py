"""What the cache is asked, and what it answers."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import msgspec

from facade.model.call import CacheStatus, CacheUse, Headers, Plan, Reply
from facade.policy.cache.habits import Kind
from facade.policy.cache.naming import CacheKey

Fetch: TypeAlias = Callable[[Headers], Awaitable[Reply]]
"""Sends the plan with these fields in place of its own of the same name; raises the fault where
no answer came."""

Look: TypeAlias = Awaitable[list[bytes | None]]
"""A look-up under way among what processes share."""


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """A call that a remembered answer may serve."""

    plan: Plan
    """Unsigned."""
    who: str
    """Who signs: answers to one are not given to another; empty: nobody."""
    use: CacheUse = CacheUse.POLICY
    streamed: bool = False
    """Whether its body comes as it goes out, so that nobody knows what is asked."""
    kind: Kind | None = None
    """Of its request, as `Cache.ahead` has found."""
    key: CacheKey | None = None
    """Where its answers are kept, as it has found too."""
    look: Look | None = None
    """The look-up that `Cache.ahead` has begun for it."""


class Answered(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An answer, and where it comes from."""

    reply: Reply
    status: CacheStatus
    age: float | None = None
    """Seconds since the backend made it, where it was remembered."""
