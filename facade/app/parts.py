"""What the HTTP face stands on; `facade.bootstrap` opens it."""

from collections.abc import Callable
from typing import Protocol

from facade.access.opening import Access
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


class Parts(Protocol):
    """The parts behind every route."""

    @property
    def engine(self) -> Engine:
        """Executes calls."""

    @property
    def gate(self) -> Gate:
        """Lets calls in while there is room for them."""

    @property
    def catalog(self) -> Catalog:
        """Knows connectors, versions and actions."""

    @property
    def uses(self) -> Uses:
        """Knows who calls which version."""

    @property
    def safe(self) -> Safe:
        """Keeps secrets."""

    @property
    def subjects(self) -> Subjects:
        """Keeps the end users of connections."""

    @property
    def consenting(self) -> Consenting:
        """Sends people to consent."""

    @property
    def tracing(self) -> Tracing:
        """Makes spans."""

    @property
    def meters(self) -> Meters:
        """Counts and times what happens."""

    @property
    def ring(self) -> Ring:
        """Has the last traces."""

    @property
    def elsewhere(self) -> Elsewhere:
        """Knows what other processes have of them."""

    @property
    def acceptance(self) -> Acceptance:
        """Believes what gateways say of their calls, or refuses it."""

    @property
    def connections(self) -> Connections:
        """Keeps connections."""

    @property
    def flows(self) -> Flows:
        """Keeps flows."""

    @property
    def runs(self) -> Runs:
        """Runs flows, and knows the times that they ran."""

    @property
    def http_requests(self) -> HttpRequests:
        """Sends requests of callers' own through them."""

    @property
    def actions(self) -> Actions:
        """Has the actions of things called."""

    @property
    def signer(self) -> Signer:
        """Signs what is sent to those who wait for an action's end."""

    @property
    def trials(self) -> Trials:
        """Tries actions."""

    @property
    def triggers(self) -> Triggers:
        """Starts flows."""

    @property
    def events(self) -> Events:
        """Keeps what happened, in its order."""

    @property
    def subscriptions(self) -> Subscriptions:
        """Keeps who is sent which events."""

    @property
    def deliveries(self) -> Deliveries:
        """Sends messages, at least once."""

    @property
    def history(self) -> History:
        """Keeps what was called and run."""

    @property
    def alerts(self) -> Alerts:
        """Looks at what history says, and tells of it."""

    @property
    def trail(self) -> Trail:
        """Reads the audit."""

    @property
    def access(self) -> Access:
        """Knows callers, and says what they may do."""

    @property
    def catching_up(self) -> CatchingUp:
        """Looks into the ledger for what is not known here."""

    @property
    def typed(self) -> TypedVersions:
        """Knows the typed service of each version."""

    @property
    def artifacts(self) -> Artifacts:
        """Makes files of versions' typed services."""

    @property
    def condition(self) -> Callable[[], str]:
        """Gives what readiness says of the ledger; empty where all is well."""

    @property
    def page_key(self) -> bytes:
        """Seals page tokens: the same in every worker and after a restart."""
