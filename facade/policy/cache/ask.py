"""What the cache is asked, and what it answers."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from facade.model.call import CacheStatus, CacheUse, Headers, Plan, Reply

Fetch: TypeAlias = Callable[[Headers], Awaitable[Reply]]
"""Sends the plan with these fields in place of its own of the same name; raises the fault where
no answer came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A call that a remembered answer may serve."""

    plan: Plan
    """Unsigned."""
    who: str
    """Who signs: answers to one are not given to another; empty: nobody."""
    use: CacheUse = CacheUse.POLICY
    streamed: bool = False
    """Whether its body comes as it goes out, so that nobody knows what is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer, and where it comes from."""

    reply: Reply
    status: CacheStatus
    age: float | None = None
    """Seconds since the backend made it, where it was remembered."""
