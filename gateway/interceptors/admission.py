"""The gate before the methods: what there is no time for is refused before it is read."""

from collections.abc import Awaitable

from facade.policy.overload.gate import Gate
from facade.policy.overload.priority import FIELD, Priority, priority_of
from gateway.interceptors.base import Interceptor, Rpc

NORMAL = Priority.NORMAL


class Admission(Interceptor):
    """Lets an RPC in while there is room for it, the more urgent first; raises Overloaded."""

    def __init__(self, gate: Gate) -> None:
        """Takes the gate of the process."""
        self._gate = gate

    def begin(self, rpc: Rpc) -> Awaitable[None] | None:
        """Takes a place, or waits for one."""
        peer, said = rpc.peer, rpc.fields.get(FIELD)
        priority = NORMAL if said is None else priority_of(str(said))
        gate = self._gate
        if gate.take(peer, priority):
            return None
        return gate.turn(peer, priority, rpc.context.time_remaining(), rpc.identity.tenant)

    def end(self, rpc: Rpc, error: BaseException | None) -> BaseException | None:
        """Gives the place back."""
        self._gate.leave(rpc.peer)
        return error


class LateAdmission(Admission):
    """The same for methods of which it is not known before whether they stream."""

    def stream(self, rpc: Rpc) -> None:
        """Gives the place back of an RPC that a stream answers from here on."""
        rpc.streamed = True
        self._gate.leave(rpc.peer)

    def end(self, rpc: Rpc, error: BaseException | None) -> BaseException | None:
        """Gives the place of any other back."""
        return error if rpc.streamed else super().end(rpc, error)


class StreamAdmission(Admission):
    """The same for streams, which have no place: most of their time nothing is to be done."""

    def begin(self, rpc: Rpc) -> Awaitable[None] | None:
        """Takes a place and gives it back, or waits for one."""
        waiting = super().begin(rpc)
        if waiting is not None:
            return self._passed(waiting, rpc)
        self._gate.leave(rpc.peer)
        return None

    def end(self, _rpc: Rpc, error: BaseException | None) -> BaseException | None:
        """Has no place to give back."""
        return error

    async def _passed(self, waiting: Awaitable[None], rpc: Rpc) -> None:
        await waiting
        self._gate.leave(rpc.peer)
