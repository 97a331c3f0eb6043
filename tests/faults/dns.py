"""A fake DNS, in place of `getaddrinfo`: names answer by a script, and nothing is asked."""

import asyncio
import socket
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any, TypeAlias

Info: TypeAlias = tuple[int, int, int, str, tuple[Any, ...]]
"""Family, type, protocol, canonical name, address: as getaddrinfo has it."""

Found: TypeAlias = list[Info]


@dataclass(frozen=True, slots=True)
class Answer:
    """The addresses of a name, or the error in their place, and the seconds until they come."""

    addresses: tuple[str, ...] = ()
    error: int = 0
    """An EAI code of getaddrinfo."""
    delay: float = 0.0


NXDOMAIN = Answer(error=socket.EAI_NONAME)
SERVFAIL = Answer(error=socket.EAI_AGAIN)

Zone: TypeAlias = Callable[[int], Answer]
"""The answer to the n-th question for a name, from 0."""


def always(*addresses: str) -> Zone:
    """The same addresses each time."""
    return lambda _: Answer(addresses)


def rolling(*answers: Answer | str) -> Zone:
    """One after the other, and from the start again; `rolling(public, private)` is rebinding."""
    return lambda count: _answer(answers[count % len(answers)])


def then(*answers: Answer | str) -> Zone:
    """One after the other, and the last one from then on."""
    return lambda count: _answer(answers[min(count, len(answers) - 1)])


def _answer(each: Answer | str) -> Answer:
    return Answer((each,)) if isinstance(each, str) else each


@dataclass(slots=True)
class FakeDns:
    """Answers for its names; every other one is unknown. Addresses are their own answer."""

    zones: Mapping[str, Zone]
    asked: Counter[str] = field(default_factory=Counter)
    """Questions by name."""

    def lookup(self, host: str) -> Found:
        """What `facade.network.resolver` takes, and asks in a thread; raises socket.gaierror."""
        answer = self._answer(host)
        time.sleep(answer.delay)
        return _told(answer, 0, socket.AF_UNSPEC)

    async def getaddrinfo(
        self,
        host: bytes | str | None,
        port: bytes | str | int | None,
        *,
        family: int = 0,
        type: int = 0,  # noqa: A002, ARG002 - the loop's own signature
        proto: int = 0,  # noqa: ARG002 - the same
        flags: int = 0,  # noqa: ARG002 - the same
    ) -> Found:
        """What `loop.getaddrinfo` says: it goes in its place. Raises socket.gaierror."""
        answer = self._answer(host.decode() if isinstance(host, bytes) else host or "")
        await asyncio.sleep(answer.delay)
        return _told(answer, int(port or 0), family)

    def _answer(self, host: str) -> Answer:
        name = host.rstrip(".").lower()
        if _literal(name):
            return Answer((name,))
        answer = self.zones.get(name, always())(self.asked[name])
        self.asked[name] += 1
        return answer


def _told(answer: Answer, port: int, family: int) -> Found:
    if answer.error:
        raise socket.gaierror(answer.error, "scripted")
    found = [_info(each, port) for each in answer.addresses]
    found = [each for each in found if family in (0, each[0])]
    if not found:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")
    return found


def _literal(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _info(address: str, port: int) -> Info:
    if ip_address(address).version == 6:
        return socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port, 0, 0)
    return socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port)
