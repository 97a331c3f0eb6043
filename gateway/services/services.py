"""The services of the gRPC face, each with what it stands on."""

from collections.abc import Mapping
from types import MappingProxyType

from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1.health import SERVICE_NAME

from facade.catalog.artifacts import TextArtifacts
from facade.entities.derive import Derived
from facade.entities.entities import Entities
from facade.entities.types import Types
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
from facade.parts import Parts
from facade.tools.toolbox import Toolbox
from facade.tools.tools import Tools
from gateway.reflection import V1, V1ALPHA
from gateway.services.access import AccessService
from gateway.services.artifact import ArtifactService
from gateway.services.audit import AuditService
from gateway.services.catalog import CatalogService
from gateway.services.connection import ConnectionService
from gateway.services.entity import EntityService
from gateway.services.event import EventService
from gateway.services.flow import FlowService
from gateway.services.gateway import GatewayService
from gateway.services.history import HistoryService
from gateway.services.listing import Listing
from gateway.services.secret import SecretService
from gateway.services.stream import StreamService
from gateway.services.subject import SubjectService
from gateway.services.tool import ToolService
from gateway.services.trace import TraceService
from gateway.services.trial import TrialService
from gateway.services.trigger import TriggerService
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
