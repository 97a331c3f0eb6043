"""Once: a call with a request_id happens once; a repeat is told what the first one came to."""

import asyncio
import hashlib
import time
import zlib
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec import structs

from facade.errors.caller import RequestIdReused
from facade.errors.fault import Code, Details, Effect, Fault, Violation
from facade.errors.kinds import KINDS
from facade.errors.service import CallInProgress, CallUncertain, StoreUnavailable
from facade.model.call import Call, Exchange, Outcome, Plan
from facade.sealing import Seal
from facade.stores.calls import CallRow, SqlCalls
from facade.stores.processes import has_died, new_holder
from facade.telemetry import names
from facade.telemetry.spans import Span, step

MARGIN = 5.0
"""Seconds past its deadline after which the holder of a call is taken for dead."""

PAUSE = 0.02
"""Seconds between the first two looks for the end of another's call; doubled each time …"""
LONGEST_PAUSE = 0.25
"""… and never longer."""

REST = 0.01
"""Seconds before the deadline at which the wait for another's call ends."""

RETRY_AFTER = 1.0
"""Seconds after which a caller may ask again for a call that is under way."""

NO_EXCHANGE = Exchange(method="", uri="", request_headers=())


class FaultRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """A fault as it is kept."""

    reason: str
    message: str
    status: Code
    effect: Effect
    details: Details = Details()


@dataclass(frozen=True, slots=True)
class Claim:
    """One call as its row says it, and in the open."""

    row: CallRow
    fingerprint: bytes
    plan: Plan

    @property
    def repeatable(self) -> bool:
        """Whether the call does no more if it is made a second time."""
        keyed = bool(self.plan.policy.retry.idempotency_header)
        return self.plan.action.idempotent or keyed


