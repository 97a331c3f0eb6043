"""One line in the log, and one more in the metrics, for each RPC."""

import logging
import time
from collections.abc import Callable

from facade.errors.fault import Code
from facade.telemetry.logs import ACCESS, Line
from facade.telemetry.meters import Meters
from gateway.interceptors.base import Interceptor, Rpc, told_of


class Access(Interceptor):
    """Logs method, code, reason, time, peer and trace id to `portico.access`.

    The fields stand in the record's `rpc` for whoever writes JSON. Arguments and answers are
    never among them.
    """

    def __init__(self, meters: Meters, clock: Callable[[], float] = time.perf_counter) -> None:
        """Takes what times the RPCs too."""
        self._meters = meters
        self._clock = clock
        self._log = logging.getLogger(ACCESS)

    def end(self, rpc: Rpc, error: BaseException | None) -> BaseException | None:
        """Says how the rest went."""
        code, reason = (Code.OK, "") if error is None else told_of(error)
        seconds = self._clock() - rpc.began
        self._meters.rpc(rpc.method, code, seconds)
        if self._log.isEnabledFor(logging.INFO):
            self._write(rpc, code, reason, seconds)
        return error

    def _write(self, rpc: Rpc, code: Code, reason: str, seconds: float) -> None:
        name, ms, peer = code.name, round(seconds * 1000, 3), rpc.context.peer()
        line = {
            "method": rpc.method,
            "code": name,
            "reason": reason,
            "ms": ms,
            "peer": peer,
            "trace_id": rpc.trace_id,
        }
        told = f"{rpc.method} {name} {reason}" if reason else f"{rpc.method} {name}"
        self._log.handle(Line(ACCESS, f"{told} {ms:.3f} ms {peer}", rpc=line))
