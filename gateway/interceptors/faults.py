"""The border of the RPCs: a Fault becomes a status, and anything else a bug of ours."""

import logging
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from grpc import StatusCode
from grpc_status.rpc_status import GRPC_DETAILS_METADATA_KEY

from facade.access.hints import narrow
from facade.errors.fault import Code, Details, Effect, Fault
from facade.errors.service import Internal, QuotaExceeded
from facade.policy.overload.tarpit import Tarpit
from facade.telemetry.timing import FIELD, server_timing
from gateway.interceptors.base import Interceptor, Refusal, Rpc
from gateway.status import Statuses

CODES: Mapping[int, StatusCode] = MappingProxyType({each.value[0]: each for each in StatusCode})
"""By the number of each."""


def may_be_repeated(fault: Fault) -> bool:
    """Whether a client's own retry policy may make the call again.

    Such an answer has no metadata before its end: with it a call is committed, and gRPC repeats it
    no more (gRFC A6). So clients repeat what nothing has heard of, and nothing else.
    """
    return fault.status is Code.UNAVAILABLE and fault.effect is Effect.NOT_EXECUTED


class Faults(Interceptor):
    """Has an RPC end with its answer or with a fault.

    Outermost, so that no other ring's mistake can tell a caller anything: of what is no Fault
    he gets an error id, beside which the stack stands in the log `portico.faults`.

    What comes last, good or bad, says where the time went: `server-timing`.
    """

    def __init__(self, tarpit: Tarpit, clock: Callable[[], float] = time.perf_counter) -> None:
        """Takes what holds refusals back, and what times the RPCs."""
        self._tarpit = tarpit
        self._clock = clock
        self._log = logging.getLogger("portico.faults")

    def begin(self, rpc: Rpc) -> None:
        """Notes when that was, from where, and what the caller sent beside the request."""
        rpc.began = self._clock()
        context = rpc.context
        rpc.received = received = context.invocation_metadata()
        rpc.fields = dict(received)
        rpc.peer = context.peer()

    def end(self, rpc: Rpc, error: BaseException | None) -> BaseException | None:
        """Gives on what is no bug."""
        if error is None:
            rpc.last = (self._timing(rpc, rpc.timings),)
            return error
        if not isinstance(error, Exception):
            return error
        fault = error if isinstance(error, Fault) else self._bug(rpc, error)
        narrow(fault, rpc.identity)
        if isinstance(fault, QuotaExceeded):
            fault.hold = self._tarpit.hold(rpc.peer, rpc.identity, rpc.context.time_remaining())
        rpc.metadata |= fault.details.headers
        rpc.metadata["x-http-status"] = fault.details.facts.get("httpStatus", "")
        rpc.last = (self._timing(rpc, fault.details.timings or rpc.timings),)
        return fault

    def _timing(self, rpc: Rpc, others: Mapping[str, float]) -> tuple[str, str]:
        """How long it took, and what others had of it."""
        own = f"gateway;dur={(self._clock() - rpc.began) * 1000:.1f}"
        return FIELD, f"{own}, {server_timing(others.items())}" if others else own

    def _bug(self, rpc: Rpc, error: Exception) -> Fault:
        error_id = secrets.token_hex(8)
        self._log.error(
            "error %s in %s trace=%s",
            error_id,
            rpc.method,
            rpc.trace_id,
            exc_info=error,
            extra={"error_id": error_id, "trace_id": rpc.trace_id},
        )
        return Internal(
            f"A bug of ours. Error id: {error_id}",
            details=Details(facts={"errorId": error_id}),
        )


def refusal(rpc: Rpc, fault: Fault, statuses: Statuses) -> Refusal:
    """The status of a fault, with what goes behind an RPC that it ends.

    What else would come before the answer comes last where the call may be repeated.
    """
    last = rpc.last
    if may_be_repeated(fault) and not rpc.announced:
        last = (*last, *rpc.said(), *pushback(fault))
        rpc.metadata = {}
    message, written = statuses.write(fault, rpc.trace_id)
    return Refusal(
        code=CODES[int(fault.status)],
        details=message,
        trailing_metadata=((GRPC_DETAILS_METADATA_KEY, written), *last),
        hold=fault.hold,
    )


def pushback(fault: Fault) -> Iterator[tuple[str, str]]:
    """When the client is to repeat the call, in milliseconds (gRFC A6)."""
    after = fault.details.retry_after
    if after is not None:
        yield "grpc-retry-pushback-ms", str(round(after * 1000))
