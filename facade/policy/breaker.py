"""Breakers: a server that fails is left alone, and tried again by a few calls at a time."""

import math
import random
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, StrEnum

import msgspec

from facade.errors.backend import (
    BackendBadResponse,
    BackendFault,
    BackendTimeout,
    BackendTls,
    BackendUnavailable,
    BackendUnreachable,
)
from facade.errors.fault import Details, Fault
from facade.errors.hop import FacadeTimeout, FacadeUnavailable
from facade.errors.service import BreakerOpen
from facade.model.call import Plan
from facade.model.policy import Breaker
from facade.model.server import Key, server_of

PROBES = (1, 3)
"""Calls that a half-open breaker lets through at once, step by step; all must succeed."""

PROBE_GAP = 1.0
"""Seconds between two probes at least, while they fail."""

JITTER = 0.2
"""The open time is up to this much shorter or longer."""

SHARE = 0.05
"""Part of the outage so far that doubling stays within: a young one is probed every `open_time`,
so a server that comes and goes by the second is met while it is up; one that returns within a
minute has its calls back within five seconds."""

SLOTS = 10
"""Parts of the window in which calls are counted."""

FAIR = 0.1
"""Seconds that a server must have had for its silence to count: a caller may give it fewer."""

IDLE = 120.0
"""Seconds without a call after which a server's breaker is forgotten."""

NO_ANSWER = (
    BackendUnreachable,
    BackendTls,
    BackendTimeout,
    BackendUnavailable,
    BackendBadResponse,
    FacadeTimeout,
)
"""What stands for no whole answer; only with a status from 400 on do they stand for that one."""


class State(StrEnum):
    """Closed → open → half-open, and from there back to either."""

    CLOSED = "closed"
    """Calls go through."""
    OPEN = "open"
    """None goes through before it is time for a probe."""
    HALF_OPEN = "half-open"
    """Probes go through."""


class Result(Enum):
    """What a call says of its server."""

    ALIVE = 1
    """It answered, be it that the request was wrong."""
    FAILED = 2
    """It gave no whole answer, or a status from 500 on."""
    NOTHING = 3
    """The call was cancelled, or failed for a reason of ours."""


def result_of(error: BaseException, seconds: float) -> Result:
    """Gives what a call's failure says of the server, which had so many seconds for it."""
    if isinstance(error, Fault) and error.relayed:
        return Result.ALIVE
    if isinstance(error, FacadeUnavailable):  # of whatever status: it is not the facade's
        return Result.FAILED
    if not isinstance(error, (BackendFault, FacadeTimeout)):
        return Result.NOTHING
    status = int(error.details.facts.get("httpStatus", 0))
    if isinstance(error, (BackendTimeout, FacadeTimeout)) and not status and seconds < FAIR:
        return Result.NOTHING
    failed = status >= 500 or (status < 400 and isinstance(error, NO_ANSWER))
    return Result.FAILED if failed else Result.ALIVE


ALIVE = Result.ALIVE  # to look an enumeration's member up costs as much as ten other steps


@dataclass(slots=True)
class Window:
    """Calls and failures of the last seconds, counted in tenths of them."""

    number: int = -1
    """Of the latest tenth."""
    ends: float = -math.inf
    """When that is over, and whoever comes next must have it `turn`."""
    calls: int = 0
    """Of the latest tenth, like the failures."""
    failures: int = 0
    earlier: deque[tuple[int, int, int]] = field(default_factory=deque)
    """Number, calls and failures of those before it; the oldest on the left."""

    def turn(self, now: float, seconds: float) -> None:
        """Goes on to the tenth that it is now, of so many seconds."""
        number = int(now * SLOTS / seconds)
        self.ends = (number + 1) * seconds / SLOTS
        if number != self.number:
            self._begin(number)

    @property
    def sums(self) -> tuple[int, int]:
        """Calls and failures."""
        return (
            self.calls + sum(each[1] for each in self.earlier),
            self.failures + sum(each[2] for each in self.earlier),
        )

    def _begin(self, number: int) -> None:
        """Begins another tenth."""
        if self.calls:
            self.earlier.append((self.number, self.calls, self.failures))
        while self.earlier and self.earlier[0][0] <= number - SLOTS:
            self.earlier.popleft()
        self.number, self.calls, self.failures = number, 0, 0


