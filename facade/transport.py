"""Transport: a Plan goes out, a Reply or a Fault comes back; the one seam to HTTP."""

import asyncio
import functools
import zlib
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

import httpx

from facade.errors.backend import (
    BackendBadResponse,
    BackendFault,
    BackendTimeout,
    BackendTls,
    BackendUnavailable,
    BackendUnreachable,
    ResponseTooLarge,
)
from facade.errors.caller import InvalidParameters, InvalidSpec
from facade.errors.fault import Details, Effect, Violation
from facade.errors.service import DeadlineExceeded
from facade.model.call import Headers, Plan, Reply
from facade.wire import HeadTooLarge, Phase, PoolKey, TlsError

USER_AGENT = b"portico"
"""Said where the plan says nothing: some backends refuse a request without any."""

CODINGS = b"gzip, deflate"
"""The content codings that are unpacked here (RFC 9110 section 8.4.1)."""

RETRY_AFTER = 1.0
"""Seconds after which a backend that could not be reached may be tried again."""

SAYING_LENGTH = frozenset({"POST", "PUT", "PATCH"})
"""Methods that say the length of no body, too (RFC 9110 section 8.6)."""

ADDRESSES = 256
"""Addresses that are kept taken apart: httpx is slow at it, and many calls go to few."""

MEMBERS = 64
"""Members that a gzip stream may be made of (RFC 1952 section 2.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How large an answer may be."""

    wire: int = 10 * 2**20
    """Bytes of the body as sent."""
    decoded: int = 10 * 2**20
    """Bytes of the body, unpacked."""
    ratio: int = 100
    """Unpacked bytes for each sent one, once there are more than `ratio_from`."""
    ratio_from: int = 64 * 1024
    fetch_timeout: float = 30.0
    """Seconds for a whole document to be fetched."""


class Transport:
    """Sends plans over a wire, which may be any httpx transport.

    Every failure becomes a fault whose effect says whether the backend may
    have acted. Nothing that a library says reaches the caller.
    """

    def __init__(self, wire: httpx.AsyncBaseTransport, limits: Limits | None = None) -> None:
        """Takes the wire that carries the requests and the limits for the answers."""
        self._wire = wire
        self._limits = limits or Limits()
        self._address = functools.lru_cache(ADDRESSES)(httpx.URL)

    async def send(self, plan: Plan) -> Reply:
        """Sends a plan and reads the whole answer within the plan's timeout.

        Any status is a reply. Raises InvalidParameters, EgressDenied,
        DeadlineExceeded, BackendUnreachable, BackendTls, BackendTimeout, BackendUnavailable,
        BackendBadResponse and ResponseTooLarge. Cancelling closes the
        connection at once.
        """
        if plan.timeout <= 0:
            raise DeadlineExceeded("the deadline passed before anything was sent")
        name = plan.version.name
        pool = (name.connector, name.version, plan.origin)
        try:
            url = self._address(plan.uri)
        except httpx.InvalidURL:
            raise InvalidParameters("the arguments make an address that is too long") from None
        request = _request(plan.method, url, pool, plan.target, plan.headers, plan.body)
        return await self._exchange(request, plan.timeout, self._limits)

    async def fetch(self, uri: str, limit: int) -> bytes:
        """Reads a document of at most `limit` bytes; redirects are not followed.

        The policy on addresses is that of calls. Raises InvalidSpec where the
        address is none or answers anything but 200, else what `send` raises.
        """
        limits = Limits(wire=limit, decoded=limit, fetch_timeout=self._limits.fetch_timeout)
        try:
            parts = urlsplit(uri)
            origin = f"{parts.scheme}://{parts.netloc}"
            target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
            request = _request(
                "GET", httpx.URL(origin + target), ("", "", origin), target, (), None
            )
        except (ValueError, httpx.InvalidURL):
            raise _unfetched("not an address that can be fetched") from None
        reply = await self._exchange(request, limits.fetch_timeout, limits)
        if reply.status != 200:
            raise _unfetched(f"answered {reply.status} where 200 was expected")
        return reply.body

    async def close(self) -> None:
        """Closes the wire."""
        await self._wire.aclose()

    async def _exchange(self, request: httpx.Request, timeout: float, limits: Limits) -> Reply:  # noqa: ASYNC109 - the whole exchange has one deadline, which is a value of the plan
        response: httpx.Response | None = None
        try:
            async with asyncio.timeout(timeout):
                response = await self._wire.handle_async_request(request)
                try:
                    return await _reply(request.method, response, limits)
                finally:
                    await response.aclose()
        except TimeoutError:
            fault: BackendFault = _late(request, answered=response is not None)
        except httpx.TransportError as error:
            fault = _failure(error, request, answered=response is not None)
        except BackendFault as found:
            fault = found
        if response is not None:
            fault.add({"httpStatus": str(response.status_code)})
        raise fault from None


def _request(
    method: str, url: httpx.URL, pool: PoolKey, target: str, headers: Headers, body: bytes | None
) -> httpx.Request:
    """The plan in httpx's terms; the extensions carry what must stay byte for byte.

    A request with a stream gets no fields but these: httpx takes four times as long to see which
    are missing.
    """
    fields = [(b"Host", url.netloc)]
    fields += [
        (name.encode("ascii"), value.encode())
        for name, value in headers
        if name.lower() != "accept-encoding"
    ]
    fields.append((b"accept-encoding", CODINGS))
    if not any(name.lower() == b"user-agent" for name, _ in fields):
        fields.append((b"user-agent", USER_AGENT))
    if body is not None or method in SAYING_LENGTH:
        fields.append((b"Content-Length", b"%d" % len(body or b"")))
    return httpx.Request(
        method,
        url,
        headers=fields,
        stream=httpx.ByteStream(body or b""),
        extensions={"pool": pool, "target": target.encode("ascii")},
    )