class Once:
    """Makes calls with a request_id happen once, whichever processes they come to.

    What a call came to is in the ledger for 24 hours, sealed. A call of which nothing reached the
    backend leaves nothing behind, so that a repeat tries again.
    """

    def __init__(
        self,
        calls: SqlCalls,
        seal: Seal,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Takes a seal that the processes on one ledger share, and the seconds since the epoch."""
        self._calls = calls
        self._seal = seal
        self._clock = clock
        self._sleep = sleep

    def outcome(
        self, call: Call, plan: Plan, perform: Callable[[Plan], Awaitable[Outcome]]
    ) -> Awaitable[Outcome]:
        """What the call comes to, or came to when it was first made with its request_id.

        Of a call through a facade of ours that is the facade's to know, which gets the request_id.

        `perform` makes it, from the plan with the time that is left. Its fault is raised again
        for a repeat. Raises RequestIdReused for another call with that request_id, CallInProgress
        where the first does not end before the deadline, CallUncertain where it ended without a
        word, and StoreUnavailable before anything is sent.
        """
        if not call.request_id or plan.version.destination.hops:
            return perform(plan)
        return self._traced(call, plan, perform)

    async def _traced(
        self, call: Call, plan: Plan, perform: Callable[[Plan], Awaitable[Outcome]]
    ) -> Outcome:
        with step(names.ONCE) as span:
            return await self._once(call, plan, perform, span)

    async def _once(
        self, call: Call, plan: Plan, perform: Callable[[Plan], Awaitable[Outcome]], span: Span
    ) -> Outcome:
        ends = self._clock() + plan.timeout
        claim = self._claim(call, plan)
        try:
            found = await self._first(claim, ends)
        except asyncio.CancelledError:
            await _settle(self._calls.release, claim.row)
            raise
        span.set(names.OUTCOME, "first" if found is None else "repeat")
        if found is not None:
            return await asyncio.to_thread(self._opened, found)
        return await self._made(
            claim.row, structs.replace(plan, timeout=ends - self._clock()), perform
        )

    async def _first(self, claim: Claim, ends: float) -> CallRow | None:
        """The call that this one repeats, when it has ended; None: there is none, make it."""
        try:
            found = await self._calls.begin(claim.row)
        except StoreUnavailable as fault:
            fault.effect = Effect.NOT_EXECUTED
            raise
        pause = PAUSE
        while found is not None:
            self._compare(claim, found)
            if found.answer is not None:
                return found
            if await self._takes_over(claim, found):
                return None
            left = ends - self._clock()
            if left <= REST:
                raise CallInProgress(
                    "a call with this request_id is still under way",
                    details=Details(retry_after=RETRY_AFTER),
                )
            await self._sleep(min(pause, max(left - REST, REST)))
            pause = min(2 * pause, LONGEST_PAUSE)
            found = await self._calls.find(found.id) or await self._calls.begin(claim.row)
        return None

    def _claim(self, call: Call, plan: Plan) -> Claim:
        key = _digest(
            plan.caller.tenant,
            plan.caller.connection,
            plan.version.name.connector,
            call.request_id,
        ).hex()
        fingerprint, now = fingerprint_of(call, _credentials_in(plan)), self._now()
        row = CallRow(
            id=key,
            fingerprint=self._seal.seal(fingerprint, _context("fingerprint", key)),
            holder=new_holder(),
            time=now,
            until=now + timedelta(seconds=plan.timeout + MARGIN),
        )
        return Claim(row, fingerprint, plan)

    def _compare(self, claim: Claim, found: CallRow) -> None:
        """Raises RequestIdReused where the row is that of another call."""
        fingerprint = self._seal.unseal(found.fingerprint, _context("fingerprint", found.id))
        if fingerprint is None:
            raise _uncertain()
        if fingerprint != claim.fingerprint:
            problem = Violation(
                field="request_id", description="another call had it in the last 24 hours"
            )
            raise RequestIdReused(
                "request_id: another call had it in the last 24 hours",
                details=Details(violations=(problem,)),
            )

    async def _takes_over(self, claim: Claim, found: CallRow) -> bool:
        """Whether the call is made in place of a holder that has died."""
        if found.until > self._now() and not has_died(found.holder):
            return False
        if not claim.repeatable:
            raise _uncertain()
        return await self._calls.take(claim.row, found)

    async def _made(
        self, row: CallRow, plan: Plan, perform: Callable[[Plan], Awaitable[Outcome]]
    ) -> Outcome:
        """Makes the call and keeps what it comes to."""
        try:
            outcome = await perform(plan)
        except Fault as fault:
            if fault.effect is Effect.NOT_EXECUTED:
                await _settle(self._calls.release, row)
            else:
                await _settle(self._end, row, Outcome(fault=fault, exchange=NO_EXCHANGE))
            raise
        except BaseException:
            await _settle(self._calls.abandon, row, self._now())
            raise
        await _settle(self._end, row, outcome)
        return outcome

    async def _end(self, row: CallRow, outcome: Outcome) -> None:
        await self._calls.end(row, await asyncio.to_thread(self._sealed, row.id, outcome))

    def _sealed(self, key: str, outcome: Outcome) -> bytes:
        packed = zlib.compress(ENCODER.encode(outcome), level=1)
        return self._seal.seal(packed, _context("answer", key))

    def _opened(self, found: CallRow) -> Outcome:
        """The outcome that was kept; raises the fault that it was."""
        packed = self._seal.unseal(found.answer or b"", _context("answer", found.id))
        if packed is None:
            raise _uncertain()
        try:
            outcome = DECODER.decode(zlib.decompress(packed))
        except msgspec.DecodeError:
            raise _uncertain() from None
        if outcome.fault is not None:
            raise outcome.fault
        return structs.replace(outcome, exchange=structs.replace(outcome.exchange, timings={}))

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def fingerprint_of(call: Call, credentials: Sequence[str] = ()) -> bytes:
    """What tells one call from another: all that the caller asked for, however it was written.

    The caller's name and own credentials are part of it: what one user was told is not for
    another.
    """
    upload = call.upload
    return _digest(
        str(call.name),
        {name: argument.value for name, argument in call.arguments.items()},
        (upload.content_type, hashlib.sha256(upload.data).hexdigest()) if upload else None,
        call.content_type,
        call.accept,
        call.caller.subject,
        call.caller_name,
        credentials,
    )


def _credentials_in(plan: Plan) -> tuple[str, ...]:
    """What of the caller's metadata signs the call, or becomes the token that does."""
    return tuple(plan.metadata.get(name, "") for name in plan.version.metadata)


async def _settle(write: Callable[..., Awaitable[None]], *what: object) -> None:
    """Writes what became of a call, though the caller may go away or the ledger be gone by now."""
    try:
        with suppress(StoreUnavailable):
            await write(*what)
    except asyncio.CancelledError:
        with suppress(StoreUnavailable):
            await write(*what)
        raise


def _digest(*parts: object) -> bytes:
    return hashlib.sha256(CANONICAL.encode(parts)).digest()


def _context(what: str, key: str) -> bytes:
    return f"{what}:{key}".encode()


def _uncertain() -> CallUncertain:
    return CallUncertain("it is not known what an earlier call with this request_id came to")


def _recorded(value: Any) -> FaultRecord:
    """How a fault is written down."""
    return FaultRecord(value.reason, value.message, value.status, value.effect, value.details)


def _fault(_kind: type, record: Any) -> Fault:
    """The fault that was written down; raises ValueError for one that is not known."""
    made = msgspec.convert(record, FaultRecord)
    kind = KINDS.get(made.reason)
    if kind is None:
        raise ValueError(made.reason)
    return kind(made.message, details=made.details, code=made.status, effect=made.effect)


CANONICAL = msgspec.json.Encoder(order="deterministic", decimal_format="number")
ENCODER = msgspec.msgpack.Encoder(enc_hook=_recorded)
DECODER = msgspec.msgpack.Decoder(Outcome, dec_hook=_fault)
