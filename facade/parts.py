"""The parts of a process: what its faces stand on."""

from collections.abc import Callable
from dataclasses import dataclass

from facade.access.opening import Access
from facade.again import Again
from facade.catalog.artifacts import Artifacts
from facade.catalog.catalog import Catalog
from facade.catalog.catching_up import CatchingUp
from facade.catalog.typed import TypedVersions
from facade.connections.connections import Connections
from facade.connections.consenting import Consenting
from facade.connections.http_request import HttpRequests
from facade.connections.subjects import Subjects
from facade.connections.things.actions import Actions
from facade.connections.things.signature import Signer
from facade.engine import Engine
from facade.events.deliveries import Deliveries
from facade.events.events import Events
from facade.events.subscriptions import Subscriptions
from facade.flows.flows import Flows
from facade.flows.running.runs import Runs
from facade.history.alerts import Alerts
from facade.history.history import History
from facade.hop.acceptance import Acceptance
from facade.hop.traces import Elsewhere
from facade.policy.overload.gate import Gate
from facade.secrets.safe import Safe
from facade.stores.trail import Trail
from facade.stores.uses import Uses
from facade.telemetry.meters import Meters
from facade.telemetry.ring import Ring
from facade.telemetry.spans import Tracing
from facade.trials.trials import Trials
from facade.triggers.triggers import Triggers


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the faces stand on; `facade.bootstrap` opens it."""

    engine: Engine
    """Executes calls."""
    again: Again
    """Answers calls as they were answered before."""
    gate: Gate
    """Lets calls in while there is room for them."""
    catalog: Catalog
    """Knows connectors, versions and actions."""
    catching_up: CatchingUp
    """Looks into the ledger for what is not known here."""
    typed: TypedVersions
    """Knows the typed service of each version."""
    artifacts: Artifacts
    """Makes files of versions' typed services, in formats that need no protobuf; `gateway.run` puts
    what knows all formats in its place."""
    uses: Uses
    """Knows who calls which version."""
    safe: Safe
    """Keeps secrets."""
    tracing: Tracing
    """Makes spans."""
    meters: Meters
    """Counts and times what happens."""
    ring: Ring
    """Has the last traces."""
    elsewhere: Elsewhere
    """Knows what other processes have of them."""
    acceptance: Acceptance
    """Believes what gateways say of their calls, or refuses it."""
    trials: Trials
    """Tries actions."""
    triggers: Triggers
    """Starts flows."""
    history: History
    """Keeps what was called and run."""
    alerts: Alerts
    """Looks at what history says, and tells of it."""
    trail: Trail
    """Reads the audit."""
    connections: Connections
    """Keeps connections."""
    subjects: Subjects
    """Keeps the end users of connections."""
    consenting: Consenting
    """Sends people to consent."""
    flows: Flows
    """Keeps flows."""
    runs: Runs
    """Runs flows, and knows the times that they ran."""
    http_requests: HttpRequests
    """Sends requests of callers' own through them."""
    actions: Actions
    """Has the actions of things called."""
    signer: Signer
    """Signs what is sent to those who wait for an action's end."""
    events: Events
    """Keeps what happened, in its order."""
    subscriptions: Subscriptions
    """Keeps who is sent which events."""
    deliveries: Deliveries
    """Sends messages, at least once."""
    access: Access
    """Knows callers, and says what they may do."""
    condition: Callable[[], str]
    """Gives what readiness says of the ledger; empty where all is well."""
    page_key: bytes
    """Seals page tokens: the same in every worker and after a restart."""
