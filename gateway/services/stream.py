"""StreamService: answers and request bodies that are larger or longer than a message."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Protocol

from msgspec import structs

from facade.access.hints import narrow
from facade.catalog.matching import VERSION_KEY, wanting
from facade.catalog.request import invalid
from facade.errors.fault import Fault, Violation
from facade.errors.service import DeadlineExceeded
from facade.model.call import Call, Exchange, Outcome
from facade.model.face import http_status, said_before
from facade.model.paging import Paging
from facade.model.stream import Opening, StreamedBody, Telling, Wanted
from gateway.convert.answer import response_from
from gateway.convert.stream import message_from, stream_from, upload_from
from gateway.convert.value_writer import ValueWriter
from gateway.interceptors.base import Rpc, facts_of
from gateway.v1 import gateway_pb2, stream_pb2

HEAD = 10.0
"""Seconds for the head of an upload to come."""


class Streamer(Protocol):
    """The engine, as this face needs it."""

    def stream(self, call: Call, wanted: Wanted) -> Telling:
        """Executes a call and gives its answer item by item; raises the Fault that ends it."""

    def pages(self, call: Call, paging: Paging) -> Telling:
        """Executes a call and those of the pages behind it; raises the Fault that ends them."""

    async def execute(self, call: Call, content: StreamedBody | None = None) -> Outcome:
        """Executes a call whose body comes as it goes; raises the Fault unless the call goes on."""


class StreamService:
    """The two methods of gateway.v1.StreamService."""

    def __init__(self, engine: Streamer) -> None:
        """Takes what it hands on to."""
        self._engine = engine
        self._writer = ValueWriter()

    async def stream_action(
        self, request: stream_pb2.StreamActionRequest, rpc: Rpc
    ) -> AsyncGenerator[bytes, None]:
        """Calls one action and gives what it answers item by item: StreamActionResponses."""
        try:
            remaining = rpc.context.time_remaining()
            tenant = rpc.identity.tenant
            call, wanted = stream_from(request, remaining, rpc.trace_id, rpc.sent(), tenant)
        except Fault as fault:
            fault.add({"attempts": "0"})
            raise
        call = structs.replace(call, caller_name=rpc.identity.known_name)
        call = wanting(call, rpc.sent().get(VERSION_KEY, ""))
        async with aclosing(self._told(call, wanted)) as items:
            async for each in items:
                if isinstance(each, Opening):
                    rpc.metadata["x-http-status"] = http_status(Outcome(exchange=each.exchange))
                    rpc.metadata |= each.headers
                    rpc.timings = each.exchange.timings
                yield message_from(each, call, self._writer)

    def _told(self, call: Call, wanted: Wanted | Paging) -> Telling:
        if isinstance(wanted, Paging):
            return self._engine.pages(call, wanted)
        return self._engine.stream(call, wanted)

    async def upload_action(
        self, requests: AsyncIterator[stream_pb2.UploadActionRequest], rpc: Rpc
    ) -> bytes:
        """Calls one action with a body that comes in chunks; answers an ExecuteActionResponse."""
        head = await _head(requests)
        try:
            outcome = await self._upload(head, requests, rpc)
        except Fault as fault:
            fault.add({**facts_of(head.call), "attempts": "0"})
            if head.call.failure_mode != gateway_pb2.FAILURE_MODE_CONTINUE:
                raise
            nothing = Exchange(method="", uri="", request_headers=(), trace_id=rpc.trace_id)
            outcome = Outcome(fault=fault, exchange=nothing)
        if outcome.fault is not None:
            narrow(outcome.fault, rpc.identity)
        rpc.metadata |= said_before(outcome)
        rpc.timings = outcome.exchange.timings
        return response_from(outcome, head.call, rpc.trace_id, self._writer)

    async def _upload(
        self,
        head: stream_pb2.UploadHead,
        requests: AsyncIterator[stream_pb2.UploadActionRequest],
        rpc: Rpc,
    ) -> Outcome:
        remaining, tenant = rpc.context.time_remaining(), rpc.identity.tenant
        call = upload_from(head, remaining, rpc.trace_id, rpc.sent(), tenant)
        call = structs.replace(call, caller_name=rpc.identity.known_name)
        call = wanting(call, rpc.sent().get(VERSION_KEY, ""))
        content = StreamedBody(
            chunks=_chunks(requests),
            size=head.size if head.HasField("size") else None,
            deadline=call.deadline,
        )
        return await self._engine.execute(call, content)


async def _head(requests: AsyncIterator[stream_pb2.UploadActionRequest]) -> stream_pb2.UploadHead:
    try:
        async with asyncio.timeout(HEAD):
            first = await anext(requests, None)
    except TimeoutError:
        raise DeadlineExceeded(f"The head of the upload did not come in {HEAD:g} s.") from None
    if first is None or not first.HasField("head"):
        raise invalid(Violation(field="head", description="must be the first message"))
    return first.head


async def _chunks(requests: AsyncIterator[stream_pb2.UploadActionRequest]) -> AsyncIterator[bytes]:
    """The data of an upload; empty chunks are passed over."""
    async for each in requests:
        if each.HasField("head"):
            raise invalid(Violation(field="head", description="must come once"))
        if each.chunk:
            yield each.chunk
