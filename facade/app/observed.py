"""What is seen of every request: its span, its line in the log, its time in the metrics."""

import logging
import time
from asyncio import CancelledError
from collections.abc import Callable
from types import MappingProxyType
from typing import Any, Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from facade.app.answering import Answering, answering
from facade.app.attended import client_of
from facade.app.errors import MIRROR, route_of
from facade.errors.fault import Fault
from facade.model.access import ANYONE
from facade.model.face import in_words, who_of
from facade.telemetry import names
from facade.telemetry.context import FIELDS, carried
from facade.telemetry.logs import ACCESS, Line, tell
from facade.telemetry.meters import Answered, Meters
from facade.telemetry.spans import Recorded, Span, Tracing
from facade.telemetry.timing import FIELD, server_timing

OWN: Final = "/v1/"
"""Below which are the calls of Portico's own API, that are told where their time went."""

CLIENT_CLOSED: Final = 499
"""What stands for the status of an answer that its caller has not waited for."""

PROBED: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""What machines ask every few seconds: it would crowd the last calls out of the traces."""

METHODS: Final = frozenset(
    {"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"}
)
NO_METHOD: Final = "_OTHER"
"""Any other method, as the semantic conventions have it: the word is the caller's own."""

CARRIED: Final = MappingProxyType({each.encode(): each for each in FIELDS})
"""As they stand in a request."""

CANCELLED: Final = "CANCELLED"


class Observed:
    """Wraps an application: a span by the caller's context, `x-trace-id`, a line, a duration.

    Routes may leave two things in `scope["state"]`: `route`, the template of the path where it is
    not the route's own, and `fault`, what the answer tells of. What they say in `server-timing`
    comes behind the time of the whole. Answers of mirrors get no field here: what they have is the
    backend's, and their marks. A streamed answer is measured to its end.
    """

    def __init__(
        self,
        app: ASGIApp,
        tracing: Tracing,
        meters: Meters,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Takes what answers."""
        self._app = app
        self._tracing = tracing
        self._meters = meters
        self._clock = clock
        self._log = logging.getLogger(ACCESS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http" or scope["path"] in PROBED:
            await self._app(scope, receive, send)
            return
        method = scope["method"] if scope["method"] in METHODS else NO_METHOD
        answer = answering(scope, send)
        with self._tracing.server(_titled(method), _carrier(scope)) as span:
            seen = Seen(scope, answer, span, self._clock)
            if not scope["path"].startswith(MIRROR):
                answer.before(seen.mark)
            try:
                await self._app(scope, receive, answer.send)
            except CancelledError:
                seen.client.gone = True
                raise
            finally:
                self._tell(seen, method)

    def _tell(self, seen: "Seen", method: str) -> None:
        """Says how a request went, to everybody who wants to know."""
        seconds = self._clock() - seen.began
        route, status, reason = seen.route, seen.status, seen.reason
        error = reason if status >= 499 or not seen.answer.whole else ""
        self._meters.http(Answered(method, route, status, error), seconds)
        if seen.span.recorded:
            _describe(seen, method, error)
        if self._log.isEnabledFor(logging.INFO):
            line = {
                "method": method,
                "route": route,
                "status": status,
                "reason": reason,
                "ms": round(seconds * 1000, 3),
                "peer": peer_of(seen.scope),
                "trace_id": seen.span.trace_id,
            }
            told = " ".join(filter(None, (method, route, str(status), reason)))
            message = f"{told} {seconds * 1000:.3f} ms {line['peer']}"
            identity = seen.scope["state"].get("identity", ANYONE)
            if identity is not ANYONE:
                who = who_of(identity)
                line |= who
                message += in_words(who)
            tell(self._log, Line(self._log.name, message, http=line))


class Seen:
    """One request, and how far its answer has come."""

    def __init__(
        self, scope: Scope, answer: Answering, span: Span, clock: Callable[[], float]
    ) -> None:
        """Takes the request as it came."""
        self.scope = scope
        self.answer = answer
        self.span = span
        self.began = clock()
        self.client = client_of(scope)
        self._clock = clock

    @property
    def route(self) -> str:
        """The template of the path; empty where no route fits."""
        return route_of(self.scope)

    @property
    def left(self) -> bool:
        """Whether the caller has not waited for the end of the answer."""
        return self.client.gone and not self.answer.whole

    @property
    def status(self) -> int:
        """What was answered: 499 to a caller who left, 500 where nothing came."""
        return CLIENT_CLOSED if self.left else self.answer.status or 500

    @property
    def reason(self) -> str:
        """Of the failure, where it is one."""
        if self.left:
            return CANCELLED
        fault = self.fault
        if fault is not None:
            return fault.reason
        return str(self.status) if self.status >= 500 else ""

    @property
    def fault(self) -> Fault | None:
        """What the answer tells of."""
        found: Fault | None = self.scope["state"].get("fault")
        return found

    def mark(self, message: Message) -> None:
        """Writes the fields of ours into the first message of the answer."""
        headers = MutableHeaders(scope=message)
        headers["x-trace-id"] = self.span.trace_id
        if self.scope["path"].startswith(OWN):
            others = self.fault.details.timings.items() if self.fault is not None else ()
            spent = server_timing((("facade", self._clock() - self.began), *others))
            said = headers.get(FIELD)
            headers[FIELD] = f"{spent}, {said}" if said else spent


def _carrier(scope: Scope) -> dict[str, str]:
    """The fields that say which trace a request is part of; most have none."""
    known = dict(scope["headers"])
    if len(known) == len(scope["headers"]):
        return {
            text: known[name].decode("latin-1") for name, text in CARRIED.items() if name in known
        }
    return carried((name.decode(), value.decode("latin-1")) for name, value in scope["headers"])


def _describe(seen: Seen, method: str, error: str) -> None:
    """Says of a span what the semantic conventions ask of an HTTP server's."""
    scope, span = seen.scope, seen.span
    said: dict[str, Any] = {
        names.HTTP_METHOD: method,
        names.HTTP_ROUTE: seen.route,
        names.URL_PATH: seen.route,
        names.URL_SCHEME: scope["scheme"],
        names.HTTP_STATUS: seen.status,
        names.SERVER_ADDRESS: _host(scope.get("server")),
        names.CLIENT_ADDRESS: _host(scope.get("client")),
    }
    span.tell({name: value for name, value in said.items() if value})
    if isinstance(span, Recorded) and seen.route:
        span.name = f"{_titled(method)} {seen.route}"
    if error or seen.reason:
        span.fail(error or seen.reason, error=bool(error) and seen.status != CLIENT_CLOSED)


def _titled(method: str) -> str:
    """A method in the name of a span."""
    return "HTTP" if method == NO_METHOD else method


def _host(address: tuple[str, int | None] | None) -> str:
    return address[0] if address else ""


def peer_of(scope: Scope) -> str:
    """Who asks, as far as the connection tells; empty where it does not."""
    client = scope.get("client")
    return f"{client[0]}:{client[1]}" if client else ""
