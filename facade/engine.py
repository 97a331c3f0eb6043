"""Engine: the life of one call. Start reading here."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

from facade.catalog.catalog import Catalog
from facade.errors.fault import Fault
from facade.errors.service import DeadlineExceeded
from facade.model.action import Action
from facade.model.call import Attempt, Call, Exchange, Outcome, Plan, Reply
from facade.model.names import ActionName
from facade.model.version import Version
from facade.policy.credentials import Credentials, Signed
from facade.telemetry import names
from facade.telemetry.spans import Tracing
from facade.transcode.check import check
from facade.transcode.decode import decode
from facade.transcode.encode import Recipe, compile_recipe, encode
from facade.transcode.preview import dry_run_of, exchange_of
from facade.transport import Transport


@dataclass(slots=True)
class Journey:
    """How far a call has come: what its exchange and its fault can tell of it."""

    call: Call
    served: tuple[Version, Action] | None = None
    plan: Plan | None = None
    secrets: tuple[str, ...] = ()
    reply: Reply | None = None
    attempts: tuple[Attempt, ...] = ()

    def exchange(self) -> Exchange:
        """What went over the wire so far, secrets blanked; in full only for who asked for it."""
        if self.plan is None or not self.call.full_view:
            reply = Reply(status=self.reply.status, headers=(), body=b"") if self.reply else None
            return Exchange(
                method="", uri="", request_headers=(), reply=reply, trace_id=self.call.trace_id
            )
        return exchange_of(
            self.plan,
            self.secrets,
            reply=self.reply,
            attempts=self.attempts,
            trace_id=self.call.trace_id,
        )

    def facts(self) -> dict[str, str]:
        """What ErrorInfo.metadata says of the call: canonical names once they are known."""
        name = self.call.name
        if self.served is not None:
            version, action = self.served
            name = ActionName(version.name.connector, version.name.version, action.id)
        return {
            "connector": name.connector,
            "version": name.version,
            "action": name.action,
            "attempts": str(len(self.attempts)),
            "traceId": self.call.trace_id,
        }


class Engine:
    """Executes calls."""

    def __init__(
        self,
        catalog: Catalog,
        credentials: Credentials,
        transport: Transport,
        tracing: Tracing,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Takes the parts that `facade.bootstrap` chose and opened."""
        self._catalog = catalog
        self._credentials = credentials
        self._transport = transport
        self._tracing = tracing
        self._clock = clock
        self._recipes: WeakKeyDictionary[Action, Recipe] = WeakKeyDictionary()

    async def execute(self, call: Call) -> Outcome:
        """Executes a call; a fault is raised, or answered where the call goes on over failures."""
        journey = Journey(call)
        try:
            return await self._execute(call, journey)
        except Fault as fault:
            fault.add(journey.facts())
            if not call.continue_on_failure:
                raise
            return Outcome(fault=fault, exchange=journey.exchange())

    async def _execute(self, call: Call, journey: Journey) -> Outcome:
        if call.deadline is not None and call.deadline <= 0:
            raise DeadlineExceeded("the deadline had passed before the call began")
        version, action = journey.served = self._catalog.resolve(call.name)
        values = self._credentials.values(version)
        plan = encode(version, action, call, values, self._recipe(action))
        journey.plan, journey.secrets = plan, tuple(values.values())
        signed = self._credentials.sign(plan)
        journey.plan, journey.secrets = signed.plan, (*journey.secrets, *signed.secrets)
        if call.validate_only:
            exchange = dry_run_of(signed.plan, journey.secrets, trace_id=call.trace_id)
            return Outcome(exchange=exchange, facts=journey.facts())
        reply = await self._send(signed, journey)
        return decode(plan, reply, journey.exchange(), journey.secrets)

    def _recipe(self, action: Action) -> Recipe:
        """How the action's calls are made; compiled at the first of them."""
        recipe = self._recipes.get(action)
        if recipe is None:
            recipe = self._recipes[action] = compile_recipe(action)
        return recipe

    async def _send(self, signed: Signed, journey: Journey) -> Reply:
        """One try at the backend: HTTP, then the reply, or the fault that it stands for."""
        plan = signed.plan
        start = self._clock()
        with self._tracing.client(plan.method) as span:
            span.set(names.HTTP_METHOD, plan.method)
            span.set(names.URL_TEMPLATE, plan.action.path)
            span.set(names.SERVER_ADDRESS, plan.origin)
            traced = replace(plan, headers=(*plan.headers, *self._tracing.carry()))
            status = 0
            try:
                reply = await self._transport.send(traced)
                status = reply.status
                journey.reply = reply
                span.set(names.HTTP_STATUS, status)
                check(plan, reply, journey.secrets)
            except Fault as fault:
                span.fail(fault.reason)
                journey.attempts += (self._attempt(status, start, fault.reason),)
                raise
        journey.attempts += (self._attempt(status, start),)
        return reply

    def _attempt(self, status: int, start: float, reason: str = "") -> Attempt:
        return Attempt(status=status, seconds=self._clock() - start, reason=reason)
