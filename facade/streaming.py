"""Streaming: an answer is read item by item, no faster than the caller takes the items."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import TypeAlias

from msgspec import structs

from facade.errors.backend import (
    BackendFault,
    BackendTimeout,
    BackendUnavailable,
    BackendUnreachable,
)
from facade.errors.fault import Effect, Fault
from facade.errors.hop import FacadeTimeout, FacadeUnavailable, HopFault
from facade.guards import Guards
from facade.hop.carrier import Carrier
from facade.inbound import Inbound
from facade.journey import Journey, heard, tell_try
from facade.model.call import Attempt, Headers, Plan, Reply
from facade.model.stream import Item, Opening, Wanted
from facade.model.wanted import is_id
from facade.policy.credentials.credentials import Signed, refuses
from facade.telemetry import names
from facade.telemetry.meters import Meters
from facade.telemetry.spans import Tracing, current
from facade.transcode.check import check
from facade.transcode.encode import Recipe
from facade.transcode.framing.choice import Decoding, choose
from facade.transcode.framing.decoder import Judge
from facade.transcode.media_type import parse
from facade.transcode.redact import one_line
from facade.transcode.traced import about_request

IDLE = 60.0
"""Seconds that a stream may be silent whose caller gave no deadline."""

BROKEN = (BackendUnavailable, BackendUnreachable, FacadeUnavailable)
"""What a connection ends in that is worth another."""

TRIES = 3
"""Reconnections in a row without an event in between."""
PAUSE = 1.0
"""Seconds before the first of them, unless the server says how many; each next waits twice."""
LONGEST_PAUSE = 30.0

Items: TypeAlias = AsyncGenerator[Opening | Item, None]
"""What comes before the items, and then the items. It must be closed."""


@dataclass(slots=True, kw_only=True)
class Run:
    """One stream under way, over all of its connections."""

    signed: Signed
    recipe: Recipe
    journey: Journey
    wanted: Wanted
    ends: float | None
    """When the caller's deadline is; None: there is none."""
    last_id: str
    """Of the last event that was seen."""
    retry: int | None = None
    """Milliseconds before a reconnection, if the server has said so."""
    opened: bool = False
    failures: int = 0
    """Connections that ended before an event came."""

    def follow(self, decoding: Decoding) -> None:
        """Notes how far the stream has come."""
        if decoding.events is not None and decoding.events.last_id:
            self.last_id = decoding.events.last_id
            self.retry = decoding.events.retry

    def pause(self) -> float | None:
        """Seconds to wait before a reconnection; None where there is to be none."""
        allowed = self.wanted.reconnect and self.signed.plan.action.safe and self.opened
        if not (allowed and is_id(self.last_id)) or self.failures == TRIES:
            return None
        self.failures += 1
        first = PAUSE if self.retry is None else self.retry / 1000
        return min(first * (1 << (self.failures - 1)), LONGEST_PAUSE)


