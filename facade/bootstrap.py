"""Bootstrap: the one place where the parts are chosen, opened and closed."""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from facade.access.opening import Access, open_access
from facade.again import Again
from facade.app.callers import may_be_anyone
from facade.app.oauth2 import own_url
from facade.catalog.artifacts import TextArtifacts
from facade.catalog.catching_up import CatchingUp
from facade.catalog.typed import TypedVersions
from facade.config import Settings
from facade.connections.authorization_servers import AuthorizationServers
from facade.connections.authorizations import Authorizations
from facade.connections.checking import Checking
from facade.connections.connections import Connections
from facade.connections.consenting import Back, Consenting
from facade.connections.ending import Ending
from facade.connections.http_request import HttpRequests
from facade.connections.known_subjects import KnownSubjects
from facade.connections.merging import Merging
from facade.connections.returning import Returns
from facade.connections.revoking import Revoking
from facade.connections.subjects import Subjects
from facade.connections.things.actions import Actions
from facade.connections.things.completion import Completions
from facade.connections.things.removal import ThingRemoval
from facade.connections.things.signature import Signer
from facade.engine import Engine
from facade.events.deliveries import Terms
from facade.events.events import Events
from facade.events.opening import open_events
from facade.flows.flows import Flows
from facade.flows.opening import FlowsBase, open_flows
from facade.flows.running.runs import Runs
from facade.ground import Ground, open_ground
from facade.guards import Guards, Servers
from facade.history.history import History
from facade.history.notifier import Notifier
from facade.history.opening import alerts_of, open_history
from facade.hop.acceptance import Acceptance
from facade.hop.carrier import Carrier
from facade.hop.signature import Keys
from facade.hop.traces import Facades
from facade.mail import Mail
from facade.parts import Parts
from facade.policy.cache.cache import Cache
from facade.policy.credentials.credentials import Credentials
from facade.policy.credentials.endpoint import Endpoint
from facade.policy.credentials.tokens import Tokens
from facade.policy.limits.admission import Limits
from facade.policy.once import Once
from facade.policy.overload.gate import Gate
from facade.secrets.ring import KeyRing
from facade.stores.authorizations import SqlAuthorizations
from facade.stores.calls import SqlCalls
from facade.stores.connections import SqlConnections
from facade.stores.grants import SqlGrants
from facade.stores.keys import SqlKeys
from facade.stores.numbers import SqlNumbers
from facade.stores.refusals import Refusals
from facade.stores.subjects import SqlSubjects
from facade.stores.trail import Trail
from facade.stores.trials import SqlTrials
from facade.stores.uses import Uses
from facade.telemetry import instruments as table
from facade.telemetry import names
from facade.trials.trials import Trials
from facade.triggers.opening import TriggersBase, make_triggers
from facade.triggers.triggers import Triggers


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signing:
    """What gets tokens and signs with them."""

    endpoint: Endpoint
    tokens: Tokens
    credentials: Credentials
    known: KnownSubjects


@dataclass(frozen=True, slots=True, kw_only=True)
class _Owners:
    """What knows connections, their subjects and what these consent to."""

    http_requests: HttpRequests
    connections: Connections
    subjects: Subjects
    consenting: Consenting


@asynccontextmanager
async def open_parts(
    settings: Settings, environ: Mapping[str, str], service: str = names.GATEWAY
) -> AsyncIterator[Parts]:
    """Opens everything that a gateway needs, and closes it in the opposite order.

    `service` is what the process is called in traces, where the environment has no name for it.
    Raises Misconfigured where the settings cannot work.
    """
    async with AsyncExitStack() as stack:
        ground = await open_ground(settings, environ, service, stack)
        refusals = await stack.enter_async_context(Refusals(ground.ledger))
        access = await _access(ground, refusals, stack)
        signing = await _signing(ground, stack)
        history = await stack.enter_async_context(
            open_history(settings, ground.ledger, ground.meters)
        )
        guards = await _guards(ground, signing, history, stack)
        hop_keys = _hop_keys(settings, ground.ring)
        carrier = Carrier(ground.transport, hop_keys)
        catalog, meters = ground.catalog, ground.meters
        catching_up = CatchingUp(catalog)
        engine = Engine(catching_up, guards, carrier, ground.tracing, meters)
        owners = await _owners(ground, signing, engine, stack)
        signer = Signer(ground.ring.keys, time.time)
        completions = Completions(owners.http_requests, signer)
        actions = await stack.enter_async_context(Actions(engine.execute, catalog, completions))
        opened = await stack.enter_async_context(
            open_events(
                ground.ledger,
                ground.seal.derived("events"),
                ground.transport,
                ground.secrets.resolve,
                Terms(days=settings.history_days),
            )
        )
        mail = Mail(settings.smtp, settings.mail_from)
        notifier = Notifier(mail, opened.events, opened.deliveries)
        alerts = await stack.enter_async_context(alerts_of(ground.ledger, history, notifier))
        gate = await stack.enter_async_context(Gate(settings.max_calls))
        gate.tell(meters)
        typed = TypedVersions(catalog, SqlNumbers(ground.ledger))
        flows, runs = await stack.enter_async_context(
            open_flows(
                FlowsBase(
                    settings=settings,
                    ledger=ground.ledger,
                    tracing=ground.tracing,
                    meters=meters,
                    engine=engine,
                    catalog=catalog,
                    authority=access.authority,
                    events=opened.events,
                    deliveries=opened.deliveries,
                    mail=mail,
                    history=history,
                )
            )
        )
        triggers = await _triggers(ground, engine, flows, runs, opened.events, stack)
        yield Parts(
            engine=engine,
            again=Again(catalog, guards, meters),
            gate=gate,
            catalog=catalog,
            catching_up=catching_up,
            typed=typed,
            artifacts=TextArtifacts(catalog, typed),
            uses=guards.uses,
            safe=ground.safe,
            tracing=ground.tracing,
            meters=meters,
            ring=ground.traces,
            elsewhere=Facades(
                ground.transport, hop_keys, catalog.resolve, signing.credentials.sign
            ),
            acceptance=Acceptance(hop_keys, settings.hop_names),
            triggers=triggers,
            trials=Trials(
                engine, catching_up, SqlTrials(ground.ledger), ground.seal.derived("trials")
            ),
            trail=Trail(ground.ledger),
            connections=owners.connections,
            subjects=owners.subjects,
            consenting=owners.consenting,
            flows=flows,
            runs=runs,
            http_requests=owners.http_requests,
            actions=actions,
            signer=signer,
            history=history,
            alerts=alerts,
            events=opened.events,
            subscriptions=opened.subscriptions,
            deliveries=opened.deliveries,
            access=access,
            condition=lambda: ground.ledger.condition,
            page_key=await ground.ledger.page_key(),
        )


