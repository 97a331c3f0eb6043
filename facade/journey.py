"""Journey: how far one call has come, for its exchange and for its fault."""

import time
from asyncio import CancelledError
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Self

import msgspec
from msgspec import structs

from facade.errors.backend import BackendFault
from facade.errors.fault import Code, Effect, Fault
from facade.errors.service import Internal
from facade.history.noting import SILENT_NOTES, Noted, Notes
from facade.model.action import Action
from facade.model.call import Attempt, CacheStatus, Call, Exchange, Hop, Plan, Reply
from facade.model.version import Version
from facade.policy.credentials.credentials import Signed
from facade.policy.credentials.ready import Ready
from facade.telemetry import names
from facade.telemetry.meters import Called, Meters, Tried
from facade.telemetry.spans import Span, current
from facade.transcode.encode import Recipe
from facade.transcode.preview import exchange_of
from facade.transcode.redact import handed_on, kept_body
from facade.transcode.traced import about_call, about_request

OK = Code.OK.name, "", ""
"""Code, domain and reason of what succeeds."""


class Journey(msgspec.Struct, eq=False):
    """How far a call has come: what its exchange and its fault can tell of it."""

    call: Call
    served: tuple[Version, Action] | None = None
    plan: Plan | None = None
    began: float = 0.0
    """When the plan was made, by the engine's clock."""
    ends: float = 0.0
    """When its time is up."""
    recipe: Recipe | None = None
    """How the action's calls are made and answered."""
    asked: Plan | None = None
    """What was called, without what signed the call."""
    ready: Ready | None = None
    """What signs the call, where that is at hand."""
    unsigned: bool = False
    """Whether it is known that nothing signs the call."""
    secrets: tuple[str, ...] = ()
    reply: Reply | None = None
    """The last one of the backend's, or the one that the cache gave in the end."""
    fetched: bool = False
    """Whether this call fetched it."""
    hop: Hop | None = None
    """What the facade of an indirect version told of it."""
    fault: Fault | None = None
    """What the backend's last reply stands for, where that is a failure which may be remembered."""
    attempts: tuple[Attempt, ...] = ()
    cache: CacheStatus = CacheStatus.BYPASS
    age: float | None = None
    headers: Mapping[str, str] = {}
    """What a face says before the answer, of limits and of the version."""
    notice: Mapping[str, str] = {}
    """That of the version: whether it is deprecated."""

    @property
    def url(self) -> str:
        """Which was called, without what signed the call."""
        return self.asked.uri if self.asked is not None else ""

    def anew(self, ends: float) -> Self:
        """The journey of the same call, made again for its answer alone."""
        return structs.replace(self, ends=ends, reply=None, fault=None, attempts=())

    def goes(self, signed: Signed) -> None:
        """Learns what is sent now: nothing has come back for it yet."""
        self.plan, self.reply, self.fault = signed.plan, None, None
        if signed.secrets:
            self.secrets += signed.secrets

    def answered(self, fault: BackendFault) -> bool:
        """Whether a fault is what a whole answer of the backend's stands for."""
        whole = fault.effect is Effect.EXECUTED and "httpStatus" in fault.details.facts
        return whole and self.reply is not None

    def told(self, hop: Hop | None) -> None:
        """Learns what a facade has told of the call."""
        self.hop = hop
        if hop is not None:
            self.cache, self.age, self.headers = hop.cache, hop.age, {**self.headers, **hop.headers}

    def raw(self) -> Exchange:
        """What a face needs that hands the reply on: it, and what was done for it."""
        server = self.plan.server if self.plan else ""
        return Exchange(
            method="",
            uri="",
            server="" if any(each and each in server for each in self.secrets) else server,
            request_headers=(),
            reply=handed_on(self.reply, self.secrets) if self.reply else None,
            attempts=self.attempts,
            trace_id=self.call.trace_id,
            cache=self.cache,
            age=self.age,
        )

    def exchange(self) -> Exchange:
        """What went over the wire so far, secrets blanked; in full only for who asked for it."""
        if self.plan is not None and self.call.full_view:
            return self.whole(self.plan)
        reply = Reply(status=self.reply.status, headers=(), body=b"") if self.reply else None
        return Exchange(
            method="",
            uri="",
            request_headers=(),
            reply=reply,
            attempts=self.attempts,
            trace_id=self.call.trace_id,
            cache=self.cache,
            age=self.age,
            timings=self.timings(),
        )

    def whole(self, plan: Plan) -> Exchange:
        """The same of a plan, in full whoever asks."""
        exchange = exchange_of(
            plan,
            self.secrets,
            reply=self.reply,
            attempts=self.attempts,
            trace_id=self.call.trace_id,
        )
        return structs.replace(exchange, cache=self.cache, age=self.age, timings=self.timings())

    def facts(self) -> dict[str, str]:
        """What ErrorInfo.metadata says of the call: canonical names once they are known."""
        name = self.call.name
        connector, version, action = name.connector, name.version, name.action
        if self.served is not None:
            served, action = self.served[0].name, self.served[1].id
            connector, version = served.connector, served.version
        return {
            "connector": connector,
            "version": version,
            "action": action,
            "attempts": str(self.hop.attempts if self.hop else len(self.attempts)),
            "traceId": self.call.trace_id,
        }

    def timings(self) -> dict[str, float]:
        """Seconds that the call has spent beyond this process, by who had it: what callers see."""
        attempts = self.attempts
        if not attempts or self.served is None:
            return {}
        once = len(attempts) == 1
        spent = attempts[0].seconds if once else sum([each.seconds for each in attempts])
        if not self.served[0].destination.indirect:
            return {"backend": spent}
        hop = self.hop or Hop()
        told = {"facade": spent if hop.seconds is None else hop.seconds}
        return told if hop.backend_seconds is None else {**told, "backend": hop.backend_seconds}


