"""Transport: a Plan goes out, a Reply or a Fault comes back; the one seam to HTTP."""

import asyncio
import math
from collections.abc import Coroutine
from typing import Any, Protocol
from urllib.parse import urlsplit

import msgspec

from facade.errors.backend import BackendFault, BackendTimeout
from facade.errors.caller import InvalidParameters, InvalidSpec, RequestTooLarge
from facade.errors.fault import Details, Effect, Violation
from facade.errors.service import DeadlineExceeded
from facade.failure import late, unreachable
from facade.http1.answer import Answer
from facade.http1.request import framing_of
from facade.inbound import Inbound, Sizes, about, whole_reply
from facade.line import Line
from facade.model.call import Headers, Plan, Reply
from facade.model.stream import StreamedBody
from facade.model.version import HttpVersion
from facade.outbound import Outbound
from facade.pool import Pool
from facade.wire import PoolKey, Wire

UNADMITTED = 407
"""What a proxy says, and never a backend, of a request that it does not hand on: its words are the
operator's, who gave us the password (RFC 9110 section 15.5.8)."""

NO_ADDRESS = "not an address that can be fetched"

SAID = 64 * 1024
"""Bytes that the answer to a message may have: nobody reads them."""


class Asked(Protocol):
    """What a request is made of."""

    @property
    def method(self) -> str:
        """GET and so on."""

    @property
    def target(self) -> str:
        """Path and query as they go on the wire."""

    @property
    def headers(self) -> Headers:
        """The fields."""

    @property
    def body(self) -> bytes | None:
        """None: there is none."""

    @property
    def timeout(self) -> float:
        """Seconds for the whole exchange."""


