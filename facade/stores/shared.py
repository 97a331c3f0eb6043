"""The protocol of what processes share and may lose: answers, counters, tokens, leases, news."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias


class SharedGone(Exception):
    """The shared store does not answer now, or not in time; whoever asks goes on without it."""


@dataclass(frozen=True, slots=True)
class Script:
    """A Lua script that runs in one piece (EVALSHA, EVAL where the store does not know it)."""

    name: str
    source: str
    digest: str = field(init=False, repr=False, compare=False)
    """By which the store knows it: the SHA-1 of the source."""

    def __post_init__(self) -> None:
        """Finds out the digest."""
        digest = hashlib.sha1(self.source.encode(), usedforsecurity=False).hexdigest()
        object.__setattr__(self, "digest", digest)


Listener: TypeAlias = Callable[[bytes | None], None]
"""Hears what other processes announce; None: some of it may have been missed."""


class Shared(Protocol):
    """What processes share and may lose.

    No command takes longer than 50 ms. Reads of a store that is gone raise SharedGone at once;
    writes are dropped and counted. The store sets `portico:` before keys and topics; `{…}` in a
    key is Redis Cluster's hash tag: the keys of one command must have the same. A store may lie:
    what comes back of a value or a script may be what belongs to another key, so that values are
    sealed for their place, and scripts whose answers matter answer with a mark of who asked.
    """

    @property
    def alone(self) -> bool:
        """Whether no other process shares anything with this one: then `get` finds nothing."""

    @property
    def peers(self) -> int:
        """How many processes share it, this one among them, as far as is known; at least 1."""

    def get(self, *keys: str) -> Awaitable[list[bytes | None]]:
        """The values of one key or more, in one command; raises SharedGone.

        It is sent at once: what is asked before anything is waited for travels together. Whoever
        gives up waiting may wait again, and what is never waited for is missed by nobody.
        """

    def put(self, key: str, value: bytes, ttl: float) -> None:
        """Sets a value for so many seconds, at most 24 hours; soon, in the order of the calls."""

    def run(
        self, script: Script, keys: Sequence[str], args: Sequence[bytes | str]
    ) -> Awaitable[Any]:
        """What a script answers: integers, bytes, None, lists of them. Raises SharedGone.

        At least one key: it says where the script runs. It is sent at once, as `get` is.
        """

    def send(self, script: Script, keys: Sequence[str], args: Sequence[bytes | str]) -> None:
        """Runs a script whose answer nobody waits for; soon, in the order of the calls."""

    async def lease(self, key: str, seconds: float) -> int | None:
        """Takes a lease: the fence, greater than that of any earlier holder; None: it is held.

        Raises SharedGone.
        """

    async def release(self, key: str, fence: int) -> None:
        """Gives a lease back, if it is still the one with this fence, after what was put before.

        A store that is gone is no matter.
        """

    def announce(self, topic: str, message: bytes) -> None:
        """Tells every other process; soon, or never where the store is gone."""

    def listen(self, topic: str, listener: Listener) -> None:
        """Has a listener called in the event loop for each announcement of others.

        It is told None whenever listening begins, the first time too.
        """