async def _reply(method: str, response: httpx.Response, limits: Limits) -> Reply:
    """Reads an answer whole, never beyond the limits, and unpacks it."""
    status = response.status_code
    headers = tuple(
        (name.decode("latin-1").lower(), value.decode("latin-1"))
        for name, value in response.headers.raw
    )
    if method == "HEAD" or status in {204, 304}:
        return Reply(status=status, headers=headers, body=b"")
    coding = _coding(headers)
    length = _values(headers, "content-length")
    if length and length[0].isdecimal() and int(length[0]) > limits.wire:
        raise _too_large(limits)
    return Reply(
        status=status,
        headers=headers,
        body=unpack(await _read(response, limits), coding, limits),
        complete=bool(length or _values(headers, "transfer-encoding")),
    )


def _values(headers: Headers, name: str) -> list[str]:
    """The members of a header that is a list, in lower case (RFC 9110 section 5.6.1)."""
    listed = [value for key, value in headers if key == name]
    parts = [part.strip().lower() for value in listed for part in value.split(",")]
    return [part for part in parts if part]


def _coding(headers: Headers) -> str:
    """The one content coding of a body; a second layer or another coding is refused."""
    named = [each.removeprefix("x-") for each in _values(headers, "content-encoding")]
    codings = [each for each in named if each != "identity"]
    if len(codings) > 1 or not set(codings) <= {"gzip", "deflate"}:
        raise BackendBadResponse("the backend's answer is in a content coding that was not offered")
    return codings[0] if codings else "identity"


async def _read(response: httpx.Response, limits: Limits) -> bytes:
    """The body as sent; raises ResponseTooLarge."""
    pieces = []
    size = 0
    async for piece in cast(httpx.AsyncByteStream, response.stream):
        size += len(piece)
        if size > limits.wire:
            raise _too_large(limits)
        pieces.append(piece)
    return b"".join(pieces)


def unpack(data: bytes, coding: str, limits: Limits) -> bytes:
    """Unpacks one layer of `gzip`, `deflate` or `identity`, never beyond the limits.

    Raises ResponseTooLarge at the first byte too many, and BackendBadResponse
    where the data is not whole or not of that coding.
    """
    if coding == "identity" or not data:
        return data
    room = min(limits.decoded, max(limits.ratio_from, limits.ratio * len(data)))
    pieces = []
    for _ in range(MEMBERS):
        unpacker = zlib.decompressobj(_window(data, coding))
        try:
            piece = unpacker.decompress(data, room + 1)
        except zlib.error:
            break
        room -= len(piece)
        if room < 0:
            raise ResponseTooLarge("the backend's answer unpacks beyond the limit")
        pieces.append(piece)
        if not unpacker.eof:
            break
        data = unpacker.unused_data
        if not data:
            return b"".join(pieces)
    raise BackendBadResponse("the backend's answer cannot be unpacked")


def _window(data: bytes, coding: str) -> int:
    """What zlib must expect; `deflate` comes with zlib's header, and from some without."""
    if coding == "gzip":
        return 16 + zlib.MAX_WBITS
    wrapped = data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0
    return zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS


def _effect(request: httpx.Request, *, answered: bool) -> Effect:
    if answered:
        return Effect.EXECUTED
    unsent = request.extensions.get("phase") is Phase.CONNECT
    return Effect.NOT_EXECUTED if unsent else Effect.UNKNOWN


def _late(request: httpx.Request, *, answered: bool) -> BackendTimeout:
    effect = _effect(request, answered=answered)
    text = {
        Effect.NOT_EXECUTED: "no connection to the backend could be made before the deadline",
        Effect.UNKNOWN: "the backend gave no answer before the deadline",
        Effect.EXECUTED: "the backend's answer was not whole before the deadline",
    }
    return BackendTimeout(text[effect], effect=effect)


_FAILURES: tuple[tuple[type[httpx.TransportError], type[BackendFault], str], ...] = (
    (TlsError, BackendTls, "no TLS connection to the backend: its certificate or the handshake"),
    (httpx.ConnectError, BackendUnreachable, "no connection to the backend could be made"),
    (httpx.ConnectTimeout, BackendUnreachable, "no connection to the backend could be made"),
    (HeadTooLarge, ResponseTooLarge, "the head of the backend's answer is beyond the limits"),
    (httpx.ProtocolError, BackendBadResponse, "the backend's answer breaks HTTP"),
)
"""What the failures of a wire stand for; the first that matches counts."""


def _failure(
    error: httpx.TransportError, request: httpx.Request, *, answered: bool
) -> BackendFault:
    for kind, fault, text in _FAILURES:
        if isinstance(error, kind):
            retry_after = RETRY_AFTER if fault is BackendUnreachable else None
            return fault(text, details=Details(retry_after=retry_after))
    if isinstance(error, httpx.TimeoutException):
        return _late(request, answered=answered)
    text = "cut its answer off" if answered else "gave no HTTP answer"
    return BackendUnavailable(f"the backend {text}", effect=_effect(request, answered=answered))


def _too_large(limits: Limits) -> ResponseTooLarge:
    return ResponseTooLarge(f"the backend's answer is larger than {limits.wire} bytes")


def _unfetched(description: str) -> InvalidSpec:
    problem = Violation(field="spec_uri", description=description)
    return InvalidSpec(f"spec_uri: {description}", details=Details(violations=(problem,)))
