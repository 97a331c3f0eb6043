"""Gate: a call is let in while there is room, waits a moment for it, or is refused."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from statistics import median
from types import MappingProxyType
from typing import NamedTuple, Self

from facade.config import MAX_CALLS
from facade.errors.fault import Details
from facade.errors.service import Overloaded
from facade.policy.overload.gradient import Gradient
from facade.policy.overload.holds import Holds
from facade.policy.overload.line import Caller, Line, Room, Tenant
from facade.policy.overload.pace import Pace
from facade.policy.overload.priority import Priority
from facade.policy.overload.tarpit import Tarpit
from facade.telemetry import instruments as table
from facade.telemetry.meters import Meters

SHARES = (0.7, 0.9, 1.0)
"""Of the limit, by priority: the less urgent leave room for the others."""

CROWD = 2
"""Times the limit: where more wait than that, not all of them are let in in time."""


class Patience(NamedTuple):
    """How long a call waits for room."""

    seconds: float
    part: float
    """Of the time that its caller gives, at most."""

    def of(self, left: float | None) -> float:
        """Seconds, for a call whose caller gives so many, or any."""
        return self.seconds if left is None else min(self.seconds, self.part * left)


STANDING = Patience(0.1, 0.1)
"""Where the line has not been empty for long: it does not get shorter by waiting."""
BURST = Patience(1.0, 0.25)
"""Where it has: many came at once, and may be served one after the other (Controlled Delay)."""
LONG = 0.5
"""Seconds."""

HOLD = (0.5, 1.0)
"""Seconds after which a refusal is told, since who repeats a call at once offers more …"""
END = 0.25
"""… but not beyond this part of the time that its caller gives: callers whose deadline ends a call
reset its stream, and for many resets a server ends the connection."""

HELD = 4096
"""Refusals that are held back at once; those beyond are told at once …"""
SPARED = 32
"""… as are those beyond this number of a caller who has calls under way: it needs its streams."""

RETRY_AFTER = (0.5, 1.5)
"""Seconds after which a refused caller may try again: not all of them at the same moment."""
RETRIES: Mapping[int, Details] = MappingProxyType(
    {tenths: Details(retry_after=tenths / 10) for tenths in range(5, 16)}
)
"""What refusals say of that, by tenths of a second."""

FULL = "The gateway has more calls than it can answer in time; nothing was done for this one."

LOOK = 0.01
"""Seconds from one look at the clock to the next …"""
REST = 0.1
"""… and while there is next to nothing to do."""
BUSY = 8
"""Calls under way from which on there is something to do."""
SHORT = 0.1
"""Seconds: a caller who gives more is not refused for that it gives too few."""
CALM = 4
"""Times that the limit is set anew without a lack of room, until there is none."""
LOOKS = 5
"""Looks of whose lateness the middle one counts: one long step of the loop is no overload."""


class Gate:
    """Lets in as many calls as are done in time.

    `if not gate.take(peer, p): await gate.wait(peer, p, left, tenant)`, or `turn`; each that was
    let in must `leave`. Who can refuse a call for next to nothing asks `turn_away` before.

    The more urgent come first, then of several tenants who wait the one that has the fewest calls
    under way, then those who came first; in a crowd those of whom the fewest calls wait. While the
    gate is entered it watches the loop, which sets the limit.
    """

    def __init__(
        self,
        most: int = MAX_CALLS,
        chance: Callable[[float, float], float] = random.uniform,
    ) -> None:
        """Takes the most that may ever be under way, and what gives a number between two."""
        self._gradient = Gradient(most)
        self._chance = chance
        self._callers: dict[str, Caller] = {}
        self._tenants: dict[str, Tenant] = {}
        """Whose calls have had to wait of late."""
        self._lines = tuple(Line() for _ in Priority)
        self._shares: tuple[float, ...] = ()
        self._share()
        self._peak = 0
        self._held = 0
        self._late: list[float] = []
        self._since = 0.0
        """When the first of those came who wait."""
        self._look: asyncio.TimerHandle | None = None
        self._holds: Holds[Caller] = Holds(self._told)
        self.tarpit = Tarpit()
        """Holds back what is refused for another reason than a lack of room."""
        self._pace = Pace()
        self._lacks = 0
        """How many times the limit is still to be set anew before the gate is calm."""
        self.calm = True
        """Whether there has been room for every call for a while."""
        self.under_way = 0
        """Calls that were let in and have not left."""
        self.waiting = 0
        """Calls that wait for room."""
        self.refusals: Counter[Priority] = Counter()
        """How many were refused."""

    @property
    def limit(self) -> int:
        """Calls that may be under way."""
        return self._gradient.limit

    async def __aenter__(self) -> Self:
        self._watch(asyncio.get_running_loop())
        return self

    async def __aexit__(self, *_error: object) -> None:
        if self._look is not None:
            self._look.cancel()

    def tell(self, meters: Meters) -> None:
        """Has the meters ask how full it is."""
        meters.watch(table.OVERLOAD_LIMIT, lambda: {(): self.limit})
        meters.watch(table.OVERLOAD_UNDER_WAY, lambda: {(): self.under_way})
        meters.watch(table.OVERLOAD_WAITING, lambda: {(): self.waiting})
        meters.watch(
            table.OVERLOAD_REFUSALS,
            lambda: {(each.name.lower(),): self.refusals[each] for each in Priority},
        )

    def take(self, peer: str, priority: Priority) -> bool:
        """Lets a call of a connection in if there is room and nobody waits for it."""
        if self.under_way >= self._shares[priority]:
            return False
        if self.waiting and any(self._lines[priority:]):
            return False
        caller = self._callers.get(peer) or self._caller(peer)
        caller.under_way += 1
        self.under_way = under_way = self.under_way + 1
        self._peak = max(self._peak, under_way)
        return True

    async def wait(
        self, peer: str, priority: Priority, left: float | None, tenant: str = ""
    ) -> None:
        """Lets a call in as soon as there is room; raises Overloaded where there is none in time.

        `left`: the seconds that its caller gives; None: any. The error is raised when it is to be
        told.
        """
        try:
            await self.turn(peer, priority, left, tenant)
        except Overloaded as refused:
            await asyncio.sleep(refused.hold)
            raise

    def turn(
        self, peer: str, priority: Priority, left: float | None, tenant: str = ""
    ) -> Awaitable[None]:
        """The same, but for the moment: Overloaded is raised at once, and told after its `hold`."""
        self._lack()
        caller = self._caller(peer)
        self._tenant(tenant).claim(caller)
        if priority < Priority.CRITICAL and (caller.shut or self._is_hopeless(caller)):
            raise self._refusal(caller, priority, left)
        return self._turn(peer, priority, left, tenant)

    def turn_away(self, peer: str, priority: Priority, left: float | None) -> float | None:
        """Refuses a call without hope; gives the seconds after which it is told, None for others.

        To be asked only where the gate is not `calm`. No hope has a call of a caller who is shut,
        and one that takes longer than its caller gives.
        """
        caller = self._caller(peer)
        if priority is Priority.CRITICAL:
            return None
        late = left is not None and left < min(self._pace.takes, SHORT)
        if not late:
            if self.under_way < self._shares[priority] and not self.waiting:
                return None
            if not (caller.shut or self._is_hopeless(caller)):
                return None
            self._lack()
        self.refusals[priority] += 1
        return self._hold(caller, left)

    def leave(self, peer: str) -> None:
        """Lets a call out, and the next in."""
        self._callers[peer].under_way -= 1
        self.under_way -= 1
        self._pace.left += 1
        if self.waiting:
            self._let_in()

    async def _turn(self, peer: str, priority: Priority, left: float | None, tenant: str) -> None:
        caller = self._caller(peer)  # may have been forgotten by now
        self._tenant(tenant).claim(caller)
        if not await self._room(caller, priority, left):
            raise self._refusal(caller, priority, left)

    def _lack(self) -> None:
        """There is no room for a call."""
        self.calm = False
        self._lacks = CALM

    def _is_hopeless(self, caller: Caller) -> bool:
        """Whether others of a caller's calls wait in a line that does not get shorter."""
        if not caller.waiting or caller.tenant is None or caller.tenant.waiting <= self._crowd():
            return False
        return asyncio.get_running_loop().time() - self._since > LONG

    def _crowd(self) -> float:
        """How many calls of one tenant may wait before not all of them are let in in time."""
        return (
            CROWD * self.limit / max(sum(1 for each in self._tenants.values() if each.waiting), 1)
        )

    def _tenant(self, name: str) -> Tenant:
        tenant = self._tenants.get(name)
        if tenant is None:
            tenant = self._tenants[name] = Tenant()
        return tenant

    def _caller(self, peer: str) -> Caller:
        caller = self._callers.get(peer)
        if caller is None:
            caller = self._callers[peer] = Caller()
        return caller

    def _forget(self) -> None:
        """Forgets the callers of whom nothing is here."""
        self._callers = {peer: caller for peer, caller in self._callers.items() if caller.here}
        for tenant in self._tenants.values():
            tenant.callers = {caller for caller in tenant.callers if caller.here}
        self._tenants = {name: each for name, each in self._tenants.items() if each.here}

    def _enter(self, caller: Caller) -> None:
        caller.under_way += 1
        self.under_way += 1
        self._peak = max(self._peak, self.under_way)

    def _out(self, caller: Caller) -> None:
        caller.under_way -= 1
        self.under_way -= 1

    async def _room(self, caller: Caller, priority: Priority, left: float | None) -> bool:
        """Waits for room; gives whether there was any in time."""
        loop = asyncio.get_running_loop()
        room: Room = loop.create_future()
        if not self.waiting:
            self._since = loop.time()
        kind = STANDING if loop.time() - self._since > LONG else BURST
        patience = kind.of(left)
        over = loop.call_later(patience, self._settle, room, False)  # noqa: FBT003 - its result
        line, tenant = self._lines[priority], caller.tenant or self._tenant("")
        line.join(tenant, caller, room)
        self.waiting += 1
        try:
            return await room
        except asyncio.CancelledError:
            if room.done() and not room.cancelled() and room.result():
                self._out(caller)
                self._let_in()
            raise
        finally:
            over.cancel()
            self.waiting -= 1
            line.forget(tenant, room)

    def _let_in(self) -> None:
        """Lets those in who wait, while there is room."""
        for priority in reversed(Priority):
            line = self._lines[priority]
            while line and self.under_way < self._shares[priority]:
                caller, room = line.first(self._crowd())
                if self._settle(room, True):  # noqa: FBT003 - its result
                    self._enter(caller)

    @staticmethod
    def _settle(room: Room, result: bool) -> bool:  # noqa: FBT001 - the future's result
        """Tells one who waits; gives whether it still does."""
        waits = not room.done()
        if waits:
            room.set_result(result)
        return waits

    def _refusal(self, caller: Caller, priority: Priority, left: float | None) -> Overloaded:
        self.refusals[priority] += 1
        refusal = Overloaded(FULL, details=RETRIES[round(10 * self._chance(*RETRY_AFTER))])
        refusal.hold = self._hold(caller, left)
        return refusal

    def _hold(self, caller: Caller, left: float | None) -> float:
        """Holds a refusal; gives for how many seconds."""
        shut = caller.shut
        if self._held >= HELD or (caller.held >= SPARED and not shut):
            return 0.0
        hold = self._chance(*HOLD)
        if left is not None:
            hold = min(hold, END * left)
        caller.held += 1
        self._held += 1
        self._holds.add(hold, caller)
        return hold

    def _told(self, caller: Caller) -> None:
        caller.held -= 1
        self._held -= 1

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        due = loop.time() + (LOOK if self.under_way >= BUSY else REST)
        self._look = loop.call_at(due, self._seen, loop, due)

    def _seen(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        """Looks at how late the loop is."""
        now = loop.time()
        self._late.append(now - due)
        self._pace.see(self.under_way)
        if len(self._late) == LOOKS:
            self._learn(now)
        self._watch(loop)

    def _learn(self, now: float) -> None:
        """Sets the limit anew."""
        self._gradient.learn(median(self._late), self._peak)
        self._late.clear()
        self._pace.learn(now)
        self._forget()
        self._peak = self.under_way
        self._share()
        if self.waiting:
            self._let_in()
        self._lacks = max(self._lacks - 1, 1 if self.waiting else 0)
        self.calm = not self._lacks

    def _share(self) -> None:
        self._shares = tuple(share * self.limit for share in SHARES)
