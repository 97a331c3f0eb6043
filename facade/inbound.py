"""Inbound: the body of an answer, read whole or as it comes, unpacked and never beyond limits."""

import asyncio
import math
from collections.abc import Iterator
from dataclasses import dataclass

from facade.coding import CODECS, Unpacker
from facade.errors.backend import BackendBadResponse, BackendFault, ResponseTooLarge
from facade.errors.fault import Effect
from facade.failure import late, too_large
from facade.http1.answer import Answer
from facade.http1.head import Head
from facade.line import Line
from facade.model.call import Hop, Reply
from facade.pool import Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How large an answer or a streamed request may be."""

    wire: int = 10 * 2**20
    """Bytes of the body as sent."""
    decoded: int = 10 * 2**20
    """Bytes of the body, unpacked; of a stream: of each item."""
    ratio: int = 100
    """Unpacked bytes for each sent one, once there are more than `ratio_from`."""
    ratio_from: int = 64 * 1024
    upload: int = 2**30
    """Bytes of a request body that is sent as it comes."""
    fetch_timeout: float = 30.0
    """Seconds for a whole document to be fetched."""


class Inbound:
    """An answer whose head is there; little more is taken from the socket than is read."""

    def __init__(self, pool: Pool, line: Line, answer: Answer, sizes: Sizes) -> None:
        """Takes a line of the pool with a head on it; `aclose` must be called in the end."""
        self._pool = pool
        self._line: Line | None = line
        self._answer = answer
        self._sizes = sizes
        head = head_of(answer)
        self.status = head.status
        self.headers = head.headers
        self.complete = not answer.endless
        """False where the answer ends with the connection, so that a cut cannot be seen."""
        self.hop: Hop | None = None
        """What the facade told that it came through."""
        self._unpacked: Iterator[bytes] = iter(())
        self._unpacker: Unpacker | None = None

    async def read(self, within: float | None) -> bytes:
        """The next bytes, unpacked; none at the end.

        `within`: seconds to wait for them. Raises BackendTimeout, BackendUnavailable where the
        answer is cut off, BackendBadResponse and ResponseTooLarge.
        """
        if self._answer.bodiless:
            return b""
        try:
            if within is not None and within <= 0:
                raise late(Effect.EXECUTED)
            now = asyncio.get_running_loop().time()
            return await self._next(math.inf if within is None else now + within)
        except BackendFault as fault:
            raise about(fault, self._answer) from None

    async def whole(self, within: float) -> Reply:
        """All that is left, for an answer that is no stream; raises what `read` raises.

        `within`: seconds for all of it.
        """
        ends = asyncio.get_running_loop().time() + within
        pieces = []
        size = 0
        while piece := await self.read(ends - asyncio.get_running_loop().time()):
            size += len(piece)
            if size > self._sizes.decoded:
                raise too_large(self._sizes.wire)
            pieces.append(piece)
        return Reply(
            status=self.status,
            headers=self.headers,
            body=b"".join(pieces),
            complete=self.complete,
            hop=self.hop,
        )

    async def aclose(self) -> None:
        """Ends the exchange: a connection with an unread rest is closed at once."""
        line, self._line = self._line, None
        if line is not None:
            self._pool.leave(line)

    async def _next(self, due: float) -> bytes:
        if self._unpacker is None:
            self._unpacker = _unpacker(coding_of(head_of(self._answer).coding), self._sizes)
        while True:
            piece = next(self._unpacked, b"")
            if piece:
                return piece
            packed = b"" if self._line is None else await self._line.read(due)
            if not packed:
                self._unpacker.finish()
                return b""
            self._unpacked = self._unpacker.feed(packed)


def whole_reply(answer: Answer, sizes: Sizes) -> Reply:
    """An answer that is over, unpacked; raises what `unpack` and `coding_of` raise."""
    head = head_of(answer)
    body = answer.take()
    if head.coding and not answer.bodiless:
        body = unpack(body, coding_of(head.coding), sizes)
    return Reply(status=head.status, headers=head.headers, body=body, complete=not answer.endless)


def head_of(answer: Answer) -> Head:
    """The head of an answer that has one."""
    head = answer.head
    assert head is not None  # noqa: S101 - there is no status, nor a body, before it
    return head


def about(fault: BackendFault, answer: Answer) -> BackendFault:
    """The fault, with the status of the answer that it ended."""
    if answer.head is not None and fault.effect is Effect.EXECUTED:
        fault.add({"httpStatus": str(answer.head.status)})
    return fault


def unpack(data: bytes, coding: str, sizes: Sizes) -> bytes:
    """Unpacks one layer of a coding, never beyond the limits.

    Raises ResponseTooLarge at the first piece too many, and BackendBadResponse
    where the data is not whole or not of that coding.
    """
    if coding == "identity" or not data:
        return data
    unpacker = _unpacker(coding, sizes)
    pieces = []
    size = 0
    for piece in unpacker.feed(data):
        size += len(piece)
        if size > sizes.decoded:
            raise ResponseTooLarge("the backend's answer unpacks beyond the limit")
        pieces.append(piece)
    unpacker.finish()
    return b"".join(pieces)


def coding_of(said: str) -> str:
    """The one coding that Content-Encoding names; a second layer or another one is refused."""
    named = [each.strip().lower().removeprefix("x-") for each in said.split(",")]
    codings = [each for each in named if each not in {"", "identity"}]
    if len(codings) > 1 or not set(codings) <= CODECS.keys():
        raise BackendBadResponse("the backend's answer is in a content coding that was not offered")
    return codings[0] if codings else "identity"


def _unpacker(coding: str, sizes: Sizes) -> Unpacker:
    return Unpacker(coding, ratio=sizes.ratio, ratio_from=sizes.ratio_from)
