"""Resolver: the addresses of a name, asked for at most once a second."""

import asyncio
import functools
import math
import socket
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, TypeAlias

FRESH = 5.0
"""Seconds for which an answer is used again: getaddrinfo does not tell its TTL."""
NEGATIVE = 1.0
"""Seconds for which a failure is used again."""
LAST_GOOD = 30.0
"""Seconds for which the last answer stands in while the DNS fails."""
LOOKUP = 1.0
"""Seconds for a name to be resolved."""
NAMES = 1024
"""Names that are remembered."""
THREADS = 32
"""Names that are looked up at once."""

AddressInfo: TypeAlias = tuple[int, int, int, str, tuple[Any, ...]]
"""Family, type, protocol, canonical name, address: as getaddrinfo has it."""

Lookup: TypeAlias = Callable[[str], Sequence[AddressInfo]]
"""Finds the addresses of a name; raises OSError."""


def getaddrinfo(host: str) -> Sequence[AddressInfo]:
    """The addresses that this machine's resolver knows, IPv6 only where the machine has it."""
    return socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)


@dataclass(slots=True)
class Name:
    """What is known of one name. Times are those of one clock, in seconds."""

    addresses: tuple[AddressInfo, ...] = ()
    found: float = -math.inf
    """When the addresses were told."""
    failed: float = -math.inf
    """When the DNS failed since; never, if before `found`."""
    asked: float = -math.inf
    pending: asyncio.Future[Sequence[AddressInfo]] | None = None

    def current(self, now: float) -> bool:
        """Whether it need not be asked for again."""
        return now < self.found + FRESH or now < self.failed + NEGATIVE

    def usable(self, now: float) -> tuple[AddressInfo, ...]:
        """The addresses that may be used though the DNS fails; raises OSError if there are none."""
        if not self.addresses or now > self.found + LAST_GOOD:
            raise socket.gaierror(socket.EAI_NONAME, "no address")
        return self.addresses


class Resolver:
    """Knows the addresses of names for a while.

    One look-up at a time for a name, whoever asks; it is waited for a second at most, and goes on
    behind the scenes. While the DNS fails, the last good answer serves for half a minute.
    """

    def __init__(
        self, lookup: Lookup = getaddrinfo, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Takes what is asked, in a thread, and the time."""
        self._lookup = lookup
        self._clock = clock
        self._names: dict[str, Name] = {}
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="dns")

    async def addresses(self, host: str) -> tuple[AddressInfo, ...]:
        """All addresses of a name, or the one that it spells; raises OSError without any."""
        if literal := _literal(host):
            return (literal,)
        name = self._name(host)
        now = self._clock()
        if not name.current(now):
            await self._ask(host, name, now)
        return name.usable(now)

    def close(self) -> None:
        """Waits for no look-up any more."""
        for name in self._names.values():
            if name.pending is not None:
                name.pending.cancel()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _name(self, host: str) -> Name:
        name = self._names.get(host)
        if name is None:
            if len(self._names) >= NAMES:
                del self._names[next(iter(self._names))]
            name = self._names[host] = Name()
        return name

    async def _ask(self, host: str, name: Name, now: float) -> None:
        if name.pending is None:
            loop = asyncio.get_running_loop()
            name.asked = now
            name.pending = loop.run_in_executor(self._threads, self._lookup, host)
            name.pending.add_done_callback(functools.partial(self._learn, name))
        left = name.asked + LOOKUP - now
        await asyncio.wait([name.pending], timeout=max(0.0, left))

    def _learn(self, name: Name, found: asyncio.Future[Sequence[AddressInfo]]) -> None:
        name.pending = None
        if found.cancelled():
            return
        error = found.exception()
        if error is None and found.result():
            name.addresses, name.found = tuple(found.result()), self._clock()
            name.failed = -math.inf
        else:
            name.failed = self._clock()


def _literal(host: str) -> AddressInfo | None:
    try:
        address = ip_address(host)
    except ValueError:
        return None
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    return family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (host, 0)
