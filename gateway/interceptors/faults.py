"""The border of the RPCs: a Fault becomes a status, and anything else a bug of ours."""

import logging
import secrets
import time
from collections.abc import Callable, Iterator, Mapping

from grpc_status import rpc_status

from facade.errors.fault import Code, Details, Effect, Fault
from facade.errors.service import Internal
from facade.telemetry.timing import FIELD, server_timing
from gateway.interceptors.base import Proceed, Rpc
from gateway.status import to_status


def may_be_repeated(fault: Fault) -> bool:
    """Whether a client's own retry policy may make the call again.

    Such an answer has no metadata before its end: with it a call is committed, and gRPC repeats it
    no more (gRFC A6). So clients repeat what nothing has heard of, and nothing else.
    """
    return fault.status is Code.UNAVAILABLE and fault.effect is Effect.NOT_EXECUTED


class Faults:
    """Ends an RPC with its answer or with the status of its fault.

    Outermost, so that no other ring's mistake can tell a caller anything: of what is no Fault
    he gets an error id, beside which the stack stands in the log `portico.faults`.

    What comes last, good or bad, says where the time went: `server-timing`. What else would come
    before the answer comes last, too, where the call may be repeated.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._log = logging.getLogger("portico.faults")

    async def __call__(self, proceed: Proceed, request: bytes, rpc: Rpc) -> bytes:
        """Runs the rest; a cancellation passes through."""
        began = self._clock()
        try:
            response = await proceed(request, rpc)
        except Fault as found:
            fault = found
        except Exception:  # noqa: BLE001 - the border; see the class
            fault = self._bug(rpc)
        else:
            await rpc.announce()
            rpc.context.set_trailing_metadata((self._timing(began, rpc.timings),))
            return response
        rpc.metadata |= fault.details.headers
        rpc.metadata["x-http-status"] = fault.details.facts.get("httpStatus", "")
        last = [self._timing(began, fault.details.timings or rpc.timings)]
        if may_be_repeated(fault) and not rpc.announced:
            last += [*rpc.said(), *_pushback(fault)]
        else:
            await rpc.announce()
        # Trailing metadata that is set apart from the status would be lost.
        status = rpc_status.to_status(to_status(fault, rpc.trace_id))
        status = status._replace(trailing_metadata=(*status.trailing_metadata, *last))
        return await rpc.context.abort_with_status(status)

    def _timing(self, began: float, others: Mapping[str, float]) -> tuple[str, str]:
        """The last entry: this process's time, and what others had of it."""
        return FIELD, server_timing((("gateway", self._clock() - began), *others.items()))

    def _bug(self, rpc: Rpc) -> Fault:
        error_id = secrets.token_hex(8)
        self._log.exception(
            "error %s in %s trace=%s",
            error_id,
            rpc.method,
            rpc.trace_id,
            extra={"error_id": error_id, "trace_id": rpc.trace_id},
        )
        return Internal(
            f"A bug of ours. Error id: {error_id}",
            details=Details(facts={"errorId": error_id}),
        )


def _pushback(fault: Fault) -> Iterator[tuple[str, str]]:
    """When the client is to repeat the call, in milliseconds (gRFC A6)."""
    after = fault.details.retry_after
    if after is not None:
        yield "grpc-retry-pushback-ms", str(round(after * 1000))
