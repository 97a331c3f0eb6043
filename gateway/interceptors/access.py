"""One line in the log, and one more in the metrics, for each RPC."""

import logging
import time
from collections.abc import Callable

from facade.errors.fault import Code
from facade.model.access import ANYONE
from facade.model.face import in_words, who_of
from facade.telemetry.logs import ACCESS, Line, tell
from facade.telemetry.meters import Meters
from gateway.interceptors.base import Interceptor, Rpc, told_of

OK = Code.OK


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
        code, reason = (OK, "") if error is None else told_of(error)
        seconds = self._clock() - rpc.began
        if self._meters.counts:
            self._meters.rpc(rpc.method, code, seconds)
        if self._log.isEnabledFor(logging.INFO):
            self._write(rpc, "OK" if code is OK else code.name, reason, seconds)
        return error

    def _write(self, rpc: Rpc, code: str, reason: str, seconds: float) -> None:
        method, ms, peer = rpc.method, round(seconds * 1000, 3), rpc.peer
        line = {
            "method": method,
            "code": code,
            "reason": reason,
            "ms": ms,
            "peer": peer,
            "trace_id": rpc.trace_id,
        }
        told = f"{method} {code} {reason}" if reason else f"{method} {code}"
        told = f"{told} {ms:.3f} ms {peer}"
        if rpc.identity is not ANYONE:
            who = who_of(rpc.identity)
            line |= who
            told += in_words(who)
        tell(self._log, Line(ACCESS, told, rpc=line, span=rpc.span))