class Watch(msgspec.Struct, eq=False):
    """One call from its beginning to its end: its fault is told what it is of, and it is counted.

    A call that somebody gave up counts as cancelled, a stream whose reader left too.
    """

    journey: Journey
    meters: Meters
    notes: Notes = SILENT_NOTES
    stream: bool = False
    clock: Callable[[], float] = time.perf_counter
    _began: float = 0.0

    def __enter__(self) -> None:
        meters = self.meters
        if meters.counts:
            self._began = self.clock()
            meters.began(stream=self.stream)
        elif self.notes.keeps:
            self._began = self.clock()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        journey = self.journey
        if error is not None and isinstance(error, Fault):
            error.add(journey.facts(), journey.headers, journey.timings())
        meters, notes = self.meters, self.notes
        if not (meters.counts or notes.keeps):
            return
        called, seconds = self._called(error), self.clock() - self._began
        if meters.counts:
            meters.ended(called, seconds)
        if notes.keeps and not journey.call.validate_only:
            notes.took(noted(journey, called, seconds, error, bodies=notes.bodies))

    def _called(self, error: BaseException | None) -> Called:
        journey, connector, version, action = self.journey, "", "", ""
        if journey.served is not None:
            known, served = journey.served
            name, action = known.name, served.id
            connector, version = name.connector, name.version
        if error is None and journey.fetched:
            error = journey.fault  # of an answer that was handed on as it came
        code, domain, reason = OK if error is None else _end(error)
        stream = self.stream
        return Called(connector, version, action, code, domain, reason, journey.cache, stream)


def noted(
    journey: Journey, called: Called, seconds: float, error: BaseException | None, *, bodies: bool
) -> Noted:
    """What a call that has ended leaves for history."""
    call, plan, reply, hop = journey.call, journey.plan, journey.reply, journey.hop
    sent = plan.body if plan is not None else None
    fault = error if error is not None else journey.fault if journey.fetched else None
    return Noted(
        called,
        time.time(),
        seconds,
        call.name.tenant,
        call.caller_name,
        call.caller.connection,
        call.trace_id,
        fault.message if isinstance(fault, Fault) else "",
        reply.status if reply is not None else 0,
        hop.attempts if hop is not None else len(journey.attempts),
        len(sent) if sent else 0,
        len(reply.body) if reply is not None else 0,
        kept_body(sent, journey.secrets) if bodies else "",
        kept_body(reply.body, journey.secrets) if bodies and reply is not None else "",
    )


@contextmanager
def heard(*, before: bool) -> Iterator[None]:
    """Has a fault say so where the backend has heard of the call before."""
    try:
        yield
    except Fault as fault:
        if before and fault.effect is Effect.NOT_EXECUTED:
            fault.effect = Effect.UNKNOWN
        raise


def tell_call(version: Version, action: Action) -> None:
    """Has the current span say what is called."""
    span = current()
    if span.recorded:
        span.tell(about_call(version, action))


async def traced(span: Span, plan: Plan, journey: Journey, sent: Awaitable[Reply]) -> Reply:
    """The reply to what is sent within a span, which says what was sent and what came of it."""
    with span:
        span.tell(about_request(plan, journey.secrets, len(journey.attempts)))
        try:
            return await sent
        except Fault as fault:
            span.fail(fault.reason)
            raise
        finally:
            if journey.reply is not None:
                span.set(names.HTTP_STATUS, journey.reply.status)


def tell_try(meters: Meters, plan: Plan, journey: Journey) -> None:
    """Tells the meters of a journey's last try."""
    name, attempt = plan.version.name, journey.attempts[-1]
    again = len(journey.attempts) > 1
    tried = Tried(plan.method, name.connector, name.version, attempt.status, attempt.reason, again)
    meters.tried(tried, attempt.seconds)


def _end(error: BaseException) -> tuple[str, str, str]:
    """Code, domain and reason of what a call ended in."""
    if isinstance(error, Fault):
        return error.status.name, error.domain.value, error.reason
    if isinstance(error, (CancelledError, GeneratorExit)):
        return Code.CANCELLED.name, "", ""
    return Internal.code.name, Internal.domain.value, Internal.reason
