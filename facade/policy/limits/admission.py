"""Limits: admits a call to all limits that apply to it, or refuses it and charges none."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from itertools import count

import msgspec
from msgspec import structs

from facade.errors.fault import Details, Quota
from facade.errors.service import QuotaExceeded
from facade.model.call import Caller, Plan
from facade.model.policy import Policy
from facade.policy.limits.arrivals import Arrivals
from facade.policy.limits.charge import Charge, Room, charge_of, parse_limit
from facade.policy.limits.gcra import SECOND, Verdict, decide
from facade.policy.limits.lines import Lines
from facade.policy.limits.places import Places
from facade.policy.limits.script import answer, take_script
from facade.recent import Recent
from facade.sealing import Seal
from facade.stores.shared import Shared, SharedGone
from facade.telemetry import names
from facade.telemetry.spans import current, step

LEAST_PATIENCE = 0.1
"""Seconds that a call waits for a place, even if it asks for no wait."""

NOTICED = 0.001
"""Seconds from which on a call has waited."""

RETURN = 1.0
"""Seconds after which to ask for a place again: when one is left, nobody knows."""

CHARGES = 1_000
"""So many are remembered, about 2 KB each, so as not to make them again for each call."""

ChargeKey = tuple[int, str, str, Caller]
"""Which policy, connector, action, caller.

