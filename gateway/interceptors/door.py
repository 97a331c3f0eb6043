"""The door: what has no hope is turned away before anything is made for it."""

import asyncio
import logging
import random
from collections.abc import Callable, Iterator

from grpc_status.rpc_status import GRPC_DETAILS_METADATA_KEY
from msgspec import structs

from facade.errors.service import Overloaded
from facade.policy.overload.gate import FULL, RETRIES, Gate
from facade.policy.overload.priority import FIELD, Priority, priority_of
from facade.telemetry.logs import ACCESS, MORE, Line, tell
from facade.telemetry.meters import Meters
from gateway.interceptors.base import Metadata, Refusal
from gateway.interceptors.faults import CODES, pushback
from gateway.status import to_status

SOON = 0.1
"""Seconds whose refusals of a method are one line in the log."""

OVERLOADED = Overloaded.code


class Doorkeeper:
    """The door of a method, before the chain.

    A refusal costs a part of a call's time; where as many are refused as are served, there is no
    time left for a span, a trace id and a line in the log for each. The metrics count every one.
    """

    def __init__(
        self, gate: Gate, meters: Meters, method: str, chance: Callable[[], float] = random.random
    ) -> None:
        """Takes the gate that says who has no hope, and the method: `package.Service/Method`."""
        self._gate = gate
        self._meters = meters
        self._method = method
        self._log = logging.getLogger(ACCESS)
        self._chance = chance
        self._refusals = tuple(_refusals())
        self._untold = 0

    def __call__(self, metadata: Metadata, peer: str, left: float | None) -> Refusal | None:
        """The status of a call that is turned away, or None for one that may come in."""
        gate = self._gate
        if gate.calm:
            return None
        priority = Priority.NORMAL
        for key, said in metadata:
            if key == FIELD:
                priority = priority_of(str(said))
        hold = gate.turn_away(peer, priority, left)
        if hold is None:
            return None
        self._count(peer)
        return structs.replace(self._refusals[int(len(self._refusals) * self._chance())], hold=hold)

    def _count(self, peer: str) -> None:
        if self._meters.counts:
            self._meters.rpc(self._method, OVERLOADED, 0.0)
        if not self._untold:
            asyncio.get_running_loop().call_later(SOON, self._tell, peer)
        self._untold += 1

    def _tell(self, peer: str) -> None:
        """Logs one refusal, and how many more there were."""
        untold, self._untold = self._untold, 0
        if not self._log.isEnabledFor(logging.INFO):
            return
        code, reason = OVERLOADED.name, Overloaded.reason
        line = {
            "method": self._method,
            "code": code,
            "reason": reason,
            "ms": 0.0,
            "peer": peer,
            "trace_id": "",
        }
        text = f"{self._method} {code} {reason} 0.000 ms {peer}"
        tell(self._log, Line(ACCESS, text, **{"rpc": line, MORE: untold - 1}))


def _refusals() -> Iterator[Refusal]:
    """The statuses, one for each time to come again."""
    for details in RETRIES.values():
        fault = Overloaded(FULL, details=details)
        status = to_status(fault)
        written = (GRPC_DETAILS_METADATA_KEY, status.SerializeToString())
        yield Refusal(
            code=CODES[int(fault.status)],
            details=status.message,
            trailing_metadata=(written, *pushback(fault)),
        )
