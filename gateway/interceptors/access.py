"""One line in the log, and one more in the metrics, for each RPC."""

import logging
import time
from asyncio import CancelledError
from collections.abc import Callable

from facade.errors.fault import Code, Fault
from facade.errors.service import Internal
from facade.telemetry.meters import Meters
from gateway.interceptors.base import Proceed, Rpc


class Access:
    """Logs method, code, reason, time, peer and trace id to `portico.access`.

    The fields stand in the record's `rpc` for whoever writes JSON. Arguments and answers are
    never among them.
    """

    def __init__(self, meters: Meters, clock: Callable[[], float] = time.perf_counter) -> None:
        """Takes what times the RPCs too."""
        self._meters = meters
        self._clock = clock
        self._log = logging.getLogger("portico.access")

    async def __call__(self, proceed: Proceed, request: bytes, rpc: Rpc) -> bytes:
        """Logs how the rest went."""
        began = self._clock()
        code, reason = Internal.code, Internal.reason
        try:
            response = await proceed(request, rpc)
        except Fault as fault:
            code, reason = fault.status, fault.reason
            raise
        except CancelledError:
            code, reason = Code.CANCELLED, ""
            raise
        else:
            code, reason = Code.OK, ""
            return response
        finally:
            seconds = self._clock() - began
            self._meters.rpc(rpc.method, code, seconds)
            self._write(rpc, code, reason, seconds)

    def _write(self, rpc: Rpc, code: Code, reason: str, seconds: float) -> None:
        if not self._log.isEnabledFor(logging.INFO):
            return
        line = {
            "method": rpc.method,
            "code": code.name,
            "reason": reason,
            "ms": round(seconds * 1000, 3),
            "peer": rpc.context.peer(),
            "trace_id": rpc.trace_id,
        }
        told = " ".join(filter(None, (rpc.method, code.name, reason)))
        self._log.info("%s %.3f ms %s", told, line["ms"], line["peer"], extra={"rpc": line})
