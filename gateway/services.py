"""The services of the gRPC face, each with what it stands on."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1.health import SERVICE_NAME

from facade.access.opening import Access
from facade.catalog.artifacts import TextArtifacts
from facade.catalog.catalog import Catalog
from facade.catalog.catching_up import CatchingUp
from facade.catalog.typed import TypedVersions
from facade.connections.connections import Connections
from facade.connections.consenting import Consenting
from facade.connections.http_request import HttpRequests
from facade.connections.subjects import Subjects
from facade.entities.derive import Derived
from facade.entities.entities import Entities
from facade.entities.types import Types
from facade.events.deliveries import Deliveries
from facade.events.events import Events
from facade.events.subscriptions import Subscriptions
from facade.flows.flows import Flows
from facade.flows.running.runs import Runs
from facade.history.alerts import Alerts
from facade.history.history import History
from facade.hop.traces import Elsewhere
from facade.listing import listing as lists
from facade.listing.audit import Audits
from facade.listing.connections import ConnectionList
from facade.listing.editions import Editions
from facade.listing.events import EventLists
from facade.listing.keys import KeyList
from facade.listing.pages import Tokens
from facade.listing.secrets import Secrets
from facade.listing.subjects import SubjectList
from facade.listing.traces import Traces
from facade.policy.overload.gate import Gate
from facade.secrets.safe import Safe
from facade.stores.trail import Trail
from facade.stores.uses import Uses
from facade.telemetry.meters import Meters
from facade.telemetry.ring import Ring
from facade.telemetry.spans import Tracing
from facade.tools.toolbox import Toolbox
from facade.tools.tools import Tools
from facade.trials.trials import Trials
from facade.triggers.triggers import Triggers
from gateway.access_service import AccessService
from gateway.artifact_service import ArtifactService
from gateway.audit_service import AuditService
from gateway.catalog_service import CatalogService
from gateway.connection_service import ConnectionService
from gateway.entity_service import EntityService
from gateway.event_service import EventService
from gateway.flow_service import FlowService
from gateway.history_service import HistoryService
from gateway.interceptors.given import Repeats
from gateway.listing import Listing
from gateway.reflection import V1, V1ALPHA
from gateway.secret_service import SecretService
from gateway.service import GatewayService
from gateway.stream_service import Streamer, StreamService
from gateway.subject_service import SubjectService
from gateway.tool_service import ToolService
from gateway.trace_service import TraceService
from gateway.trial_service import TrialService
from gateway.trigger_service import TriggerService
from gateway.typed.artifacts import WireArtifacts
from gateway.v1 import (
    access_pb2,
    artifact_pb2,
    audit_pb2,
    catalog_pb2,
    connection_pb2,
    entity_pb2,
    event_pb2,
    execution_pb2,
    flow_pb2,
    gateway_pb2,
    secret_pb2,
    stream_pb2,
    subject_pb2,
    tool_pb2,
    trace_pb2,
    trial_pb2,
    trigger_pb2,
)

SERVICES: Mapping[str, ServiceDescriptor] = MappingProxyType(
    {
        name: service
        for proto in (
            gateway_pb2,
            stream_pb2,
            catalog_pb2,
            connection_pb2,
            subject_pb2,
            entity_pb2,
            event_pb2,
            tool_pb2,
            artifact_pb2,
            flow_pb2,
            secret_pb2,
            trial_pb2,
            trigger_pb2,
            trace_pb2,
            execution_pb2,
            audit_pb2,
            access_pb2,
        )
        for name, service in proto.DESCRIPTOR.services_by_name.items()
    }
)
"""As the protos declare them, by name: `GatewayService`."""

NAMES = (*(each.full_name for each in SERVICES.values()), SERVICE_NAME, V1, V1ALPHA)
"""The services as health and reflection name them."""


class Parts(Protocol):
    """What the services stand on; `facade.bootstrap` opens it."""

    @property
    def engine(self) -> Streamer:
        """Executes calls."""

    @property
    def again(self) -> Repeats:
        """Answers calls as they were answered before."""

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
    def connections(self) -> Connections:
        """Keeps connections."""

    @property
    def subjects(self) -> Subjects:
        """Keeps the end users of connections."""

    @property
    def consenting(self) -> Consenting:
        """Sends people to consent."""

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
    def triggers(self) -> Triggers:
        """Starts flows."""

    @property
    def trials(self) -> Trials:
        """Tries actions."""

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
    def page_key(self) -> bytes:
        """Seals page tokens: the same in every worker and after a restart."""


def services_of(parts: Parts) -> Mapping[ServiceDescriptor, object]:
    """What answers the methods of each service."""
    tokens = Tokens(parts.page_key)
    listing = Listing(lists.Listing(parts.catalog, tokens))
    editions = Editions(parts.catalog, parts.uses, parts.typed)
    types = Types(parts.catalog, Derived(), parts.access.authority)
    servicers = (
        GatewayService(parts.engine, parts.again, editions, listing),
        StreamService(parts.engine),
        CatalogService(parts.catalog, listing, editions),
        ConnectionService(
            parts.connections, parts.http_requests, ConnectionList(parts.connections, tokens)
        ),
        SubjectService(parts.subjects, parts.consenting, SubjectList(parts.subjects, tokens)),
        EntityService(Entities(parts.engine, types, tokens)),
        EventService(
            parts.events,
            parts.subscriptions,
            parts.deliveries,
            EventLists(parts.events, parts.subscriptions, parts.deliveries, tokens),
        ),
        ToolService(Toolbox(parts.catalog, Tools(), tokens)),
        ArtifactService(WireArtifacts(TextArtifacts(parts.catalog, parts.typed))),
        FlowService(parts.flows, parts.runs, tokens),
        SecretService(parts.safe, parts.catalog, Secrets(parts.safe, tokens)),
        TrialService(parts.trials),
        TriggerService(parts.triggers.management),
        TraceService(Traces(parts.ring, parts.elsewhere, tokens)),
        HistoryService(parts.history, parts.alerts, tokens),
        AuditService(Audits(parts.trail, tokens)),
        AccessService(
            parts.access.keys, KeyList(parts.access.keys, tokens), parts.access.source_addresses
        ),
    )
    return {SERVICES[type(each).__name__]: each for each in servicers}