An action has its policy for as long as its version lives, so that it is known by which object it
is: to compare what is in it costs more than to charge a call.
"""

KeptCharge = tuple[Charge, Policy]
"""A charge, and the object that it is known by, so that no other comes to be in its place."""


class Standing(msgspec.Struct, frozen=True, gc=False):
    """How a call stands with its limits."""

    headers: Mapping[str, str] = {}
    """`ratelimit-policy` and `ratelimit`; none where no limit applies."""
    rooms: tuple[Room, ...] = ()
    """The places that it holds until `Limits.leave`."""


FREE = Standing()


class Limits:
    """The limits of callers: how many calls in a time, and how many at once.

    The shared store decides, by its own clock. While it is gone each process goes on by itself
    with its share, so that no limit is ever open, and nobody waits for the store.
    """

    def __init__(
        self,
        shared: Shared,
        seal: Seal,
        tenant_limit: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Takes the operator's limit of each tenant, as `1000/1s`, and a clock in seconds."""
        self._shared = shared
        self._alone = shared.alone
        self._name = seal.name
        self._operators = parse_limit(tenant_limit)
        self._clock = clock
        self._script = take_script()
        self._own = Arrivals()
        self._seen = Arrivals()
        self._lines = Lines()
        self._places = Places()
        self._charges: Recent[ChargeKey, KeptCharge] = Recent(CHARGES)
        self._nonces = map(f"{os.urandom(8).hex()}%x".encode().__mod__, count())
        self.waits = 0
        """Calls that have waited for their turn."""
        self.waited = 0.0
        """Seconds that they have waited."""

    @asynccontextmanager
    async def admitted(self, plan: Plan, max_wait: float) -> AsyncIterator[Standing]:
        """Admits a call, as `admit` does: within the context it holds its places."""
        standing = self.admit(plan, max_wait)
        if not isinstance(standing, Standing):
            standing = await standing
        try:
            yield standing
        finally:
            self.leave(standing.rooms)

    def admit(self, plan: Plan, max_wait: float) -> Standing | Awaitable[Standing]:
        """Admits a call, which holds its places from then on; at once where nothing is asked.

        It waits at most `max_wait` seconds for its turn, and never beyond the plan's timeout.
        Raises QuotaExceeded, now or when awaited, and then no limit is charged.
        """
        if not self.apply(plan):
            return FREE
        charge = self.charge(plan)
        if current().recorded:
            return self._traced(charge, max_wait, plan)
        if charge.rooms:
            return self._enter(charge, max_wait, plan)
        if self._alone and not self._lines:
            leads = self._own.take(charge.steps, int(self._clock() * SECOND))
            if leads:
                return Standing(charge.told.admitted(leads))
        return self._turn(charge, min(max_wait, plan.timeout))

    def apply(self, plan: Plan) -> bool:
        """Whether there is a limit for a call."""
        return bool(plan.policy.limits or plan.policy.concurrency or self._operators)

    def charge(self, plan: Plan) -> Charge:
        """What a call is charged."""
        policy = plan.policy
        key = id(policy), plan.version.name.connector, plan.action.id, plan.caller
        known = self._charges.get(key)
        if known is None:
            known = charge_of(plan, self._operators, self._name), policy
            self._charges.put(key, known)
        return known[0]

    def leave(self, rooms: tuple[Room, ...]) -> None:
        """Gives the places of a call back."""
        self._places.leave(rooms)

    async def _traced(self, charge: Charge, max_wait: float, plan: Plan) -> Standing:
        with step(names.LIMITS) as span:
            standing = await self._enter(charge, max_wait, plan)
            span.set(names.OUTCOME, "admitted")
            return standing

    async def _enter(self, charge: Charge, max_wait: float, plan: Plan) -> Standing:
        """First its places, so that none is charged where one is full."""
        rooms, patience = charge.rooms, min(max_wait, plan.timeout)
        if rooms:
            at_most = min(max(max_wait, LEAST_PATIENCE), plan.timeout)
            patience -= await self._places_of(rooms, at_most)
        try:
            standing = await self._turn(charge, patience) if charge.rules else FREE
        except BaseException:
            self.leave(rooms)
            raise
        return structs.replace(standing, rooms=rooms) if rooms else standing

    async def _places_of(self, rooms: tuple[Room, ...], patience: float) -> float:
        """Takes the places of a call; gives the seconds that it took. Raises QuotaExceeded."""
        begun = self._clock()
        full = await self._places.enter(rooms, patience)
        if full is not None:
            raise _full(full)
        seconds = self._clock() - begun
        self._count(seconds)
        return seconds

    async def _turn(self, charge: Charge, patience: float) -> Standing:
        """Charges a call, at once or as soon as it is due; raises QuotaExceeded."""
        verdict = await self._take(charge, self._lines.owed(charge.keys))
        if verdict.wait:
            begun = self._clock()
            verdict = await self._waited(charge, verdict, patience)
            self._count(self._clock() - begun)
        return Standing(charge.told.admitted(verdict.leads))

    async def _waited(self, charge: Charge, verdict: Verdict, patience: float) -> Verdict:
        """Waits in the line of the limit that has it wait longest, until it is admitted."""
        begun = self._clock()
        until = begun + patience
        try:
            async with asyncio.timeout(patience):
                while verdict.wait:
                    key = self._worth_it(charge, verdict, until)
                    async with self._lines.turn(key, charge.cost):
                        verdict = await self._take(charge)
                        while verdict.wait and self._worth_it(charge, verdict, until) == key:
                            await asyncio.sleep(verdict.wait / SECOND)
                            verdict = await self._take(charge)
        except TimeoutError:
            raise _used_up(charge, verdict) from None
        current().set(names.SECONDS, self._clock() - begun)
        return verdict

    def _worth_it(self, charge: Charge, verdict: Verdict, until: float) -> str:
        """The key to wait for; raises QuotaExceeded where it takes too long."""
        if self._clock() + verdict.wait / SECOND > until:
            raise _used_up(charge, verdict)
        return charge.keys[verdict.waits.index(verdict.wait)]

    async def _take(self, charge: Charge, owed: tuple[int, ...] = ()) -> Verdict:
        """Asks the store, unless it is known already that it would refuse."""
        if self._alone:
            return self._own_take(charge, owed, 1)
        steps, seen, now = charge.steps, self._seen, int(self._clock() * SECOND)
        if owed or not seen.due(steps, now):
            leads = seen.leads(charge.keys, charge.rates, now)
            verdict = decide(charge.rates, leads, charge.cost, owed)
            if verdict.wait:
                return verdict
        nonce = next(self._nonces)
        try:
            reply = await self._shared.run(self._script, charge.keys, [nonce, *charge.arguments])
        except SharedGone:
            reply = None
        said = answer(reply, nonce, steps)
        if said is None:
            return self._own_take(charge, owed, self._shared.peers)
        admitted, leads = said
        seen.note(steps, now, leads)
        if admitted:
            return Verdict(waits=charge.at_once, leads=leads)
        return decide(charge.rates, leads, charge.cost)

    def _own_take(self, charge: Charge, owed: tuple[int, ...], share: int) -> Verdict:
        """Goes by what this process knows; a call costs as much more as there are processes."""
        keys, rates, now = charge.keys, charge.rates, int(self._clock() * SECOND)
        leads = self._own.leads(keys, rates, now)
        if len(self._seen):
            leads = [*map(max, leads, self._seen.leads(keys, rates, now))]
        verdict = decide(rates, leads, charge.cost * share, [each * share for each in owed])
        self._own.note(charge.steps, now, verdict.leads)
        return verdict

    def _count(self, seconds: float) -> None:
        """Counts a call that was admitted, if it had to wait."""
        if seconds >= NOTICED:
            self.waits += 1
            self.waited += seconds


def _used_up(charge: Charge, verdict: Verdict) -> QuotaExceeded:
    """Says which limits refused, and when all of them may admit the call."""
    reached = tuple(
        Quota(subject=rule.subject, description=rule.description)
        for rule, wait in zip(charge.rules, verdict.waits, strict=True)
        if wait
    )
    said = "; ".join(f"{each.subject} ({each.description})" for each in reached)
    headers = charge.told.of(verdict)
    details = Details(retry_after=verdict.wait / SECOND, quotas=reached, headers=headers)
    return QuotaExceeded(f"used up: {said}", details=details)


def _full(room: Room) -> QuotaExceeded:
    """Says which room is full."""
    quota = Quota(subject=room.subject, description=f"{room.places} calls at once")
    details = Details(retry_after=RETURN, quotas=(quota,))
    return QuotaExceeded(f"full: {room.subject} ({quota.description})", details=details)
