"""Typed calls: methods of services that documents become, over the same engine as ExecuteAction."""

from collections.abc import Callable
from contextlib import aclosing
from typing import Final, Protocol

import msgspec
from msgspec import structs

from facade.access.authorize import Authority
from facade.catalog.matching import VERSION_KEY, wanted_of
from facade.errors.backend import BackendBadResponse, ResponseTooLarge
from facade.errors.caller import RequestTooLarge, RouteNotFound
from facade.errors.fault import Fault
from facade.model.access import ANYONE, Permission
from facade.model.access import Target as Resource
from facade.model.call import Call, Exchange, Outcome, Recalled
from facade.model.face import deadline_of, facts_of, http_status, said_before, unbounded
from facade.model.paging import MAX_PAGES, Ending, Paging
from facade.model.stream import Chunk, Element, Event, Item, Opening, Telling, Wanted
from facade.model.typed import Streaming
from facade.telemetry.names import RPC_METHOD
from gateway.interceptors.base import Rpc
from gateway.interceptors.given import Given
from gateway.typed.registry import Found, Registry, unknown
from gateway.typed.said import KEYS, Said, check_streamed, said_in
from gateway.typed.target import target_of

OTHER: Final = "_OTHER"
"""The method of an RPC of which none is known, for logs, metrics and spans."""

EXECUTE: Final = "ExecuteAction"
"""By what a caller may call: a typed call is one of an action, whatever it looks like."""

BESIDE: Final = KEYS | {VERSION_KEY}
"""Metadata that has a call come to something else."""

DEFAULT_EVENT: Final = "message"
"""The type of an event that says none (WHATWG HTML section 9.2.6)."""

ALL: Final = Paging(max_pages=MAX_PAGES)


class Executor(Protocol):
    """The engine, as this face needs it."""

    async def execute(self, call: Call) -> Outcome:
        """Executes one call; raises the Fault unless the call goes on."""

    def stream(self, call: Call, wanted: Wanted) -> Telling:
        """Executes a call and gives its answer item by item; raises the Fault that ends it."""

    def pages(self, call: Call, paging: Paging) -> Telling:
        """Executes a call and those of the pages behind it; raises the Fault that ends them."""


