"""Action calls: made as any caller makes one; what comes of them is told to a run."""

import asyncio
import base64
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeGuard

import msgspec

from facade.catalog.catalog import Catalog
from facade.engine import Engine
from facade.errors.backend import BackendTimeout, BackendUnavailable
from facade.errors.fault import Effect, Fault
from facade.errors.service import CallInProgress, CallUncertain, StoreUnavailable
from facade.expressions.exact_json import read_json, write_json
from facade.flows.headers import shown_headers
from facade.flows.interpreter.ports import Answered, Asked
from facade.flows.interpreter.result import error_of, status_of
from facade.model.call import Call, Caller, Outcome, Reply
from facade.model.names import parse_action, parse_connection
from facade.telemetry.spans import current
from facade.transcode.arguments import parse
from facade.transcode.check import fails, stands_for

STATUSES: Final = frozenset({429, 502, 503, 504})
"""What another try may mend (X-7)."""
PATIENCE: Final = 15.0
"""Seconds beyond its timeout for which the end of a call is waited for that was begun before."""
KEPT: Final = 23 * 3600.0
"""Seconds after which nobody knows any more what became of a call that was begun."""


class ActionCalls:
    """Calls actions for the runs of one flow of one tenant."""

    def __init__(
        self,
        engine: Engine,
        catalog: Catalog,
        tenant: str,
        caller: str,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Takes who calls: the name of a tenant's run."""
        self._engine = engine
        self._catalog = catalog
        self._tenant = tenant
        self._caller = caller
        self._sleep = sleep

    async def call(self, asked: Asked, since: float | None = None) -> Answered:
        """Calls an action, once for its key; `since` is when that was first begun."""
        try:
            call = self._call(asked)
            if since is not None and time.time() - since > KEPT and not self._repeatable(call):
                raise CallUncertain("it is not known what a call of a day ago came to")
            outcome = await self._made(call, asked.timeout)
        except Fault as fault:
            return Answered(error=error_of(fault))
        return self._answered(call, outcome)

    async def _made(self, call: Call, seconds: float) -> Outcome:
        """Makes the call; where it was begun before, the end of that is what it comes to."""
        ends = time.monotonic() + 2 * seconds + PATIENCE
        while True:
            outcome = await self._engine.execute(call)
            fault = outcome.fault
            if not _waits(fault) or time.monotonic() > ends:
                return outcome
            await self._sleep(min(fault.details.retry_after or 1.0, 0.25))

    def _call(self, asked: Asked) -> Call:
        name = parse_action(asked.action, "action", self._tenant)
        connection = ""
        if asked.connection:
            connection = parse_connection(asked.connection, "connection").connection
        subject = asked.subject.rpartition("/")[2]
        return Call(
            name=name,
            arguments=parse(write_json(asked.arguments)),
            deadline=asked.timeout,
            continue_on_failure=True,
            trace_id=current().trace_id,
            caller=Caller(tenant=self._tenant, connection=connection, subject=subject),
            caller_name=self._caller,
            request_id=asked.key,
            single=asked.single,
        )

    def _answered(self, call: Call, outcome: Outcome) -> Answered:
        reply, fault = outcome.exchange.reply, outcome.fault
        status = reply.status if reply is not None else 0
        headers = shown_headers(dict(reversed(reply.headers))) if reply is not None else {}
        if fault is None:
            return Answered(status=status, headers=headers, output=_output(outcome))
        status = status or status_of(fault)
        return Answered(
            status=status,
            headers=headers,
            output=_body(reply),
            error=error_of(fault),
            of_status=self._of_status(call, fault, reply),
            again=self._again(call, fault),
            retry_after=fault.details.retry_after,
        )

    def _of_status(self, call: Call, fault: Fault, reply: Reply | None) -> bool:
        """Whether it is the status that fails; an answer that was kept is its fault alone."""
        status = reply.status if reply is not None else status_of(fault)
        if not status:
            return True
        policy = self._catalog.resolve(call.name, call.caller)[0].policy
        return fails(status, policy) if reply is not None else stands_for(fault, status, policy)

    def _again(self, call: Call, fault: Fault) -> bool:
        """Whether another try may mend it, and can do no harm (X-7, I-6)."""
        if fault.effect is Effect.NOT_EXECUTED:
            return fault.retryable
        if isinstance(fault, CallUncertain) or not self._repeatable(call):
            return False
        return status_of(fault) in STATUSES or (
            not status_of(fault) and isinstance(fault, BackendUnavailable | BackendTimeout)
        )

    def _repeatable(self, call: Call) -> bool:
        """Whether the action does no more if it is called a second time."""
        version, action = self._catalog.resolve(call.name, call.caller)
        keyed = version.policy_of(action.id).retry.idempotency_header
        return action.idempotent or bool(keyed)


def _waits(fault: Fault | None) -> TypeGuard[CallInProgress | StoreUnavailable]:
    """Whether a call is under way elsewhere, or could not be written down before it was made."""
    away = isinstance(fault, StoreUnavailable) and fault.effect is Effect.NOT_EXECUTED
    return away or isinstance(fault, CallInProgress)


def _output(outcome: Outcome) -> Any:
    """JSON as it is, a text as a text, anything else in base64 (RFC 4648)."""
    if outcome.json is not None:
        return read_json(outcome.json) if outcome.json else None
    return _text(outcome.body, outcome.content_type)


def _body(reply: Reply | None) -> Any:
    """What came with a failure."""
    if reply is None or not reply.body:
        return None
    content_type = reply.header("content-type") or ""
    if "json" in content_type:
        try:
            return read_json(reply.body)
        except msgspec.DecodeError:
            return reply.body.decode("utf-8", "replace")
    return _text(reply.body, content_type)


def _text(body: bytes | None, content_type: str) -> str | None:
    if not body:
        return None
    if content_type.startswith("text/") or "xml" in content_type:
        return body.decode("utf-8", "replace")
    return base64.b64encode(body).decode()