async def _access(ground: Ground, refusals: Refusals, stack: AsyncExitStack) -> Access:
    opened = open_access(
        ground.settings,
        ground.catalog,
        SqlKeys(ground.ledger),
        refusals,
        ground.transport,
        anyone=may_be_anyone(ground.settings),
    )
    return await stack.enter_async_context(opened)


async def _signing(ground: Ground, stack: AsyncExitStack) -> _Signing:
    endpoint = Endpoint(ground.transport)
    grants = SqlGrants(ground.ledger)
    tokens = Tokens(ground.shared, grants, ground.seal.derived("tokens"), endpoint)
    await stack.enter_async_context(tokens)
    ground.meters.watch(table.TOKENS, tokens.results)
    return _Signing(
        endpoint=endpoint,
        tokens=tokens,
        credentials=Credentials(ground.secrets, tokens, ground.seal.derived("credentials")),
        known=await stack.enter_async_context(KnownSubjects(SqlSubjects(ground.ledger))),
    )


async def _guards(
    ground: Ground, signing: _Signing, history: History, stack: AsyncExitStack
) -> Guards:
    shared, seal, settings = ground.shared, ground.seal, ground.settings
    cache = Cache(shared, seal.derived("cache"), tenant_bytes=settings.tenant_cache_bytes)
    guards = Guards(
        once=Once(SqlCalls(ground.ledger), seal.derived("calls")),
        limits=Limits(shared, seal.derived("limits"), settings.tenant_limit),
        cache=await stack.enter_async_context(cache),
        servers=Servers(),
        credentials=signing.credentials,
        end_users=Merging(ground.catalog, signing.known),
        uses=await stack.enter_async_context(Uses(ground.ledger)),
        notes=history,
    )
    guards.watch(ground.meters)
    return guards


async def _owners(
    ground: Ground, signing: _Signing, engine: Engine, stack: AsyncExitStack
) -> _Owners:
    ledger, catalog, tokens = ground.ledger, ground.catalog, signing.tokens
    http_requests = HttpRequests(engine, catalog, signing.credentials.values)
    checking = Checking(engine, catalog, http_requests)
    connections = Connections(SqlConnections(ledger), catalog, checking)
    servers = AuthorizationServers(catalog, signing.credentials, signing.endpoint)
    revoking = Revoking(servers, tokens.consents)
    removals = (ThingRemoval(engine.execute, catalog), revoking)
    subjects = Subjects(SqlSubjects(ledger), signing.known, catalog, removals)
    await stack.enter_async_context(subjects)
    consenting = Consenting(
        subjects,
        connections,
        Authorizations(SqlAuthorizations(ledger), ground.seal.derived("authorizations")),
        servers,
        tokens.consents,
        Back(public_url=own_url(ground.settings), returns=Returns(ground.settings.return_uris)),
    )
    tokens.consents.lapsed = consenting.lapsed
    ending = Ending(connections, subjects, revoking)
    connections.belongings = await stack.enter_async_context(ending)
    catalog.connecting.clear = ending.clear
    return _Owners(
        http_requests=http_requests,
        connections=connections,
        subjects=subjects,
        consenting=consenting,
    )


async def _triggers(
    ground: Ground, engine: Engine, flows: Flows, runs: Runs, events: Events, stack: AsyncExitStack
) -> Triggers:
    base = TriggersBase(
        ledger=ground.ledger,
        seal=ground.seal,
        engine=engine,
        catalog=ground.catalog,
        flows=flows,
        runs=runs,
        events=events,
        public_url=own_url(ground.settings),
    )
    triggers = make_triggers(base, works=ground.settings.flows)
    flows.listeners.append(triggers.changed)
    return await stack.enter_async_context(triggers)


def _hop_keys(settings: Settings, ring: KeyRing) -> Keys:
    """The keys that sign hops: the operator's, else made of the key ring."""
    if settings.hop_key is None:
        return Keys(ring.keys)
    return Keys(KeyRing(settings.hop_key, make=False, setting="hop_key").keys)
