"""Route: one method of the API, as its table has it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from starlette.responses import Response

from facade.access.keys import Keys
from facade.app.api.form.form import Form
from facade.app.api.template import Template
from facade.catalog.artifacts import Artifacts
from facade.catalog.catalog import Catalog
from facade.connections.connections import Connections
from facade.connections.consenting import Consenting
from facade.connections.http_request import HttpRequests
from facade.connections.subjects import Subjects
from facade.engine import Engine
from facade.entities.entities import Entities
from facade.events.deliveries import Deliveries
from facade.events.events import Events
from facade.events.subscriptions import Subscriptions
from facade.flows.flows import Flows
from facade.flows.running.requests import RunRequests
from facade.flows.running.runs import Runs
from facade.history.alerts import Alerts
from facade.history.history import History
from facade.listing.alerts import AlertList, ErrorKinds
from facade.listing.audit import Audits
from facade.listing.connections import ConnectionList
from facade.listing.editions import Editions
from facade.listing.events import EventLists
from facade.listing.executions import ExecutionList
from facade.listing.flows import FlowList
from facade.listing.keys import KeyList
from facade.listing.listing import Listing
from facade.listing.runs import RunList
from facade.listing.secrets import Secrets
from facade.listing.subjects import SubjectList
from facade.listing.traces import Traces
from facade.model.access import ANYONE, Identity
from facade.model.call import Argument
from facade.secrets.safe import Safe
from facade.tools.toolbox import Toolbox
from facade.trials.trials import Trials
from facade.triggers.management import Management


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the methods hand on to."""

    engine: Engine
    catalog: Catalog
    safe: Safe
    listing: Listing
    editions: Editions
    secrets: Secrets
    traces: Traces
    audits: Audits
    keys: Keys
    key_list: KeyList
    source_addresses: tuple[str, ...]
    connections: Connections
    entities: Entities
    toolbox: Toolbox
    artifacts: Artifacts
    connection_list: ConnectionList
    http_requests: HttpRequests
    events: Events
    subscriptions: Subscriptions
    deliveries: Deliveries
    event_lists: EventLists
    subjects: Subjects
    subject_list: SubjectList
    consenting: Consenting
    flows: Flows
    flow_list: FlowList
    runs: Runs
    run_list: RunList
    run_requests: RunRequests
    trials: Trials
    triggers: Management
    history: History
    execution_list: ExecutionList
    alerts: Alerts
    alert_list: AlertList
    error_kinds: ErrorKinds


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request for a method, read."""

    rpc: str
    name: str
    """What the path says: the name of what it is about, or of its parent."""
    fields: Mapping[str, Any] = field(repr=False)
    """The fields that are given, by their names in the protos; zeros are not."""
    members: Mapping[str, Argument] = field(repr=False)
    """The members of the body, each with its text."""
    headers: Mapping[str, str] = field(repr=False)
    """By lower-case name; repeats joined by a comma."""
    is_signed: bool = False
    """Whether a gateway that is known to us asks."""
    identity: Identity = ANYONE
    """Who asks."""


Handler: TypeAlias = Callable[[Desk, Asked], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method: where it is, what it takes and what it answers."""

    rpc: str
    """Its name in the protos: `ListActions`."""
    service: str
    about: str
    verb: str
    """The HTTP method."""
    path: Template
    request: Form
    """The fields of the request but for the one that the path says."""
    body: str = ""
    """`*`: the fields are in the body; a name: that field is the body, the others are in the
    query; empty: all are in the query."""
    answer: Form | None = None
    """None: it answers nothing (204)."""
    handler: Handler
    is_large: bool = False
    """Whether it takes documents."""
    streams: bool = False
    """Whether it answers item by item."""
