"""Engine: the life of one call. Start reading here."""

import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from functools import partial
from uuid import uuid4

from msgspec import structs

from facade.catalog.catching_up import UNKNOWN, CatchingUp
from facade.catalog.matching import pinned
from facade.errors.backend import BackendFault
from facade.errors.fault import Fault
from facade.errors.hop import HopFault
from facade.errors.service import DeadlineExceeded
from facade.guards import Guards
from facade.hop.carrier import Carrier
from facade.journey import Journey, Watch, heard, tell_call, tell_try, traced
from facade.model.call import NOBODY, Attempt, Call, Exchange, Headers, Outcome, Plan, Reply
from facade.model.paging import Paging
from facade.model.stream import Chunk, Opening, StreamedBody, Telling, Wanted
from facade.paging import Pages, begin
from facade.policy.cache.ask import Ask
from facade.policy.credentials.credentials import NO_VALUES, Signed, refuses, signed_by
from facade.policy.credentials.ready import UNSIGNED
from facade.policy.limits.admission import Standing
from facade.recipes import Recipes
from facade.streaming import Items, Streaming
from facade.telemetry import names
from facade.telemetry.meters import Meters
from facade.telemetry.spans import SILENT, Tracing, within
from facade.transcode.body.splice import marked, spliced
from facade.transcode.check import check
from facade.transcode.encode import encode, keyed
from facade.transcode.framing.choice import accept_for
from facade.transcode.headers import with_fields
from facade.transcode.paging.next_target import Place, completed, names_behind
from facade.transcode.preview import dry_run_of