class TypedCalls:
    """Answers the methods of every version's service, by the path that they are called by."""

    def __init__(
        self,
        engine: Executor,
        registry: Registry,
        authority: Authority,
        given: Given,
        limit: int,
        stream: Callable[[Rpc], None],
    ) -> None:
        """Takes the largest request in bytes, and what has an RPC answered by a stream."""
        self._given = given
        self._engine = engine
        self._registry = registry
        self._authority = authority
        self._limit = limit
        self._stream = stream

    def again(self, request: bytes, rpc: Rpc) -> bytes | None:
        """The answer that the same request had before, where nothing else is said beside it."""
        answer = self._given.again(request, rpc) if BESIDE.isdisjoint(rpc.fields) else None
        if answer is not None:
            rpc.method = rpc.path.removeprefix("/")
        return answer

    async def __call__(self, request: bytes, rpc: Rpc) -> bytes:
        """Answers one call; nothing where a stream has."""
        identity, is_plain = rpc.identity, BESIDE.isdisjoint(rpc.fields)
        try:
            said = said_in(rpc.fields, identity.tenant)
            found = self._registry.known(rpc.path, identity.tenant) if is_plain else None
            if found is None:
                found = await self._found(said, rpc)
                if is_plain:
                    self._registry.keep(rpc.path, identity.tenant, found)
            elif identity is not ANYONE:
                self._check(found.owner.connector, said, rpc)
        except Fault as fault:
            await self._name(fault, rpc)
            raise
        _tell(rpc, found)
        try:
            if identity is not ANYONE:
                self._authority.check(EXECUTE, identity, str(found.asked), said.through)
            return await self._answer(request, rpc, found, said)
        except Fault as fault:
            fault.add(facts_of(str(found.asked)))
            raise

    async def _found(self, said: Said, rpc: Rpc) -> Found:
        """The method; whoever may call nothing of the connector is told nothing of it."""
        target = target_of(rpc.path, rpc.identity.tenant)
        if target is None:
            raise unknown()
        self._check(target.version.connector, said, rpc)
        sent = rpc.sent()
        if VERSION_KEY in rpc.fields:
            wanted = wanted_of(target.version, sent[VERSION_KEY])
            target = structs.replace(target, version=wanted)
        return await self._registry.find(target, said.caller, sent)

    async def _name(self, fault: Fault, rpc: Rpc) -> None:
        """Says of a fault what was called, as far as its caller may know, if it is there."""
        target = target_of(rpc.path, rpc.identity.tenant)
        if target is None or isinstance(fault, RouteNotFound):
            return
        try:
            found = await self._found(said_in({}, rpc.identity.tenant), rpc)
        except Fault:
            fault.add(facts_of(str(target.version)))
        else:
            fault.add({**facts_of(str(found.asked)), "attempts": "0"})

    def _check(self, connector: str, said: Said, rpc: Rpc) -> None:
        resource = Resource(connector=connector, connection=said.caller.connection)
        self._authority.check_target(EXECUTE, rpc.identity, Permission.INVOKE, resource)

    async def _answer(self, request: bytes, rpc: Rpc, found: Found, said: Said) -> bytes:
        try:
            call = self._call(request, rpc, found, said)
        except Fault as fault:
            fault.add({"attempts": "0"})
            raise
        if found.bound.method.streaming is not Streaming.NONE:
            return await self._streamed(call, rpc, found)
        outcome = await self._engine.execute(call)
        rpc.metadata |= said_before(outcome)
        rpc.timings = outcome.exchange.timings
        if call.validate_only:
            return b""
        try:
            answer = found.bound.codec.answer(outcome)
        except Fault as fault:
            fault.add(_facts(outcome.exchange))
            raise
        if isinstance(outcome, Recalled) and found.fixed and BESIDE.isdisjoint(rpc.fields):
            self._given.keep(rpc, call, outcome, answer)
        return answer

    def _call(self, request: bytes, rpc: Rpc, found: Found, said: Said) -> Call:
        """The call that a request asks for; raises what is wrong with it."""
        if len(request) > self._limit:
            raise RequestTooLarge(
                f"The request has {len(request)} bytes; {rpc.method} takes {self._limit}."
            )
        left = rpc.context.time_remaining()
        arguments, upload = found.bound.codec.arguments(request)
        call = Call(
            name=found.action,
            arguments=arguments,
            upload=upload,
            deadline=deadline_of(left),
            content_type=said.content_type,
            accept=said.accept,
            validate_only=said.validate_only,
            full_view=False,
            trace_id=rpc.trace_id,
            caller=said.caller,
            caller_name=rpc.identity.known_name,
            metadata=rpc.sent(),
            request_id=said.request_id,
            cache_use=said.cache_use,
            max_wait=said.max_wait,
        )
        if found.bound.method.streaming is Streaming.NONE:
            return call
        check_streamed(said)
        return unbounded(call, left)

    async def _streamed(self, call: Call, rpc: Rpc, found: Found) -> bytes:
        """Sends one item after the other, no faster than the caller takes them."""
        self._stream(rpc)
        exchange = None
        async with aclosing(self._told(call, found.bound.method.streaming)) as told:
            async for each in told:
                match each:
                    case Opening():
                        exchange = each.exchange
                        rpc.metadata["x-http-status"] = http_status(Outcome(exchange=each.exchange))
                        rpc.metadata |= each.headers
                        rpc.timings = each.exchange.timings
                    case Ending():
                        _check_whole(each)
                    case _:
                        await rpc.send(_message(each, found, exchange))
        return b""

    def _told(self, call: Call, streaming: Streaming) -> Telling:
        if streaming is Streaming.PAGES:
            return self._engine.pages(call, ALL)
        return self._engine.stream(call, Wanted())


def _message(item: Item, found: Found, exchange: Exchange | None) -> bytes:
    try:
        return _item(item, found)
    except Fault as fault:
        if exchange is not None:
            fault.add(_facts(exchange))
        raise


def _item(item: Item, found: Found) -> bytes:
    match item:
        case Element():
            return found.bound.codec.item(item.json)
        case Event():
            return found.bound.codec.item(
                _event(item) if found.bound.of_events else item.data.encode()
            )
        case Chunk():
            raise BackendBadResponse(
                "The answer is no sequence of JSON values; call the action by StreamAction.",
            )


def _facts(exchange: Exchange) -> dict[str, str]:
    """What a fault says of the exchange whose answer is no message, as any other fault does."""
    status = http_status(Outcome(exchange=exchange))
    return {"attempts": str(len(exchange.attempts)), **({"httpStatus": status} if status else {})}


def _event(event: Event) -> bytes:
    """An event as OAS 3.2 has it for its schema: the fields that it came with (4.14.4)."""
    said: dict[str, str | int] = {"data": event.data}
    if event.type != DEFAULT_EVENT:
        said["event"] = event.type
    if event.id:
        said["id"] = event.id
    if event.retry is not None:
        said["retry"] = event.retry
    return msgspec.json.encode(said)


def _check_whole(ending: Ending) -> None:
    """Raises where what was sent is not all that there is, since nothing else would tell of it."""
    if ending.more:
        raise ResponseTooLarge(
            f"The answer has more than {ending.pages} pages; walk on with StreamAction.",
        )


def _tell(rpc: Rpc, found: Found) -> None:
    """Says for logs, metrics and spans what is called, now that it is known to be there."""
    rpc.method = found.called
    span = rpc.span
    if span is not None and span.recorded:
        span.rename(rpc.method)
        span.set(RPC_METHOD, rpc.method)
