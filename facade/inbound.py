"""Inbound: the body of an answer, read whole or as it comes, unpacked and never beyond limits."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import cast

import httpx

from facade.coding import CODECS, Unpacker
from facade.errors.backend import BackendBadResponse, ResponseTooLarge
from facade.failure import FAILURES, fault_of
from facade.model.call import Headers, Hop, Reply


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
    """An answer whose head is there; nothing more is taken from the socket than is read."""

    def __init__(self, request: httpx.Request, response: httpx.Response, sizes: Sizes) -> None:
        """Takes the exchange; `aclose` must be called in the end."""
        self._request = request
        self._response = response
        self._sizes = sizes
        self.status = response.status_code
        self.headers = headers_of(response)
        self.complete = has_end(self.headers)
        """False where the answer ends with the connection, so that a cut cannot be seen."""
        self.hop: Hop | None = None
        """What the facade told that it came through."""
        self._empty = is_empty(request.method, self.status)
        self._packed = aiter(cast(httpx.AsyncByteStream, response.stream))
        self._unpacked: Iterator[bytes] = iter(())
        self._unpacker: Unpacker | None = None

    async def read(self, within: float | None) -> bytes:
        """The next bytes, unpacked; none at the end.

        `within`: seconds to wait for them. Raises BackendTimeout, BackendUnavailable where the
        answer is cut off, BackendBadResponse and ResponseTooLarge.
        """
        if self._empty:
            return b""
        try:
            if within is not None and within <= 0:
                raise TimeoutError
            async with asyncio.timeout(within):
                return await self._next()
        except FAILURES as error:
            raise fault_of(error, self._request, self._response) from None

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
                raise too_large(self._sizes)
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
        await self._response.aclose()

    async def _next(self) -> bytes:
        if self._unpacker is None:
            self._unpacker = _unpacker(coding_of(self.headers), self._sizes)
        while True:
            piece = next(self._unpacked, b"")
            if piece:
                return piece
            packed = await anext(self._packed, b"")
            if not packed:
                self._unpacker.finish()
                return b""
            self._unpacked = self._unpacker.feed(packed)


async def read_whole(method: str, response: httpx.Response, sizes: Sizes) -> Reply:
    """Reads an answer whole, never beyond the limits, and unpacks it."""
    status = response.status_code
    headers = headers_of(response)
    if is_empty(method, status):
        return Reply(status=status, headers=headers, body=b"")
    coding = coding_of(headers)
    length = _values(headers, "content-length")
    if length and length[0].isdecimal() and int(length[0]) > sizes.wire:
        raise too_large(sizes)
    return Reply(
        status=status,
        headers=headers,
        body=unpack(await _read(response, sizes), coding, sizes),
        complete=has_end(headers),
    )


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


def headers_of(response: httpx.Response) -> Headers:
    """The fields of a head, names in lower case."""
    return tuple(
        (name.decode("latin-1").lower(), value.decode("latin-1"))
        for name, value in response.headers.raw
    )


def is_empty(method: str, status: int) -> bool:
    """Whether an answer has no body, whatever its head says (RFC 9110 section 6.4.1)."""
    return method == "HEAD" or status in {204, 304}


def has_end(headers: Headers) -> bool:
    """Whether an answer says where it ends."""
    return bool(_values(headers, "content-length") or _values(headers, "transfer-encoding"))


def coding_of(headers: Headers) -> str:
    """The one content coding of a body; a second layer or another coding is refused."""
    named = [each.removeprefix("x-") for each in _values(headers, "content-encoding")]
    codings = [each for each in named if each != "identity"]
    if len(codings) > 1 or not set(codings) <= CODECS.keys():
        raise BackendBadResponse("the backend's answer is in a content coding that was not offered")
    return codings[0] if codings else "identity"


def too_large(sizes: Sizes) -> ResponseTooLarge:
    """The fault of an answer beyond the limits."""
    return ResponseTooLarge(f"the backend's answer is larger than {sizes.wire} bytes")


def _values(headers: Headers, name: str) -> list[str]:
    """The members of a header that is a list, in lower case (RFC 9110 section 5.6.1)."""
    listed = [value for key, value in headers if key == name]
    parts = [part.strip().lower() for value in listed for part in value.split(",")]
    return [part for part in parts if part]


def _unpacker(coding: str, sizes: Sizes) -> Unpacker:
    return Unpacker(coding, ratio=sizes.ratio, ratio_from=sizes.ratio_from)


async def _read(response: httpx.Response, sizes: Sizes) -> bytes:
    """The body as sent; raises ResponseTooLarge."""
    pieces = []
    size = 0
    body: AsyncIterator[bytes] = aiter(cast(httpx.AsyncByteStream, response.stream))
    async for piece in body:
        size += len(piece)
        if size > sizes.wire:
            raise too_large(sizes)
        pieces.append(piece)
    return b"".join(pieces)