class Engine:
    """Executes calls."""

    def __init__(
        self,
        catching_up: CatchingUp,
        guards: Guards,
        carrier: Carrier,
        tracing: Tracing,
        meters: Meters,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Takes the parts that `facade.bootstrap` chose and opened."""
        self._catalog = catching_up.catalog
        self._catching_up = catching_up
        self._guards = guards
        self._carrier = carrier
        self._tracing = tracing
        self._meters = meters
        self._clock = clock
        self._streaming = Streaming(carrier, guards, tracing, meters, clock)
        self._pages = Pages(self._page, clock)
        self._recipes = Recipes()

    async def execute(self, call: Call, content: StreamedBody | None = None) -> Outcome:
        """Executes a call; a fault is raised, or answered where the call goes on over failures.

        `content` comes as it goes out, in place of the data of the call's upload.
        """
        journey = Journey(call)
        try:
            with Watch(journey, self._meters, self._guards.notes):
                return await self._execute(call, journey, content)
        except Fault as fault:
            if not call.continue_on_failure:
                raise
            return Outcome(fault=fault, exchange=journey.exchange(), headers=journey.headers)

    async def relay(self, call: Call, content: StreamedBody | None = None) -> Outcome:
        """Executes a call for a face that hands the answer on, of whatever status, as it came.

        Its exchange has it, but for what signed the call. Raises what is no answer of the backend.
        """
        journey = Journey(call)
        with Watch(journey, self._meters, self._guards.notes):
            return await self._execute(call, journey, content, self._handed_on)

    async def send(self, call: Call, plan: Plan) -> Outcome:
        """Executes the plan that a call came to elsewhere; hands on, and raises, as `relay`."""
        now = self._clock()
        journey = Journey(call, (plan.version, plan.action), plan, now, now + plan.timeout)
        with Watch(journey, self._meters, self._guards.notes):
            return await self._handed_on(plan, journey)

    async def stream(self, call: Call, wanted: Wanted) -> Items:
        """Executes a call whose answer is read item by item, as the caller asks for them.

        Gives an Opening and then the items; raises what ends the stream early. It must be closed.
        """
        journey = Journey(call)
        with Watch(journey, self._meters, self._guards.notes, stream=True):
            plan = await self._plan(call, journey, wanted)
            if call.validate_only:
                yield Opening(exchange=await self._dry_run(plan, journey))
                return
            opened = False
            try:
                async with self._guards.limits.admitted(plan, call.max_wait) as standing:
                    journey.headers = {**journey.notice, **standing.headers}
                    recipe = self._recipes.get(plan.action)
                    source = self._streaming.items(plan, recipe, journey, wanted)
                    async with aclosing(source) as items:
                        async for item in items:
                            opened = True
                            yield item
            except BackendFault as fault:
                if opened or not wanted.handed_on or not journey.answered(fault):
                    raise
                journey.fault, journey.fetched = fault, True
                exchange = journey.raw()
                yield Opening(exchange=exchange, headers=journey.headers)
                yield Chunk(data=exchange.reply.body if exchange.reply else b"")

    async def pages(self, call: Call, paging: Paging) -> Telling:
        """Executes a call and those of the pages behind its answer, as the caller takes the items.

        All pages are those of one version, whatever goes live meanwhile. Gives an Opening, the
        items and an Ending; raises the fault that ends the walk early. It must be closed.
        """
        journey = Journey(call)
        with Watch(journey, self._meters, self._guards.notes, stream=True):
            by = NOBODY if call.hops and not call.at_home else call.caller
            served = await self._catching_up.resolve(call.name, by, call.metadata)
            version, action = journey.served = served
            call = pinned(call, version, action)
            if by.connection:
                version = await self._guards.end_users.applied(version, by)
            values = await self._guards.credentials.values(version)
            walk = begin(version, action, call, paging, values)
            if call.validate_only:
                exchange = await self._dry_run(await self._plan(call, journey), journey)
                yield Opening(exchange=exchange, rule=walk.rule)
                return
            async with aclosing(self._pages.items(call, paging, walk)) as told:
                async for each in told:
                    yield each

    async def _page(self, journey: Journey, place: Place | None) -> Outcome:
        """One page, at a place of the backend's where it is not the arguments that say which."""
        plan = await self._plan(journey.call, journey)
        if place is not None:
            signed = await self._guards.credentials.preview(plan)
            signing = names_behind(plan.target, signed.plan.target)
            target = completed(place.target, signed=frozenset(signing))
            plan = structs.replace(plan, origin=place.origin, target=target, elsewhere=())
        return await self._answered(plan, journey)

    async def _execute(
        self,
        call: Call,
        journey: Journey,
        content: StreamedBody | None,
        answer: Callable[..., Awaitable[Outcome]] | None = None,
    ) -> Outcome:
        if content is None:
            plan = await self._plan(call, journey)
        else:
            call, mark = marked(call)
            plan, content = spliced(await self._plan(call, journey), mark, content)
        if call.validate_only:
            return Outcome(exchange=await self._dry_run(plan, journey))
        answer = answer or self._answered
        if not call.request_id:
            return await answer(plan, journey, content)
        perform = partial(answer, journey=journey, content=content)
        return await self._guards.once.outcome(journey.call, plan, perform)

    async def _plan(self, call: Call, journey: Journey, wanted: Wanted | None = None) -> Plan:
        """The request that a call comes to, validated and complete but for its signature."""
        if call.deadline is not None and call.deadline <= 0:
            raise DeadlineExceeded("the deadline had passed before the call began")
        # a facade has no connections of others
        whose = NOBODY if call.hops and not call.at_home else call.caller
        try:
            journey.served = self._catalog.resolve(call.name, whose, call.metadata)
        except UNKNOWN:
            journey.served = await self._catching_up.resolve(call.name, whose, call.metadata)
        version, action = journey.served
        self._guards.uses.count((version.name, call.counted_caller))
        if version.deprecation is not None:
            journey.notice = journey.headers = self._catalog.snapshot.notice(version)
        tell_call(version, action)
        if whose.connection:
            version = await self._guards.end_users.applied(version, whose)
            journey.served = version, action
        if wanted is not None and not call.accept:
            call = structs.replace(call, accept=accept_for(action, wanted))
        credentials = self._guards.credentials
        values = await credentials.values(version) if version.variables else NO_VALUES
        recipe = journey.recipe = self._recipes.find(id(action)) or self._recipes.get(action)
        plan = within(names.VALIDATION, encode, version, action, call, values, recipe)
        if plan.policy.retry.idempotency_header and not plan.request_id:
            plan = keyed(plan, uuid4().hex)
        journey.plan, journey.ready = plan, credentials.at_hand(version, action)
        journey.unsigned = journey.ready is UNSIGNED and not version.destination.indirect
        if values:
            journey.secrets = tuple(values.values())
        journey.began = self._clock()
        journey.ends = journey.began + plan.timeout
        return plan

    async def _answered(
        self, plan: Plan, journey: Journey, content: StreamedBody | None = None
    ) -> Outcome:
        """What a plan comes to: an output, or the fault that the reply stands for."""
        reply = await self._reply(plan, journey, content)
        if not journey.fetched:
            check(plan, reply, journey.secrets)
        elif journey.fault is not None:
            raise journey.fault
        outcome = self._recipes.outcome(plan, reply, journey)
        return structs.replace(outcome, headers=journey.headers) if journey.headers else outcome

    async def _handed_on(
        self, plan: Plan, journey: Journey, content: StreamedBody | None = None
    ) -> Outcome:
        """The same for a face that hands the reply on, whatever it stands for."""
        try:
            await self._reply(plan, journey, content)
        except BackendFault as fault:
            if not journey.answered(fault):
                raise
        return Outcome(exchange=journey.raw(), headers=journey.headers)

    async def _reply(self, plan: Plan, journey: Journey, content: StreamedBody | None) -> Reply:
        """The limits admit a plan, and the cache or the backend answers it."""
        guards, call, max_wait = self._guards, journey.call, journey.call.max_wait
        who = journey.ready.who if journey.ready is not None else ""
        if journey.ready is None and plan.action.safe:
            who = await guards.credentials.who(plan)
        ask = Ask(plan=plan, who=who, use=call.cache_use, streamed=content is not None)
        if not max_wait:
            ask = guards.cache.ahead(ask)
        standing = guards.limits.admit(plan, max_wait)
        if not isinstance(standing, Standing):
            standing = await standing
        try:
            journey.asked, said, notice = plan, standing.headers, journey.notice
            journey.headers = {**notice, **said} if notice else said
            if max_wait:
                left = journey.ends - self._clock()
                ask = structs.replace(ask, plan=plan.within(left))
            fetch = partial(self._fetch, plan, journey, content)
            found = await guards.cache.reply(ask, fetch, partial(self._refresh, plan, journey))
        finally:
            if standing.rooms:
                guards.limits.leave(standing.rooms)
        reply = found.reply
        journey.fetched = reply is journey.reply
        journey.reply, journey.cache, journey.age = reply, found.status, found.age
        if reply.hop is not None:
            journey.told(reply.hop)
        if not (journey.attempts or journey.unsigned):
            # another call fetched it: what signs such calls may stand in it
            journey.secrets += await guards.credentials.secrets(plan)
        return reply

    async def _fetch(
        self, plan: Plan, journey: Journey, content: StreamedBody | None, fields: Headers = ()
    ) -> Reply:
        """What the backend answers, of whatever status, to a plan with the cache's own fields.

        Tries until one try succeeds, or no other is worth it; each at the server to try then.
        Raises the fault of a backend that gives no whole answer, or one that the version's
        rules make a failure although its status does not: that must not be remembered.
        """
        if fields:
            plan = structs.replace(plan, headers=with_fields(plan.headers, fields))
        plan = plan.within(journey.ends - self._clock())
        repeatable = content is None and not journey.call.single
        tries = self._guards.servers.tries(plan, repeatable=repeatable)
        try:
            async for here in tries:
                with tries:
                    return await self._try(here, journey, content)
            raise AssertionError("the last try raises")
        except BackendFault as fault:
            reply = journey.reply
            if reply is None or reply.status < 300 or "httpStatus" not in fault.details.facts:
                raise
            journey.fault = fault
            return reply

    async def _refresh(self, plan: Plan, journey: Journey, fields: Headers = ()) -> Reply:
        """The same for the cache alone, whose call has its answer already."""
        tell_call(plan.version, plan.action)
        again = journey.anew(self._clock() + plan.timeout)
        return await self._fetch(plan, again, None, fields)

    def _try(self, plan: Plan, journey: Journey, content: StreamedBody | None) -> Awaitable[Reply]:
        """One try, and another with a new credential, if there is one, where one is refused."""
        ready = journey.ready
        if journey.attempts or journey.call.max_wait:
            ready = self._guards.credentials.at_hand(plan.version, plan.action)
        if ready is not None and ready.static:
            return self._exchange(signed_by(ready, plan), journey, content)
        return self._signed_exchange(plan, journey, content)

    async def _signed_exchange(
        self, plan: Plan, journey: Journey, content: StreamedBody | None
    ) -> Reply:
        """Only a body that is still there can be sent again."""
        signed = await self._signed(plan, journey, streamed=content is not None)
        try:
            return await self._exchange(signed, journey, content)
        except (BackendFault, HopFault) as fault:
            if not await self._renewed(fault, signed, journey) or content is not None:
                raise
        with heard(before=True):
            return await self._exchange(await self._signed(plan, journey), journey, None)

    async def _renewed(self, fault: Fault, signed: Signed, journey: Journey) -> bool:
        """Whether what was called refused the credential, and there is a new one in its place."""
        return refuses(fault) and await self._guards.credentials.renew(signed, journey.reply)

    def _exchange(
        self, signed: Signed, journey: Journey, content: StreamedBody | None
    ) -> Awaitable[Reply]:
        """A request, and its reply or the fault that it stands for."""
        journey.goes(signed)
        plan = signed.plan
        span = self._tracing.client(plan.method, plan.action.path)
        sent = self._sent(plan, journey, content)
        return sent if span is SILENT else traced(span, plan, journey, sent)

    async def _sent(self, plan: Plan, journey: Journey, content: StreamedBody | None) -> Reply:
        start, status, reason = self._clock(), 0, ""
        carried = self._tracing.carry(whole_baggage=plan.version.destination.hops)
        try:
            with_trace = structs.replace(plan, headers=plan.headers + carried)
            reply = journey.reply = await self._carrier.send(with_trace, content)
            status = reply.status
            self._guards.servers.pacing.learn(plan, reply)
            check(plan, reply, journey.secrets)
        except Fault as fault:
            reason = fault.reason
            raise
        finally:
            seconds = self._clock() - start
            journey.attempts += (Attempt(status=status, seconds=seconds, reason=reason),)
            if self._meters.counts:
                tell_try(self._meters, plan, journey)
        return reply

    async def _signed(self, plan: Plan, journey: Journey, *, streamed: bool = False) -> Signed:
        """The plan signed, with the seconds that are left when that is done."""
        signed = await self._guards.credentials.sign(plan, streamed=streamed)
        plan = signed.plan.within(journey.ends - self._clock())
        return structs.replace(signed, plan=plan)

    async def _dry_run(self, plan: Plan, journey: Journey) -> Exchange:
        signed = await self._guards.credentials.preview(plan)
        secrets = (*journey.secrets, *signed.secrets)
        return dry_run_of(signed.plan, secrets, trace_id=journey.call.trace_id)