class Streaming:
    """Reads the answers to a plan as streams."""

    def __init__(
        self,
        carrier: Carrier,
        guards: Guards,
        tracing: Tracing,
        meters: Meters,
        clock: Callable[[], float] = time.monotonic,
        idle: float = IDLE,
    ) -> None:
        """Takes the seconds of silence after which a stream without a deadline ends."""
        self._carrier = carrier
        self._guards = guards
        self._tracing = tracing
        self._meters = meters
        self._clock = clock
        self._idle = idle

    async def items(self, plan: Plan, recipe: Recipe, journey: Journey, wanted: Wanted) -> Items:
        """Sends a plan and gives the items of its answer as the caller asks for them.

        It is tried again only where its backend heard nothing of it. An event stream that is cut
        off is taken up again behind its last event, where the caller wants that and a repeat
        changes nothing. Raises the fault that ends the stream early, after the items before it.
        """
        plan = plan.within(journey.ends - self._clock())
        tries = self._guards.servers.tries(plan, repeatable=False)
        async for here in tries:
            with tries:
                async with aclosing(self._signed(here, recipe, journey, wanted)) as items:
                    async for item in items:
                        tries.answered()
                        yield item
                return

    async def _signed(self, plan: Plan, recipe: Recipe, journey: Journey, wanted: Wanted) -> Items:
        """One try, and another with a new credential, if there is one, where one is refused."""
        credentials, opened = self._guards.credentials, False
        for is_last in (False, True):
            with heard(before=is_last):
                signed = await credentials.sign(plan)
                left = journey.ends - self._clock()
                signed = structs.replace(signed, plan=signed.plan.within(left))
                journey.goes(signed)
                try:
                    async with aclosing(self._run(signed, recipe, journey, wanted)) as items:
                        async for item in items:
                            if not opened:
                                opened = True
                                self._note(plan, journey)
                            yield item
                except (BackendFault, HopFault) as fault:
                    if opened:
                        raise
                    self._note(plan, journey)
                    refused = refuses(fault) and not is_last
                    if not refused or not await credentials.renew(signed, journey.reply):
                        raise
                else:
                    return

    def _note(self, plan: Plan, journey: Journey) -> None:
        """Has pacing and cache learn of the head of a stream what they learn of a reply."""
        if journey.reply is not None:
            self._guards.servers.pacing.learn(plan, journey.reply)
            self._guards.cache.invalidate(plan, journey.reply)

    async def _run(self, signed: Signed, recipe: Recipe, journey: Journey, wanted: Wanted) -> Items:
        """The items, over all the connections that they take."""
        deadline = journey.call.deadline
        run = Run(
            signed=signed,
            recipe=recipe,
            journey=journey,
            wanted=wanted,
            ends=None if deadline is None else journey.began + deadline,
            last_id=wanted.last_event_id,
        )
        while True:
            try:
                async with aclosing(self._connection(run)) as items:
                    async for item in items:
                        yield item
            except Fault as fault:
                if run.opened:
                    fault.effect = Effect.EXECUTED
                pause = run.pause() if isinstance(fault, BROKEN) else None
                if pause is None or (run.ends is not None and self._clock() + pause >= run.ends):
                    raise
            else:
                return
            current().event(names.RECONNECT, {names.SECONDS: pause})
            await asyncio.sleep(pause)

    async def _connection(self, run: Run) -> Items:
        """One request and its answer, up to the end of it or the fault that it ends in."""
        before, start = run.journey.attempts, self._clock()
        status = 0
        plan = run.signed.plan
        with self._tracing.client(f"{plan.method} {plan.action.path}") as span:
            if span.recorded:
                span.tell(about_request(plan, run.journey.secrets, len(before)))
            try:
                async with aclosing(await self._open(run)) as inbound:
                    status = inbound.status
                    span.set(names.HTTP_STATUS, status)
                    piece = await self._check(run, inbound)
                    run.journey.attempts = (*before, self._attempt(status, start))
                    decoding, opening = _begin(run, self._carrier.sizes.decoded)
                    if not run.opened:
                        run.opened = True
                        yield opening
                    async with aclosing(self._decoded(run, inbound, decoding, piece)) as items:
                        async for item in items:
                            yield item
            except Fault as fault:
                span.fail(fault.reason)
                run.journey.attempts = (*before, self._attempt(status, start, fault.reason))
                raise
            finally:
                if run.journey.attempts != before:
                    tell_try(self._meters, run.signed.plan, run.journey)

    async def _decoded(self, run: Run, inbound: Inbound, decoding: Decoding, piece: bytes) -> Items:
        """The items of an answer whose first bytes may have been read."""
        while True:
            for item in decoding.feed(piece):
                run.failures = 0
                yield item
            run.follow(decoding)
            await asyncio.sleep(0)  # others' turn, where the socket is faster than the items
            piece = await self._read(run, inbound)
            if not piece:
                break
        for item in decoding.finish():
            yield item

    async def _open(self, run: Run) -> Inbound:
        """Sends the request; its answer's head has the version's timeout."""
        plan = run.signed.plan
        carried = self._tracing.carry(whole_baggage=plan.version.destination.hops)
        headers = (*plan.headers, *_resuming(run.last_id), *carried)
        left = None if run.ends is None else run.ends - self._clock()
        timeout = plan.timeout if left is None else min(plan.timeout, left)
        return await self._carrier.open(
            structs.replace(plan, headers=headers, timeout=timeout), left
        )

    async def _check(self, run: Run, inbound: Inbound) -> bytes:
        """Sees that the status, or a rule, makes a success of the answer; gives what it read.

        A stream is judged by its head alone; an error is read whole, as any call's is.
        """
        plan, journey = run.signed.plan, run.journey
        journey.reply = Reply(
            status=inbound.status,
            headers=inbound.headers,
            body=b"",
            complete=inbound.complete,
            hop=inbound.hop,
        )
        journey.told(inbound.hop)
        try:
            check(plan, journey.reply, journey.secrets)
        except BackendFault:
            journey.reply = None  # as long as it is not whole
            journey.reply = await inbound.whole(plan.timeout)
            check(plan, journey.reply, journey.secrets)
        return journey.reply.body

    async def _read(self, run: Run, inbound: Inbound) -> bytes:
        """The next bytes, by the caller's deadline, or before the stream has been silent too long.

        Raises what `Inbound.read` raises.
        """
        if run.ends is not None:
            return await inbound.read(run.ends - self._clock())
        try:
            return await inbound.read(self._idle)
        except (BackendTimeout, FacadeTimeout) as fault:
            text = f"the backend sent nothing for {self._idle:g} s, and the call has no deadline"
            raise type(fault)(text, details=fault.details, effect=fault.effect) from None

    def _attempt(self, status: int, start: float, reason: str = "") -> Attempt:
        return Attempt(status=status, seconds=self._clock() - start, reason=reason)


def _resuming(last_id: str) -> Headers:
    return (("last-event-id", last_id),) if is_id(last_id) else ()


def _begin(run: Run, limit: int) -> tuple[Decoding, Opening]:
    """The decoder of the answer that has begun, and what is told of it.

    Raises BackendBadResponse where it is not what was expected.
    """
    plan, journey = run.signed.plan, run.journey
    reply = journey.reply
    assert reply is not None  # noqa: S101 - `_check` has set it
    said = reply.header("content-type") or ""
    kind = parse(said)
    expected = run.recipe.answers.select(reply.status)
    judge = Judge(limit=limit, secrets=journey.secrets)
    framing = choose(run.wanted.framing, kind, expected, journey.call.accept)
    if framing is None:
        raise judge.unlike(f"is {one_line(said, 100)}, which is no such stream", reply.body)
    exchange = journey.raw() if run.wanted.handed_on else journey.whole(plan)
    warnings = [] if expected else [f"status {reply.status} is not declared"]
    if not reply.complete:
        warnings.append("the answer ends with the connection: a cut of it cannot be seen")
    opening = Opening(
        exchange=structs.replace(exchange, warnings=tuple(warnings)),
        framing=framing,
        content_type=said,
        headers=journey.headers,
    )
    charset = kind.charset if kind else ""
    return Decoding(framing, run.wanted.path, charset, judge), opening
