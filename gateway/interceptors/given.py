"""Given: answers that are given again to the same request of the same caller, which is not read."""

from typing import Protocol, TypeAlias

import msgspec

from facade.again import KnownCall
from facade.catalog.matching import VERSION_KEY
from facade.model.access import ANYONE, Identity
from facade.model.call import Call, Recalled
from facade.model.face import MARGIN, said_before
from facade.recent import Recent
from gateway.interceptors.base import Rpc

KEPT = 1024
"""Answers that may be given again …"""
LARGEST = 16 * 1024
"""… each of at most so many bytes with its request."""

Asked: TypeAlias = bytes | tuple[str, bytes] | tuple[Identity, str, bytes]
"""A request, with the path of a method that has no endpoint of its own, and with its caller."""


class Repeats(Protocol):
    """What knows which calls are answered as they were before."""

    def known(self, call: Call, outcome: Recalled) -> KnownCall | None:
        """What an answered call is known by."""

    def age(self, known: KnownCall) -> float | None:
        """The age of its answer, where that is to be given again."""


class Answer(msgspec.Struct, frozen=True):
    """An answer that may be given again."""

    known: KnownCall
    answer: bytes
    said: dict[str, str]
    """Before it, but for its age."""


class Given:
    """The answers of one endpoint."""

    def __init__(self, again: Repeats) -> None:
        """Takes what says whether they still hold."""
        self._again = again
        self._answers: Recent[Asked, Answer] = Recent(KEPT)

    def again(self, request: bytes, rpc: Rpc) -> bytes | None:
        """The answer to the same request of the same caller as before, where it is the same.

        Never where it is traced, or a version is asked for beside the request.
        """
        given = self._answers.get(_asked(request, rpc))
        if given is None or rpc.span is None or rpc.span.recorded or VERSION_KEY in rpc.fields:
            return None
        left = rpc.context.time_remaining()
        age = None if left is not None and left <= MARGIN else self._again.age(given.known)
        if age is None:
            return None
        said = rpc.metadata
        said.update(given.said)
        said["age"] = f"{int(age)}"
        return given.answer

    def keep(self, rpc: Rpc, call: Call, outcome: Recalled, answer: bytes) -> None:
        """Keeps an answer, if another call with the same request would be answered the same."""
        request = rpc.request
        if len(request) + len(answer) > LARGEST:
            return
        known = self._again.known(call, outcome)
        if known is not None:
            self._answers.put(_asked(request, rpc), Answer(known, answer, said_before(outcome)))


def _asked(request: bytes, rpc: Rpc) -> Asked:
    identity, path = rpc.identity, rpc.path
    if identity is ANYONE:
        return (path, request) if path else request
    return identity, path, request