class Fetch(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A request that no plan stands for."""

    target: str
    headers: Headers
    timeout: float
    method: str = "GET"
    body: bytes | None = None


class Post(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A message that goes out though nobody calls for it: a webhook."""

    url: str
    """Absolute, without user, password and fragment."""
    headers: Headers
    body: bytes
    tenant: str = ""
    """Whose it is: connections are shared by no two tenants."""
    timeout: float

    def __repr__(self) -> str:
        """Without what may be secret."""
        return f"Post(tenant={self.tenant!r})"


class Transport:
    """Sends plans over a wire.

    Every failure becomes a fault whose effect says whether the backend may
    have acted. Nothing that a library says reaches the caller.
    """

    def __init__(self, wire: Wire, sizes: Sizes | None = None) -> None:
        """Takes the wire that carries the requests and the limits for the answers."""
        self._wire = wire
        self.sizes = sizes or Sizes()

    def send(self, plan: Plan, content: StreamedBody | None = None) -> Coroutine[Any, Any, Reply]:
        """Sends a plan and reads the whole answer within the plan's timeout.

        `content` stands in place of the plan's body and is read as the backend takes it: each
        piece of it, and then the answer, has the plan's timeout.

        Any status is a reply. Raises InvalidParameters, EgressDenied, ConnectionIncomplete,
        DeadlineExceeded, BackendUnreachable, BackendTls, BackendTimeout, BackendUnavailable,
        BackendBadResponse and ResponseTooLarge. Cancelling closes the
        connection at once.
        """
        if content is None:
            return self._exchange(_pool_key(plan), plan, self.sizes, _due(plan.timeout))
        return self._upload(plan, content)

    async def open(self, plan: Plan, kind: type[Inbound] = Inbound) -> Inbound:
        """Sends a plan; the plan's timeout is for the head of the answer, whose body is left.

        Any status is an answer, which `kind` reads. Raises what `send` raises; it must be closed.
        """
        return await self._begun(plan, kind, _due(plan.timeout))

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
            _ = parts.port
            origin = f"{parts.scheme}://{parts.netloc}"
            target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        except ValueError:
            raise _unfetched(NO_ADDRESS) from None
        asked = Fetch(target=target, headers=headers, timeout=sizes.fetch_timeout)
        try:
            return await self._exchange(PoolKey(origin), asked, sizes, _due(asked.timeout))
        except InvalidParameters:
            raise _unfetched(NO_ADDRESS) from None

    async def post(self, post: Post) -> Reply:
        """Posts a message; any status is a reply, and redirects are not followed.

        Raises what `send` raises.
        """
        parts = urlsplit(post.url)
        asked = Fetch(
            method="POST",
            target=f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/",
            headers=post.headers,
            body=post.body,
            timeout=post.timeout,
        )
        key = PoolKey(f"{parts.scheme}://{parts.netloc}", tenant=post.tenant)
        sizes = Sizes(wire=SAID, decoded=SAID)
        return await self._exchange(key, asked, sizes, _due(post.timeout))

    async def close(self) -> None:
        """Closes the wire."""
        await self._wire.close()

    async def _exchange(
        self,
        key: PoolKey,
        asked: Asked,
        sizes: Sizes,
        due: float,
        outbound: Outbound | None = None,
        *,
        again: bool = False,
    ) -> Reply:
        """One exchange, whole.

        There is a second one where the backend says that it did nothing of the first (RFC 9113
        section 8.7), and the body is still there.
        """
        pool = self._wire.pools.get(key) or await self._opened(key, due)
        framing = framing_of(asked.method, asked.body) if outbound is None else outbound.framing
        head = pool.route.head(asked.method, asked.target, asked.headers, framing)
        line = pool.take() or await pool.join(due)
        answer = Answer(bodiless=asked.method == "HEAD", limit=sizes.wire)
        try:
            if outbound is None:
                await line.ask(head, asked.body, answer, due)
            else:
                await _pumped(line, head, answer, outbound, due)
            if line.failure is not None or pool.route.prefix:
                _check(pool, line, answer, whole=True)
            return whole_reply(answer, sizes)
        except BackendFault as fault:
            if again or outbound is not None or not line.refused:
                raise about(fault, answer) from None
        finally:
            pool.leave(line)
        return await self._exchange(key, asked, sizes, due, again=True)

    async def _upload(self, plan: Plan, content: StreamedBody) -> Reply:
        if (content.size or 0) > self.sizes.upload:
            raise RequestTooLarge(f"The upload has more than {self.sizes.upload} bytes.")
        due = _due(plan.timeout)
        outbound = Outbound(content, self.sizes.upload, plan.timeout)
        try:
            return await self._exchange(_pool_key(plan), plan, self.sizes, due, outbound)
        except BackendTimeout:
            if outbound.waiting:
                raise outbound.silence() from None
            raise

    async def _begun(
        self, plan: Plan, kind: type[Inbound], due: float, *, again: bool = False
    ) -> Inbound:
        """An exchange of which the head of the answer is there; a second one as above."""
        key = _pool_key(plan)
        pool = self._wire.pools.get(key) or await self._opened(key, due)
        framing = framing_of(plan.method, plan.body)
        head = pool.route.head(plan.method, plan.target, plan.headers, framing)
        line = pool.take() or await pool.join(due)
        answer = Answer(bodiless=plan.method == "HEAD")
        try:
            await line.ask(head, plan.body, answer, due, whole=False)
            _check(pool, line, answer, whole=False)
        except BaseException as error:
            pool.leave(line)
            if not isinstance(error, BackendFault):
                raise
            if again or not line.refused:
                raise about(error, answer) from None
        else:
            line.expect(math.inf)
            return kind(pool, line, answer, self.sizes)
        return await self._begun(plan, kind, due, again=True)

    async def _opened(self, key: PoolKey, due: float) -> Pool:
        """A new pool, whose certificate may have to be read first."""
        try:
            async with asyncio.timeout_at(due):
                return await self._wire.open(key)
        except TimeoutError:
            raise late(Effect.NOT_EXECUTED) from None


async def _pumped(line: Line, head: bytes, answer: Answer, outbound: Outbound, due: float) -> None:
    """Sends the body until all of it is sent or the exchange is over, which may come first."""
    line.sending = True
    done = line.ask(head, None, answer, min(due, outbound.due))
    outbound.prolong = line.expect
    async with asyncio.TaskGroup() as group:
        pump = group.create_task(line.pump(outbound, chunked=outbound.chunked))
        await done
        pump.cancel()


def _due(timeout: float) -> float:
    """When the deadline is, by the loop's clock."""
    if timeout <= 0:
        raise DeadlineExceeded("the deadline passed before anything was sent")
    return asyncio.get_running_loop().time() + timeout


def _pool_key(plan: Plan) -> PoolKey:
    version, caller = plan.version, plan.caller
    name, network = version.name, version.destination.network
    return PoolKey(
        plan.origin,
        name.connector,
        name.version,
        caller.tenant,
        caller.connection,
        plan.identity,
        network.proxy,
        network.source_address,
        network.http_version is HttpVersion.HTTP_2,
    )


def _check(pool: Pool, line: Line, answer: Answer, *, whole: bool) -> None:
    """Raises what ended an exchange; a proxy that lets nobody through is no connection."""
    head = answer.head
    if pool.route.prefix and head is not None and head.status == UNADMITTED:
        raise unreachable()
    if line.failure is not None and (whole or head is None):
        raise line.failure


def _unfetched(description: str) -> InvalidSpec:
    problem = Violation(field="spec_uri", description=description)
    return InvalidSpec(f"spec_uri: {description}", details=Details(violations=(problem,)))