@dataclass(slots=True)
class Circuit:
    """The state machine of one server's breaker. Times are those of the caller's clock."""

    policy: Breaker
    random: Callable[[], float]
    """From 0 to 1."""
    state: State = State.CLOSED
    closed: bool = True
    """Whether that is its state."""
    era: int = 0
    """Counts the changes of state: what a call of an earlier era says is no longer of interest."""
    in_a_row: int = 0
    """Failures since the last success."""
    window: Window = field(default_factory=Window)
    failing_since: float = 0.0
    open_time: float = 0.0
    opens: float = 0.0
    """When the first probe may go."""
    probed: float = 0.0
    """When the last one went."""
    step: int = 0
    """Of PROBES."""
    running: int = 0
    passed: int = 0
    seen: float = 0.0
    openings: int = 0
    """How often it has opened, half-open or not."""

    def refuses(self, now: float) -> float | None:
        """Seconds after which a call may be let through; None: now."""
        if self.closed:
            return None
        if self.state is State.OPEN:
            return self.opens - now if now < self.opens else None
        free = self.running + self.passed < PROBES[self.step]
        return None if free else PROBE_GAP

    def admit(self, now: float) -> int:
        """Lets a call through that is not refused: the era that its result belongs to."""
        if self.closed:
            if now >= self.window.ends:
                self.window.turn(now, self.policy.window)
            return self.era
        if self.state is State.OPEN:
            self._change(State.HALF_OPEN)
            self.step = self.running = self.passed = 0
        self.running += 1
        self.probed = now
        return self.era

    def learn(self, era: int, result: Result, now: float) -> None:
        """Takes in what became of a call, a success as of when the last call began."""
        if era != self.era:
            return
        if not self.closed:
            self._learn_probe(result, now)
        elif result is ALIVE:
            self.window.calls += 1
            self.in_a_row = 0
        elif result is Result.FAILED:
            self._learn_failure(now)

    def _learn_failure(self, now: float) -> None:
        self.window.turn(now, self.policy.window)
        self.window.calls += 1
        self.window.failures += 1
        self.in_a_row += 1
        calls, failures = self.window.sums
        often = calls >= self.policy.minimum_calls and (
            failures >= self.policy.failure_ratio * calls
        )
        if often or self.in_a_row >= self.policy.consecutive_failures:
            self.failing_since = now
            self._open(now, self.policy.open_time)

    def _learn_probe(self, result: Result, now: float) -> None:
        self.running -= 1
        if result is Result.FAILED:
            self._open(now, self._longer(now), self.probed + PROBE_GAP)
        elif result is Result.ALIVE:
            self._pass()
        elif self.step == 0:
            self._change(State.OPEN)
            self.opens = self.probed + PROBE_GAP

    def _pass(self) -> None:
        self.passed += 1
        if self.passed < PROBES[self.step]:
            return
        self.step, self.passed = self.step + 1, 0
        if self.step == len(PROBES):
            self._change(State.CLOSED)
            self.in_a_row = 0
            self.window = Window()

    def _open(self, now: float, seconds: float, earliest: float = 0.0) -> None:
        self._change(State.OPEN)
        self.openings += 1
        self.open_time = seconds
        spread = seconds * (1 - JITTER + 2 * JITTER * self.random())
        self.opens = max(now + min(spread, self.policy.max_open_time), earliest)

    def _longer(self, now: float) -> float:
        """The open time after one more probe has failed."""
        bound = max(self.policy.open_time, SHARE * (now - self.failing_since))
        return min(2 * self.open_time, bound, self.policy.max_open_time)

    def _change(self, state: State) -> None:
        self.state = state
        self.closed = state is State.CLOSED
        self.era += 1


class Breakers:
    """The breakers of all servers, each by itself for each version and connection."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        random: Callable[[], float] = random.random,
    ) -> None:
        """Takes the clock, in seconds, and what gives numbers from 0 to 1."""
        self._clock = clock
        self._random = random
        self._circuits: dict[Key, Circuit] = {}
        self._forgotten: Counter[tuple[str, ...]] = Counter()
        """How often those had opened that are forgotten."""
        self._swept = clock()

    def admit(self, plan: Plan, server: Key) -> "Passage | None":
        """Lets a call to the plan's server through, whose breaker learns what becomes of it.

        None: the server has no breaker. Raises BreakerOpen where it is left alone.
        """
        policy = plan.policy.breaker
        if not policy.enabled:
            return None
        now = self._clock()
        circuit = self._circuits.get(server) or self._begun(policy, server, now)
        circuit.policy, circuit.seen = policy, now
        era = circuit.admit(now) if circuit.closed else _probed(circuit, plan, now)
        return Passage(circuit, era, now, self._clock)

    def is_open(self, plan: Plan, origin: str) -> bool:
        """Whether a call of the plan to the server at an origin would be refused now."""
        if not plan.policy.breaker.enabled:
            return False
        circuit = self._circuits.get((*server_of(plan)[:-1], origin))
        if circuit is None:
            return False
        return circuit.refuses(self._clock()) is not None

    def states(self) -> Counter[tuple[str, ...]]:
        """How many there are, by connector, version and state."""
        return Counter((*key[2:4], each.state.value) for key, each in self._circuits.items())

    def openings(self) -> Counter[tuple[str, ...]]:
        """How often one has opened, by connector and version."""
        counts = self._forgotten.copy()
        for key, each in self._circuits.items():
            counts[key[2:4]] += each.openings
        return counts

    def _begun(self, policy: Breaker, server: Key, now: float) -> Circuit:
        """That of a server that had none; those that have had no call for long are forgotten.

        It looks for them no more often than that.
        """
        if now - self._swept > IDLE:
            self._swept = now
            kept = {key: each for key, each in self._circuits.items() if now - each.seen <= IDLE}
            self._forgotten = self.openings()
            for key, each in kept.items():
                self._forgotten[key[2:4]] -= each.openings
            self._circuits = kept
        circuit = self._circuits[server] = Circuit(policy, self._random, seen=now)
        return circuit


class Passage(msgspec.Struct, gc=False, eq=False):
    """One call that a breaker has let through."""

    _circuit: Circuit | None
    """None: it has been told of the call."""
    _era: int
    """That its result belongs to."""
    _began: float
    _clock: Callable[[], float]

    def learn(self, error: BaseException | None) -> None:
        """Tells the breaker what became of the call; of a stream already that it is answered.

        What it is told later says nothing.
        """
        circuit = self._circuit
        if circuit is None:
            return
        self._circuit = None
        if error is None:
            circuit.learn(self._era, ALIVE, self._began)
        else:
            now = self._clock()
            circuit.learn(self._era, result_of(error, now - self._began), now)


def _probed(circuit: Circuit, plan: Plan, now: float) -> int:
    """Lets a probe through, of an era; raises BreakerOpen where the server is left alone."""
    wait = circuit.refuses(now)
    if wait is not None:
        server = "facade" if plan.version.destination.indirect else "backend"
        raise BreakerOpen(
            f"the {server} that is called fails, and is left alone for a while",
            details=Details(retry_after=wait),
        )
    return circuit.admit(now)
