"""Transport: a Plan goes out, a Reply or a Fault comes back; the one seam to HTTP."""

import asyncio
import functools
from urllib.parse import urlsplit

import httpx

from facade.coding import CODINGS
from facade.errors.backend import BackendFault, BackendTimeout
from facade.errors.caller import InvalidParameters, InvalidSpec, RequestTooLarge
from facade.errors.fault import Details, Violation
from facade.errors.service import DeadlineExceeded
from facade.failure import FAILURES, fault_of
from facade.inbound import Inbound, Sizes, read_whole
from facade.model.call import Headers, Plan, Reply
from facade.model.stream import StreamedBody
from facade.outbound import Outbound
from facade.wire import PoolKey

USER_AGENT = b"portico"
"""Said where the plan says nothing: some backends refuse a request without any."""

SAYING_LENGTH = frozenset({"POST", "PUT", "PATCH"})
"""Methods that say the length of no body, too (RFC 9110 section 8.6)."""

ADDRESSES = 256
"""Addresses that are kept taken apart: httpx is slow at it, and many calls go to few."""


class Transport:
    """Sends plans over a wire, which may be any httpx transport.

    Every failure becomes a fault whose effect says whether the backend may
    have acted. Nothing that a library says reaches the caller.
    """

    def __init__(self, wire: httpx.AsyncBaseTransport, sizes: Sizes | None = None) -> None:
        """Takes the wire that carries the requests and the limits for the answers."""
        self._wire = wire
        self.sizes = sizes or Sizes()
        self._address = functools.lru_cache(ADDRESSES)(httpx.URL)

    async def send(self, plan: Plan, content: StreamedBody | None = None) -> Reply:
        """Sends a plan and reads the whole answer within the plan's timeout.

        `content` stands in place of the plan's body and is read as the backend takes it: each
        piece of it, and then the answer, has the plan's timeout.

        Any status is a reply. Raises InvalidParameters, EgressDenied, ConnectionIncomplete,
        DeadlineExceeded, BackendUnreachable, BackendTls, BackendTimeout, BackendUnavailable,
        BackendBadResponse and ResponseTooLarge. Cancelling closes the
        connection at once.
        """
        if content is None:
            return await self._exchange(self._planned(plan), plan.timeout, self.sizes)
        if (content.size or 0) > self.sizes.upload:
            raise RequestTooLarge(f"The upload has more than {self.sizes.upload} bytes.")
        outbound = Outbound(content, self.sizes.upload, plan.timeout)
        request = self._planned(plan, content.length, outbound)
        try:
            return await self._exchange(request, plan.timeout, self.sizes, outbound)
        except BackendFault as fault:
            if outbound.fault is not None:
                raise outbound.fault from None
            if isinstance(fault, BackendTimeout) and outbound.waiting:
                raise outbound.silence() from None
            raise

    async def open(self, plan: Plan, kind: type[Inbound] = Inbound) -> Inbound:
        """Sends a plan; the plan's timeout is for the head of the answer, whose body is left.

        Any status is an answer, which `kind` reads. Raises what `send` raises; it must be closed.
        """
        request = self._planned(plan)
        try:
            async with asyncio.timeout(plan.timeout):
                response = await self._wire.handle_async_request(request)
        except FAILURES as error:
            raise fault_of(error, request, None) from None
        return kind(request, response, self.sizes)

    async def fetch(self, uri: str, limit: int) -> bytes:
        """Reads a document of at most `limit` bytes; redirects are not followed.

        The policy on addresses is that of calls. Raises InvalidSpec where the
        address is none or answers anything but 200, else what `send` raises.
        """
        reply = await self.get(uri, (), limit)
        if reply.status != 200:
            raise _unfetched(f"answered {reply.status} where 200 was expected")
        return reply.body

    async def get(self, uri: str, headers: Headers, limit: int) -> Reply:
        """What an address answers, of at most `limit` bytes; any status is a reply.

        Raises InvalidSpec where the address is none, else what `send` raises.
        """
        sizes = Sizes(wire=limit, decoded=limit, fetch_timeout=self.sizes.fetch_timeout)
        try:
            parts = urlsplit(uri)
            origin = f"{parts.scheme}://{parts.netloc}"
            target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
            url = httpx.URL(origin + target)
            request = _request(
                "GET",
                url,
                PoolKey(origin=origin),
                target,
                _fields(url, headers),
                httpx.ByteStream(b""),
            )
        except (ValueError, httpx.InvalidURL):
            raise _unfetched("not an address that can be fetched") from None
        return await self._exchange(request, sizes.fetch_timeout, sizes)

    async def close(self) -> None:
        """Closes the wire."""
        await self._wire.aclose()

    def _planned(
        self, plan: Plan, length: int | None = None, outbound: Outbound | None = None
    ) -> httpx.Request:
        """The plan in httpx's terms, with its own body or one that comes as it goes out."""
        if plan.timeout <= 0:
            raise DeadlineExceeded("the deadline passed before anything was sent")
        try:
            url = self._address(plan.uri)
        except httpx.InvalidURL:
            raise InvalidParameters("the arguments make an address that is too long") from None
        fields = _fields(url, plan.headers)
        if outbound is None:
            length = _length(plan.method, plan.body)
        if length is not None:
            fields.append((b"Content-Length", b"%d" % length))
        stream = outbound or httpx.ByteStream(plan.body or b"")
        return _request(plan.method, url, _pool(plan), plan.target, fields, stream)

    async def _exchange(
        self,
        request: httpx.Request,
        timeout: float,  # noqa: ASYNC109 - the whole exchange has one deadline, which is a value of the plan
        sizes: Sizes,
        outbound: Outbound | None = None,
    ) -> Reply:
        response: httpx.Response | None = None
        try:
            async with asyncio.timeout(timeout) as limit:
                if outbound is not None:
                    outbound.prolong(limit)
                response = await self._wire.handle_async_request(request)
                try:
                    return await read_whole(request.method, response, sizes)
                finally:
                    await response.aclose()
        except FAILURES as error:
            raise fault_of(error, request, response) from None


def _pool(plan: Plan) -> PoolKey:
    version, caller = plan.version, plan.caller
    network = version.destination.network
    return PoolKey(
        origin=plan.origin,
        connector=version.name.connector,
        version=version.name.version,
        tenant=caller.tenant,
        connection=caller.connection,
        identity=plan.identity,
        proxy=network.proxy,
        source_address=network.source_address,
    )


def _fields(url: httpx.URL, headers: Headers) -> list[tuple[bytes, bytes]]:
    """The header fields as they go out, but for those of the body.

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
    return fields


def _length(method: str, body: bytes | None) -> int | None:
    """What Content-Length says; None where nothing is said of no body."""
    return len(body or b"") if body is not None or method in SAYING_LENGTH else None


def _request(
    method: str,
    url: httpx.URL,
    pool: PoolKey,
    target: str,
    fields: list[tuple[bytes, bytes]],
    stream: httpx.AsyncByteStream,
) -> httpx.Request:
    """A request in httpx's terms; the extensions carry what must stay byte for byte."""
    return httpx.Request(
        method,
        url,
        headers=fields,
        stream=stream,
        extensions={"pool": pool, "target": target.encode("ascii")},
    )


def _unfetched(description: str) -> InvalidSpec:
    problem = Violation(field="spec_uri", description=description)
    return InvalidSpec(f"spec_uri: {description}", details=Details(violations=(problem,)))
