"""Engine: the life of one call. Start reading here."""

import logging
import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace
from weakref import WeakKeyDictionary

from facade.catalog.catalog import Catalog
from facade.errors.fault import Fault
from facade.errors.service import DeadlineExceeded
from facade.journey import Journey
from facade.model.action import Action
from facade.model.call import Attempt, Call, Exchange, Outcome, Plan, Reply
from facade.model.names import ActionName
from facade.model.paging import Paging
from facade.model.stream import Opening, StreamedBody, Telling, Wanted
from facade.paging import Pages, begin
from facade.policy.balance import Balance
from facade.policy.credentials import Credentials, Signed
from facade.streaming import Items, Streaming
from facade.telemetry import names
from facade.telemetry.spans import Tracing
from facade.transcode.body.splice import marked, spliced
from facade.transcode.check import check
from facade.transcode.decode import decode
from facade.transcode.encode import Recipe, compile_recipe, encode
from facade.transcode.framing.choice import accept_for
from facade.transcode.paging.next_target import Place, completed, names_behind
from facade.transcode.preview import dry_run_of
from facade.transport import Transport

LOGGER = logging.getLogger(__name__)


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
        self._balance = Balance(clock)
        self._streaming = Streaming(transport, tracing, clock)
        self._pages = Pages(self._page, clock)
        self._recipes: WeakKeyDictionary[Action, Recipe] = WeakKeyDictionary()

    async def execute(self, call: Call, content: StreamedBody | None = None) -> Outcome:
        """Executes a call; a fault is raised, or answered where the call goes on over failures.

        `content` comes as it goes out, in place of the data of the call's upload.
        """
        journey = Journey(call)
        try:
            return await self._execute(call, journey, content)
        except Fault as fault:
            fault.add(journey.facts())
            if not call.continue_on_failure:
                raise
            return Outcome(fault=fault, exchange=journey.exchange())

    async def stream(self, call: Call, wanted: Wanted) -> Items:
        """Executes a call whose answer is read item by item, as the caller asks for them.

        Gives an Opening and then the items; raises the fault that ends the stream early. It must
        be closed: that ends the exchange.
        """
        journey = Journey(call)
        try:
            plan = self._plan(call, journey, wanted)
            if call.validate_only:
                yield Opening(exchange=self._dry_run(plan, journey))
                return
            recipe = self._recipe(plan.action)
            for turn in self._balance.turns(plan):
                with turn:
                    signed = self._signed(turn.plan, journey)
                    source = self._streaming.items(signed, recipe, journey, wanted)
                    async with aclosing(source) as items:
                        async for item in items:
                            yield item
                    return
        except Fault as fault:
            fault.add(journey.facts())
            raise

    async def pages(self, call: Call, paging: Paging) -> Telling:
        """Executes a call and those of the pages behind its answer, as the caller takes the items.

        All pages are those of one version, whatever goes live meanwhile. Gives an Opening, the
        items and an Ending; raises the fault that ends the walk early. It must be closed.
        """
        journey = Journey(call)
        try:
            version, action = journey.served = self._catalog.resolve(call.name)
            name = ActionName(version.name.connector, version.name.version, action.id)
            call = replace(call, name=name)
            walk = begin(version, action, call, paging, self._credentials.values(version))
            if call.validate_only:
                exchange = self._dry_run(self._plan(call, journey), journey)
                yield Opening(exchange=exchange, rule=walk.rule)
                return
            async with aclosing(self._pages.items(call, paging, walk)) as told:
                async for each in told:
                    yield each
        except Fault as fault:
            fault.add(journey.facts())
            raise

    async def _page(self, journey: Journey, place: Place | None) -> Outcome:
        """One page, at a place of the backend's where it is not the arguments that say which."""
        plan = self._plan(journey.call, journey)
        if place is not None:
            signing = names_behind(plan.target, self._credentials.sign(plan).plan.target)
            target = completed(place.target, signed=frozenset(signing))
            plan = replace(plan, origin=place.origin, target=target, elsewhere=())
        return await self._answered(plan, journey)

    async def _execute(self, call: Call, journey: Journey, content: StreamedBody | None) -> Outcome:
        if content is None:
            plan = self._plan(call, journey)
        else:
            call, mark = marked(call)
            plan, content = spliced(self._plan(call, journey), mark, content)
        if call.validate_only:
            return Outcome(exchange=self._dry_run(plan, journey), facts=journey.facts())
        return await self._answered(plan, journey, content)

    async def _answered(
        self, plan: Plan, journey: Journey, content: StreamedBody | None = None
    ) -> Outcome:
        """What the backend answers to a plan, at whichever server takes it."""
        for turn in self._balance.turns(plan):
            with turn:
                journey.url = turn.plan.uri
                signed = self._signed(turn.plan, journey)
                reply = await self._send(signed, journey, content)
                break
        return self._decode(signed.plan, reply, journey)

    def _plan(self, call: Call, journey: Journey, wanted: Wanted | None = None) -> Plan:
        """The request that a call comes to, validated and complete but for its signature."""
        if call.deadline is not None and call.deadline <= 0:
            raise DeadlineExceeded("the deadline had passed before the call began")
        version, action = journey.served = self._catalog.resolve(call.name)
        if wanted is not None and not call.accept:
            call = replace(call, accept=accept_for(action, wanted))
        values = self._credentials.values(version)
        plan = encode(version, action, call, values, self._recipe(action))
        journey.plan, journey.secrets = plan, tuple(values.values())
        return plan

    def _signed(self, plan: Plan, journey: Journey) -> Signed:
        signed = self._credentials.sign(plan)
        journey.plan, journey.secrets = signed.plan, (*journey.secrets, *signed.secrets)
        return signed

    def _dry_run(self, plan: Plan, journey: Journey) -> Exchange:
        signed = self._signed(plan, journey)
        return dry_run_of(signed.plan, journey.secrets, trace_id=journey.call.trace_id)

    def _decode(self, plan: Plan, reply: Reply, journey: Journey) -> Outcome:
        """The outcome; logs the first, second, fourth, … of an action's answers that do not fit."""
        answers = self._recipe(plan.action).answers
        before = answers.unfit
        outcome = decode(
            plan,
            reply,
            journey.exchange(),
            journey.secrets,
            answers,
            seen=journey.call.full_view,
        )
        if answers.unfit > before and answers.unfit.bit_count() == 1:
            LOGGER.warning(
                "%s/actions/%s: %d of %d answers that were held to their schema did not fit: %s",
                plan.version.name,
                plan.action.id,
                answers.unfit,
                answers.checked,
                outcome.exchange.warnings[-1],
            )
        return outcome

    def _recipe(self, action: Action) -> Recipe:
        """How the action's calls are made; compiled at the first of them."""
        recipe = self._recipes.get(action)
        if recipe is None:
            recipe = self._recipes[action] = compile_recipe(action)
        return recipe

    async def _send(self, signed: Signed, journey: Journey, content: StreamedBody | None) -> Reply:
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
                reply = await self._transport.send(traced, content)
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
